"""Networks written with flax.linen, cells included (Heek et al., 2020).

A linen module is a frozen dataclass: it hashes by value, so equal ones share one
compilation. Modules of flax.nnx hold their arrays themselves and hash by identity; they
are refused.
"""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from neurojax import checks
from neurojax.types import Carry, Key, Observation, Weights


@dataclass(frozen=True)
class Flax:
    """A linen module as a network; weights are its "params" collection.

    A module with `initialize_carry(key, input_shape)` is recurrent, as linen's cells
    are: it maps `(carry, observation)` to `(carry, output)`. Its first carry is
    drawn with the life's key and is no part of the weights. Other modules map
    observation to output.

    Modules with further collections (batch statistics) or random numbers of their own
    (dropout) are not supported.

    Args:
        module: an unbound linen module.
        input_shape: of one observation, without a batch axis.

    Raises:
        ImportError: if flax is not installed.
        ValueError: if the module is none of linen's, cannot be hashed, does not take
            such observations, or has collections other than "params".
    """

    module: Any
    input_shape: tuple[int, ...]

    def __post_init__(self) -> None:
        shape = checks.shape("input_shape", self.input_shape)
        object.__setattr__(self, "input_shape", shape)
        _check_module(self.module)
        _check_collections(self)

    def init(self, key: Key) -> Weights:
        """Draw the weights of one network."""
        # A module without parameters has no such collection.
        return _variables(self, key).get("params", {})

    def reset(self, key: Key, weights: Weights) -> Carry:
        """The cell's first carry; () for a module without memory."""
        if not _is_recurrent(self.module):
            return ()
        return self.module.initialize_carry(key, self.input_shape)

    def apply(
        self, weights: Weights, carry: Carry, observation: Observation
    ) -> tuple[Carry, Float[Array, "..."]]:
        """Output for one observation.

        Raises:
            ValueError: if the module does not take it with these weights.
        """
        from flax.errors import FlaxError

        is_recurrent = _is_recurrent(self.module)
        met = (carry, observation) if is_recurrent else (observation,)
        try:
            output = self.module.apply({"params": weights}, *met)
        except (FlaxError, TypeError, ValueError) as error:
            raise ValueError(
                f"observation of shape {jnp.shape(observation)}, or weights, that "
                f"module={checks.short(self.module)} of input_shape="
                f"{self.input_shape} does not take: {error}"
            ) from error
        return output if is_recurrent else (carry, output)


@runtime_checkable
class Recurrent(Protocol):
    """What makes a module recurrent."""

    def initialize_carry(self, rng: Key, input_shape: tuple[int, ...]) -> Carry:
        """The first carry."""
        ...


def _is_recurrent(module: Any) -> bool:
    return isinstance(module, Recurrent)


def _variables(network: Flax, key: Key) -> dict[str, Any]:
    observation = jnp.zeros(network.input_shape)
    if _is_recurrent(network.module):
        # Only the carry's shape matters here: the weights do not depend on its numbers.
        carry = network.reset(jax.random.key(0), {})
        return network.module.init(key, carry, observation)
    return network.module.init(key, observation)


def _check_module(module: Any) -> None:
    try:
        from flax import linen
    except ImportError as error:
        raise ImportError("Flax networks need flax: pip install flax") from error
    if not isinstance(module, linen.Module):
        raise ValueError(
            f"module={checks.short(module)} is no flax.linen.Module; give an instance "
            "of one. An nnx module can be rewritten as the linen module of the same "
            "layers."
        )
    try:
        hash(module)
    except TypeError as error:
        raise ValueError(
            f"module={checks.short(module)} cannot be hashed ({error}); give its "
            "fields values that can, such as tuples instead of arrays."
        ) from error


def _check_collections(network: Flax) -> None:
    key = jax.random.key(0)
    try:
        variables = jax.eval_shape(lambda key: _variables(network, key), key)
    except Exception as error:  # flax raises its own kinds, without a common reason
        raise ValueError(
            f"module={checks.short(network.module)} does not start on observations of "
            f"input_shape={network.input_shape}; correct the shape, or: {error}"
        ) from error
    others = sorted(set(variables) - {"params"})
    if others:
        raise ValueError(
            f"module={checks.short(network.module)} has the collections {others}, "
            "which evolution does not vary; use layers without state, such as "
            "LayerNorm for BatchNorm."
        )
