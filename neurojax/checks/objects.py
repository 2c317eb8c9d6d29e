"""Checks of objects: the wrong kind is named together with the right one."""

from typing import Any

import jax
import jax.numpy as jnp

from neurojax.names import short
from neurojax.types import (
    Environment,
    HostEnvironment,
    Network,
    Params,
    Problem,
    State,
    Strategy,
    System,
    Variation,
)

# Most specific first: what an object is, for whoever gave it in another's place.
KINDS: tuple[tuple[str, type], ...] = (
    ("a strategy", Strategy),
    ("a variation", Variation),
    ("a problem", Problem),
    ("a system", System),
    ("an environment that runs in JAX", Environment),
    ("an environment outside JAX", HostEnvironment),
    ("a network", Network),
)


def instance(name: str, value: Any, kind: type | tuple[type, ...], remedy: str) -> None:
    """Refuse an object of another kind; `remedy` names the right one."""
    if not isinstance(value, kind):
        raise ValueError(f"{name}={short(value)} {remedy}")


def function(name: str, value: Any, what: str) -> None:
    """Refuse what cannot be called; `what` says which function is needed."""
    if not callable(value):
        raise ValueError(
            f"{name}={short(value)} is {kind_of(value)}; it must be {what}."
        )


def key(name: str, value: Any) -> None:
    """Refuse what is not one typed key."""
    is_key = isinstance(value, jax.Array) and jnp.issubdtype(
        value.dtype, jax.dtypes.prng_key
    )
    if not is_key or value.shape:
        raise ValueError(
            f"{name}={short(value)} must be one typed key: jax.random.key(seed)."
        )


def strategy(name: str, value: Any) -> None:
    """Refuse what is no strategy."""
    what = (
        "a strategy, such as strategies.SimpleGA(100); strategies.Evosax and "
        "strategies.GradientDescent make strategies of evosax's algorithms and optax's "
        "optimisers"
    )
    _of_kind(name, value, Strategy, what)


def variation(name: str, value: Any) -> None:
    """Refuse what is no variation."""
    _of_kind(name, value, Variation, "a variation, such as encodings.Gaussian(0.1)")


def problem(name: str, value: Any) -> None:
    """Refuse what is no problem."""
    what = "a problem, such as problems.Control(environment, network)"
    _of_kind(name, value, Problem, what)


def system(name: str, value: Any) -> None:
    """Refuse what is no system."""
    what = "a system, such as systems.Evolution(strategy, problem, network.init)"
    _of_kind(name, value, System, what)


def network(name: str, value: Any) -> None:
    """Refuse what is no network."""
    what = (
        "a network, such as networks.MLP((4, 32, 2)); networks.Flax makes one of a "
        "linen module"
    )
    _of_kind(name, value, Network, what)


def environment(name: str, value: Any) -> None:
    """Refuse what is no environment that runs in JAX."""
    what = "an environment that runs in JAX, such as environments.LunarLander()"
    if isinstance(value, HostEnvironment) and not isinstance(value, type):
        what += "; problems.HostControl plays those outside JAX"
    _of_kind(name, value, Environment, what)


def host_environment(name: str, value: Any) -> None:
    """Refuse what is no environment outside JAX."""
    what = "an environment outside JAX, such as environments.Gymnasium('CartPole-v1')"
    if isinstance(value, Environment) and not isinstance(value, type):
        what += "; problems.Control plays those that run in JAX"
    _of_kind(name, value, HostEnvironment, what)


def any_environment(name: str, value: Any) -> None:
    """Refuse what is no environment of either kind."""
    what = "an environment, such as environments.LunarLander()"
    is_host = isinstance(value, HostEnvironment)
    _of_kind(name, value, HostEnvironment if is_host else Environment, what)


def _of_kind(name: str, value: Any, kind: type, what: str) -> None:
    # A class has its instances' methods, and passes for one by the Protocol.
    if isinstance(value, type) or not isinstance(value, kind):
        raise ValueError(
            f"{name}={short(value)} is {kind_of(value)}; it must be {what}."
        )


def kind_of(value: Any) -> str:
    """What an object is, in the words of neurojax, or its type."""
    if isinstance(value, type):
        return f"a class, of which it takes an instance: {value.__name__}(...)"
    for word, kind in KINDS:
        if isinstance(value, kind):
            return word
    return f"of type {type(value).__name__}"


def params_of(owner: str, params: Params, kind: type) -> None:
    """Refuse params of another type than the owner's."""
    if not isinstance(params, kind):
        raise ValueError(
            f"params={short(params)} is {kind_of(params)}, but {owner} takes "
            f"{kind.__name__}; write default_params._replace(...) for other numbers."
        )


def state_of(owner: str, state: State, kind: type) -> None:
    """Refuse a state that is not the owner's."""
    if not isinstance(state, kind):
        raise ValueError(
            f"state={short(state)} is {kind_of(state)}, but {owner} takes a "
            f"{kind.__name__}, as its own init, ask and tell return."
        )
