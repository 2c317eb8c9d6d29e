"""Evolution strategy that recombines the whole population by softmax weights.

Every generation scatters Gaussian noise around one mean and moves the mean to the
average of the members, weighted by a softmax of their standardised fitness. With
self-adaptation each parameter has its own std, varied per member and recombined with
the same weights (in the line of Schwefel, 1981). It is no CMA-ES: no paths, no
covariance.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from neurojax import ranking
from neurojax.encodings.direct import (
    Adaptation,
    adapt_std,
    check_adaptation,
    mutate,
)
from neurojax.noise import NoiseSource, check_source
from neurojax.strategies import checks
from neurojax.tree import repeat, spawn, take
from neurojax.types import Fitness, Genotype, Key, Metrics, Population, Sample

Start = Literal["mean", "population"]


class SimpleESParams(NamedTuple):
    """What may be swept: mutation std and its self-adaptation."""

    mutation_std: Any
    adaptation_rate: Any
    min_std: Any
    max_std: Any


class SimpleESState(NamedTuple):
    """The mean, and what only some options need (else it is ()).

    If std adapts, its mean and the std that each asked member was made with. If the
    start is a population, that population.
    """

    mean: Genotype
    std: Genotype
    member_std: Population
    first_population: Population
    generation: Int[Array, ""]


@dataclass(frozen=True)
class SimpleES:
    """Evolution strategy with softmax-weighted recombination.

    Args:
        population_size: members, at least 2.
        mutation_std: standard deviation of the noise added to every parameter.
        adaptation: "fixed" keeps it; "lognormal" and "multiplicative" let every
            parameter's own std vary (see `neurojax.encodings.direct.adapt_std`).
        adaptation_rate: spread of that variation per generation.
        min_std, max_std: bounds of an adapting std.
        start: "mean" draws one genotype and scatters generation 0 around it;
            "population" draws every member of generation 0, whose weighted average is
            the first mean. Averaging independent draws shrinks them: to about a fifth
            of their scale with 50 members.
        ddof: 1 standardises fitness by the standard deviation of a sample, 0 by that of
            the population.
        noise: where the noise comes from (see `neurojax.noise`).

    Raises:
        ValueError: if an argument is out of its range.
    """

    population_size: int
    mutation_std: float = 0.01
    adaptation: Adaptation = "fixed"
    adaptation_rate: float = 0.01
    min_std: float = 1e-6
    max_std: float = 1.0
    start: Start = "mean"
    ddof: int = 1
    noise: NoiseSource = "threefry"

    uses_gradient = False

    def __post_init__(self) -> None:
        checks.integer_between("population_size", self.population_size, 2)
        checks.positive("mutation_std", self.mutation_std)
        checks.positive("adaptation_rate", self.adaptation_rate)
        checks.std_bounds(self.min_std, self.max_std)
        checks.one_of("start", self.start, get_args(Start))
        checks.integer_between("ddof", self.ddof, 0, 1)
        check_adaptation(self.adaptation)
        check_source(self.noise)

    @property
    def member_fields(self) -> tuple[str, ...]:
        """What each device of a mesh keeps of its own members.

        Nothing with noise that is not counted by member, which would travel.
        """
        is_counted = self.noise == "threefry"
        return ("member_std", "first_population") if is_counted else ()

    @property
    def default_params(self) -> SimpleESParams:
        """The numbers given at construction."""
        return SimpleESParams(
            self.mutation_std, self.adaptation_rate, self.min_std, self.max_std
        )

    def init(
        self, key: Key, sample: Sample, params: SimpleESParams | None = None
    ) -> SimpleESState:
        """Draw the mean, or the first population."""
        params = self.default_params if params is None else params
        first = ()
        if self.start == "mean":
            mean = sample(key)
        else:
            first = spawn(key, sample, self.population_size)
            mean = take(first, 0)  # until the first average
        checks.real_valued("SimpleES", mean)
        std = member_std = ()
        if self.adaptation != "fixed":
            std = jax.tree.map(lambda m: jnp.full_like(m, params.mutation_std), mean)
            member_std = repeat(std, self.population_size)
        return SimpleESState(mean, std, member_std, first, jnp.int32(0))

    def ask(
        self, key: Key, state: SimpleESState, params: SimpleESParams | None = None
    ) -> tuple[Population, SimpleESState]:
        """Scatter the population around the mean."""
        params = self.default_params if params is None else params
        key_std, key_noise = jax.random.split(key)
        means = self._means(state)
        std = params.mutation_std
        if self.adaptation != "fixed":
            std = adapt_std(
                key_std,
                repeat(state.std, self.population_size),
                self.adaptation,
                params.adaptation_rate,
                (params.min_std, params.max_std),
                self.noise,
            )
            state = state._replace(member_std=std)
        is_mutated = jnp.ones(self.population_size, bool)
        return mutate(key_noise, means, std, is_mutated, self.noise), state

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
        fitness: Fitness,
        state: SimpleESState,
        params: SimpleESParams | None = None,
        *,
        gradient: Population | None = None,
    ) -> tuple[SimpleESState, Metrics]:
        """Move mean and std to the weighted average of the members'."""
        checks.fitness_shape("SimpleES", fitness, self.population_size)
        weights = ranking.softmax_weights(fitness, self.ddof)

        def recombine(leaf: Array) -> Array:
            return jnp.tensordot(weights, leaf, axes=1).astype(leaf.dtype)

        mean = jax.tree.map(recombine, population)
        std = jax.tree.map(recombine, state.member_std)
        effective = 1.0 / jnp.sum(weights**2)
        state = state._replace(mean=mean, std=std, generation=state.generation + 1)
        return state, {"effective_parents": effective}

    def best(self, state: SimpleESState) -> Genotype:
        """The mean."""
        return state.mean
