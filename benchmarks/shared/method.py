"""Training methods, and how each meets the imitation problem.

Every method has one number to tune, its `scale`: the learning rate of gradient
descent, the mutation std of an evolutionary method. It is a leaf of the strategy's
params, so that values of it run side by side in one program.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import jax
import jax.numpy as jnp

from neurojax.problems.imitation import Sampling
from neurojax.strategies import Evosax
from neurojax.types import Genotype, Params, State, Strategy

ADAM_RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
MUTATION_STDS = (3e-3, 1e-2, 3e-2, 1e-1, 3e-1)


@dataclass(frozen=True)
class Method:
    """A strategy, the minibatch it is given, and the values of `scale` worth trying.

    `scale_name` is the field of the strategy's params that `scale` replaces; None where
    the algorithm has no such number, which is then run as it comes.
    """

    name: str
    label: str
    strategy: Strategy
    batch_size: int | None  # None: the whole set, every generation
    sampling: Sampling
    scale_name: str | None
    scales: tuple[float, ...]
    objective: str = "cross_entropy"
    shared_draws: bool = True
    # Which genotype of the strategy's state is measured; None: the strategy's best.
    reported: Callable[[State], Genotype] | None = None

    @property
    def uses_gradient(self) -> bool:
        """Whether the method is gradient descent."""
        return self.strategy.uses_gradient

    def params(self, scale: float | None) -> Params:
        """The strategy's params with this scale, as arrays."""
        params = self.strategy.default_params
        if self.scale_name is not None and scale is not None:
            changed = {self.scale_name: scale}
            is_tuple = hasattr(params, "_replace")
            params = params._replace(**changed) if is_tuple else params | changed
        return jax.tree.map(jnp.asarray, params)

    def flops_per_sample(self, forward_flops: int) -> int:
        """Matmul operations that one training sample costs.

        A gradient costs three forward passes; a population one for each member.
        """
        if self.uses_gradient:
            return 3 * forward_flops
        return self.strategy.population_size * forward_flops


@cache
def evosax_method(
    name: str,
    population_size: int,
    batch_size: int | None,
    stds: tuple[float, ...] = MUTATION_STDS,
) -> Method:
    """An evosax algorithm, its initial std the number to tune if it has one."""
    strategy = Evosax(name, population_size)
    has_std = _has_std(name, population_size)
    return Method(
        name,
        f"{_class_name(strategy)} (evosax)",
        strategy,
        batch_size,
        "subset",
        "std_init" if has_std else None,
        stds if has_std else (),
    )


def _class_name(strategy: Evosax) -> str:
    algorithm = strategy.algorithm  # a class, whatever it was named by
    return algorithm if isinstance(algorithm, str) else algorithm.__name__


def _has_std(name: str, population_size: int) -> bool:
    """Whether the evosax algorithm takes an initial std."""
    try:
        Evosax(name, population_size, params={"std_init": 0.1})
    except ValueError:
        return False
    return True


def evosax_names() -> list[str]:
    """The evosax algorithms, as `--methods` takes them."""
    from evosax.algorithms import algorithms

    return sorted(name.lower() for name in algorithms)
