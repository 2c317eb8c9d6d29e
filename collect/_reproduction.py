"""Replays episodes from their seeds and actions, and compares what is seen and earned.

A simulator may be changed between two versions of its library, and arithmetic between
two machines: then seeds and actions no longer tell what a person saw.
"""

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from collect._files import plural
from neurojax.data.recordings.reader import broken_off, parse
from neurojax.data.recordings.recording import Episode, Recording
from neurojax.environments.gymnasium import make


class Difference(NamedTuple):
    """Where a replay first leaves the recording.

    Attributes:
        step: the number of actions before it; 0 is the reset.
        field: what differs, such as "reward" or "observation[2]".
        recorded: its value in the file.
        replayed: its value now.
    """

    step: int
    field: str
    recorded: Any
    replayed: Any


def verify_file(path: Path) -> bool:
    """Print whether a file's episodes are reproduced, and return it."""
    try:
        content = path.read_bytes()
        recording = parse(content, str(path))
    except ValueError as error:  # the other files are still to be looked at
        print(error)
        return False
    except OSError as error:
        print(f"{path} cannot be read: {error.strerror}")
        return False
    differences = _differences(recording, path)
    steps = sum(episode.length for episode in recording.episodes)
    result = f"{len(differences)} not reproduced" if differences else "all reproduced"
    episodes = plural(len(recording.episodes), "episode")
    print(f"{path}: {episodes}, {plural(steps, 'step')}, {result}")
    if words := broken_off(content, str(path)):
        print(f"  {words}")
    for episode, difference in differences:
        print(f"  {describe(episode, difference)}")
    return not differences


def _differences(recording: Recording, path: Path) -> list[tuple[Episode, Difference]]:
    environment = make(recording.task)
    differences = []
    try:
        for episode in _with_bar(recording, path):
            difference = first_difference(environment, episode)
            if difference is not None:
                differences.append((episode, difference))
    finally:
        environment.close()
    return differences


def _with_bar(recording: Recording, path: Path) -> Iterator[Episode]:
    """The episodes, with a bar on a terminal that is gone at the end."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    total = sum(episode.length for episode in recording.episodes)
    with Progress(
        console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(path.name, total=total)
        for episode in recording.episodes:
            yield episode
            bar.advance(task, episode.length)


def first_difference(environment: Any, episode: Episode) -> Difference | None:
    """Replay an episode; return where it first differs, None if it never does.

    Moves the simulator.
    """
    observation, _ = environment.reset(seed=episode.seed)
    difference = _in_observation(0, episode, observation)
    for step, action in enumerate(episode.actions, 1):
        if difference is not None:
            break
        observation, *outcome, _ = environment.step(int(action))
        difference = _in_observation(step, episode, observation)
        difference = difference or _in_outcome(step, episode, *outcome)
    return difference


def _in_observation(step: int, episode: Episode, observation: Any) -> Difference | None:
    recorded = episode.observations[step]
    replayed = np.asarray(observation, np.float32)
    # As bits, for 0.0 equals -0.0 as a number.
    differs = recorded.view(np.uint32) != replayed.view(np.uint32)
    if not differs.any():
        return None
    i = int(np.argmax(differs))
    return Difference(step, f"observation[{i}]", str(recorded[i]), str(replayed[i]))


def _in_outcome(
    step: int, episode: Episode, reward: Any, terminated: Any, truncated: Any
) -> Difference | None:
    is_last = step == episode.length
    pairs = {
        "reward": (float(episode.rewards[step - 1]), float(reward)),
        "terminated": (is_last and episode.terminated, bool(terminated)),
        "truncated": (is_last and episode.truncated, bool(truncated)),
    }
    for field, (recorded, replayed) in pairs.items():
        if recorded != replayed:
            return Difference(step, field, recorded, replayed)
    return None


def describe(episode: Episode, difference: Difference) -> str:
    """A difference and its likely cause, in words."""
    step, field, recorded, replayed = difference
    return (
        f"episode {episode.index} (seed {episode.seed}), step {step}: {field} is "
        f"{recorded} in the file, {replayed} in the replay; {_cause(episode.versions)}"
    )


def _cause(recorded: dict[str, str]) -> str:
    if not recorded:
        return "the file does not tell the library versions it was recorded with"
    other = [
        f"{name} {there} (here {here})"
        for name, there in recorded.items()
        if (here := _installed(name)) != there
    ]
    if other:
        return f"likely because it was recorded with {', '.join(other)}"
    return "the library versions are those of the recording: was the file changed?"


def _installed(name: str) -> str:
    if name == "python":
        return platform.python_version()
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
