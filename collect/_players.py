"""Who plays: a person at the keyboard, or a scripted player for tests and demos."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from collect._tasks import Controls
from neurojax.data.recordings.players import good_player
from neurojax.data.tasks import TASKS
from neurojax.names import short, unknown_name
from neurojax.storage.paths import user_path

NAMES = ("keyboard", "random", "expert")


class Seen(NamedTuple):
    """What a player may go by.

    Attributes:
        observation: the present one.
        held: names of the task's keys that are down.
        previous: the last action; None at the first step.
        seed: of the episode.
        step: from 0.
    """

    observation: np.ndarray
    held: frozenset[str]
    previous: int | None
    seed: int
    step: int


class Choice(NamedTuple):
    """An action, and the keys that stood for it."""

    action: int
    keys: tuple[str, ...] = ()


class Player(NamedTuple):
    """Who plays.

    Attributes:
        name: as it was asked for.
        source: in words, for the header of the journal.
        is_person: waits for SPACE before each episode.
        act: the choice at what is seen.
    """

    name: str
    source: str
    is_person: bool
    act: Callable[[Seen], Choice]


def find_player(name: str, task: str, controls: Controls) -> Player:
    """Return the player of this name, or the one that a .json script describes.

    Raises:
        ValueError: if there is none, or the script has a fault, which is named.
    """
    if name == "keyboard":
        return Player(name, "played by a person", True, _follow_keys(controls))
    if name.endswith(".json"):
        path = user_path("--player", name)
        act, name = _follow_script(path, task, controls), path.name
    elif name == "random":
        act = _draw(TASKS[task].num_actions)
    elif name == "expert":
        act = _follow_expert(task)
    else:
        raise unknown_name("--player", name, (*NAMES, "FILE.json"))
    return Player(name, f"played by the scripted player {name!r}", False, act)


def _follow_keys(controls: Controls) -> Callable[[Seen], Choice]:
    def act(seen: Seen) -> Choice:
        action = controls.action(seen.held, seen.previous)
        return Choice(action, tuple(sorted(seen.held)))

    return act


def _draw(num_actions: int) -> Callable[[Seen], Choice]:
    def act(seen: Seen) -> Choice:
        draws = np.random.default_rng((seen.seed, seen.step))
        return Choice(int(draws.integers(num_actions)))

    return act


def _follow_expert(task: str) -> Callable[[Seen], Choice]:
    best = good_player(task)
    return lambda seen: Choice(best(np.asarray(seen.observation, np.float32)))


def _follow_script(
    path: Path, task: str, controls: Controls
) -> Callable[[Seen], Choice]:
    """A script is a JSON list of [what, frames], played from its start every episode.

    `what` is the name of a key (or of several: "left+right"), "none", or the number of
    an action. After the last entry no key is held.
    """
    plan: list[str | int] = []
    for number, entry in enumerate(_entries(path)):
        what, frames = _checked(entry, f"{path}, entry {number}", task, controls)
        plan += [what] * frames

    def act(seen: Seen) -> Choice:
        what = plan[seen.step] if seen.step < len(plan) else "none"
        if isinstance(what, int):
            return Choice(what)
        held = frozenset(() if what == "none" else what.split("+"))
        return Choice(controls.action(held, seen.previous), tuple(sorted(held)))

    return act


def _entries(path: Path) -> list[Any]:
    try:
        entries = json.loads(path.read_bytes())
    except OSError as error:
        raise ValueError(f"--player={str(path)!r}: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"--player={str(path)!r} is no JSON ({error}); mend it, or get another."
        ) from None
    if not isinstance(entries, list) or not entries:
        raise ValueError(f'{path} must be a list such as [["left", 10], ["none", 5]].')
    return entries


def _checked(
    entry: Any, where: str, task: str, controls: Controls
) -> tuple[str | int, int]:
    if not isinstance(entry, list) or len(entry) != 2:
        raise ValueError(
            f'{where}: {short(entry)} must be a pair such as ["left", 10].'
        )
    what, frames = entry
    num_actions, max_steps = TASKS[task].num_actions, TASKS[task].max_steps
    if type(frames) is not int or not 1 <= frames <= max_steps:
        raise ValueError(
            f"{where}: {short(frames)} must be a number of frames from 1 to "
            f"{max_steps}."
        )
    if type(what) is int and 0 <= what < num_actions:
        return what, frames
    names = {*controls.keys, "none"}
    if isinstance(what, str) and (what == "none" or {*what.split("+")} <= names):
        return what, frames
    raise ValueError(
        f"{where}: {short(what)} must be one of {sorted(names)} or an action from 0 to "
        f"{num_actions - 1} in {task}."
    )
