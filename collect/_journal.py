"""Writes the journal during play, so that what was played is never lost.

Every line goes to the file in one write, before the next frame is shown: a crash or a
kill leaves each finished step readable. The disk is forced to hold them at the end of
an episode and every second, for the sake of power cuts. A file that is deleted,
replaced or cut meanwhile is noticed then, and all of it is written again beside.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from collect._repair import Found, aside, repair
from neurojax.data.recordings.chain import Chain
from neurojax.data.recordings.journal import (
    SUFFIX,
    Line,
    beginning,
    encode,
    ending,
    header,
    step,
)
from neurojax.data.recordings.recording import Recording
from neurojax.storage.atomic import force_names, write_atomically
from neurojax.storage.lock import lock

SECONDS_BETWEEN_SYNCS = 1.0


class Journal:
    """An open journal, made by `open_journal`.

    Attributes:
        path: of the file; another one from when it was deleted or replaced.
        notes: what the player must be told about the file before play.
        starts: of all its episodes.
        next_seed: of the next episode; no seed is used twice.
        num_episodes, num_unfinished, num_steps: of this sitting.
        is_moved: whether the file was deleted or replaced and is kept beside.
        is_lost: whether that failed, too.
    """

    def __init__(self, path: Path, first: Line, found: Found):
        before = found.recording
        self.path, self.notes, self.next_seed = path, found.notes, found.next_seed
        self.starts = [e.start for e in before.episodes] if before else []
        self.num_episodes = self.num_unfinished = self.num_steps = 0
        self.is_moved = self.is_lost = False
        self._header = [] if before else [first]
        self._file = _open(path) if before else None
        self._content = bytearray(found.content)  # also if the file goes astray
        self._chain = Chain(found.content)
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
        self._append(*self._header, first)
        self._header = []
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
        self._append(line)
        self.num_steps += 1
        self._length += 1
        self._return += float(reward)

    def end(self, is_complete: bool) -> None:
        """Write that the episode has ended, and force all of it to disk."""
        if self._is_broken:  # the file stays as the last whole line left it
            return
        index = len(self.starts) - 1
        self._synced = -np.inf
        self._append(ending(index, self._length, self._return, is_complete))
        self.num_unfinished -= is_complete

    def watch(self) -> None:
        """Notice within a second that the file is gone, also between episodes.

        Raises:
            OSError: if it is, and cannot be written again.
        """
        with self._giving_up():
            self._sync_if_due()

    def finish(self) -> None:
        """Force all to disk, and see that it is there: what is told then is true.

        Raises:
            OSError: if it is not, and cannot be written again.
        """
        self._synced = -np.inf
        self.watch()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _append(self, *lines: Line) -> None:
        data = b"".join(self._chain.seal(encode(line)) for line in lines)
        with self._giving_up():
            if self._file is None:
                self._file = _open(self.path)
                force_names(self.path.parent)
            try:
                _write(self._file, data)
            except OSError:
                if self._leads_to(self._file):
                    raise
                self._synced = -np.inf  # the file is gone from a network mount
            self._content += data
            self._sync_if_due()

    def _sync_if_due(self) -> None:
        is_due = time.monotonic() - self._synced >= SECONDS_BETWEEN_SYNCS
        if self._file is None or self._is_broken or not is_due:
            return
        try:
            os.fsync(self._file.fileno())
        except OSError:
            if self._leads_to(self._file):
                raise
        if not self._is_in_place(self._file):
            self._write_beside()
        self._synced = time.monotonic()

    def _leads_to(self, file: BinaryIO) -> bool:
        """Whether the path still is that of the open file."""
        with suppress(OSError):
            return os.path.samestat(os.stat(self.path), os.fstat(file.fileno()))
        return False

    def _is_in_place(self, file: BinaryIO) -> bool:
        """Whether the path leads to all that was written."""
        with suppress(OSError):
            if self.path.stat().st_size == len(self._content):
                # Some network mounts give one file several numbers.
                return self._leads_to(file) or self.path.read_bytes() == self._content
        return False

    def _write_beside(self) -> None:
        """Write all again under another name, and go on there."""
        self.is_lost = True  # until it is written
        path = aside(self.path, "kept", SUFFIX)
        write_atomically(path, bytes(self._content))
        file, self._file = self._file, _open(path)
        if file is not None:
            file.close()
        note = (
            f"{self.path} was deleted, moved or changed by somebody else. All that was "
            f"recorded is kept as {path}, where play goes on."
        )
        self.path, self.is_moved, self.is_lost = path, True, False
        with suppress(OSError):
            print(note, file=sys.stderr, flush=True)

    @contextmanager
    def _giving_up(self) -> Iterator[None]:
        """After an error write no more, and leave whole lines only.

        The next start does so if that fails, too.
        """
        try:
            yield
        except OSError as error:
            self._is_broken = True
            with suppress(OSError):
                if self._file is not None and not self.is_lost:
                    self._file.truncate(len(self._content))
            raise OSError(error.errno, error.strerror, str(self.path)) from error


@contextmanager
def open_journal(path: Path, task: str, subject: str, source: str) -> Iterator[Journal]:
    """Open a journal to go on with, alone; it is made when the first episode begins.

    A torn last line is cut off; a damaged file is set aside and a new one begun.

    Raises:
        ValueError: if another recorder has it open, or it is of other play.
        OSError: if it cannot be read or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    held = lock(
        path,
        "stop the other recorder first, or record another subject or into another "
        "folder.",
    )
    try:
        found = repair(path)
        if found.recording is not None:
            _check_same(path, found.recording, task, subject, source)
        journal = Journal(path, header(task, subject, source), found)
        try:
            journal.check_clock(datetime.now(UTC))
            yield journal
        finally:
            journal.close()
    finally:
        held.release()


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


def _write(file: BinaryIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:  # a write may be cut short, by a full disk for one
        rest = rest[file.write(rest) :]


def _open(path: Path) -> BinaryIO:
    return open(path, "ab", buffering=0)
