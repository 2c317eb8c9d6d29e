"""Evolution strategy that recombines the whole population by softmax weights.

Every generation scatters Gaussian noise around one mean and moves the mean to the
average of the members, weighted by a softmax of their standardised fitness. With
self-adaptation each parameter has its own std, varied per member and recombined with
the same weights (in the line of Schwefel, 1981). It is no CMA-ES: no paths, no
covariance.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array

from neurojax import ranking
from neurojax.strategies import checks
from neurojax.strategies.mutation import (
    Adaptation,
    adapt_std,
    check_adaptation,
    mutate,
)
from neurojax.strategies.noise import NoiseSource, check_source
from neurojax.tree import repeat
from neurojax.types import Fitness, Genotype, Key, Metrics, Population, Sample


class SimpleESParams(NamedTuple):
    """What may be swept: mutation std and its self-adaptation."""

    mutation_std: Any
    adaptation_rate: Any
    min_std: Any
    max_std: Any


class SimpleESState(NamedTuple):
    """The mean; if std adapts, its mean and the std each asked member was made with."""

    mean: Genotype
    std: Genotype
    member_std: Population


@dataclass(frozen=True)
class SimpleES:
    """Evolution strategy with softmax-weighted recombination.

    Args:
        population_size: members, at least 2.
        mutation_std: standard deviation of the noise added to every parameter.
        adaptation: "fixed" keeps it; "lognormal" and "multiplicative" let every
            parameter's own std vary (see `mutation.adapt_std`).
        adaptation_rate: spread of that variation per generation.
        min_std, max_std: bounds of an adapting std.
        noise: where the noise comes from (see `noise`).

    Raises:
        ValueError: if an argument is out of its range.
    """

    population_size: int
    mutation_std: float = 0.01
    adaptation: Adaptation = "fixed"
    adaptation_rate: float = 0.01
    min_std: float = 1e-6
    max_std: float = 1.0
    noise: NoiseSource = "threefry"

    uses_gradient = False

    def __post_init__(self) -> None:
        checks.integer_between("population_size", self.population_size, 2)
        checks.positive("mutation_std", self.mutation_std)
        checks.positive("adaptation_rate", self.adaptation_rate)
        checks.std_bounds(self.min_std, self.max_std)
        check_adaptation(self.adaptation)
        check_source(self.noise)

    @property
    def default_params(self) -> SimpleESParams:
        """The numbers given at construction."""
        return SimpleESParams(
            self.mutation_std, self.adaptation_rate, self.min_std, self.max_std
        )

    def init(
        self, key: Key, sample: Sample, params: SimpleESParams | None = None
    ) -> SimpleESState:
        """Draw the mean."""
        params = self.default_params if params is None else params
        mean = sample(key)
        checks.real_valued("SimpleES", mean)
        if self.adaptation == "fixed":
            return SimpleESState(mean, (), ())
        std = jax.tree.map(lambda m: jnp.full_like(m, params.mutation_std), mean)
        return SimpleESState(mean, std, repeat(std, self.population_size))

    def ask(
        self, key: Key, state: SimpleESState, params: SimpleESParams | None = None
    ) -> tuple[Population, SimpleESState]:
        """Scatter the population around the mean."""
        params = self.default_params if params is None else params
        key_std, key_noise = jax.random.split(key)
        means = repeat(state.mean, self.population_size)
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
        weights = ranking.softmax_weights(fitness)

        def recombine(leaf: Array) -> Array:
            return jnp.tensordot(weights, leaf, axes=1).astype(leaf.dtype)

        mean = jax.tree.map(recombine, population)
        std = jax.tree.map(recombine, state.member_std)
        effective = 1.0 / jnp.sum(weights**2)
        return SimpleESState(mean, std, state.member_std), {
            "effective_parents": effective
        }

    def best(self, state: SimpleESState) -> Genotype:
        """The mean."""
        return state.mean
