"""Which episodes of a recording train, validate and test."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Int

from neurojax.data.recordings.recording import (
    Recording,
    sessions_and_runs,
)

Splits = Literal["reference", "fair", "forward"]

SPLIT_SEED = 42
FEW_RUNS = 10  # sessions below it hold out one run, others a tenth

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
