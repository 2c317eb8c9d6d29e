"""The figure of one recording."""

import textwrap
from io import BytesIO
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import (
    LogLocator,
    MaxNLocator,
    NullFormatter,
    PercentFormatter,
    StrMethodFormatter,
)

from collect._analysis import (
    action_shares,
    hold_rates,
    holds,
    learning_curves,
    repeats,
)
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
    buffer = BytesIO()
    plot(recording).savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()


def plot(recording: Recording) -> Figure:
    """Return the figure."""
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
    figure.suptitle(_title(recording), fontsize=11, parse_math=False)
    return figure


def _title(recording: Recording) -> str:
    steps = sum(episode.length for episode in recording.episodes)
    sessions, _ = sessions_and_runs(recording)
    counts = [
        plural(len(recording.episodes), "episode"),
        plural(steps, "step"),
        plural(int(sessions[-1]) + 1, "session"),
    ]
    first = f"{recording.subject} on {recording.task}: {', '.join(counts)}"
    return "\n".join([first, *_even_lines(recording.source)])


def _even_lines(text: str) -> list[str]:
    """As few lines as need be, of about equal length: no word stands alone."""
    lines = textwrap.wrap(text, TITLE_WIDTH)
    widths = range(1 + len(text) // (len(lines) + 1), TITLE_WIDTH)
    evener = (textwrap.wrap(text, width) for width in widths)
    return next((found for found in evener if len(found) <= len(lines)), lines)


def _whole() -> MaxNLocator:
    return MaxNLocator(integer=True, steps=[1, 2, 5, 10])


def _draw_course(axis: Any, recording: Recording) -> None:
    """Return and length of each episode; one of them where both are one number."""
    episodes = recording.episodes
    name = _one_number(recording)
    if name is None:
        lengths_axis = axis.twinx()
        lengths = [episode.length for episode in episodes]
        lengths_axis.plot(lengths, "x", color=LENGTH, ms=8)
        lengths_axis.set_ylabel("length in steps (x)", color=LENGTH)
        axis.set_ylabel("return (o)", color=RETURN)
    else:
        axis.set_ylabel(name)
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
    axis.xaxis.set_major_locator(_whole())


def _one_number(recording: Recording) -> str | None:
    """What return and length are called where every step earns 1, or -1."""
    found = [(e.episode_return, e.length) for e in recording.episodes]
    if all(earned == length for earned, length in found):
        return "return (the length in steps)"
    if all(earned == -length for earned, length in found):
        return "return (minus the length in steps)"
    return None


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
    longest = int(lengths.max(initial=1))
    least, most = 1.0, 10.0
    for action, name in enumerate(ACTIONS[recording.task]):
        steps, times = hold_rates(lengths[actions == action], longest)
        is_there = times > 0
        axis.plot(steps[is_there], times[is_there], ".-", alpha=0.7, label=name)
        least = min(least, times[is_there].min(initial=least))
        most = max(most, times.max())
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlim(0.8, 1.25 * max(longest, 8))
    axis.set_ylim(0.7 * least, 1.5 * most)
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    for side in (axis.xaxis, axis.yaxis):
        side.set_minor_formatter(NullFormatter())
    axis.set_xlabel("steps that an action is kept")
    axis.set_ylabel("times, of each number of steps")
    _legend(axis)


def _draw_learning(axis: Any, recording: Recording) -> None:
    """Returns along each session, and their mean over sessions."""
    curves, mean = learning_curves(recording)
    number = len(curves)
    # Early sessions are dark and late ones bright; the brightest hides on white.
    colors = ListedColormap(colormaps["viridis"](np.linspace(0, 0.9, number)))
    for session, (runs, returns) in enumerate(curves):
        axis.plot(runs, returns, ".-", alpha=0.7, linewidth=1, color=colors(session))
    axis.set_xlabel("run within the session")
    axis.set_ylabel("return")
    axis.xaxis.set_major_locator(_whole())
    if number > 1:
        shades = ScalarMappable(BoundaryNorm(np.arange(number + 1) - 0.5, number))
        shades.set_cmap(colors)
        axis.figure.colorbar(
            shades, ax=axis, label="session", ticks=_whole(), aspect=30
        )
    if not np.isnan(mean).all():
        axis.plot(mean, "k-", linewidth=2, label="mean of two sessions or more")
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
