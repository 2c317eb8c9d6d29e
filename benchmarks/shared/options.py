"""Options that a command refuses, each by its name, its value and the remedy.

All raise SystemExit. An option's name is that of the field of `Args`.
"""

import math
from dataclasses import asdict
from typing import Any


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
                raise SystemExit(f"{flag(name)} {value} must be above 0.")


def no_repeats(args: Any, *names: str) -> None:
    """Refuse an option that names one thing twice."""
    for name in names:
        values = getattr(args, name)
        if len(set(values)) < len(values):
            raise SystemExit(
                f"{flag(name)} names one twice: {' '.join(map(str, values))}."
            )


def settings_without(args: Any, *names: str) -> dict[str, Any]:
    """All options but these, and but where to run and what to keep."""
    ignored = {"device", "out", "resume", *names}
    return {name: v for name, v in asdict(args).items() if name not in ignored}


def flag(name: str) -> str:
    """A field's name as it stands on the command line."""
    return "--" + name.replace("_", "-")


def _values(args: Any, name: str) -> tuple[Any, ...]:
    value = getattr(args, name)
    return value if isinstance(value, tuple) else (value,)
