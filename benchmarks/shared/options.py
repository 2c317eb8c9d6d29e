"""Options that a command refuses, each by its name, its value and the remedy.

All raise SystemExit. An option's name is that of the field of `Args`.
"""

import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from tyro.constructors import PrimitiveConstructorSpec

from neurojax.storage.paths import user_path


def _read_by(read: Callable[[str], Any], kind: type, metavar: str) -> Any:
    """How a word of the command line becomes a value."""
    return PrimitiveConstructorSpec(
        nargs=1,
        metavar=metavar,
        instance_from_str=lambda words: read(words[0]),
        is_instance=lambda value: isinstance(value, kind),
        str_from_instance=lambda value: [str(value)],
    )


def _folder(word: str) -> Path:
    return user_path("--out", word)


def _data(word: str) -> str:
    """A word or a path; settings keep it as it was given, but for `~`."""
    path = user_path("--data", word)
    return str(path) if word.startswith("~") else word


def _task(word: str) -> str:
    """A known task's own name, however it is spelled."""
    # Imported here: --help answers before JAX is loaded.
    from neurojax.data.tasks import find_task

    try:
        return find_task(word).name
    except ValueError:
        return word  # a file may be of another task


Folder = Annotated[Path, _read_by(_folder, Path, "PATH")]
Data = Annotated[str, _read_by(_data, str, "STR")]
TaskName = Annotated[str, _read_by(_task, str, "STR")]


def not_empty(args: Any, *names: str) -> None:
    """Refuse an option that names nothing."""
    for name in names:
        if not getattr(args, name):
            raise SystemExit(f"{flag(name)} is empty; name at least one.")


def at_least(smallest: int, args: Any, *names: str) -> None:
    """Refuse smaller numbers; an option not given (None) passes."""
    for name in names:
        for value in _values(args, name):
            if value is not None and not value >= smallest:
                raise SystemExit(f"{flag(name)} {value} must be at least {smallest}.")


def above_zero(args: Any, *names: str) -> None:
    """Refuse numbers that are not positive and finite."""
    for name in names:
        for value in _values(args, name):
            if not (math.isfinite(value) and value > 0):
                raise SystemExit(
                    f"{flag(name)} {value} must be a finite number above 0."
                )


def no_repeats(args: Any, *names: str) -> None:
    """Refuse an option that names one thing twice."""
    for name in names:
        values = getattr(args, name)
        if len(set(values)) < len(values):
            raise SystemExit(f"{flag(name)} names one twice: {shown(values)}.")


def settings_without(args: Any, *names: str) -> dict[str, Any]:
    """All options but these, and but where to run and what to keep."""
    ignored = {"device", "out", "resume", *names}
    return {name: v for name, v in asdict(args).items() if name not in ignored}


def flag(name: str) -> str:
    """A field's name as it stands on the command line."""
    return "--" + name.replace("_", "-")


def shown(value: Any) -> str:
    """A value as it stands on the command line."""
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _values(args: Any, name: str) -> tuple[Any, ...]:
    value = getattr(args, name)
    return value if isinstance(value, tuple) else (value,)
