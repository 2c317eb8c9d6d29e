"""The checks of a journal's lines: each tells the sha256 of all that stands before it.

A line that was changed, lost, added or moved is noticed by its own check or by the next
one; lines that are cut off the end of a file are not.
"""

import hashlib
import re

__all__ = ["Chain"]

DIGITS = 16  # of the sha256 in hexadecimal: enough against chance
CHECK = re.compile(rb',"check":"([0-9a-f]{%d})"}$' % DIGITS)


class Chain:
    """The lines of one file from its first to its last, as they are written or read.

    Lines that were written before there were checks have none; once one has, all have.
    """

    def __init__(self, content: bytes = b""):
        """Begin after what a file holds already."""
        self._sha256 = hashlib.sha256(content)
        self._is_checked = False

    def seal(self, line: bytes) -> bytes:
        """Return an encoded line, which ends in a newline, with its check in it."""
        body = line.removesuffix(b"}\n")
        self._sha256.update(body)
        end = b',"check":"%s"}\n' % self._digest()
        self._sha256.update(end)
        return body + end

    def accepts(self, line: bytes) -> bool:
        """Read the next line; whether it and those before are what was written."""
        found = CHECK.search(line)
        if found is None:
            self._sha256.update(line + b"\n")
            return not self._is_checked and b'"check"' not in line
        self._is_checked = True
        self._sha256.update(line[: found.start()])
        is_whole = found[1] == self._digest()
        self._sha256.update(found[0] + b"\n")
        return is_whole

    def _digest(self) -> bytes:
        return self._sha256.hexdigest()[:DIGITS].encode()
