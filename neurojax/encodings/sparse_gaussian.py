"""Sparse Gaussian mutation: each child changes its own share of the parameters.

Some children differ from their parent in nearly nothing, others in many parameters at
once, whatever the size of the genotype. The log-uniform draw of the share is ours.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from neurojax import checks
from neurojax.encodings.direct import add_noise, chosen, for_children
from neurojax.noise import normal_like
from neurojax.types import Inherited, Key, Population, VariationKeys


class SparseGaussianParams(NamedTuple):
    """What may be swept; `bound` is None where nothing is clipped."""

    std: Any
    min_probability: Any
    max_probability: Any
    bound: Any


@dataclass(frozen=True)
class SparseGaussian:
    """Normal noise on a random share of a child's parameters; no crossover.

    Each child draws a probability, log-uniform between the two given; each of its
    parameters is changed with that probability.

    Args:
        std: standard deviation of the noise.
        min_probability, max_probability: range of the probability, above 0. With half a
            parameter per genotype as the least, some children are copies.
        bound: changed parameters are clipped to [-bound, bound]; None clips none.

    Raises:
        ValueError: if an argument is out of its range, or a genotype is not of real
            numbers.
    """

    std: float
    min_probability: float = 1e-3
    max_probability: float = 0.3
    bound: float | None = None

    is_counted = True

    def __post_init__(self) -> None:
        checks.positive("std", self.std)
        low, high = self.min_probability, self.max_probability
        checks.probability("min_probability", low)
        checks.probability("max_probability", high)
        if not 0 < low <= high:
            raise ValueError(
                f"min_probability={low} and max_probability={high} must be "
                "0 < min <= max <= 1."
            )
        if self.bound is not None:
            checks.positive("bound", self.bound)

    @property
    def default_params(self) -> SparseGaussianParams:
        """The numbers given at construction."""
        return SparseGaussianParams(
            self.std, self.min_probability, self.max_probability, self.bound
        )

    def check_params(self, params: SparseGaussianParams) -> None:
        """Refuse other params, and numbers out of their ranges."""
        checks.params_of("SparseGaussian", params, SparseGaussianParams)
        checks.swept("std", params.std, checks.POSITIVE)
        for name in ("min_probability", "max_probability"):
            checks.swept(name, getattr(params, name), checks.POSITIVE_PROBABILITY)
        if params.bound is not None:
            checks.swept("bound", params.bound, checks.POSITIVE)

    def init(self, population: Population, params: SparseGaussianParams) -> Inherited:
        """The population as it is."""
        checks.real_valued("SparseGaussian", population)
        return Inherited(population, ())

    def vary(
        self,
        keys: VariationKeys,
        mothers: Inherited,
        fathers: Inherited,
        is_child: Bool[Array, " population"],
        params: SparseGaussianParams,
    ) -> Inherited:
        """Noise on the chosen parameters of every mother's child."""
        _, key, key_noise = keys
        key_probability, key_chosen = jax.random.split(key)
        parents = mothers.population
        probability = _log_uniform(key_probability, is_child.shape, params)

        def mutate(is_changed: Array, parent: Array, xi: Array) -> Array:
            child = add_noise(parent, params.std, xi)
            if params.bound is not None:
                child = jnp.clip(child, -params.bound, params.bound)
            return jnp.where(is_changed, child.astype(parent.dtype), parent)

        children = jax.tree.map(
            mutate,
            chosen(key_chosen, parents, probability),
            parents,
            normal_like(key_noise, parents, "threefry"),
        )
        return Inherited(for_children(is_child, children, parents), ())


def _log_uniform(
    key: Key, shape: tuple[int, ...], params: SparseGaussianParams
) -> Float[Array, " population"]:
    """Probabilities whose logarithms are uniform between those of the bounds."""
    bounds = params.min_probability, params.max_probability
    low, high = (jnp.log(jnp.asarray(bound, jnp.float32)) for bound in bounds)
    draw = jax.random.uniform(key, shape, jnp.float32, minval=low, maxval=high)
    return jnp.exp(draw)
