"""Damages files at random places, and says what reading them came to."""

import contextlib
import io
import random
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

# What can come of it, from what serves the user to what misleads.
CLEAR = "clear"  # refused, or repaired and said: the file and the remedy are named
NAMED = "named"  # the file alone is named
UNHARMED = "unharmed"  # read as before: the place tells nothing
RAW = "raw"  # an error of another type, or without the file
DIFFERENT = "different"  # read as something else, without a word

REMEDY = re.compile(
    r"again|delete|restor|copy|aside|taken? out|repair|choose|anew|passing over|must"
    r"|mend|give|add "
    r"|breaks off",  # of what a crash cut off a journal nothing can be had again
    re.IGNORECASE,
)


class Sample(NamedTuple):
    """A file, and what it is read for.

    Attributes:
        path: of the file that is damaged.
        read: what a user of it gets, to be compared; it may print, warn and raise.
    """

    path: Path
    read: Callable[[], Any]


def damaged(data: bytes, draw: random.Random) -> bytes:
    """Return other bytes: a flip, a byte, a cut, or an addition somewhere."""
    place = draw.randrange(len(data))
    stretch = place + draw.randint(1, 64)
    ways = (
        lambda: data[:place] + bytes([data[place] ^ 1 << draw.randrange(8)]) + rest(1),
        lambda: data[:place] + draw.randbytes(1) + rest(1),
        lambda: data[:place],
        lambda: data + draw.randbytes(draw.randint(1, 64)),
        lambda: data[:place] + bytes(len(data[place:stretch])) + data[stretch:],
        lambda: data[:place] + data[stretch:],
    )

    def rest(skipped: int) -> bytes:
        return data[place + skipped :]

    found = data
    while found == data:
        found = draw.choice(ways)()
    return found


def sweep(sample: Sample, folder: Path, draw: random.Random, places: int) -> list[str]:
    """Damage the file at so many places and read it each time.

    Returns:
        The outcome at each place.
    """
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    whole, _ = _told(sample.read)
    outcomes = []
    for _ in range(places):
        _put_back(folder, before)
        sample.path.write_bytes(damaged(before[sample.path], draw))
        outcomes.append(_outcome(sample, whole))
    _put_back(folder, before)
    return outcomes


def _outcome(sample: Sample, whole: Any) -> str:
    try:
        found, words = _told(sample.read)
    except (ValueError, OSError, SystemExit) as error:
        return _clarity(str(error), sample.path) or RAW
    except Exception:
        return RAW
    said = _clarity(words, sample.path)
    if found == whole:
        return said or UNHARMED
    return said or DIFFERENT


def _clarity(words: str, path: Path) -> str:
    """How much the words tell of a file; nothing if they do not name it."""
    if path.name not in words:
        return ""
    return CLEAR if REMEDY.search(words) else NAMED


def _told(read: Callable[[], Any]) -> tuple[Any, str]:
    """What was read, and all that was said."""
    said = io.StringIO()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            found = read()
    return found, said.getvalue() + "".join(str(each.message) for each in caught)


def _put_back(folder: Path, before: dict[Path, bytes]) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and path not in before:
            path.unlink()
    for path, data in before.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
