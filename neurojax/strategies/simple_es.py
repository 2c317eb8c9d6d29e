"""Evolution strategy that recombines the whole population by softmax weights.

Every generation makes all members from one mean by a variation and moves the mean to
the average of the members, weighted by a softmax of their standardised fitness. What
they inherit beside their genotype, such as an own std of every parameter, is recombined
with the same weights (in the line of Schwefel, 1981). It is no CMA-ES: no paths, no
covariance.
"""

from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from neurojax import checks, ranking
from neurojax.encodings import Gaussian
from neurojax.tree import repeat, spawn, take
from neurojax.types import (
    ChecksParams,
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

Start = Literal["mean", "population"]


class SimpleESState(NamedTuple):
    """The mean, and what only some variations and options need (else it is ()).

    `own` is the mean of what the members inherit beside their genotype, `member_own`
    that of each member asked last. If the start is a population, that population.
    """

    mean: Genotype
    own: Genotype
    member_own: Population
    first_population: Population
    generation: Int[Array, ""]


@dataclass(frozen=True)
class SimpleES:
    """Evolution strategy with softmax-weighted recombination.

    Args:
        population_size: members, at least 2.
        variation: scatters the members; its numbers are the strategy's params. As all
            have the same parent, crossover changes nothing.
        start: "mean" draws one genotype and scatters generation 0 around it;
            "population" draws every member of generation 0, whose weighted average is
            the first mean. Averaging independent draws shrinks them: to about a fifth
            of their scale with 50 members.
        ddof: 1 standardises fitness by the standard deviation of a sample, 0 by that of
            the population.

    Raises:
        ValueError: if an argument is out of its range.
    """

    population_size: int
    variation: Variation = Gaussian()
    start: Start = "mean"
    ddof: int = 1

    uses_gradient = False

    def __post_init__(self) -> None:
        checks.integer_between("population_size", self.population_size, 2)
        checks.one_of("start", self.start, get_args(Start))
        checks.integer_between("ddof", self.ddof, 0, 1)
        checks.variation("variation", self.variation)

    @property
    def member_fields(self) -> tuple[str, ...]:
        """What each device of a mesh keeps of its own members.

        Nothing with noise that is not counted by member, which would travel.
        """
        is_counted = self.variation.is_counted
        return ("member_own", "first_population") if is_counted else ()

    @property
    def default_params(self) -> Params:
        """Those of the variation."""
        return self.variation.default_params

    def check_params(self, params: Params) -> None:
        """Refuse params that the variation refuses."""
        if isinstance(self.variation, ChecksParams):
            self.variation.check_params(params)

    def init(
        self, key: Key, sample: Sample, params: Params | None = None
    ) -> SimpleESState:
        """Draw the mean, or the first population."""
        params = self.default_params if params is None else params
        self.check_params(params)
        checks.sampled(sample, key)
        first = ()
        if self.start == "mean":
            mean = sample(key)
        else:
            first = spawn(key, sample, self.population_size)
            mean = take(first, 0)  # until the first average
        checks.real_valued("SimpleES", mean)
        own = self.variation.init(repeat(mean, self.population_size), params).own
        return SimpleESState(mean, take(own, 0), own, first, jnp.int32(0))

    def ask(
        self, key: Key, state: SimpleESState, params: Params | None = None
    ) -> tuple[Population, SimpleESState]:
        """Scatter the population around the mean."""
        params = self.default_params if params is None else params
        self.check_params(params)
        checks.state_of("SimpleES", state, SimpleESState)
        checks.key("key", key)
        key_adapt, key_mutate, key_cross = jax.random.split(key, 3)
        means = Inherited(self._means(state), repeat(state.own, self.population_size))
        population, own = self.variation.vary(
            (key_cross, key_adapt, key_mutate),
            means,
            means,
            jnp.ones(self.population_size, bool),
            params,
        )
        return population, state._replace(member_own=own)

    def _means(self, state: SimpleESState) -> Population:
        """What each member is scattered around."""
        means = repeat(state.mean, self.population_size)
        if self.start == "mean":
            return means

        def choose(first: Array, mean: Array) -> Array:
            return jnp.where(state.generation == 0, first, mean)

        return jax.tree.map(choose, state.first_population, means)

    def tell(
        self,
        key: Key,
        population: Population,
        fitness: FitnessLike,
        state: SimpleESState,
        params: Params | None = None,
        *,
        gradient: Population | None = None,
    ) -> tuple[SimpleESState, Metrics]:
        """Move the mean to the weighted average of the members.

        Where no fitness is finite, the state stays as it was.
        """
        checks.state_of("SimpleES", state, SimpleESState)
        checks.told("SimpleES", population, fitness, self.population_size)
        fitness = checks.as_fitness(fitness)
        weights = ranking.softmax_weights(fitness, self.ddof)

        def recombine(leaf: Array) -> Array:
            return jnp.tensordot(weights, leaf, axes=1).astype(leaf.dtype)

        mean = jax.tree.map(recombine, population)
        own = jax.tree.map(recombine, state.member_own)
        effective = 1.0 / jnp.sum(weights**2)
        told = state._replace(mean=mean, own=own, generation=state.generation + 1)
        is_told = jnp.any(jnp.isfinite(fitness))
        state = jax.tree.map(partial(jnp.where, is_told), told, state)
        return state, {"effective_parents": effective}

    def best(self, state: SimpleESState) -> Genotype:
        """The mean."""
        checks.state_of("SimpleES", state, SimpleESState)
        return state.mean
