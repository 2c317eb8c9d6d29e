"""Random search around the best so far (authors, year, link): a skeleton.

Differs from the paper: say here in what.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from neurojax import checks, ranking
from neurojax.tree import spawn
from neurojax.types import FitnessLike, Genotype, Key, Metrics, Population, Sample


class MyStrategyParams(NamedTuple):
    """What may be swept."""

    std: Any


class MyStrategyState(NamedTuple):
    """What the next generation needs: the best genotype so far, and its fitness."""

    best: Genotype
    fitness: Float[Array, ""]


@dataclass(frozen=True)
class MyStrategy:
    """Every member is the best genotype so far with Gaussian noise.

    Args:
        population_size: members, at least 1.
        std: standard deviation of the noise added to every parameter.

    Raises:
        ValueError: if an argument is out of its range.
    """

    population_size: int
    std: float = 0.1

    uses_gradient = False

    def __post_init__(self) -> None:
        checks.integer_between("population_size", self.population_size, 1)
        checks.positive("std", self.std)

    @property
    def default_params(self) -> MyStrategyParams:
        """The number given at construction."""
        return MyStrategyParams(self.std)

    def init(
        self, key: Key, sample: Sample, params: MyStrategyParams | None = None
    ) -> MyStrategyState:
        """Draw the first genotype; any member is better."""
        return MyStrategyState(sample(key), jnp.float32(jnp.inf))

    def ask(
        self, key: Key, state: MyStrategyState, params: MyStrategyParams | None = None
    ) -> tuple[Population, MyStrategyState]:
        """Children of the best genotype."""
        std = (self.default_params if params is None else params).std

        def child(key: Key) -> Genotype:
            leaves, structure = jax.tree.flatten(state.best)
            keys = jax.random.split(key, len(leaves))
            return structure.unflatten(
                leaf + (std * jax.random.normal(k, leaf.shape)).astype(leaf.dtype)
                for k, leaf in zip(keys, leaves, strict=True)
            )

        return spawn(key, child, self.population_size), state

    def tell(
        self,
        key: Key,
        population: Population,
        fitness: FitnessLike,
        state: MyStrategyState,
        params: MyStrategyParams | None = None,
        *,
        gradient: Population | None = None,
    ) -> tuple[MyStrategyState, Metrics]:
        """Keep the best member if it is better; NaN never is."""
        checks.fitness_shape("MyStrategy", fitness, self.population_size)
        fitness = checks.as_fitness(fitness)
        index = ranking.best_index(fitness)
        is_better = fitness[index] < state.fitness
        best = jax.tree.map(
            lambda members, old: jnp.where(is_better, members[index], old),
            population,
            state.best,
        )
        lowest = jnp.where(is_better, fitness[index], state.fitness)
        return MyStrategyState(best, lowest), {}

    def best(self, state: MyStrategyState) -> Genotype:
        """The best genotype so far."""
        return state.best
