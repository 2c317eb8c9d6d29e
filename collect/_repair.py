"""What the recorder finds before play: a whole journal, half a line, a damaged file."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from neurojax.data.recordings.journal import SUFFIX
from neurojax.data.recordings.reader import broken_off, parse
from neurojax.data.recordings.recording import Recording

# A seed of the recorder's has few digits; more are damage.
SEED = re.compile(rb'"seed": ?(\d{1,15})(?!\d)')
SEEDS_OF_A_FILE = 1_000_000  # more than anybody plays


class Found(NamedTuple):
    """What there was.

    Attributes:
        recording: None if there is no journal to go on with.
        content: its bytes.
        next_seed: one that no episode here has had.
        notes: what the player must be told.
    """

    recording: Recording | None
    content: bytes
    next_seed: int
    notes: list[str]


def repair(path: Path) -> Found:
    """Take out a torn last line; set a damaged file aside.

    Raises:
        OSError: if the file cannot be read or written.
    """
    content = path.read_bytes() if path.exists() else b""
    recording, notes = None, []
    if content:
        try:
            recording = parse(content, str(path))
        except ValueError as error:
            content, notes = b"", [_set_aside(path, error)]
    end = content.rfind(b"\n") + 1
    if end < len(content):
        os.truncate(path, end)
        content = content[:end]
        notes.append(
            f"{path} ended in half a line, of a step that a crash cut off. It was "
            "taken out; all finished steps are there."
        )
    elif recording and (words := broken_off(content, str(path))):
        notes.append(f"{words} What is there is kept.")
    return Found(recording, content, _next_seed(path, content), notes)


def aside(path: Path, why: str, suffix: str) -> Path:
    """A name that is free, beside `path`; `_next_seed` looks into such files."""
    while True:
        stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
        name = path.with_name(f"{path.name.removesuffix(suffix)}.{why}-{stamp}{suffix}")
        if not name.exists():
            return name


def _set_aside(path: Path, error: ValueError) -> str:
    kept = aside(path, "corrupt", "")
    path.rename(kept)
    return (
        f"{path} is damaged. It is kept as {kept}, to be repaired by hand, and a new "
        f"journal is begun. What is wrong: {error}"
    )


def _next_seed(path: Path, content: bytes) -> int:
    """A seed after all those in the journal and in the files set aside from it.

    What is damaged may hide its last seeds: after such files, seeds go on at the next
    million.
    """
    corrupt = sorted(path.parent.glob(f"{path.name}.corrupt-*"))
    kept = path.parent.glob(f"{path.stem}.kept-*{SUFFIX}")
    own = [content, *(file.read_bytes() for file in kept)]
    seeds = [_seeds_after(found) for found in own]
    for file in corrupt:
        hidden = -(-_seeds_after(file.read_bytes()) // SEEDS_OF_A_FILE)
        seeds.append(max(hidden, 1) * SEEDS_OF_A_FILE)
    return max(*seeds, len(corrupt) * SEEDS_OF_A_FILE)


def _seeds_after(content: bytes) -> int:
    """One more than the highest seed told in a file, in UTF-8 or UTF-16."""
    return 1 + max(map(int, SEED.findall(content.replace(b"\0", b""))), default=-1)
