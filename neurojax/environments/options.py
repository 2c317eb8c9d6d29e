"""Options of environments that are named: pairs that can be compared and hashed."""

from typing import Any


def checked_options(options: Any, example: str) -> tuple[tuple[str, Any], ...]:
    """The options in the order of their names, so that equal ones are equal.

    Raises:
        ValueError: if they are no pairs of a name and a hashable value (the error shows
            the `example`), or one is given twice.
    """
    try:
        given = list(options)
        pairs = {name: value for name, value in given}
        ordered = tuple(sorted(pairs.items(), key=lambda pair: pair[0]))
        hash(ordered)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"options={options!r} must be pairs of a name and a hashable value, such "
            f"as {example}; write lists as tuples."
        ) from error
    if len(pairs) != len(given):
        raise ValueError(f"options={options!r} names an option twice; give each once.")
    return ordered
