"""Writes the journal during play, so that what was played is never lost.

Every line goes to the file in one write, before the next frame is shown: a crash or a
kill leaves each finished step readable. The disk is forced to hold them at the end of
an episode and every second, for the sake of power cuts.
"""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from neurojax.data.recordings.journal import (
    Line,
    beginning,
    encode,
    ending,
    header,
    step,
)
from neurojax.data.recordings.reader import parse
from neurojax.data.recordings.recording import Recording

SECONDS_BETWEEN_SYNCS = 1.0
SEED = re.compile(rb'"seed": ?(\d{1,18})')


class Journal:
    """An open journal, made by `open_journal`.

    Attributes:
        notes: what the player must be told about the file before play.
        starts: of all its episodes.
        next_seed: of the next episode; no seed is used twice.
        num_episodes, num_unfinished, num_steps: of this sitting.
    """

    def __init__(
        self, path: Path, first: Line, before: Recording | None, notes: list[str]
    ):
        self.path, self.notes = path, notes
        self.starts = [e.start for e in before.episodes] if before else []
        self.next_seed = _next_seed(path)
        self.num_episodes = self.num_unfinished = self.num_steps = 0
        self._header = b"" if before else encode(first)
        self._file = _open(path) if before else None
        self._size = path.stat().st_size if before else 0
        self._length, self._return, self._is_broken = 0, 0.0, False
        self._synced = time.monotonic()

    def check_clock(self, now: datetime) -> None:
        """Refuse to go on with a clock that was set back.

        Raises:
            ValueError: if the journal holds an episode that began later than now.
        """
        if self.starts and now < self.starts[-1]:
            raise ValueError(
                f"The clock stands at {now:%Y-%m-%d %H:%M:%S} UTC, but {self.path} "
                f"holds an episode that began at {self.starts[-1]:%Y-%m-%d %H:%M:%S}. "
                "No episode was begun; set the clock right and start again."
            )

    def begin(
        self,
        start: datetime,
        observation: np.ndarray,
        versions: dict[str, str],
        **about: Any,
    ) -> None:
        """Write that an episode with the seed `next_seed` began."""
        self.check_clock(start)
        first = beginning(
            len(self.starts), self.next_seed, start, observation, versions, **about
        )
        self._append(self._header + encode(first))
        self._header = b""
        self.starts.append(start)
        self.next_seed += 1
        self.num_episodes += 1
        self.num_unfinished += 1
        self._length, self._return = 0, 0.0

    def step(
        self,
        seconds: float,
        action: int,
        observation: np.ndarray,
        reward: float,
        terminated: bool,
        truncated: bool,
        **about: Any,
    ) -> None:
        """Write a step of the present episode, `seconds` after its start."""
        line = step(
            len(self.starts) - 1,
            float(seconds),
            action,
            observation,
            float(reward),
            bool(terminated),
            bool(truncated),
            **about,
        )
        self._append(encode(line))
        self.num_steps += 1
        self._length += 1
        self._return += float(reward)

    def end(self, is_complete: bool) -> None:
        """Write that the episode has ended, and force all of it to disk."""
        if self._is_broken:  # the file stays as the last whole line left it
            return
        index = len(self.starts) - 1
        self._synced = -np.inf
        self._append(encode(ending(index, self._length, self._return, is_complete)))
        self.num_unfinished -= is_complete

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _append(self, data: bytes) -> None:
        try:
            if self._file is None:
                self._file = _open(self.path)
                _force_name(self.path)
            rest = memoryview(data)
            while rest:  # a write may be cut short, by a full disk for one
                rest = rest[self._file.write(rest) :]
            self._size += len(data)
            self._sync_if_due()
        except OSError as error:
            self._give_up()
            raise OSError(error.errno, error.strerror, str(self.path)) from error

    def _sync_if_due(self) -> None:
        assert self._file is not None
        if time.monotonic() - self._synced >= SECONDS_BETWEEN_SYNCS:
            os.fsync(self._file.fileno())
            self._synced = time.monotonic()

    def _give_up(self) -> None:
        """Leave whole lines only; the next start does so if this fails too."""
        self._is_broken = True
        with suppress(OSError):
            if self._file is not None:
                self._file.truncate(self._size)


@contextmanager
def open_journal(path: Path, task: str, subject: str, source: str) -> Iterator[Journal]:
    """Open a journal to go on with, alone; it is made when the first episode begins.

    A torn last line is cut off; a damaged file is set aside and a new one begun.

    Raises:
        ValueError: if another recorder has it open, or it is of other play.
        OSError: if it cannot be read or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path):
        before, notes = _repair(path)
        if before is not None:
            _check_same(path, before, task, subject, source)
        journal = Journal(path, header(task, subject, source), before, notes)
        try:
            journal.check_clock(datetime.now(UTC))
            yield journal
        finally:
            journal.close()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise ValueError(
            f"{path} is open in another recorder; stop that one first, or record "
            "another subject or into another folder."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _repair(path: Path) -> tuple[Recording | None, list[str]]:
    """What the file holds (None: there is none), and what was done to it."""
    content = path.read_bytes() if path.exists() else b""
    if not content:
        return None, []
    try:
        recording = parse(content, str(path))
    except ValueError as error:
        return None, [_set_aside(path, error)]
    end = content.rfind(b"\n") + 1
    if end == len(content):
        return recording, []
    os.truncate(path, end)
    return recording, [
        f"{path} ended in half a line, of a step that a crash cut off. It was taken "
        "out; all finished steps are there."
    ]


def _set_aside(path: Path, error: ValueError) -> str:
    while (aside := path.with_name(f"{path.name}.{_stamp()}")).exists():
        pass
    path.rename(aside)
    return (
        f"{path} is damaged. It is kept as {aside}, to be repaired by hand, and a new "
        f"journal is begun. What is wrong: {error}"
    )


def _stamp() -> str:
    return f"corrupt-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"


def _next_seed(path: Path) -> int:
    """One more than the highest seed in the file and in those set aside from it."""
    files = [path, *path.parent.glob(f"{path.name}.corrupt-*")]
    contents = [file.read_bytes() for file in files if file.exists()]
    return 1 + max((int(s) for c in contents for s in SEED.findall(c)), default=-1)


def _check_same(
    path: Path, before: Recording, task: str, subject: str, source: str
) -> None:
    if (before.task, before.subject) != (task, subject):
        raise ValueError(
            f"{path} holds {before.task} of {before.subject!r}, not {task} of "
            f"{subject!r}: its name is wrong; rename it or use another folder."
        )
    if before.source != source:
        raise ValueError(
            f"{path} was {before.source or 'made by an unknown player'} and cannot go "
            f"on as {source}; choose another subject or folder."
        )


def _open(path: Path) -> BinaryIO:
    return open(path, "ab", buffering=0)


def _force_name(path: Path) -> None:
    """Force the folder to disk: until then a power cut may undo the new file's name."""
    if not hasattr(os, "O_DIRECTORY"):  # Windows does it by itself
        return
    folder = os.open(path.parent, os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
