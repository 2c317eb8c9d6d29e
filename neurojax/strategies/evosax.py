"""Any algorithm of evosax (Lange, 2022, arXiv:2212.04180) as a strategy.

Differs from evosax: there is one `init`, so a population-based algorithm spends
generation 0 on the population it starts from; two equal strategies share one
compilation (evosax hashes an instance by identity); evosax sees genotypes as flat
float32 vectors, so that any tree of floats works with all of its algorithms, and leaves
keep their dtypes.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from neurojax import checks, ranking
from neurojax.strategies.evosax_algorithms import (
    REFUSALS,
    Family,
    Pairs,
    build,
    check_names,
    check_options,
    default_params_of,
    family_of,
    find,
    pairs_of,
)
from neurojax.strategies.promotion import as_written
from neurojax.tree import repeat, spawn, take
from neurojax.types import FitnessLike, Genotype, Key, Metrics, Population, Sample

MANY_DIMS = 1024


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
        object.__setattr__(self, "algorithm", find(self.algorithm))
        for name in ("options", "params"):
            object.__setattr__(self, name, pairs_of(name, getattr(self, name)))
        check_options(self._class, dict(self.options))
        self.check_params(self.default_params)
        _check_size(self)

    @property
    def default_params(self) -> dict[str, Any]:
        """The numbers given at construction; evosax's depend on the genotype's size."""
        return dict(self.params)

    def check_params(self, params: dict[str, Any] | Any) -> None:
        """Refuse names that the algorithm has not, and what are no numbers."""
        # Asked with many dimensions: options may need some.
        self._numbers(self._instance(MANY_DIMS), params)

    def init(
        self, key: Key, sample: Sample, params: dict[str, Any] | Any | None = None
    ) -> EvosaxState:
        """Draw the mean, or the first population."""
        genotype = checks.sampled(sample, key)
        key_sample, key_state = jax.random.split(key)
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
        checks.key("key", key)
        checks.state_of("Evosax", state, EvosaxState)
        instance = self._instance(_num_dims(state.template))
        numbers = self._numbers(instance, params)

        def ask(evosax: Any) -> tuple[Array, Any]:
            with as_written():
                population, after = instance.ask(key, evosax, numbers)
            return population.astype(jnp.float32), _like(evosax, after)

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
        fitness: FitnessLike,
        state: EvosaxState,
        params: dict[str, Any] | Any | None = None,
        *,
        gradient: Population | None = None,
    ) -> tuple[EvosaxState, Metrics]:
        """Tell the algorithm. Metrics: best fitness so far, and std if it has one."""
        checks.state_of("Evosax", state, EvosaxState)
        checks.told("Evosax", population, fitness, self.population_size)
        fitness = checks.as_fitness(fitness)
        instance = self._instance(_num_dims(state.template))
        numbers = self._numbers(instance, params)
        members, worthy = _ravel(population), ranking.nan_worse(fitness)

        def tell(evosax: Any) -> Any:
            with as_written():
                after, _ = instance.tell(key, members, worthy, evosax, numbers)
            return _like(evosax, after)

        def start(evosax: Any) -> Any:
            with as_written():
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
        checks.state_of("Evosax", state, EvosaxState)
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
        return find(self.algorithm)

    @property
    def _family(self) -> Family:
        return family_of(self._class)

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
        return build(self._class, members, self.options, num_dims)

    def _numbers(self, instance: Any, params: Any) -> Any:
        """evosax's Params: its defaults for this size, and what replaces them."""
        params = self.default_params if params is None else params
        defaults = default_params_of(instance)
        if not isinstance(params, dict):
            checks.params_of(f"{self._class.__name__}", params, type(defaults))
            return params
        names = list(defaults.__dataclass_fields__)
        check_names(f"a name in params of {self._class.__name__}", params, names)
        for name, number in params.items():
            if jnp.shape(getattr(defaults, name)) == ():
                rule = checks.POSITIVE if name == "std_init" else checks.NUMBER
                checks.swept(name, number, rule)
        return defaults.replace(**params)


@partial(jax.jit, static_argnums=0)
def _start(strategy: Evosax, key: Key, start: Array, params: Any) -> Any:
    """evosax's state around a start of one row per mean, or per member."""
    instance = strategy._instance(start.shape[1])
    numbers = strategy._numbers(instance, params)
    with as_written():
        if strategy._family == "population":
            unknown = jnp.full(len(start), jnp.inf, jnp.float32)
            state = instance.init(key, start, unknown, numbers)
        else:
            means = start[0] if strategy._family == "distribution" else start
            state = instance.init(key, means, numbers)
    # NaN until the first is told, and read by nobody: jax_debug_nans would stop at it.
    state = state.replace(best_solution=jnp.zeros_like(state.best_solution))
    return _like(state, state)


@lru_cache(maxsize=256)
def _check_size(strategy: Evosax) -> None:
    """Refuse a size that the algorithm cannot work with.

    evosax asserts some, which `python -O` leaves out, and computes NaN with others.
    """
    size = strategy.population_size // strategy._num_populations
    if size >= 4 and size % 2 == 0:
        return
    num_dims = 8 if size == 1 else MANY_DIMS
    sample = dict(strategy.options).get("sampling_fn", partial(_normal, num_dims))

    def play(key: Key, num_generations: int) -> Population:
        state = strategy.init(key, sample)
        for _ in range(num_generations):
            population, state = strategy.ask(key, state)
            fitness = jnp.arange(strategy.population_size, dtype=jnp.float32)
            state, _ = strategy.tell(key, population, fitness, state)
        return strategy.ask(key, state)[0]

    reason, key = "", jax.random.key(0)
    try:
        if size > 1:
            jax.eval_shape(partial(play, num_generations=1), key)
        else:  # whose spread is 0 / 0
            with jax.ensure_compile_time_eval():
                leaves = jax.tree.leaves(play(key, 2))
                is_sound = all(bool(jnp.all(jnp.isfinite(x))) for x in leaves)
            reason = "" if is_sound else "its next population is NaN."
    except (*REFUSALS, jax.errors.JAXTypeError) as error:
        reason = str(error).partition("\n")[0]
    if reason:
        raise ValueError(
            f"{strategy._class.__name__} cannot work with population_size="
            f"{strategy.population_size}: {reason.rstrip('.')}. Even sizes from 4 on "
            "suit most algorithms."
        )


def _normal(num_dims: int, key: Key) -> Array:
    return jax.random.normal(key, (num_dims,))


def _num_dims(template: Population) -> int:
    return sum(_size(leaf) for leaf in jax.tree.leaves(template))


def _size(leaf: Array) -> int:
    """Numbers of one member."""
    return math.prod(leaf.shape[1:])


def _ravel(population: Population) -> Float[Array, "population dims"]:
    """One row of numbers per member."""
    leaves = jax.tree.leaves(population)
    rows = [leaf.astype(jnp.float32).reshape(leaf.shape[0], -1) for leaf in leaves]
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
