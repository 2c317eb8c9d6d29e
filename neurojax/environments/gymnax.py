"""Environments of gymnax (Lange, 2022): classic control, MinAtar, bsuite and more.

Differs from gymnax: an episode does not restart by itself, rewards are float32, and the
car of MountainCarContinuous-v0 stops at the left wall, as gymnasium's does.
"""

from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float32

from neurojax import checks
from neurojax.environments.options import checked_options
from neurojax.names import unknown_name
from neurojax.types import EnvState, Key, Observation

EXAMPLE = "(('max_steps_in_episode', 200),)"
CONTINUOUS_MOUNTAIN_CAR = "MountainCarContinuous-v0"


@dataclass(frozen=True)
class Gymnax:
    """A gymnax environment by name; equal names and options are equal environments.

    Args:
        name: what gymnax registered it as, such as "CartPole-v1".
        options: pairs of a name and a hashable value, in any order: a field of the
            environment's parameters, such as `("max_steps_in_episode", 200)`, or an
            argument of its constructor, such as `("use_minimal_action_set", False)`.

    Raises:
        ImportError: if gymnax is not installed.
        ValueError: if gymnax has no such environment, or that no such option, or not
            with that value: numbers are finite, an episode has a step at least.
    """

    name: str
    options: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", checked_options(self.options, EXAMPLE))
        checks.text("name", self.name, "CartPole-v1")
        _make(self.name, self.options)

    @property
    def max_steps(self) -> int:
        """Steps after which an episode is truncated."""
        return int(_make(self.name, self.options)[1].max_steps_in_episode)

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Shape of one observation; () for a number, as in FrozenLake-misc."""
        environment, params = _make(self.name, self.options)
        return tuple(environment.observation_space(params).shape)

    @property
    def num_actions(self) -> int | None:
        """How many discrete actions there are; None if actions are continuous."""
        from gymnax.environments.spaces import Discrete

        space = _action_space(self)
        return int(space.n) if isinstance(space, Discrete) else None

    @property
    def action_size(self) -> int | None:
        """How many numbers a continuous action has; None if actions are discrete."""
        return None if self.num_actions is not None else _action_space(self).shape[0]

    @property
    def action_bounds(
        self,
    ) -> tuple[Float32[np.ndarray, " size"], Float32[np.ndarray, " size"]] | None:
        """Lowest and highest continuous action; None if actions are discrete."""
        if self.num_actions is not None:
            return None
        # Some spaces make arrays, which would be tracers where actions are compiled.
        with jax.ensure_compile_time_eval():
            space = _action_space(self)
            low, high = np.float32(space.low), np.float32(space.high)
        return np.broadcast_to(low, space.shape), np.broadcast_to(high, space.shape)

    def reset(self, key: Key) -> tuple[Observation, EnvState]:
        """Begin an episode."""
        environment, params = _make(self.name, self.options)
        observation, state = environment.reset_env(key, params)
        # gymnax starts with Python numbers; a loop's state needs arrays.
        return observation, jax.tree.map(jnp.array, state)

    def step(
        self, key: Key, state: EnvState, action: Array
    ) -> tuple[
        Observation, EnvState, Float[Array, ""], Bool[Array, ""], Bool[Array, ""]
    ]:
        """Return observation, state, reward, terminated, truncated.

        `action` is an integer in [0, num_actions), or `(action_size,)` numbers.
        """
        environment, params = _make(self.name, self.options)
        observation, next_state, reward, terminated, _ = environment.step_env(
            key, state, action, params
        )
        if self.name == CONTINUOUS_MOUNTAIN_CAR:
            next_state = _stop_at_the_wall(params, state, action, next_state)
            observation = environment.get_obs(next_state)
        truncated = environment.is_truncated(next_state, params)
        return (
            observation,
            next_state,
            jnp.asarray(reward, jnp.float32).reshape(()),
            jnp.asarray(terminated, bool).reshape(()),
            jnp.asarray(truncated, bool).reshape(()),
        )


def _stop_at_the_wall(params: Any, state: Any, action: Array, next_state: Any) -> Any:
    """`next_state` with the velocity that gymnasium gives it.

    gymnax 1.0.1 stops a car that rolls back over the goal, where gymnasium stops one
    that hits the left wall. Positions, rewards and ends are gymnasium's.
    """
    force = jnp.clip(action, params.min_action, params.max_action).reshape(())
    velocity = state.velocity + force * params.power
    velocity -= params.gravity * jnp.cos(3 * state.position)
    velocity = jnp.clip(velocity, -params.max_speed, params.max_speed)
    at_the_wall = next_state.position <= params.min_position
    velocity = jnp.where(at_the_wall & (velocity < 0), 0.0, velocity)
    return next_state.replace(velocity=velocity)


def _action_space(environment: Gymnax) -> Any:
    made, params = _make(environment.name, environment.options)
    return made.action_space(params)


# One instance for each name and options: gymnax compares instances by identity, so a
# second one would compile everything again.
@cache
def _make(name: str, options: tuple[tuple[str, Any], ...]) -> tuple[Any, Any]:
    """The gymnax environment and its parameters."""
    gymnax = _import_gymnax()
    if name not in gymnax.registered_envs:
        raise unknown_name("name", name, gymnax.registered_envs)
    # The first use may be inside a jitted function, whose tracers must not be cached.
    with jax.ensure_compile_time_eval():
        defaults = gymnax.make(name)[1]
        is_field = {field.name for field in fields(defaults)}.__contains__
        constructor = {k: v for k, v in options if not is_field(k)}
        try:
            environment, params = gymnax.make(name, **constructor)
        except TypeError as error:
            raise ValueError(
                f"options={options}: {name} has no option among {sorted(constructor)} "
                "(or not with that value). Its parameters are "
                f"{[field.name for field in fields(defaults)]}; for its constructor "
                f"see {type(gymnax.make(name)[0]).__module__}. ({error})"
            ) from error
        given = {k: v for k, v in options if is_field(k)}
        for option, value in given.items():
            _check_field(option, value, getattr(params, option))
        return environment, params.replace(**given)


def _check_field(option: str, value: Any, default: Any) -> None:
    """Refuse a value that cannot stand where the default does."""
    words = f"options: {option}"
    if option == "max_steps_in_episode":
        checks.integer_between(words, value, 1)
    elif isinstance(default, bool):
        checks.flag(words, value)
    elif isinstance(default, int | float):
        checks.finite(words, value)


def _import_gymnax() -> Any:
    try:
        import gymnax
    except ImportError as error:
        raise ImportError(
            "Gymnax environments need gymnax: pip install neurojax[envs]"
        ) from error
    return gymnax
