"""Paths and names as people and files give them."""

import os
import re
from pathlib import Path
from typing import Any

from neurojax.names import short

__all__ = ["file_name_part", "free_path", "user_file", "user_folder", "user_path"]

MOST_FOLDERS = 200
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")


def user_path(argument: str, value: Any) -> Path:
    """Return the absolute path meant by `value`: `~` is the home of the user.

    Take a path once, where the user gives it: a later `chdir` moves nothing then.

    Raises:
        ValueError: naming `argument`, if it is no path, empty, or holds a NUL.
    """
    if not isinstance(value, str | os.PathLike):
        raise ValueError(f"{argument}={value!r} must be a path, a str or a Path.")
    text = os.fspath(value)
    if not isinstance(text, str) or not text or "\0" in text:
        raise ValueError(f"{argument}={value!r} must be a path of one or more letters.")
    # Not resolve(): what a link points to may be changed while we run.
    path = Path(os.path.abspath(os.path.expanduser(text)))
    if len(path.parts) > MOST_FOLDERS:  # pathlib makes one in the other
        raise ValueError(
            f"{argument}={short(value)} lies in {len(path.parts)} folders; choose a "
            f"place in fewer than {MOST_FOLDERS}."
        )
    return path


def user_file(argument: str, value: Any) -> Path:
    """Return the absolute path of a file that is there or can be made.

    Raises:
        ValueError: naming `argument`, if `user_path` refuses it, it is a folder, too
            long a name, or would lie in a file.
    """
    path = user_path(argument, value)
    if _looked_at(argument, path) and path.is_dir():
        raise ValueError(f"{argument}={str(path)!r} is a folder; name a file in it.")
    return path


def user_folder(argument: str, value: Any) -> Path:
    """Return the absolute path of a folder that is there or can be made.

    Raises:
        ValueError: naming `argument`, if `user_path` refuses it, it is a file, too long
            a name, or would lie in a file.
    """
    path = user_path(argument, value)
    if _looked_at(argument, path) and not path.is_dir():
        raise ValueError(f"{argument}={str(path)!r} is a file; name a folder.")
    return path


def free_path(path: Path, suffix: str) -> Path:
    """Return a path beside `path` that nothing has yet: `a.jsonl` gives `a.1.jsonl`.

    `suffix` comes after the whole name: with ".aside" it is `a.1.jsonl.aside`.
    """
    number = 1
    while os.path.lexists(
        found := path.with_name(f"{path.stem}.{number}{path.suffix}{suffix}")
    ):
        number += 1
    return found


def _looked_at(argument: str, path: Path) -> bool:
    """Whether something is there; refuses what can never be."""
    try:
        os.stat(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ValueError(
            f"{argument}={str(path)!r} cannot be used ({error.strerror}); choose "
            "another place."
        ) from error
    return True


def file_name_part(argument: str, value: Any, where: str = "") -> str:
    """Return a name that may become part of a file's name, or refuse it.

    Names that are read from files (of subjects, tasks, cells) pass here where they are
    read: one such as `../x` would else choose a file outside of the folder meant.

    Raises:
        ValueError: naming `where` it stands, such as "a.jsonl, line 1: ".
    """
    if isinstance(value, str) and NAME.fullmatch(value):
        return value
    raise ValueError(
        f"{where}{argument}={value!r} must be letters, digits, '-' and '.', as 'sub01' "
        "is: it becomes part of file names."
    )
