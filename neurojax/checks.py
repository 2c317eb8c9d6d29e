"""The checks of arguments: each names the argument, its value and the remedy.

All raise ValueError, for a wrong type as well as for a wrong number, and look at types
before ranges. Numbers of numpy are numbers, and its bools bools; a bool is no number,
and neither is a string. They are called first thing, before anything is compiled,
drawn or written.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from neurojax.names import short, unknown_name
from neurojax.types import (
    Environment,
    Fitness,
    HostEnvironment,
    Network,
    Params,
    Population,
    Problem,
    Strategy,
    System,
    Variation,
)

FLOAT32 = np.finfo(np.float32)

# Most specific first: what an object is, for whoever gave it in another's place.
KINDS: tuple[tuple[str, type], ...] = (
    ("a strategy", Strategy),
    ("a variation", Variation),
    ("a problem", Problem),
    ("a system", System),
    ("an environment that runs in JAX", Environment),
    ("an environment outside JAX", HostEnvironment),
    ("a network", Network),
)


def is_integer(value: Any) -> bool:
    """Whether it is an integer of Python or numpy; a bool is none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether it is an integer or a float of Python or numpy."""
    return is_integer(value) or isinstance(value, float | np.floating)


def integer_between(name: str, value: Any, low: int, high: int | None = None) -> None:
    """Refuse anything but an integer in [low, high]; without `high`, at least `low`.

    Integers of numpy are integers; bools and floats are none.
    """
    if is_integer(value) and value >= low and (high is None or value <= high):
        return
    bound = f"at least {low}" if high is None else f"in [{low}, {high}]"
    raise ValueError(f"{name}={short(value)} must be an integer {bound}.")


def number_where(
    name: str, value: Any, is_right: Callable[[float], bool], what: str
) -> None:
    """Refuse what is no number of the host, or is not right; `what` says what is.

    A tracer passes: no check may wait for its value.
    """
    if isinstance(value, jax.core.Tracer):
        return
    if isinstance(value, jax.Array):
        raise ValueError(
            f"{name}={short(value)} must be {what}: a number fixed at construction, "
            f"such as float({name}); numbers to sweep are params, which may be arrays."
        )
    if not (is_number(value) and is_right(_as_float(value))):
        raise ValueError(f"{name}={short(value)} must be {what}.")


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # of an integer
        return math.inf if value > 0 else -math.inf


def positive(name: str, value: Any) -> None:
    """Refuse what is no finite number above 0."""
    number_where(name, value, _is_positive, "a finite number above 0")


def not_negative(name: str, value: Any) -> None:
    """Refuse what is no finite number of at least 0."""
    number_where(
        name, value, lambda x: math.isfinite(x) and x >= 0, "a finite number from 0 on"
    )


def finite(name: str, value: Any) -> None:
    """Refuse what is no finite number."""
    number_where(name, value, math.isfinite, "a finite number")


def probability(name: str, value: Any) -> None:
    """Refuse what is no number in [0, 1]."""
    number_where(name, value, lambda x: 0 <= x <= 1, "a number in [0, 1]")


def fraction(name: str, value: Any) -> None:
    """Refuse what is no number strictly between 0 and 1."""
    number_where(
        name,
        value,
        lambda x: 0 < x < 1,
        "a number strictly between 0 and 1, such as .1",
    )


def _is_positive(value: float) -> bool:
    # As a float32, in which it is used: 1e308 is infinite there, and 1e-50 is 0.
    return float(FLOAT32.tiny) <= value <= float(FLOAT32.max)


def std_bounds(low: Any, high: Any) -> None:
    """Refuse bounds of a std that are not 0 <= low < high."""
    not_negative("min_std", low)
    positive("max_std", high)
    if isinstance(low, jax.core.Tracer) or isinstance(high, jax.core.Tracer):
        return
    if not low < high:
        raise ValueError(f"min_std={low} and max_std={high} must be 0 <= min < max.")


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
    given = tuple(value) if is_many else value
    if not isinstance(given, tuple) or not all(is_integer(x) and x > 0 for x in given):
        raise ValueError(
            f"{name}={short(given)} must be positive integers in a tuple, such as "
            f"{example}."
        )
    return tuple(int(x) for x in given)


def instance(name: str, value: Any, kind: type | tuple[type, ...], remedy: str) -> None:
    """Refuse an object of another kind; `remedy` names the right one."""
    if not isinstance(value, kind):
        raise ValueError(f"{name}={short(value)} {remedy}")


def function(name: str, value: Any, what: str) -> None:
    """Refuse what cannot be called; `what` says which function is needed."""
    if not callable(value):
        raise ValueError(
            f"{name}={short(value)} is {kind_of(value)}; it must be {what}."
        )


def key(name: str, value: Any) -> None:
    """Refuse what is not one typed key."""
    is_key = isinstance(value, jax.Array) and jnp.issubdtype(
        value.dtype, jax.dtypes.prng_key
    )
    if not is_key or value.shape:
        raise ValueError(
            f"{name}={short(value)} must be one typed key: jax.random.key(seed)."
        )


def strategy(name: str, value: Any) -> None:
    """Refuse what is no strategy."""
    what = (
        "a strategy, such as strategies.SimpleGA(100); strategies.Evosax and "
        "strategies.GradientDescent make strategies of evosax's algorithms and optax's "
        "optimisers"
    )
    _of_kind(name, value, Strategy, what)


def variation(name: str, value: Any) -> None:
    """Refuse what is no variation."""
    _of_kind(name, value, Variation, "a variation, such as encodings.Gaussian(0.1)")


def problem(name: str, value: Any) -> None:
    """Refuse what is no problem."""
    what = "a problem, such as problems.Control(environment, network)"
    _of_kind(name, value, Problem, what)


def system(name: str, value: Any) -> None:
    """Refuse what is no system."""
    what = "a system, such as systems.Evolution(strategy, problem, network.init)"
    _of_kind(name, value, System, what)


def network(name: str, value: Any) -> None:
    """Refuse what is no network."""
    what = (
        "a network, such as networks.MLP((4, 32, 2)); networks.Flax makes one of a "
        "linen module"
    )
    _of_kind(name, value, Network, what)


def environment(name: str, value: Any) -> None:
    """Refuse what is no environment that runs in JAX."""
    what = "an environment that runs in JAX, such as environments.LunarLander()"
    if isinstance(value, HostEnvironment) and not isinstance(value, type):
        what += "; problems.HostControl plays those outside JAX"
    _of_kind(name, value, Environment, what)


def host_environment(name: str, value: Any) -> None:
    """Refuse what is no environment outside JAX."""
    what = "an environment outside JAX, such as environments.Gymnasium('CartPole-v1')"
    if isinstance(value, Environment) and not isinstance(value, type):
        what += "; problems.Control plays those that run in JAX"
    _of_kind(name, value, HostEnvironment, what)


def _of_kind(name: str, value: Any, kind: type, what: str) -> None:
    # A class has its instances' methods, and passes for one by the Protocol.
    if isinstance(value, type) or not isinstance(value, kind):
        raise ValueError(
            f"{name}={short(value)} is {kind_of(value)}; it must be {what}."
        )


def kind_of(value: Any) -> str:
    """What an object is, in the words of neurojax, or its type."""
    if isinstance(value, type):
        return f"a class, of which it takes an instance: {value.__name__}(...)"
    for word, kind in KINDS:
        if isinstance(value, kind):
            return word
    return f"of type {type(value).__name__}"


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
            f"{name} of dtype {array.dtype} must be an array of numbers; "
            f"{short(value)} is {kind_of(value)}."
        )
    if jnp.issubdtype(array.dtype, jnp.complexfloating):
        raise ValueError(
            f"{name} of dtype {array.dtype} must hold real numbers; give the real and "
            "the imaginary parts as two columns."
        )
    return array


def params_of(owner: str, params: Params, kind: type) -> None:
    """Refuse params of another type than the owner's."""
    if not isinstance(params, kind):
        raise ValueError(
            f"params={short(params)} is {kind_of(params)}, but {owner} takes "
            f"{kind.__name__}; write default_params._replace(...) for other numbers."
        )


def swept(name: str, value: Any, is_right: Callable[[Any], Any], what: str) -> None:
    """Refuse a number of params, or an array of them, where one is not right.

    A tracer passes: no check may wait for its value.
    """
    if isinstance(value, jax.core.Tracer):
        return
    array = np.asarray(value)
    is_real = array.dtype != bool and (
        jnp.issubdtype(array.dtype, jnp.integer)
        or jnp.issubdtype(array.dtype, jnp.floating)
    )
    if not (is_real and np.all(is_right(array))):
        raise ValueError(f"params: {name}={short(value)} must be {what}.")


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
