"""How people play each task: at what rate, and which arrow key does what."""

import platform
from typing import Any, Literal, NamedTuple

Noop = Literal["left", "last"]


class Key(NamedTuple):
    """What an arrow key does."""

    action: int
    meaning: str


class Controls(NamedTuple):
    """How a task is played.

    Attributes:
        goal: what to aim for.
        fps: steps a second.
        keys: by name: left, right, up, down.
        neutral: the action when no key is held, or several are.
        noop: "neutral" where that action does nothing; "left" or "last" (repeat the
            last action) in a task that has no such action.
    """

    goal: str
    fps: float
    keys: dict[str, Key]
    neutral: int
    noop: str = "neutral"

    def action(self, held: frozenset[str], previous: int | None) -> int:
        """The action while these keys are held, after `previous` (None: the first)."""
        if len(held) == 1:
            return self.keys[next(iter(held))].action
        if self.noop == "last" and previous is not None:
            return previous
        return self.neutral


CONTROLS = {
    "Acrobot-v1": Controls(
        "Swing the tip above the line, soon",
        15.0,
        {
            "left": Key(0, "swing left"),
            "right": Key(2, "swing right"),
            "down": Key(1, "let go"),
        },
        neutral=1,
    ),
    "CartPole-v1": Controls(
        "Keep the pole upright",
        15.0,
        {"left": Key(0, "push left"), "right": Key(1, "push right")},
        neutral=0,
        noop="left",
    ),
    "MountainCar-v0": Controls(
        "Reach the flag, soon",
        15.0,
        {
            "left": Key(0, "drive left"),
            "right": Key(2, "drive right"),
            "down": Key(1, "coast"),
        },
        neutral=1,
    ),
    "LunarLander-v3": Controls(
        "Land softly between the flags",
        20.0,
        {
            "left": Key(1, "left engine"),
            "up": Key(2, "main engine"),
            "right": Key(3, "right engine"),
        },
        neutral=0,
    ),
}


def find_controls(task: str, noop: Noop | None) -> Controls:
    """Return how a task is played.

    Raises:
        ValueError: if `noop` is given for a task that has an action of its own for it.
    """
    controls = CONTROLS[task]
    if noop is None:
        return controls
    if controls.noop == "neutral":
        raise ValueError(
            f"--noop={noop!r} is for CartPole-v1; leave it out for {task}, which has "
            "an action that does nothing."
        )
    return controls._replace(noop=noop)


def check_fps(fps: float | None) -> None:
    """Raise a `ValueError` unless it is None, 0 (no waiting), or 1 to 1000."""
    if fps is not None and fps != 0 and not 1 <= fps <= 1000:
        raise ValueError(
            f"--fps={fps:g} must be from 1 to 1000, or 0 not to wait; leave it out for "
            "the usual rate."
        )


def make_simulator(task: str) -> Any:
    """Return gymnasium's environment of a task, which renders to arrays.

    Raises:
        ImportError: if gymnasium or the task's simulator is not installed.
    """
    from neurojax.environments.gymnasium import make

    try:
        return make(task, "rgb_array")
    except ImportError as error:
        raise ImportError(
            f"{error.__cause__}: pip install 'neurojax[collect]'"
        ) from None


def library_versions(task: str) -> dict[str, str]:
    """What an episode depends on, for its record."""
    import gymnasium
    import numpy
    import pygame

    versions = {
        "gymnasium": gymnasium.__version__,
        "numpy": numpy.__version__,
        "pygame-ce": pygame.version.ver,
        "python": platform.python_version(),
    }
    if task == "LunarLander-v3":
        import Box2D

        versions["box2d"] = Box2D.__version__
    return versions
