"""Genetic algorithm with truncation or tournament selection and Gaussian mutation.

Such et al., 2017 (arXiv:1712.06567), algorithm 1, and the textbook variants around it.
Differs from the paper: the genotype is the weights, not a list of seeds (no
compression); elites are kept unchanged, and are evaluated on the same minibatch as
everybody else instead of on extra episodes; truncation gives each survivor its children
in turn.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from neurojax import ranking
from neurojax.encodings.direct import (
    Adaptation,
    adapt_std,
    check_adaptation,
    mutate,
    uniform_crossover,
)
from neurojax.noise import NoiseSource, check_source
from neurojax.strategies import checks
from neurojax.tree import spawn, take
from neurojax.types import Fitness, Genotype, Key, Metrics, Population, Sample

Selection = Literal["truncation", "tournament"]


class SimpleGAParams(NamedTuple):
    """What may be swept: mutation std, its self-adaptation, the crossover rate."""

    mutation_std: Any
    adaptation_rate: Any
    min_std: Any
    max_std: Any
    crossover_rate: Any


class SimpleGAState(NamedTuple):
    """The last population and how it fared; `std` is () unless it adapts."""

    population: Population
    std: Population
    fitness: Fitness
    generation: Int[Array, ""]


@dataclass(frozen=True)
class SimpleGA:
    """Genetic algorithm. Generation 0 evaluates the population drawn by `sample`.

    Args:
        population_size: members, at least 2.
        num_elites: best members that pass on unchanged.
        num_parents: survivors of truncation; None takes half of the population.
        selection: "truncation" breeds from the best `num_parents`; "tournament" from
            the best of `tournament_size` distinct members, drawn for each child.
        tournament_size: members in a tournament.
        mutation_std: standard deviation of the noise added to every parameter.
        adaptation: "fixed" keeps `mutation_std`; "lognormal" and "multiplicative" give
            each parameter of each member its own std, inherited and varied
            (see `neurojax.encodings.direct.adapt_std`).
        adaptation_rate: spread of that variation per generation.
        min_std, max_std: bounds of an adapting std.
        crossover: whether a child takes parameters of a second parent.
        crossover_rate: probability, per parameter, to take the second parent's.
        noise: where the noise comes from (see `neurojax.noise`).

    Raises:
        ValueError: if an argument is out of its range.
    """

    population_size: int
    num_elites: int = 1
    num_parents: int | None = None
    selection: Selection = "truncation"
    tournament_size: int = 3
    mutation_std: float = 0.01
    adaptation: Adaptation = "fixed"
    adaptation_rate: float = 0.01
    min_std: float = 1e-6
    max_std: float = 1.0
    crossover: bool = False
    crossover_rate: float = 0.5
    noise: NoiseSource = "threefry"

    uses_gradient = False

    def __post_init__(self) -> None:
        size = self.population_size
        checks.integer_between("population_size", size, 2)
        checks.integer_between("num_elites", self.num_elites, 0, size - 1)
        checks.integer_between("num_parents", self._num_parents, 1, size)
        checks.integer_between("tournament_size", self.tournament_size, 1, size)
        checks.positive("mutation_std", self.mutation_std)
        checks.positive("adaptation_rate", self.adaptation_rate)
        checks.std_bounds(self.min_std, self.max_std)
        checks.one_of("selection", self.selection, get_args(Selection))
        checks.probability("crossover_rate", self.crossover_rate)
        check_adaptation(self.adaptation)
        check_source(self.noise)

    @property
    def member_fields(self) -> tuple[str, ...]:
        """What each device of a mesh keeps of its own members.

        Nothing where sharing the work would move whole populations: any member may win
        a tournament, and only Threefry's numbers are counted by member.
        """
        is_cheap = self.selection == "truncation" and self.noise == "threefry"
        return ("population", "std") if is_cheap else ()

    @property
    def _num_parents(self) -> int:
        return (
            self.population_size // 2 if self.num_parents is None else self.num_parents
        )

    @property
    def default_params(self) -> SimpleGAParams:
        """The numbers given at construction."""
        return SimpleGAParams(
            self.mutation_std,
            self.adaptation_rate,
            self.min_std,
            self.max_std,
            self.crossover_rate,
        )

    def init(
        self, key: Key, sample: Sample, params: SimpleGAParams | None = None
    ) -> SimpleGAState:
        """Draw the first population."""
        params = self.default_params if params is None else params
        population = spawn(key, sample, self.population_size)
        checks.real_valued("SimpleGA", population)
        std = ()
        if self.adaptation != "fixed":
            std = jax.tree.map(
                lambda leaf: jnp.full_like(leaf, params.mutation_std), population
            )
        unknown = jnp.full(self.population_size, jnp.nan, jnp.float32)
        return SimpleGAState(population, std, unknown, jnp.int32(0))

    def ask(
        self, key: Key, state: SimpleGAState, params: SimpleGAParams | None = None
    ) -> tuple[Population, SimpleGAState]:
        """Elites and mutated children; in generation 0 the population as drawn."""
        params = self.default_params if params is None else params
        key_select, key_cross, key_std, key_noise = jax.random.split(key, 4)
        member = jnp.arange(self.population_size)
        is_first = state.generation == 0
        index = jnp.where(is_first, member, self._select(key_select, state.fitness))
        is_mutated = (member >= self.num_elites) & ~is_first
        breed = self._breed(state)
        population, std = breed(index)
        if self.crossover:
            key_father, key_gene = jax.random.split(key_cross)
            fathers, _ = breed(self._fathers(key_father, index, is_mutated))
            population = uniform_crossover(
                key_gene, population, fathers, params.crossover_rate
            )
        scale = params.mutation_std
        if self.adaptation != "fixed":
            std = scale = self._adapt(key_std, std, is_mutated, params)
        population = mutate(key_noise, population, scale, is_mutated, self.noise)
        return population, state._replace(std=std)

    def _breed(
        self, state: SimpleGAState
    ) -> Callable[[Int[Array, " population"]], tuple[Population, Population]]:
        """A function from parents' indices to their genotypes and std.

        In generation 0 it gives everybody's own. Under truncation the survivors are
        gathered first: only they then travel between the devices of a mesh, each of
        which holds some members.
        """
        members = (state.population, state.std)
        if not self.member_fields:
            return partial(take, members)
        ranked = ranking.order(state.fitness)
        rank = jnp.argsort(ranked)
        survivors = take(members, ranked[: max(self._num_parents, self.num_elites)])

        def choose(first: Array, later: Array) -> Array:
            return jnp.where(state.generation == 0, first, later)

        return lambda index: jax.tree.map(choose, members, take(survivors, rank[index]))

    def _fathers(
        self,
        key: Key,
        mothers: Int[Array, " population"],
        is_child: Bool[Array, " population"],
    ) -> Int[Array, " population"]:
        """For a child the mother of another, drawn at random; for an elite itself."""
        shape, first = (self.population_size,), self.num_elites
        draw = jax.random.randint(key, shape, first, self.population_size)
        return jnp.where(is_child, mothers[draw], mothers)

    def _adapt(
        self,
        key: Key,
        std: Population,
        is_child: Bool[Array, " population"],
        params: SimpleGAParams,
    ) -> Population:
        """The std of children varied, that of elites kept."""
        varied = adapt_std(
            key,
            std,
            self.adaptation,
            params.adaptation_rate,
            (params.min_std, params.max_std),
            self.noise,
        )

        def choose(old: Array, new: Array) -> Array:
            return jnp.where(is_child.reshape(-1, *[1] * (old.ndim - 1)), new, old)

        return jax.tree.map(choose, std, varied)

    def _select(self, key: Key, fitness: Fitness) -> Int[Array, " population"]:
        num_children = self.population_size - self.num_elites
        if self.selection == "tournament":
            children = ranking.tournament(
                key, fitness, self.tournament_size, num_children
            )
            elites = ranking.elites(fitness, self.num_elites)
        else:
            children = ranking.truncation(fitness, self._num_parents, num_children)
            elites = ranking.elites(fitness, self.num_elites)
        return jnp.concatenate([elites, children])

    def tell(
        self,
        key: Key,
        population: Population,
        fitness: Fitness,
        state: SimpleGAState,
        params: SimpleGAParams | None = None,
        *,
        gradient: Population | None = None,
    ) -> tuple[SimpleGAState, Metrics]:
        """Remember the population and its fitness."""
        checks.fitness_shape("SimpleGA", fitness, self.population_size)
        return SimpleGAState(population, state.std, fitness, state.generation + 1), {}

    def best(self, state: SimpleGAState) -> Genotype:
        """The fittest member of the population told last."""
        return take(state.population, ranking.best_index(state.fitness))
