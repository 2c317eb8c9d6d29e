"""Numbers that describe recorded play."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int

from neurojax.data.recordings.recording import (
    Episode,
    Recording,
    sessions_and_runs,
)
from neurojax.data.tasks import find_task

HEADER = (
    "subject",
    "task",
    "episodes",
    "incomplete",
    "steps",
    "sessions",
    "runs per session",
    "return: mean ± sd (median; min..max)",
    "mean length",
)
NOTE = (
    "Episodes, steps, sessions and runs count all play; returns and lengths are those "
    "of complete episodes. sd divides by n - 1.\n"
)


class Repeats(NamedTuple):
    """How often an action is that of the step before.

    Attributes:
        by_action: after each action; NaN after one that was never followed.
        overall: after any.
        by_chance: what draws in the same shares, one apart from the other, would give.
    """

    by_action: Float64[np.ndarray, " actions"]
    overall: float
    by_chance: float


def table(recordings: Sequence[Recording]) -> str:
    """A markdown table with a row for each recording."""
    rows = [_row(recording) for recording in recordings]
    return f"{_markdown(HEADER, rows)}\n{NOTE}"


def _row(recording: Recording) -> tuple[str, ...]:
    sessions, _ = sessions_and_runs(recording)
    runs = np.bincount(sessions).tolist()
    complete = recording.complete.episodes
    lengths = [episode.length for episode in complete]
    return (
        recording.subject,
        recording.task,
        str(len(recording.episodes)),
        str(len(recording.episodes) - len(complete)),
        str(sum(episode.length for episode in recording.episodes)),
        str(len(runs)),
        ", ".join(map(str, runs)),
        describe([episode.episode_return for episode in complete]),
        f"{np.mean(lengths):.1f}" if lengths else "-",
    )


def describe(values: Sequence[float]) -> str:
    """Mean, standard deviation, median and range in words; "-" for nothing."""
    if not values:
        return "-"
    sd = f" ± {np.std(values, ddof=1):.1f}" if len(values) > 1 else ""
    return (
        f"{np.mean(values):.1f}{sd} "
        f"({np.median(values):.4g}; {min(values):.4g}..{max(values):.4g})"
    )


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A markdown table whose columns also line up as plain text."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    rule = ["-" * width for width in widths]
    return "".join(
        "| " + " | ".join(map(str.ljust, line, widths)) + " |\n"
        for line in (header, rule, *rows)
    )


def action_shares(
    episodes: Sequence[Episode], num_actions: int
) -> Float64[np.ndarray, " actions"]:
    """The share of each action in all steps; zeros if there are none."""
    actions = np.concatenate([episode.actions for episode in episodes])
    return np.bincount(actions, minlength=num_actions) / max(len(actions), 1)


def holds(
    episodes: Sequence[Episode],
) -> tuple[Int[np.ndarray, " holds"], Int[np.ndarray, " holds"]]:
    """The stretches of one action within an episode: their actions and lengths."""
    actions, lengths = [], []
    for episode in episodes:
        if episode.length:
            changes = np.flatnonzero(np.diff(episode.actions)) + 1
            borders = np.array([0, *changes, episode.length])
            actions.append(episode.actions[borders[:-1]])
            lengths.append(np.diff(borders))
    if not actions:
        return np.zeros(0, int), np.zeros(0, int)
    return np.concatenate(actions), np.concatenate(lengths)


def hold_rates(
    lengths: Int[np.ndarray, " holds"], longest: int
) -> tuple[Float64[np.ndarray, " bins"], Float64[np.ndarray, " bins"]]:
    """How many holds there are of a number of steps: the numbers, and how many.

    Numbers from 1 to `longest` are taken together in bins of about equal ratio; how
    many is the mean over the numbers in a bin, for bins are of unequal width.
    """
    edges = np.unique(np.geomspace(1, longest + 1, 25).astype(int))
    count, _ = np.histogram(lengths, edges)
    return np.sqrt(edges[:-1] * (edges[1:] - 1.0)), count / np.diff(edges)


def repeats(recording: Recording) -> Repeats:
    """How strongly an action depends on the last one."""
    num_actions = find_task(recording.task).num_actions
    same, followed = np.zeros((2, num_actions))
    for episode in recording.episodes:
        last, now = episode.actions[:-1], episode.actions[1:]
        followed += np.bincount(last, minlength=num_actions)
        same += np.bincount(last[last == now], minlength=num_actions)
    shares = action_shares(recording.episodes, num_actions)
    known = np.where(followed > 0, followed, np.nan)
    total = float(followed.sum()) or np.nan
    return Repeats(same / known, float(same.sum()) / total, float(np.sum(shares**2)))


def learning_curves(
    recording: Recording,
) -> tuple[list[tuple[np.ndarray, np.ndarray]], np.ndarray]:
    """Runs and returns of each session's complete episodes, and the mean at each run.

    The mean at a run is over the sessions that reached it; NaN where fewer than two
    did.
    """
    sessions, runs = sessions_and_runs(recording)
    returns = np.array([episode.episode_return for episode in recording.episodes])
    complete = np.array([episode.is_complete for episode in recording.episodes], bool)
    curves = []
    for session in np.unique(sessions):
        chosen = complete & (sessions == session)
        curves.append((runs[chosen], returns[chosen]))
    count = np.bincount(runs[complete], minlength=int(runs.max(initial=0)) + 1)
    total = np.bincount(runs[complete], returns[complete], minlength=len(count))
    return curves, total / np.where(count > 1, count, np.nan)
