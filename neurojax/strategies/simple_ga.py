"""Genetic algorithm with truncation or tournament selection.

Such et al., 2017 (arXiv:1712.06567), algorithm 1, and the textbook variants around it.
Differs from the paper: how children are made is a variation's part, and with the
default one the genotype is the weights, not a list of seeds (no compression); elites
are kept unchanged, and are evaluated on the same minibatch as everybody else instead of
on extra episodes; truncation gives each survivor its children in turn.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from neurojax import checks, ranking
from neurojax.encodings import Gaussian
from neurojax.tree import spawn, take
from neurojax.types import (
    ChecksParams,
    Fitness,
    FitnessLike,
    Genotype,
    Inherited,
    Key,
    Metrics,
    Params,
    Population,
    Sample,
    Variation,
)

Selection = Literal["truncation", "tournament"]


class SimpleGAState(NamedTuple):
    """The last population, what its members inherit beside it, and how it fared."""

    population: Population
    own: Population
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
        variation: makes the children; its numbers are the strategy's params.

    Raises:
        ValueError: if an argument is out of its range.
    """

    population_size: int
    num_elites: int = 1
    num_parents: int | None = None
    selection: Selection = "truncation"
    tournament_size: int = 3
    variation: Variation = Gaussian()

    uses_gradient = False

    def __post_init__(self) -> None:
        size = self.population_size
        checks.integer_between("population_size", size, 2)
        checks.integer_between("num_elites", self.num_elites, 0, size - 1)
        checks.integer_between("num_parents", self._num_parents, 1, size)
        checks.integer_between("tournament_size", self.tournament_size, 1, size)
        checks.one_of("selection", self.selection, get_args(Selection))
        checks.variation("variation", self.variation)

    @property
    def member_fields(self) -> tuple[str, ...]:
        """What each device of a mesh keeps of its own members.

        Nothing where sharing the work would move whole populations: any member may win
        a tournament, and not every variation draws each member's numbers apart.
        """
        is_cheap = self.selection == "truncation" and self.variation.is_counted
        return ("population", "own") if is_cheap else ()

    @property
    def _num_parents(self) -> int:
        return (
            self.population_size // 2 if self.num_parents is None else self.num_parents
        )

    @property
    def default_params(self) -> Params:
        """Those of the variation: selection has none."""
        return self.variation.default_params

    def check_params(self, params: Params) -> None:
        """Refuse params that the variation refuses."""
        if isinstance(self.variation, ChecksParams):
            self.variation.check_params(params)

    def init(
        self, key: Key, sample: Sample, params: Params | None = None
    ) -> SimpleGAState:
        """Draw the first population."""
        params = self.default_params if params is None else params
        self.check_params(params)
        population = spawn(key, sample, self.population_size)
        first = self.variation.init(population, params)
        unknown = jnp.full(self.population_size, jnp.inf, jnp.float32)
        return SimpleGAState(*first, unknown, jnp.int32(0))

    def ask(
        self, key: Key, state: SimpleGAState, params: Params | None = None
    ) -> tuple[Population, SimpleGAState]:
        """Elites and children; in generation 0 the population as drawn."""
        params = self.default_params if params is None else params
        self.check_params(params)
        checks.state_of("SimpleGA", state, SimpleGAState)
        checks.key("key", key)
        key_select, key_cross, *keys = jax.random.split(key, 4)
        key_father, key_cross = jax.random.split(key_cross)
        member = jnp.arange(self.population_size)
        is_first = state.generation == 0
        mothers = jnp.where(is_first, member, self._select(key_select, state.fitness))
        breed = self._breed(state)
        population, own = self.variation.vary(
            (key_cross, *keys),
            breed(mothers),
            breed(self._fathers(key_father, mothers)),
            (member >= self.num_elites) & ~is_first,
            params,
        )
        return population, state._replace(own=own)

    def _breed(
        self, state: SimpleGAState
    ) -> Callable[[Int[Array, " population"]], Inherited]:
        """A function from parents' indices to what they inherited.

        In generation 0 it gives everybody's own. Under truncation the survivors are
        gathered first: only they then travel between the devices of a mesh, each of
        which holds some members.
        """
        members = Inherited(state.population, state.own)
        if not self.member_fields:
            return partial(take, members)
        ranked = ranking.order(state.fitness)
        rank = jnp.argsort(ranked)
        survivors = take(members, ranked[: max(self._num_parents, self.num_elites)])

        def choose(first: Array, later: Array) -> Array:
            return jnp.where(state.generation == 0, first, later)

        return lambda index: jax.tree.map(choose, members, take(survivors, rank[index]))

    def _fathers(
        self, key: Key, mothers: Int[Array, " population"]
    ) -> Int[Array, " population"]:
        """For each child the mother of another, drawn at random."""
        shape, first = (self.population_size,), self.num_elites
        size = self.population_size
        return mothers[jax.random.randint(key, shape, first, size, jnp.int32)]

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
        fitness: FitnessLike,
        state: SimpleGAState,
        params: Params | None = None,
        *,
        gradient: Population | None = None,
    ) -> tuple[SimpleGAState, Metrics]:
        """Remember the population and its fitness."""
        checks.state_of("SimpleGA", state, SimpleGAState)
        checks.told("SimpleGA", population, fitness, self.population_size)
        fitness = checks.as_fitness(fitness)
        return SimpleGAState(population, state.own, fitness, state.generation + 1), {}

    def best(self, state: SimpleGAState) -> Genotype:
        """The fittest member of the population told last."""
        checks.state_of("SimpleGA", state, SimpleGAState)
        return take(state.population, ranking.best_index(state.fitness))
