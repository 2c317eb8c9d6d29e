"""What a network is shown of each step of an episode."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from jaxtyping import Float32

from benchmarks.continual.parts import SPLIT_SEED, Episodes
from neurojax.data import Transitions
from neurojax.data.recordings.recording import (
    Episode,
    Recording,
    sessions_and_runs,
)
from neurojax.data.tasks import find_task

Inputs = Literal["plain", "info", "shuffled", "previous", "recurrent"]

WINDOW = 32  # steps that a recurrent network is trained along


def features(recording: Recording) -> Float32[np.ndarray, "episodes 2"]:
    """Session and run of every episode, each evenly on [-1, 1] in order; 0 if alone."""
    sessions, runs = sessions_and_runs(recording)
    found = np.zeros((len(sessions), 2), np.float32)
    found[:, 0] = _even(int(sessions[-1]) + 1)[sessions]
    for session in np.unique(sessions):
        here = sessions == session
        found[here, 1] = _even(int(here.sum()))[runs[here]]
    return found


def _even(count: int) -> np.ndarray:
    return np.linspace(-1, 1, count) if count > 1 else np.zeros(1)


def information(
    recording: Recording, inputs: Inputs
) -> Float32[np.ndarray, "episodes size"]:
    """What a network is told of each episode besides its observations.

    `shuffled` gives every episode the session and run of another one: a network with as
    many inputs that tell it nothing.
    """
    if inputs == "info":
        return features(recording)
    if inputs == "shuffled":
        return np.random.default_rng(SPLIT_SEED).permutation(features(recording))
    return np.zeros((len(recording.episodes), 0), np.float32)


def examples(
    recording: Recording, episodes: Sequence[int] | Episodes, inputs: Inputs
) -> Transitions:
    """What a network is trained or tested on: pairs, or windows of them in order.

    A recurrent network gets observations `(windows, WINDOW, size)` and actions
    `(windows, WINDOW)`, -1 beyond an episode's end; others `(steps, size)`, `(steps,)`.
    """
    told = information(recording, inputs)
    shown = [
        _shown(recording, recording.episodes[position], told[position], inputs)
        for position in episodes
    ]
    actions = [recording.episodes[position].actions for position in episodes]
    if inputs == "recurrent":
        shown = [_windows(array, 0) for array in shown]
        actions = [_windows(array, -1) for array in actions]
    return Transitions(np.concatenate(shown), np.concatenate(actions))


def _shown(
    recording: Recording, episode: Episode, told: np.ndarray, inputs: Inputs
) -> np.ndarray:
    """The inputs at every step of an episode."""
    seen = episode.observations[:-1]
    columns = [seen, np.broadcast_to(told, (len(seen), len(told)))]
    if inputs == "previous":
        num_actions = find_task(recording.task).num_actions
        before = np.zeros((len(seen), num_actions), np.float32)
        before[np.arange(1, len(seen)), episode.actions[:-1]] = 1
        columns.append(before)
    return np.concatenate(columns, axis=1).astype(np.float32)


def _windows(array: np.ndarray, filler: int) -> np.ndarray:
    count = -(-len(array) // WINDOW)
    missing = count * WINDOW - len(array)
    padding = [(0, missing)] + [(0, 0)] * (array.ndim - 1)
    padded = np.pad(array, padding, constant_values=filler)
    return padded.reshape(count, WINDOW, *array.shape[1:])
