"""Which episodes of a recording train, validate and test; what a network is shown."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float32, Int

from neurojax.data import Transitions
from neurojax.data.recordings.recording import (
    Episode,
    Recording,
    sessions_and_runs,
)
from neurojax.data.tasks import find_task

Inputs = Literal["plain", "info", "shuffled", "previous", "recurrent"]
Splits = Literal["reference", "fair", "forward"]

SPLIT_SEED = 42
FEW_RUNS = 10  # sessions below it hold out one run, others a tenth
WINDOW = 32  # steps that a recurrent network is trained along

Episodes = Int[np.ndarray, " episodes"]


class Parts(NamedTuple):
    """Positions of episodes; none is in two parts.

    Attributes:
        name: of a part of the chain if there are several.
        train: episodes that are trained on.
        validation: episodes that choose between checkpoints; empty in the reference
            split.
        test: episodes that are predicted and played.
    """

    name: str
    train: Episodes
    validation: Episodes
    test: Episodes


def held_out(sessions: Episodes) -> Episodes:
    """The reference's test episodes: drawn inside each session, a tenth of its runs.

    A session of one run is all test. The draws are those of numpy's old global
    generator with the seed 42, session after session.
    """
    draws = np.random.RandomState(SPLIT_SEED)  # noqa: NPY002 (the reference's)
    return np.sort(_per_session(sessions, draws.shuffle, _tenth))


def _tenth(runs: int) -> int:
    return 1 if runs < FEW_RUNS else runs // 10


def _per_session(
    sessions: Episodes,
    shuffle: Callable[[list[int]], None],
    count: Callable[[int], int],
) -> Episodes:
    """The first `count(runs)` episodes of every session after a shuffle."""
    chosen: list[int] = []
    for session in np.unique(sessions):
        runs = np.flatnonzero(sessions == session).tolist()
        number = count(len(runs))
        shuffle(runs)
        chosen += runs[:number]
    return np.array(chosen, int)


def parts(recording: Recording, split: Splits) -> list[Parts]:
    """The parts that models are trained on: one, or one for each later session.

    `reference` holds out episodes as the reference did and has no validation. `fair`
    holds out the same and sets a further tenth of each session's training runs (of
    sessions with three or more) apart for validation. `forward` trains on the sessions
    before one and tests on that one, for every session but the first.

    Raises:
        ValueError: if too few episodes or sessions are left, with the remedy.
    """
    sessions = sessions_and_runs(recording)[0]
    if split == "forward":
        return _chain(recording, sessions)
    test = held_out(sessions)
    train = np.setdiff1d(np.arange(len(sessions)), test)
    if not len(train):
        raise ValueError(
            f"{_named(recording)} leaves no episode to train on: each of its "
            f"{len(sessions)} episodes is a session of its own. Record more."
        )
    if split == "reference":
        return [Parts("", train, np.empty(0, int), test)]
    return [_validated("", sessions, train, test, recording)]


def _chain(recording: Recording, sessions: Episodes) -> list[Parts]:
    if sessions[-1] < 1:
        raise ValueError(
            f"--split forward: {_named(recording)} has one session; it takes two or "
            "more, half an hour apart."
        )
    chain = []
    for session in range(1, int(sessions[-1]) + 1):
        train, test = (
            np.flatnonzero(sessions < session),
            np.flatnonzero(sessions == session),
        )
        name = f"session{session}"
        chain.append(_validated(name, sessions, train, test, recording))
    return chain


def _validated(
    name: str, sessions: Episodes, train: Episodes, test: Episodes, recording: Recording
) -> Parts:
    """The parts with some training episodes set apart for validation."""
    draws = np.random.default_rng(SPLIT_SEED)
    few = _per_session(
        sessions[train], draws.shuffle, lambda runs: _tenth(runs) if runs >= 3 else 0
    )
    validation = np.sort(train[few])
    train = np.setdiff1d(train, validation)
    if not len(validation):
        raise ValueError(
            f"{_named(recording)} has no session with three training runs, so none "
            "can be set apart for validation: record more, or use --protocol reference."
        )
    return Parts(name, train, validation, test)


def _named(recording: Recording) -> str:
    return f"{recording.subject}'s {recording.task} ({recording.source})"


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
