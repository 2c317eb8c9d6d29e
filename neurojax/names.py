"""The words for a name that is not known, and for a value that is long."""

import difflib
from collections.abc import Iterable

__all__ = ["short", "unknown_name"]


def unknown_name(argument: str, value: object, known: Iterable[str]) -> ValueError:
    """Return the error naming the argument, the value and the nearest known name.

    It is returned, not raised, so that the caller's `raise` shows where it ends. Upper
    and lower case are the same to the search.

        if name not in TASKS:
            raise unknown_name("task", name, TASKS)
    """
    names = list(known)
    folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(str(value).casefold(), folded, n=1, cutoff=0.4)
    hint = f"; did you mean {folded[near[0]]!r}?" if near else "."
    return ValueError(f"{argument}={short(value)} must be one of {names}{hint}")


def short(value: object) -> str:
    """Return an object's repr in one line, cut where it would fill the screen."""
    try:
        text = " ".join(repr(value).split())
    except RecursionError:
        text = f"<a deeply nested {type(value).__name__}>"
    return text if len(text) <= 80 else f"{text[:77]}..."
