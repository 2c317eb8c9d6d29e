"""Which files a path means: one, those of a folder, or those of a pattern."""

import glob
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from neurojax.names import unknown_name

__all__ = ["find_parts", "for_suffix"]

Way = TypeVar("Way", bound=Callable[..., Any])


def for_suffix(path: Path, ways: Mapping[str, Way]) -> Way:
    """Return the way for the suffix of a path, or raise a `ValueError`."""
    if path.suffix not in ways:
        raise ValueError(f"{path}: {unknown_name('suffix', path.suffix, ways)}")
    return ways[path.suffix]


def find_parts(path: Path, suffixes: Mapping[str, Any]) -> list[Path]:
    """Return the files of one data set, in the order of their names.

    Numbers in names count as numbers: `part-2` comes before `part-10`.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If one is empty or of an unknown suffix, or a folder holds files of
            several suffixes.
    """
    if path.is_dir():
        parts = _of_folder(path, suffixes)
    elif not path.exists() and glob.has_magic(str(path)):
        parts = [Path(found) for found in glob.glob(_pattern(path))]
    else:
        parts = [path]
    if not parts:
        raise FileNotFoundError(
            f"{path} holds no file of {', '.join(suffixes)}; check the path."
        )
    for part in parts:
        for_suffix(part, suffixes)
        _check_file(part)
    return sorted(parts, key=_natural)


def _pattern(path: Path) -> str:
    """The path as a pattern; a folder that is there may be named like one."""
    if path.parent.is_dir():
        return str(Path(glob.escape(str(path.parent))) / path.name)
    return str(path)


def _of_folder(folder: Path, suffixes: Mapping[str, Any]) -> list[Path]:
    parts = [part for part in folder.iterdir() if part.suffix in suffixes]
    kinds = sorted({part.suffix for part in parts})
    if len(kinds) > 1:
        raise ValueError(
            f"{folder} holds files of {' and '.join(kinds)}: name those of one data "
            f"set, such as {folder / f'*{kinds[0]}'}."
        )
    return [part for part in parts if not part.name.startswith(".")]


def _check_file(path: Path) -> None:
    if not path.exists():
        raise FileNotFoundError(
            f"There is no file {path}; check the path, or use the source 'expert'."
        )
    if not path.is_file():
        raise ValueError(f"{path} is not a file; name one file, or files by a pattern.")
    if not path.stat().st_size:
        raise ValueError(f"{path} is empty (0 bytes); download or write it again.")


def _natural(path: Path) -> list[str | int]:
    pieces = re.split(r"([0-9]+)", str(path))
    return [int(piece) if piece.isdecimal() else piece for piece in pieces]
