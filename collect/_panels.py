"""The figure of one recording."""

import textwrap
from io import BytesIO
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import (
    LogLocator,
    MaxNLocator,
    NullFormatter,
    PercentFormatter,
    StrMethodFormatter,
)

from collect._analysis import action_shares, holds, learning_curves, repeats
from collect._files import plural
from neurojax.data.recordings.recording import Recording, sessions_and_runs

# Gymnasium's actions in words.
ACTIONS = {
    "Acrobot-v1": ("torque -1", "none", "torque +1"),
    "CartPole-v1": ("left", "right"),
    "MountainCar-v0": ("left", "none", "right"),
    "LunarLander-v3": ("none", "left", "main", "right"),
}
RETURN, LENGTH = "C0", "C1"
TITLE_WIDTH = 110


def draw(recording: Recording) -> bytes:
    """Return a PNG: the course of play, and what was done in it."""
    figure = Figure(figsize=(11, 10), layout="constrained")
    axes = figure.subplot_mosaic(
        [["course", "course"], ["shares", "holds"], ["learning", "repeats"]]
    )
    _draw_course(axes["course"], recording)
    _draw_shares(axes["shares"], recording)
    _draw_holds(axes["holds"], recording)
    _draw_learning(axes["learning"], recording)
    _draw_repeats(axes["repeats"], recording)
    for axis in axes.values():
        axis.grid(alpha=0.3, linewidth=0.4)
    figure.suptitle(_title(recording), fontsize=11)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()


def _title(recording: Recording) -> str:
    steps = sum(episode.length for episode in recording.episodes)
    sessions, _ = sessions_and_runs(recording)
    counts = [
        plural(len(recording.episodes), "episode"),
        plural(steps, "step"),
        plural(int(sessions[-1]) + 1, "session"),
    ]
    first = f"{recording.subject} on {recording.task}: {', '.join(counts)}"
    return "\n".join([first, *textwrap.wrap(recording.source, TITLE_WIDTH)])


def _whole() -> MaxNLocator:
    return MaxNLocator(integer=True, steps=[1, 2, 5, 10])


def _draw_course(axis: Any, recording: Recording) -> None:
    """Return and length of each episode."""
    episodes = recording.episodes
    lengths_axis = axis.twinx()
    lengths = [episode.length for episode in episodes]
    lengths_axis.plot(lengths, "x", color=LENGTH, ms=8)
    for number, episode in enumerate(episodes):
        fill = "full" if episode.is_complete else "none"
        axis.plot(
            number, episode.episode_return, "o", color=RETURN, fillstyle=fill, ms=5
        )
    sessions, _ = sessions_and_runs(recording)
    for border in np.flatnonzero(np.diff(sessions)):
        axis.axvline(border + 0.5, color="gray", linestyle="--", linewidth=1)
    hollow = "" if all(e.is_complete for e in episodes) else "; hollow: broken off"
    axis.set_xlabel(f"episode (dashed: a new session{hollow})")
    axis.set_ylabel("return (o)", color=RETURN)
    lengths_axis.set_ylabel("length in steps (x)", color=LENGTH)
    axis.xaxis.set_major_locator(_whole())


def _draw_shares(axis: Any, recording: Recording) -> None:
    """The share of each action: a bar for all play, a dot for each session."""
    names = ACTIONS[recording.task]
    sessions, _ = sessions_and_runs(recording)
    axis.bar(names, action_shares(recording.episodes, len(names)), alpha=0.5)
    for session in np.unique(sessions):
        numbers = np.flatnonzero(sessions == session)
        episodes = [recording.episodes[number] for number in numbers]
        axis.plot(names, action_shares(episodes, len(names)), "k.")
    axis.set_xlabel("action")
    axis.set_ylabel("share of steps (dots: sessions)")
    axis.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))


def _draw_holds(axis: Any, recording: Recording) -> None:
    """How often an action is kept how long, on logarithmic axes."""
    actions, lengths = holds(recording.episodes)
    # Bins of whole numbers, of about equal width on the axis where there are many.
    first = np.unique(np.geomspace(1, lengths.max(initial=1) + 1, 25).astype(int))
    for action, name in enumerate(ACTIONS[recording.task]):
        times, _ = np.histogram(lengths[actions == action], [*first, np.inf])
        middle = np.sqrt(first * np.append(first[1:] - 1, first[-1]))
        axis.plot(middle[times > 0], times[times > 0], ".-", alpha=0.7, label=name)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlim(0.8, 1.25 * max(lengths.max(initial=1), 8))
    axis.set_ylim(0.7, max(10.0, 1.5 * axis.get_ylim()[1]))
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    for side in (axis.xaxis, axis.yaxis):
        side.set_minor_formatter(NullFormatter())
    axis.set_xlabel("steps that an action is kept")
    axis.set_ylabel("times")
    _legend(axis)


def _draw_learning(axis: Any, recording: Recording) -> None:
    """Returns along each session, and their mean over sessions."""
    curves, mean = learning_curves(recording)
    for runs, returns in curves:
        axis.plot(runs, returns, ".-", alpha=0.5, linewidth=1)
    axis.plot(mean, "k-", linewidth=2, label="mean of two sessions or more")
    axis.set_xlabel("run within the session")
    axis.set_ylabel("return (a line per session)")
    axis.xaxis.set_major_locator(_whole())
    _legend(axis)


def _draw_repeats(axis: Any, recording: Recording) -> None:
    """The probability that an action is that of the last step."""
    found = repeats(recording)
    axis.bar(ACTIONS[recording.task], found.by_action, alpha=0.5)
    axis.axhline(found.overall, color="black", label=f"all {found.overall:.2f}")
    axis.axhline(
        found.by_chance,
        color="gray",
        linestyle=":",
        label=f"independent draws {found.by_chance:.2f}",
    )
    axis.set_ylim(0, 1)
    axis.set_ylabel("P(same action as last step)")
    axis.set_xlabel("action of the last step")
    _legend(axis)


def _legend(axis: Any) -> None:
    """A line above the panel, where it hides nothing."""
    axis.legend(
        fontsize=8,
        ncols=4,
        frameon=False,
        loc="lower center",
        bbox_to_anchor=(0.5, 0.98),
    )
