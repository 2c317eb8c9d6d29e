"""Gaussian mutation, with an own std that adapts, and uniform crossover.

An own std for every parameter is inherited and varied before it is used (Schwefel,
1981; Baeck and Schwefel, 1993). Differs: crossover leaves a child its first parent's
std.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool

from neurojax import checks
from neurojax.encodings.direct import add_noise, for_children, uniform_crossover
from neurojax.noise import NoiseSource, normal_like
from neurojax.types import Inherited, Key, Population, VariationKeys

Adaptation = Literal["fixed", "lognormal", "multiplicative"]


class GaussianParams(NamedTuple):
    """What may be swept; `crossover_rate` is None without crossover."""

    std: Any
    adaptation_rate: Any
    min_std: Any
    max_std: Any
    crossover_rate: Any


@dataclass(frozen=True)
class Gaussian:
    """Normal noise on every parameter of a child.

    Args:
        std: standard deviation of the noise.
        adaptation: "fixed" keeps `std`; the others give each parameter of each member
            its own, which begins as `std`, is inherited, and is multiplied by a random
            factor in each child: "lognormal" by exp(rate * xi), under which ln std does
            not drift, "multiplicative" by 1 + rate * xi, under which it drifts by about
            -rate**2 / 2 per generation: searches die out. xi is standard normal.
        adaptation_rate: spread of that factor.
        min_std, max_std: bounds of an own std.
        crossover_rate: probability, per parameter, to take the second parent's before
            the mutation; None takes none.
        noise: where the noise comes from (see `neurojax.noise`).

    Raises:
        ValueError: if an argument is out of its range, or a genotype is not of real
            numbers.
    """

    std: float = 0.01
    adaptation: Adaptation = "fixed"
    adaptation_rate: float = 0.01
    min_std: float = 1e-6
    max_std: float = 1.0
    crossover_rate: float | None = None
    noise: NoiseSource = "threefry"

    def __post_init__(self) -> None:
        checks.positive("std", self.std)
        checks.one_of("adaptation", self.adaptation, get_args(Adaptation))
        checks.positive("adaptation_rate", self.adaptation_rate)
        checks.std_bounds(self.min_std, self.max_std)
        if self.adaptation != "fixed":
            checks.std_within(self.std, self.min_std, self.max_std)
        if self.crossover_rate is not None:
            checks.probability("crossover_rate", self.crossover_rate)
        checks.one_of("noise", self.noise, get_args(NoiseSource))

    @property
    def is_counted(self) -> bool:
        """Only Threefry's numbers are counted by member."""
        return self.noise == "threefry"

    @property
    def default_params(self) -> GaussianParams:
        """The numbers given at construction."""
        return GaussianParams(
            self.std,
            self.adaptation_rate,
            self.min_std,
            self.max_std,
            self.crossover_rate,
        )

    def check_params(self, params: GaussianParams) -> None:
        """Refuse other params, and numbers out of their ranges."""
        checks.params_of("Gaussian", params, GaussianParams)
        checks.swept("std", params.std, checks.POSITIVE)
        checks.swept("adaptation_rate", params.adaptation_rate, checks.POSITIVE)
        checks.swept("min_std", params.min_std, checks.NOT_NEGATIVE)
        checks.swept("max_std", params.max_std, checks.POSITIVE)
        if params.crossover_rate is not None:
            checks.swept("crossover_rate", params.crossover_rate, checks.PROBABILITY)

    def init(self, population: Population, params: GaussianParams) -> Inherited:
        """The population, and every parameter's std if it adapts."""
        checks.real_valued("Gaussian", population)
        if self.adaptation == "fixed":
            return Inherited(population, ())
        std = jax.tree.map(lambda leaf: jnp.full_like(leaf, params.std), population)
        return Inherited(population, std)

    def vary(
        self,
        keys: VariationKeys,
        mothers: Inherited,
        fathers: Inherited,
        is_child: Bool[Array, " population"],
        params: GaussianParams,
    ) -> Inherited:
        """Crossover, a new std if it adapts, then the mutation with that std."""
        key_cross, key_std, key_noise = keys
        children, own = mothers
        if params.crossover_rate is not None:
            children = uniform_crossover(
                key_cross, children, fathers.population, params.crossover_rate
            )
        if self.adaptation == "fixed":
            std = jax.tree.map(lambda _: params.std, children)
        else:
            own = std = for_children(is_child, self._adapt(key_std, own, params), own)
        noise = normal_like(key_noise, children, self.noise)
        children = jax.tree.map(add_noise, children, std, noise)
        return Inherited(for_children(is_child, children, mothers.population), own)

    def _adapt(self, key: Key, std: Population, params: GaussianParams) -> Population:
        """Every std times its random factor, within the bounds."""
        rate = params.adaptation_rate

        def vary(std: Array, xi: Array) -> Array:
            is_lognormal = self.adaptation == "lognormal"
            factor = jnp.exp(rate * xi) if is_lognormal else 1 + rate * xi
            varied = jnp.clip(std * factor, params.min_std, params.max_std)
            return varied.astype(std.dtype)

        return jax.tree.map(vary, std, normal_like(key, std, self.noise))
