"""Numbers to be guessed (source): a skeleton of a problem."""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from neurojax.types import Fitness, Key, Metrics


class MyProblemState(NamedTuple):
    """The data: they travel in the state, not in the problem's fields."""

    target: Float[Array, " size"]


@dataclass(frozen=True)
class MyProblem:
    """Weights are `(size,)` numbers; fitness is their mean squared error.

    Args:
        size: how many numbers there are to be guessed, at least 1.

    Raises:
        ValueError: if `size` is below 1.
    """

    size: int

    jittable = True  # False: eval runs on the host

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"size={self.size} must be at least 1.")

    def init(self, key: Key) -> MyProblemState:
        """Draw the numbers."""
        return MyProblemState(jax.random.normal(key, (self.size,)))

    def eval(
        self,
        key: Key,
        population: Float[Array, "population size"],
        state: MyProblemState,
    ) -> tuple[Fitness, MyProblemState, Metrics]:
        """Fitness, to be minimised, the state, and metrics with the member axis.

        What is drawn with the key is the same for all members.
        """
        errors = jnp.abs(population - state.target)
        metrics = {"largest_error": jnp.max(errors, axis=1)}
        return jnp.mean(errors**2, axis=1), state, metrics
