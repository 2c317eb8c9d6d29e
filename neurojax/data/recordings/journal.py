"""Recordings in files: a journal of one JSON object per line, appended to during play.

The first line tells task and subject. Then each episode has a line when it begins, one
for each step, and one when it ends. What stands in the file before a crash is readable
after it: a last line without its end is left out, an episode without its end is there
and marked as incomplete. A `Chain` gives every line its check.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from neurojax.data.recordings.chain import Chain
from neurojax.data.recordings.recording import Recording
from neurojax.storage.atomic import write_atomically

__all__ = [
    "FORMAT",
    "SUFFIX",
    "Line",
    "beginning",
    "encode",
    "ending",
    "header",
    "journal_path",
    "save_recording",
    "step",
]

FORMAT = 1
SUFFIX = ".jsonl"

Line = dict[str, Any]


def journal_path(folder: Path, task: str, subject: str) -> Path:
    """Where a subject's play of a task is kept."""
    return folder / f"{subject}_{task}{SUFFIX}"


def header(task: str, subject: str, source: str) -> Line:
    """The first line."""
    return {
        "kind": "header",
        "format": FORMAT,
        "task": task,
        "subject": subject,
        "source": source,
    }


def beginning(
    index: int,
    seed: int,
    start: datetime,
    observation: np.ndarray,
    versions: dict[str, str],
    **about: Any,
) -> Line:
    """The line of an episode that begins; `about` is kept for readers, not read."""
    return {
        "kind": "episode",
        "episode": index,
        "seed": seed,
        "start": start.isoformat(),
        "observation": _numbers(observation),
        "versions": versions,
        **about,
    }


def step(
    index: int,
    time: float,
    action: int,
    observation: np.ndarray,
    reward: float,
    terminated: bool,
    truncated: bool,
    **about: Any,
) -> Line:
    """The line of a step: seconds since the start, the action, what it led to."""
    return {
        "kind": "step",
        "episode": index,
        "time": time,
        "action": int(action),
        "observation": _numbers(observation),
        "reward": float(reward),
        "terminated": bool(terminated),
        "truncated": bool(truncated),
        **about,
    }


def ending(index: int, length: int, episode_return: float, is_complete: bool) -> Line:
    """The line of an episode that has ended, by itself or because play was stopped."""
    return {
        "kind": "end",
        "episode": index,
        "length": length,
        "return": float(episode_return),
        "complete": bool(is_complete),
    }


def encode(line: Line) -> bytes:
    """One line of the file, still without its check."""
    return json.dumps(line, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def _numbers(observation: np.ndarray) -> list[float]:
    return [float(number) for number in np.asarray(observation, np.float32)]


def save_recording(recording: Recording, path: Path) -> None:
    """Write a whole recording, or nothing.

    Raises:
        OSError: if it cannot be written; a file that was there is as before.
    """
    chain = Chain()
    lines = (chain.seal(encode(line)) for line in _lines(recording))
    write_atomically(path, b"".join(lines))


def _lines(recording: Recording) -> Iterator[Line]:
    yield header(recording.task, recording.subject, recording.source)
    for e in recording.episodes:
        yield beginning(e.index, e.seed, e.start, e.observations[0], e.versions)
        for i in range(e.length):
            is_last = i == e.length - 1
            yield step(
                e.index,
                float(e.times[i]),
                int(e.actions[i]),
                e.observations[i + 1],
                float(e.rewards[i]),
                is_last and e.terminated,
                is_last and e.truncated,
            )
        yield ending(e.index, e.length, e.episode_return, e.is_complete)
