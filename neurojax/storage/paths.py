"""Paths and names as people and files give them."""

import os
import re
from pathlib import Path
from typing import Any

__all__ = ["file_name_part", "user_path"]

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
    return Path(os.path.abspath(os.path.expanduser(text)))


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
