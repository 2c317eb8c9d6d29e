"""Any algorithm of evosax (Lange, 2022, arXiv:2212.04180) as a strategy.

Differs from evosax: there is one `init`, so a population-based algorithm spends
generation 0 on the population it starts from; two equal strategies share one
compilation (evosax hashes an instance by identity); evosax sees genotypes as flat
float32 vectors, so that any tree of floats works with all of its algorithms, and leaves
keep their dtypes.
"""

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from neurojax import checks, ranking
from neurojax.names import unknown_name
from neurojax.tree import by_value, repeat, spawn, take
from neurojax.types import Fitness, Genotype, Key, Metrics, Population, Sample

Pairs = tuple[tuple[str, Any], ...]
Family = Literal["distribution", "population", "variational"]
# What the adapter gives to every algorithm itself.
GIVEN = ("population_size", "solution", "metrics_fn")


class EvosaxState(NamedTuple):
    """evosax's state and what it does not hold.

    `template` is a population of no members: the genotype's structure, shapes and
    dtypes without its numbers.
    """

    evosax: Any
    template: Population
    generation: Int[Array, ""]


@dataclass(frozen=True)
class Evosax:
    """An evosax algorithm. NaN and infinite fitness take the generation's worst finite.

    A generation without any finite fitness is not told: the state stays as it was.

    Args:
        algorithm: a class of `evosax.algorithms`, or its name in any spelling:
            "CMA_ES", "cma_es", "CmaEs".
        population_size: members in total. The Stein variational algorithms split them
            into `num_populations`, an option that they need.
        options: further arguments of the class, such as
            `{"optimizer": optax.adam(0.1)}`; values must be hashable. RandomSearch
            needs `sampling_fn`: give it `sample`.
        params: numbers that replace the algorithm's defaults, such as
            `{"std_init": 0.1}`. They may be swept: `init`, `ask` and `tell` take such a
            dictionary of numbers or arrays as `params`, or evosax's own Params.

    Raises:
        ValueError: if a name is unknown, or the algorithm refuses the population size.
    """

    algorithm: type | str
    population_size: int
    options: Mapping[str, Any] | Pairs = ()
    params: Mapping[str, Any] | Pairs = ()

    uses_gradient = False

    def __post_init__(self) -> None:
        checks.integer_between("population_size", self.population_size, 1)
        object.__setattr__(self, "algorithm", _find(self.algorithm))
        for name in ("options", "params"):
            object.__setattr__(self, name, _pairs(name, getattr(self, name)))
        _check_options(self._class, dict(self.options))
        # Whether the size suits is asked with many dimensions: options may need some.
        instance = self._instance(1024)
        if self.params:
            self._numbers(instance, None)

    @property
    def default_params(self) -> dict[str, Any]:
        """The numbers given at construction; evosax's depend on the genotype's size."""
        return dict(self.params)

    def init(
        self, key: Key, sample: Sample, params: dict[str, Any] | Any | None = None
    ) -> EvosaxState:
        """Draw the mean, or the first population."""
        key_sample, key_state = jax.random.split(key)
        genotype = jax.eval_shape(sample, key_sample)
        checks.real_valued("Evosax", genotype)
        template = jax.tree.map(lambda g: jnp.zeros((0, *g.shape), g.dtype), genotype)
        if self._family == "distribution":
            start = repeat(sample(key_sample), 1)
        else:
            is_population = self._family == "population"
            size = self.population_size if is_population else self._num_populations
            start = spawn(key_sample, sample, size)
        return EvosaxState(
            _start(self, key_state, _ravel(start), params), template, jnp.int32(0)
        )

    @partial(jax.jit, static_argnames="self")
    def ask(
        self, key: Key, state: EvosaxState, params: dict[str, Any] | Any | None = None
    ) -> tuple[Population, EvosaxState]:
        """The algorithm's next population; at first the one it starts from."""
        instance = self._instance(_num_dims(state.template))
        numbers = self._numbers(instance, params)

        def ask(evosax: Any) -> tuple[Array, Any]:
            population, after = instance.ask(key, evosax, numbers)
            return population, _like(evosax, after)

        if self._family == "population":
            population, evosax = jax.lax.cond(
                state.generation == 0, lambda s: (s.population, s), ask, state.evosax
            )
        else:
            population, evosax = ask(state.evosax)
        return _unravel(population, state.template), state._replace(evosax=evosax)

    @partial(jax.jit, static_argnames="self")
    def tell(
        self,
        key: Key,
        population: Population,
        fitness: Fitness,
        state: EvosaxState,
        params: dict[str, Any] | Any | None = None,
        *,
        gradient: Population | None = None,
    ) -> tuple[EvosaxState, Metrics]:
        """Tell the algorithm. Metrics: best fitness so far, and std if it has one."""
        checks.fitness_shape("Evosax", fitness, self.population_size)
        instance = self._instance(_num_dims(state.template))
        numbers = self._numbers(instance, params)
        members, worthy = _ravel(population), ranking.nan_as_worst(fitness)

        def tell(evosax: Any) -> Any:
            after, _ = instance.tell(key, members, worthy, evosax, numbers)
            return _like(evosax, after)

        def start(evosax: Any) -> Any:
            return _like(evosax, instance.init(key, members, worthy, numbers))

        if self._family == "population":
            evosax = jax.lax.cond(state.generation == 0, start, tell, state.evosax)
        else:
            evosax = tell(state.evosax)
        told = EvosaxState(evosax, state.template, state.generation + 1)
        is_told = jnp.any(jnp.isfinite(fitness))
        state = jax.tree.map(lambda new, old: jnp.where(is_told, new, old), told, state)
        return state, _report(state.evosax)

    def best(self, state: EvosaxState) -> Genotype:
        """The mean, or the best of the population.

        Of the Stein variational algorithms' means, the one whose members did best.
        """
        evosax = state.evosax
        if self._family == "population":
            flat = evosax.population[ranking.best_index(evosax.fitness)]
        elif self._family == "variational":
            flat = evosax.mean[ranking.best_index(evosax.best_fitness)]
        else:
            flat = evosax.mean
        return take(_unravel(flat[None], state.template), 0)

    @property
    def _class(self) -> type:
        return _find(self.algorithm)

    @property
    def _family(self) -> Family:
        return _family(self._class)

    @property
    def _num_populations(self) -> int:
        return dict(self.options).get("num_populations", 1)

    def _instance(self, num_dims: int) -> Any:
        members, rest = divmod(self.population_size, self._num_populations)
        if rest:
            raise ValueError(
                f"population_size={self.population_size} must be a multiple of the "
                f"option num_populations={self._num_populations}."
            )
        assert isinstance(self.options, tuple)  # since __post_init__
        return _build(self._class, members, self.options, num_dims)

    def _numbers(self, instance: Any, params: Any) -> Any:
        """evosax's Params: its defaults for this size, and what replaces them."""
        params = self.default_params if params is None else params
        if not isinstance(params, dict):
            return params
        defaults = _default_params(instance)
        names = list(defaults.__dataclass_fields__)
        _check_names(f"a name in params of {self._class.__name__}", params, names)
        return defaults.replace(**params)


@partial(jax.jit, static_argnums=0)
def _start(strategy: Evosax, key: Key, start: Array, params: Any) -> Any:
    """evosax's state around a start of one row per mean, or per member."""
    instance = strategy._instance(start.shape[1])
    numbers = strategy._numbers(instance, params)
    if strategy._family == "population":
        unknown = jnp.full(len(start), jnp.inf)
        state = instance.init(key, start, unknown, numbers)
    else:
        means = start[0] if strategy._family == "distribution" else start
        state = instance.init(key, means, numbers)
    return _like(state, state)


@lru_cache(maxsize=256)
def _build(
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
    with jax.ensure_compile_time_eval():
        try:
            solution = jnp.zeros(num_dims)
            return algorithm(solution=solution, **given, **dict(options))
        except AssertionError as error:
            raise ValueError(
                f"{algorithm.__name__} refuses population_size={population_size}, "
                f"options={dict(options)} or a genotype of {num_dims} numbers: {error} "
                "Change the one it names; even sizes from 4 on suit most algorithms."
            ) from error


@lru_cache(maxsize=256)
def _default_params(instance: Any) -> Any:
    with jax.ensure_compile_time_eval():
        return instance.default_params


@lru_cache(maxsize=256)
def _family(algorithm: type) -> Family:
    from evosax.algorithms.distribution_based.sv.base import SV_ES
    from evosax.algorithms.population_based.base import PopulationBasedAlgorithm

    if issubclass(algorithm, PopulationBasedAlgorithm):
        return "population"
    return "variational" if issubclass(algorithm, SV_ES) else "distribution"


def _find(algorithm: type | str) -> type:
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


def _check_names(what: str, given: Mapping[str, Any], known: list[str]) -> None:
    for name in given:
        if name not in known:
            raise unknown_name(what, name, known)


def _check_options(algorithm: type, options: dict[str, Any]) -> None:
    arguments = inspect.signature(algorithm.__init__).parameters.values()
    arguments = [a for a in arguments if a.name not in ("self", *GIVEN)]
    what = f"options of {algorithm.__name__}"
    _check_names(f"a name in {what}", options, [a.name for a in arguments])
    for argument in arguments:
        if argument.default is argument.empty and argument.name not in options:
            raise ValueError(
                f"{what} must give {argument.name!r}, which has no default."
            )
    if "num_populations" in options:
        checks.integer_between("num_populations", options["num_populations"], 1)


def _pairs(name: str, mapping: Mapping[str, Any] | Pairs) -> Pairs:
    """A mapping as sorted pairs, so that equal ones hash alike."""
    pairs = tuple(
        (key, by_value(value) if callable(value) else value)
        for key, value in sorted(dict(mapping).items())
    )
    for key, value in pairs:
        try:
            hash(value)
        except TypeError as error:
            raise ValueError(
                f"{name}[{key!r}]={value!r} is not hashable; use numbers, tuples and "
                "functions (arrays of params go to `init`, `ask` and `tell`)."
            ) from error
    return pairs


def _num_dims(template: Population) -> int:
    return sum(_size(leaf) for leaf in jax.tree.leaves(template))


def _size(leaf: Array) -> int:
    """Numbers of one member."""
    return math.prod(leaf.shape[1:])


def _ravel(population: Population) -> Float[Array, "population dims"]:
    """One row of numbers per member."""
    leaves = jax.tree.leaves(population)
    rows = [jnp.asarray(leaf, float).reshape(leaf.shape[0], -1) for leaf in leaves]
    return jnp.concatenate(rows, axis=1)


def _unravel(rows: Float[Array, "population dims"], template: Population) -> Population:
    """The inverse of `_ravel`."""
    leaves, treedef = jax.tree.flatten(template)
    population, start = [], 0
    for leaf in leaves:
        part = rows[:, start : start + _size(leaf)].astype(leaf.dtype)
        population.append(part.reshape(len(rows), *leaf.shape[1:]))
        start += _size(leaf)
    return treedef.unflatten(population)


def _like(before: Any, after: Any) -> Any:
    """`after` with the dtypes of `before`, none of them weak."""
    return jax.tree.map(
        lambda old, new: jax.lax.convert_element_type(new, jnp.result_type(old)),
        before,
        after,
    )


def _report(evosax: Any) -> Metrics:
    report = {"best_fitness": jnp.min(evosax.best_fitness)}
    if hasattr(evosax, "std"):
        report["std"] = jnp.mean(evosax.std)
    return report
