"""Checks of arguments and genotypes; each names argument, value and remedy."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from neurojax.names import unknown_name
from neurojax.types import Fitness, Population, Variation


def integer_between(name: str, value: Any, low: int, high: int | None = None) -> None:
    """Refuse anything but an int in [low, high]; without `high`, at least `low`."""
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    if is_integer and value >= low and (high is None or value <= high):
        return
    bound = f"at least {low}" if high is None else f"in [{low}, {high}]"
    raise ValueError(f"{name}={value!r} must be an integer {bound}.")


def positive(name: str, value: Any) -> None:
    """Refuse a number that is not finite and above 0; arrays and tracers pass."""
    if isinstance(value, (int, float)) and not (math.isfinite(value) and value > 0):
        raise ValueError(f"{name}={value!r} must be a finite number above 0.")


def probability(name: str, value: float) -> None:
    """Refuse a number outside [0, 1]."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name}={value!r} must lie in [0, 1].")


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
