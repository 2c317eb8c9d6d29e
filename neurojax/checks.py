"""Checks of arguments and genotypes; each names argument, value and remedy."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from neurojax.names import unknown_name
from neurojax.types import Fitness, Population, Variation


def integer_between(name: str, value: Any, low: int, high: int | None = None) -> None:
    """Refuse anything but an integer in [low, high]; without `high`, at least `low`.

    Integers of numpy are integers; bools and floats are none.
    """
    if is_integer(value) and value >= low and (high is None or value <= high):
        return
    bound = f"at least {low}" if high is None else f"in [{low}, {high}]"
    raise ValueError(f"{name}={value!r} must be an integer {bound}.")


def is_integer(value: Any) -> bool:
    """Whether it is an integer of Python or numpy; a bool is none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether it is an integer or a float of Python or numpy."""
    return is_integer(value) or isinstance(value, float | np.floating)


def positive(name: str, value: Any) -> None:
    """Refuse what is no finite number above 0; arrays of JAX and tracers pass.

    A sweep sets such a number as an array, whose value no check may wait for.
    """
    if isinstance(value, jax.Array):
        return
    if not (is_number(value) and math.isfinite(value) and value > 0):
        raise ValueError(f"{name}={value!r} must be a finite number above 0.")


def probability(name: str, value: Any) -> None:
    """Refuse what is no number in [0, 1]."""
    if not (is_number(value) and 0 <= value <= 1):
        raise ValueError(f"{name}={value!r} must be a number in [0, 1].")


def instance(name: str, value: Any, kind: type | tuple[type, ...], remedy: str) -> None:
    """Refuse an object of another kind; `remedy` names the right one."""
    if not isinstance(value, kind):
        raise ValueError(f"{name}={short(value)} {remedy}")


def short(value: Any) -> str:
    """Return an object's repr, cut where it fills the screen."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def std_bounds(low: float, high: float) -> None:
    """Refuse bounds of a std that are not 0 <= low < high."""
    if not 0 <= low < high:
        raise ValueError(f"min_std={low} and max_std={high} must be 0 <= min < max.")


def one_of(name: str, value: Any, choices: Sequence[str]) -> None:
    """Refuse a value that is not among the choices."""
    if value not in choices:
        raise unknown_name(name, value, choices)


def real_valued(owner: str, genotype: Population) -> None:
    """Refuse a genotype with leaves that are not floating-point arrays."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(genotype):
        if not jnp.issubdtype(jnp.result_type(leaf), jnp.floating):
            raise ValueError(
                f"{owner} varies real numbers, but the genotype's leaf "
                f"{jax.tree_util.keystr(path) or '(itself)'} has dtype "
                f"{jnp.result_type(leaf)}; draw floats in `sample` and convert in "
                "`decode`."
            )


def fitness_shape(strategy: str, fitness: Fitness, population_size: int) -> None:
    """Refuse fitness that is not one number per member."""
    if jnp.shape(fitness) != (population_size,):
        raise ValueError(
            f"{strategy}.tell got fitness of shape {jnp.shape(fitness)}; it needs "
            f"({population_size},), one number per member."
        )


def variation(value: Any) -> None:
    """Refuse what is no variation."""
    if not isinstance(value, Variation):
        raise ValueError(
            f"variation={value!r} must be a variation, such as encodings.Gaussian(0.1)."
        )
