"""A text file of a run's rows that a later run goes on with, and never cuts unsaid.

A resumed run makes again the rows that a killed one wrote beyond the last checkpoint.
They are not dropped but compared as they are made, so that at no instant the file holds
less than it did.
"""

import errno
import os
import warnings
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from io import FileIO
from pathlib import Path
from typing import Any

from neurojax.storage.atomic import force_names, write_atomically
from neurojax.storage.lock import lock
from neurojax.storage.paths import free_path

HEADER = -1  # the step of what comes before all rows


class LogFile:
    """The file, held by one writer; each line ends in a newline and belongs to a step.

    Args:
        path: where; a link is followed.
        parse: a line's step (HEADER for a header) and content; ValueError, KeyError,
            TypeError or IndexError if it is none.
    """

    def __init__(self, path: Path, parse: Callable[[bytes], tuple[int, Any]]) -> None:
        self.path = Path(os.path.realpath(path))
        self._parse = parse
        self._file: FileIO | None = None
        self._begun_at = 0
        # What is in the file beyond the step where this run began, as it lies there: to
        # be compared with what is written; the last may lack its end.
        self._ahead: deque[bytes] = deque()
        self._ahead_at = 0  # in bytes
        self._missing: dict[int, bytes | None] = {}

    def hold(self, held: ExitStack) -> None:
        """Keep other writers out until `held` is closed."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        remedy = "wait until its run has ended, or log to another file."
        held.callback(lock(self.path, remedy).release)

    def lines(self) -> list[tuple[int, bytes]]:
        """Every whole line with its step.

        Raises:
            ValueError: naming the first that is no row.
        """
        return [
            (self._read(number, line)[0], line)
            for number, line in enumerate(self._raw(), start=1)
            if line.endswith(b"\n")
        ]

    def compare(self, steps: range, line_of: Callable[[int], bytes | None]) -> None:
        """Find which rows are missing, and warn of them, changing nothing.

        Args:
            steps: that should be there.
            line_of: the row of a step as the run's history has it, or None.

        Raises:
            ValueError: if a row is not what the history has: it is another run's.
        """
        there = {step: line for step, line in self.lines() if step != HEADER}
        known = 0
        self._missing = {}
        for step in steps:
            line = line_of(step)
            if step not in there:
                self._missing[step] = line
            elif line is not None:
                known += 1
                if not self._same(there[step], line):
                    raise ValueError(
                        f"{self.path}: its row of generation {step} is not that of the "
                        "run to go on with: it is damaged or of another run. Delete "
                        "the row to have it written again, or log to another file."
                    )
        if there and not known and any(self._missing.values()):
            raise ValueError(
                f"{self.path} holds rows of another run: none up to generation "
                f"{steps[-1]}, where this one goes on. Log to another file."
            )
        if not there and not any(self._missing.values()):
            self._missing = {}  # a new log, of a run whose history was not given
        self._warn_of_missing()

    def open(self, step: int, header: bytes = b"") -> None:
        """Write again what was found missing, and append after `step`."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._fill(header)
        raw = self._raw()
        kept = 0
        while kept < len(raw) and raw[kept].endswith(b"\n"):
            if self._read(kept + 1, raw[kept])[0] > step:
                break
            kept += 1
        self._begun_at = step
        self._ahead = deque(raw[kept:])
        self._ahead_at = sum(map(len, raw[:kept]))
        self._append_to(self.path)

    def write(self, line: bytes) -> None:
        """Put a line at the end, or find it where a killed run has put it.

        Raises:
            ValueError: if a run from the beginning finds another run's line there.
            OSError: naming the file.
        """
        if self._ahead:
            found = self._ahead[0]
            if found.endswith(b"\n") and self._same(found, line):
                self._ahead_at += len(self._ahead.popleft())
                return
            if found.endswith(b"\n") or not line.startswith(found):
                self._set_aside(line)
            os.ftruncate(self._opened().fileno(), self._ahead_at)
            self._ahead.clear()
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[self._opened().write(rest) :]
        except OSError as error:
            raise OSError(
                error.errno,
                f"could not write a row ({error.strerror}); the rows before it are "
                "there; free space, or log to another place",
                str(self.path),
            ) from error

    def check_there(self) -> None:
        """If somebody has deleted or replaced the file, write it again, and say so."""
        file = self._opened()
        try:
            now = os.stat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            now = None
        if now is not None and os.path.samestat(now, os.fstat(file.fileno())):
            return
        was, what = self.path, "deleted" if now is None else "replaced"
        if now is not None:
            self.path = free_path(self.path, "")
        file.seek(0)
        write_atomically(self.path, file.read())
        file.close()
        self._append_to(self.path)
        warnings.warn(
            f"{was} was {what} while a run writes it; all its rows are in {self.path} "
            "again, and those to come go there.",
            stacklevel=2,
        )

    def sync(self) -> None:
        """Force the rows to disk."""
        try:
            os.fsync(self._opened().fileno())
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOTSUP):
                return  # what this is cannot be forced, such as a pipe
            raise OSError(
                error.errno,
                f"could not force the rows to disk ({error.strerror}); free space, or "
                "log to another place",
                str(self.path),
            ) from error

    def close(self) -> None:
        """Look after the file once more, and let it go."""
        if self._file is not None:
            try:
                self.check_there()
            finally:
                self._file.close()
                self._file = None

    def _opened(self) -> FileIO:
        if self._file is None:
            raise ValueError("the tracker is not open; call open(step) first.")
        return self._file

    def _append_to(self, path: Path) -> None:
        self._file = FileIO(path, "a+")  # unbuffered: a killed process loses no row
        force_names(path.parent)

    def _raw(self) -> list[bytes]:
        if not self.path.exists():
            return []
        *lines, tail = self.path.read_bytes().split(b"\n")
        return [line + b"\n" for line in lines] + ([tail] if tail else [])

    def _read(self, number: int, line: bytes) -> tuple[int, Any]:
        try:
            return self._parse(line)
        except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
            raise ValueError(
                f"line {number} of {self.path} is not a row of this tracker ({error}); "
                "repair or delete it, or choose another file."
            ) from error

    def _same(self, one: bytes, other: bytes) -> bool:
        return one == other or self._read(0, one) == self._parse(other)

    def _warn_of_missing(self) -> None:
        lost = sum(line is None for line in self._missing.values())
        found = len(self._missing) - lost
        again = f"; {found} are written again from its history as it does"
        gone = f"; {lost} are lost, as its history was not given"
        if self._missing:
            warnings.warn(
                f"{self.path} lacks {lost + found} rows of the generations before the "
                f"run goes on{again if found else ''}{gone if lost else ''}.",
                stacklevel=2,
            )

    def _fill(self, header: bytes) -> None:
        found = {step: line for step, line in self._missing.items() if line is not None}
        if not found:
            return
        raw = self._raw()
        torn = [line for line in raw if not line.endswith(b"\n")]
        rows = []
        again = [header, *found.values()] if header else [*found.values()]
        if header and len(torn) == len(raw):  # a header may be torn, too
            rows = [(HEADER, header)]
        torn = [tail for tail in torn if not any(row.startswith(tail) for row in again)]
        rows += [*self.lines(), *found.items()]
        rows.sort(key=lambda row: row[0])  # stable
        write_atomically(self.path, b"".join([*(line for _, line in rows), *torn]))

    def _set_aside(self, line: bytes) -> None:
        """Refuse to go on, or keep elsewhere what this run does not make again."""
        if self._begun_at == 0:
            raise ValueError(
                f"{self.path} holds rows of another run: {self._ahead[0]!r} where this "
                f"one, from its beginning, has {line!r}. Restore the state that led to "
                "the rows, log to another file, or delete it; nothing was changed."
            )
        beside = free_path(self.path, ".aside")
        write_atomically(beside, b"".join(self._ahead))
        warnings.warn(
            f"{self.path} held {len(self._ahead)} rows that this run, begun at "
            f"generation {self._begun_at}, does not make again: another run's, or "
            f"another machine's. They are now in {beside}.",
            stacklevel=2,
        )
