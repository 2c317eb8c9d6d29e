"""evosax's algorithms: found by name, given options, built once per value."""

import inspect
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

import jax
import jax.numpy as jnp
import optax

from neurojax import checks
from neurojax.names import unknown_name
from neurojax.strategies.promotion import as_written
from neurojax.tree import by_value

Pairs = tuple[tuple[str, Any], ...]
Family = Literal["distribution", "population", "variational"]
# What the adapter gives to every algorithm itself.
GIVEN = ("population_size", "solution", "metrics_fn")
# What an algorithm raises that was built of what it does not expect.
REFUSALS = (
    AssertionError,
    AttributeError,
    TypeError,
    ValueError,
    ZeroDivisionError,
)


@lru_cache(maxsize=256)
def build(
    algorithm: type,
    population_size: int,
    options: Pairs,
    num_dims: int,
) -> Any:
    """One instance per value: evosax compiles once for each instance."""
    given = {
        "population_size": population_size,
        "metrics_fn": lambda *_: {},  # evosax's would copy whole genotypes
    }
    # Built while a step is traced, yet kept: its arrays must be values, not tracers.
    with jax.ensure_compile_time_eval(), as_written():
        try:
            solution = jnp.zeros(num_dims, jnp.float32)
            return algorithm(solution=solution, **given, **dict(options))
        except REFUSALS as error:
            raise ValueError(
                f"{algorithm.__name__} refuses population_size={population_size}, "
                f"options={checks.short(dict(options))} or a genotype of {num_dims} "
                f"numbers: {error} Change the one it names; even sizes from 4 on suit "
                "most algorithms."
            ) from error


@lru_cache(maxsize=256)
def default_params_of(instance: Any) -> Any:
    """evosax's Params of an instance."""
    with jax.ensure_compile_time_eval(), as_written():
        return instance.default_params


@lru_cache(maxsize=256)
def family_of(algorithm: type) -> Family:
    """What the algorithm's state is about: a distribution, a population, or several."""
    from evosax.algorithms.distribution_based.sv.base import SV_ES
    from evosax.algorithms.population_based.base import PopulationBasedAlgorithm

    if issubclass(algorithm, PopulationBasedAlgorithm):
        return "population"
    return "variational" if issubclass(algorithm, SV_ES) else "distribution"


def find(algorithm: type | str) -> type:
    """The class of that name, however it is spelled; a class is returned as it is."""
    # Imported here: evosax costs `import neurojax` half of what jax does.
    from evosax.algorithms import algorithms
    from evosax.algorithms.base import EvolutionaryAlgorithm

    if isinstance(algorithm, type) and issubclass(algorithm, EvolutionaryAlgorithm):
        return algorithm
    spellings = {_plain(name): found for name, found in algorithms.items()}
    spellings |= {_plain(found.__name__): found for found in algorithms.values()}
    name = algorithm if isinstance(algorithm, str) else repr(algorithm)
    if _plain(name) not in spellings:
        raise unknown_name("algorithm", algorithm, algorithms)
    return spellings[_plain(name)]


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def check_names(what: str, given: Mapping[str, Any], known: list[str]) -> None:
    """Refuse a name that is not known."""
    for name in given:
        if name not in known:
            raise unknown_name(what, name, known)


def check_options(algorithm: type, options: dict[str, Any]) -> None:
    """Refuse options that the class has not, lacks, or that are of another kind."""
    arguments = inspect.signature(algorithm.__init__).parameters.values()
    arguments = [a for a in arguments if a.name not in ("self", *GIVEN)]
    what = f"options of {algorithm.__name__}"
    check_names(f"a name in {what}", options, [a.name for a in arguments])
    for argument in arguments:
        if argument.default is argument.empty and argument.name not in options:
            raise ValueError(
                f"{what} must give {argument.name!r}, which has no default."
            )
        if argument.name in options:
            _check_like(argument.name, options[argument.name], argument.default)
    if "num_populations" in options:
        checks.integer_between("num_populations", options["num_populations"], 1)


def _check_like(name: str, value: Any, default: Any) -> None:
    """Refuse an option that is not of its default's kind."""
    if isinstance(default, optax.GradientTransformation):
        remedy = "must be an optax transformation, such as optax.adam(0.1)."
        checks.instance(f"option {name}", value, optax.GradientTransformation, remedy)
    elif callable(default) and default is not inspect.Parameter.empty:
        checks.function(f"option {name}", value, "a function, as its default is")


def pairs_of(name: str, mapping: Mapping[str, Any] | Pairs) -> Pairs:
    """A mapping as sorted pairs, so that equal ones hash alike."""
    try:
        named = sorted(dict(mapping).items())
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name}={checks.short(mapping)} must be a dictionary, such as "
            '{"std_init": 0.1}.'
        ) from error
    pairs = tuple(
        (key, by_value(value) if callable(value) else value) for key, value in named
    )
    for key, value in pairs:
        try:
            hash(value)
        except TypeError as error:
            raise ValueError(
                f"{name}[{key!r}]={checks.short(value)} is not hashable; use numbers, "
                "tuples and functions (arrays of params go to `init`, `ask`, `tell`)."
            ) from error
    return pairs
