"""What a person did: episodes of one task, played over several sessions.

A *session* is play without a pause of half an hour, a *run* is one episode in it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Float64, Int, Int32

__all__ = [
    "SESSION_GAP",
    "Episode",
    "Recording",
    "sessions_and_runs",
    "sessions_of_starts",
]

SESSION_GAP = timedelta(minutes=30)


class Episode(NamedTuple):
    """One run: what was seen, done and earned.

    Attributes:
        index: its number in the recording, from 0; also of those that were cut short.
        seed: what the simulator was reset with.
        start: when it began, with a time zone.
        observations: one more than actions; the last is what the last action led to.
        actions: what was done.
        rewards: what each action earned.
        times: seconds from the episode's start to each action, on a monotonic clock.
        terminated: whether the task ended it.
        truncated: whether the step limit ended it.
        is_complete: whether it ended by itself; False if play was broken off.
        versions: of the libraries that it was recorded with, by name.
    """

    index: int
    seed: int
    start: datetime
    observations: Float32[np.ndarray, "steps+1 size"]
    actions: Int32[np.ndarray, " steps"]
    rewards: Float64[np.ndarray, " steps"]
    times: Float64[np.ndarray, " steps"]
    terminated: bool
    truncated: bool
    is_complete: bool
    versions: dict[str, str]

    @property
    def length(self) -> int:
        """The number of actions."""
        return len(self.actions)

    @property
    def episode_return(self) -> float:
        """The sum of rewards; higher is better."""
        return float(self.rewards.sum())


class Recording(NamedTuple):
    """One person's play of one task.

    Attributes:
        task: gymnasium's id.
        subject: a pseudonym, or the name of a synthetic player.
        episodes: in the order of play.
        source: in words for a caption; says so where the player is synthetic.
    """

    task: str
    subject: str
    episodes: tuple[Episode, ...]
    source: str

    @property
    def complete(self) -> "Recording":
        """Only the episodes that ended by themselves."""
        return self._replace(episodes=tuple(e for e in self.episodes if e.is_complete))


def sessions_and_runs(
    recording: Recording,
) -> tuple[Int[np.ndarray, " episodes"], Int[np.ndarray, " episodes"]]:
    """Number every episode's session, and its run inside the session, from 0.

    A new session begins where an episode starts `SESSION_GAP` or more after the one
    before it.
    """
    return sessions_of_starts([episode.start for episode in recording.episodes])


def sessions_of_starts(
    starts: Sequence[datetime],
) -> tuple[Int[np.ndarray, " episodes"], Int[np.ndarray, " episodes"]]:
    """Number sessions and runs as `sessions_and_runs` does, of episodes' starts."""
    sessions, runs = [], []
    before: datetime | None = None
    for start in starts:
        is_new = before is None or start - before >= SESSION_GAP
        sessions.append((sessions[-1] if sessions else -1) + is_new)
        runs.append(0 if is_new else runs[-1] + 1)
        before = start
    return np.array(sessions, int), np.array(runs, int)
