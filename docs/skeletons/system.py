"""Hill climbing on any problem (source): a skeleton of a system."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Int

from neurojax import ranking
from neurojax.tree import by_value, take
from neurojax.types import Key, Metrics, Params, Problem, Sample, State, Weights


class MySystemState(NamedTuple):
    """What the next generation needs; `generation` counts those that are done."""

    generation: Int[Array, ""]
    weights: Weights
    problem: State


@dataclass(frozen=True)
class MySystem:
    """One generation: a child with Gaussian noise replaces its parent if it is better.

    Metrics are the `fitness` of the better one, and the problem's metrics for it.

    Args:
        problem: evaluates both.
        sample: draws the first weights: `network.init`.
        std: standard deviation of the noise added to every parameter.

    Raises:
        ValueError: if `std` is not above 0.
    """

    problem: Problem
    sample: Sample
    std: float = 0.1

    def __post_init__(self) -> None:
        # Bound methods of equal networks are equal then, and share a compilation.
        object.__setattr__(self, "sample", by_value(self.sample))
        if not self.std > 0:
            raise ValueError(f"std={self.std} must be above 0.")

    @property
    def jittable(self) -> bool:
        """Whether the whole generation is one compiled program."""
        return self.problem.jittable

    def init(self, key: Key, params: Params | None = None) -> MySystemState:
        """Draw the weights, and begin the problem."""
        key_weights, key_problem = jax.random.split(key)
        return MySystemState(
            jnp.int32(0), self.sample(key_weights), self.problem.init(key_problem)
        )

    def step(self, key: Key, state: MySystemState) -> tuple[MySystemState, Metrics]:
        """One generation."""
        key_noise, key_eval = jax.random.split(key)
        both = self._with_child(key_noise, state.weights)
        fitness, problem, metrics = self.problem.eval(key_eval, both, state.problem)
        best = ranking.best_index(fitness)
        report = {name: values[best] for name, values in metrics.items()}
        after = MySystemState(state.generation + 1, take(both, best), problem)
        return after, report | {"fitness": fitness[best]}

    def _with_child(self, key: Key, weights: Weights) -> Any:
        """A population of two: the weights, and their child."""
        flat, unravel = ravel_pytree(weights)
        child = flat + self.std * jax.random.normal(key, flat.shape)
        return jax.vmap(unravel)(jnp.stack([flat, child]))
