"""Gradient descent by any optax optimiser without a line search, as a strategy.

The population is `population_size` independent learners. Members do not affect each
other, so the gradient of the summed fitness is every member's own.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array

from neurojax import checks, ranking
from neurojax.strategies.promotion import as_written
from neurojax.tree import spawn, take
from neurojax.types import (
    Fitness,
    FitnessLike,
    Genotype,
    Key,
    Metrics,
    Population,
    Sample,
)


class GradientDescentParams(NamedTuple):
    """What may be swept: a factor on every update, so on the learning rate."""

    update_scale: Any


class GradientDescentState(NamedTuple):
    """Learners, their optimiser states, and the fitness told last."""

    population: Population
    optimizer: Any
    fitness: Fitness


@dataclass(frozen=True)
class GradientDescent:
    """Independent learners, each with its own optimiser state.

    Args:
        optimizer: any optax transformation, such as `optax.adam(1e-3)`. Those that
            look at the loss are given each learner's fitness as `value`, and its
            gradient as `grad`; those that compute losses themselves (`value_fn` of line
            searches, `obj_fn`) are refused by `init`.
        population_size: learners, at least 1.
        update_scale: factor on every update: the number to sweep where the learning
            rate is to be one (`optax.sgd(1.0)` with `update_scale` as the rate).

    Raises:
        ValueError: if an argument is out of its range.
    """

    optimizer: optax.GradientTransformation
    population_size: int = 1
    update_scale: float = 1.0

    uses_gradient = True
    member_fields = ("population", "optimizer")

    def __post_init__(self) -> None:
        checks.instance(
            "optimizer",
            self.optimizer,
            optax.GradientTransformation,
            "must be an optax transformation, such as optax.adam(1e-3).",
        )
        checks.integer_between("population_size", self.population_size, 1)
        checks.positive("update_scale", self.update_scale)

    @property
    def default_params(self) -> GradientDescentParams:
        """The number given at construction."""
        return GradientDescentParams(self.update_scale)

    def check_params(self, params: GradientDescentParams) -> None:
        """Refuse other params, and a scale that is not above 0."""
        checks.params_of("GradientDescent", params, GradientDescentParams)
        checks.swept("update_scale", params.update_scale, checks.POSITIVE)

    def init(
        self, key: Key, sample: Sample, params: GradientDescentParams | None = None
    ) -> GradientDescentState:
        """Draw the learners.

        Raises:
            ValueError: if the optimiser needs more than gradient, weights and fitness.
        """
        self.check_params(self.default_params if params is None else params)
        population = spawn(key, sample, self.population_size)
        checks.real_valued("GradientDescent", population)
        optimizer = jax.vmap(self.optimizer.init)(population)
        self._check_optimizer(population, optimizer)
        return GradientDescentState(
            population, optimizer, jnp.full(self.population_size, jnp.inf, jnp.float32)
        )

    def ask(
        self,
        key: Key,
        state: GradientDescentState,
        params: GradientDescentParams | None = None,
    ) -> tuple[Population, GradientDescentState]:
        """The learners as they are."""
        checks.state_of("GradientDescent", state, GradientDescentState)
        return state.population, state

    def tell(
        self,
        key: Key,
        population: Population,
        fitness: FitnessLike,
        state: GradientDescentState,
        params: GradientDescentParams | None = None,
        *,
        gradient: Population | None = None,
    ) -> tuple[GradientDescentState, Metrics]:
        """One optimiser step for every learner.

        Raises:
            ValueError: if `gradient` is missing.
        """
        params = self.default_params if params is None else params
        self.check_params(params)
        checks.state_of("GradientDescent", state, GradientDescentState)
        checks.told("GradientDescent", population, fitness, self.population_size)
        fitness = checks.as_fitness(fitness)
        if gradient is None:
            raise ValueError(
                "GradientDescent.tell needs `gradient`, shaped like the population; "
                "use systems.Evolution, or jax.grad of the summed fitness."
            )
        updates, optimizer = jax.vmap(self._update)(
            gradient, state.optimizer, population, fitness
        )

        def step(weight: Array, update: Array) -> Array:
            return weight + (params.update_scale * update).astype(weight.dtype)

        population = jax.tree.map(step, population, updates)
        return GradientDescentState(population, optimizer, fitness), {}

    def _update(
        self, gradient: Genotype, optimizer: Any, weights: Genotype, fitness: Array
    ) -> tuple[Genotype, Any]:
        """The update of one learner, and its optimiser's next state."""
        update = optax.with_extra_args_support(self.optimizer).update
        with as_written():
            return update(gradient, optimizer, weights, value=fitness, grad=gradient)

    def _check_optimizer(self, population: Population, optimizer: Any) -> None:
        value = jnp.zeros(self.population_size)
        try:
            jax.eval_shape(
                jax.vmap(self._update), population, optimizer, population, value
            )
        except (TypeError, ValueError) as error:
            raise ValueError(
                "optimizer needs more than each learner's gradient, weights and "
                f"fitness ({error}); use one that computes no loss itself, as a line "
                "search does: optax.adam(1e-3), optax.polyak_sgd()."
            ) from error

    def best(self, state: GradientDescentState) -> Genotype:
        """The learner whose fitness was lowest when it was told last."""
        checks.state_of("GradientDescent", state, GradientDescentState)
        return take(state.population, ranking.best_index(state.fitness))
