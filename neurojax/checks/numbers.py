"""Checks of numbers, words, sizes and arrays."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from neurojax.names import short, unknown_name

# Whether a number, or each of an array, is right; and what is, in words.
Rule: TypeAlias = tuple[Callable[[Any], Any], str]

LARGEST = 2**31 - 1  # what is counted is counted in int32
FLOAT32 = np.finfo(np.float32)
# As a float32, in which it is used: 1e308 is infinite there, and 1e-50 is 0.
POSITIVE: Rule = (
    lambda x: (x >= float(FLOAT32.tiny)) & (x <= float(FLOAT32.max)),
    "a finite number above 0",
)
NOT_NEGATIVE: Rule = (
    lambda x: (x >= 0) & (x <= float(FLOAT32.max)),
    "a finite number from 0 on",
)
NUMBER: Rule = (lambda x: x == x, "a number, not NaN")
FINITE: Rule = (lambda x: abs(x) <= float(FLOAT32.max), "a finite number")
PROBABILITY: Rule = (lambda x: (x >= 0) & (x <= 1), "a number in [0, 1]")
POSITIVE_PROBABILITY: Rule = (lambda x: (x > 0) & (x <= 1), "a number in (0, 1]")
FRACTION: Rule = (
    lambda x: (x > 0) & (x < 1),
    "a number strictly between 0 and 1, such as 0.1",
)


def is_integer(value: Any) -> bool:
    """Whether it is an integer of Python or numpy; a bool is none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether it is an integer or a float of Python or numpy."""
    return is_integer(value) or isinstance(value, float | np.floating)


def integer_between(name: str, value: Any, low: int, high: int | None = None) -> None:
    """Refuse anything but an integer in [low, high]; without `high`, below 2**31.

    Integers of numpy are integers; bools and floats are none.
    """
    if is_integer(value) and low <= value <= (LARGEST if high is None else high):
        return
    bound = f"in [{low}, {high}]"
    if high is None:
        bound = f"at least {low}" + ", below 2**31" * (
            is_integer(value) and value > LARGEST
        )
    raise ValueError(f"{name}={short(value)} must be an integer {bound}.")


def number_where(name: str, value: Any, rule: Rule) -> None:
    """Refuse what is no number of the host, or breaks the rule.

    A tracer passes: no check may wait for its value.
    """
    is_right, what = rule
    if isinstance(value, Tracer):
        return
    if isinstance(value, jax.Array):
        raise ValueError(
            f"{name}={short(value)} must be {what}: a number fixed at construction, "
            f"such as float({name}); numbers to sweep are params, which may be arrays."
        )
    if not (is_number(value) and is_right(_as_float(value))):
        raise ValueError(f"{name}={short(value)} must be {what}.")


def swept(name: str, value: Any, rule: Rule) -> None:
    """Refuse a number to sweep, or an array of them, where one breaks the rule.

    A tracer passes: no check may wait for its value.
    """
    is_right, what = rule
    if isinstance(value, Tracer):
        return
    array = np.asarray(value)
    if not (is_real(array.dtype) and np.all(is_right(array.astype(float)))):
        raise ValueError(f"{name}={short(value)} must be {what}.")


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # of an integer
        return math.inf if value > 0 else -math.inf


def is_real(dtype: Any) -> bool:
    """Whether arrays of this dtype hold integers or floats."""
    return any(jnp.issubdtype(dtype, kind) for kind in (jnp.integer, jnp.floating))


def positive(name: str, value: Any) -> None:
    """Refuse what is no finite number above 0."""
    number_where(name, value, POSITIVE)


def not_negative(name: str, value: Any) -> None:
    """Refuse what is no finite number of at least 0."""
    number_where(name, value, NOT_NEGATIVE)


def finite(name: str, value: Any) -> None:
    """Refuse what is no finite number."""
    number_where(name, value, FINITE)


def probability(name: str, value: Any) -> None:
    """Refuse what is no number in [0, 1]."""
    number_where(name, value, PROBABILITY)


def fraction(name: str, value: Any) -> None:
    """Refuse what is no number strictly between 0 and 1."""
    number_where(name, value, FRACTION)


def std_bounds(low: Any, high: Any) -> None:
    """Refuse bounds of a std that are not 0 <= low < high."""
    not_negative("min_std", low)
    positive("max_std", high)
    if isinstance(low, Tracer) or isinstance(high, Tracer):
        return
    if not low < high:
        raise ValueError(f"min_std={low} and max_std={high} must be 0 <= min < max.")


def std_within(std: Any, low: Any, high: Any) -> None:
    """Refuse a first std outside of the bounds that it is clipped to."""
    if not any(isinstance(x, Tracer) for x in (std, low, high)) and not (
        low <= std <= high
    ):
        raise ValueError(
            f"std={std} must lie in [min_std, max_std] = [{low}, {high}], between "
            "which it adapts."
        )


def seed(name: str, value: Any) -> None:
    """Refuse what is no integer from 0 on: what starts numpy's generators."""
    integer_between(name, value, 0, 2**64 - 1)


def flag(name: str, value: Any) -> None:
    """Refuse what is neither True nor False."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name}={short(value)} must be True or False.")


def text(name: str, value: Any, example: str) -> None:
    """Refuse what is no string, or an empty one."""
    if not (isinstance(value, str) and value):
        raise ValueError(f"{name}={short(value)} must be a text, such as {example!r}.")


def one_of(name: str, value: Any, choices: Sequence[str]) -> None:
    """Refuse a value that is not among the choices."""
    if not isinstance(value, str) or value not in choices:
        raise unknown_name(name, value, choices)


def sizes(name: str, value: Any, example: str) -> tuple[int, ...]:
    """The positive integers as a tuple of ints, or a refusal."""
    is_many = isinstance(value, Iterable) and not isinstance(value, str | bytes | dict)
    given: Any = tuple(value) if is_many else value
    if not is_many or not all(is_integer(x) and x > 0 for x in given):
        raise ValueError(
            f"{name}={short(given)} must be positive integers in a tuple, such as "
            f"{example}."
        )
    return tuple(int(x) for x in given)


def shape(name: str, value: Any) -> tuple[int, ...]:
    """The shape of an array as a tuple of ints, () for a number, or a refusal."""
    return sizes(name, value, "(4,), or () for one number")


def real_array(name: str, value: Any) -> np.ndarray:
    """The value as an array of numpy, or a refusal of what holds no real numbers."""
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(
            f"{name}={short(value)} must be an array, with rows of one shape: {error}"
        ) from error
    if not (jnp.issubdtype(array.dtype, jnp.number) or array.dtype == bool):
        raise ValueError(
            f"{name}={short(value)} of dtype {array.dtype} must be an array of numbers."
        )
    if jnp.issubdtype(array.dtype, jnp.complexfloating):
        raise ValueError(
            f"{name} of dtype {array.dtype} must hold real numbers; give the real and "
            "the imaginary parts as two columns."
        )
    return array
