"""PPO on environments of gymnax: experience and learning in one compiled program."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from neurojax.keys import unrolled
from neurojax.rl.ppo import PPO, Learner, Trajectory, draw_actions
from neurojax.types import Key, Metrics


class Play(NamedTuple):
    """Environments in the middle of their episodes; leaves start with `(envs,)`."""

    observations: Float[Array, "envs size"]
    states: Any


@partial(jax.jit, static_argnums=(0, 1), static_argnames=("num_envs", "num_steps"))
def train(
    ppo: PPO, environment_id: str, key: Key, *, num_envs: int = 64, num_steps: int = 64
) -> tuple[Learner, Metrics]:
    """Learn for `ppo.num_updates` updates of `num_envs * num_steps` transitions each.

    Returns:
        The learner, and metrics `(num_updates,)`: those of `PPO.update` and
        `mean_return`, the sum of rewards over the number of episodes that ended (NaN
        before the first end).
    """
    environment = _make(environment_id)
    key_init, key_reset, key_train = jax.random.split(unrolled(key), 3)
    learner = ppo.init(key_init)
    play = Play(*jax.vmap(environment.reset)(jax.random.split(key_reset, num_envs)))

    def update(carry, key):
        learner, play = carry
        key_play, key_learn = jax.random.split(key)
        play, trajectory = _collect(environment, key_play, learner, play, num_steps)
        learner, metrics = ppo.update(key_learn, learner, trajectory)
        mean_return = jnp.sum(trajectory.rewards) / jnp.sum(trajectory.ended)
        return (learner, play), {**metrics, "mean_return": mean_return}

    keys = jax.random.split(key_train, ppo.num_updates)
    (learner, _), metrics = jax.lax.scan(update, (learner, play), keys)
    return learner, metrics


class _Environment(NamedTuple):
    """One gymnax environment with its default parameters, without automatic reset."""

    environment: Any
    params: Any

    def reset(self, key):
        return self.environment.reset_env(key, self.params)

    def step(self, key, state, action):
        """Return observation, state, reward, terminated, ended."""
        observation, state, reward, terminated, _ = self.environment.step_env(
            key, state, action, self.params
        )
        ended = terminated | self.environment.is_truncated(state, self.params)
        return observation, state, reward, terminated, ended


def _make(environment_id: str) -> _Environment:
    try:
        import gymnax
    except ImportError as error:
        raise ImportError(
            "PPO on gymnax environments needs gymnax: pip install neurojax[envs]"
        ) from error
    return _Environment(*gymnax.make(environment_id))


def _collect(
    environment: _Environment, key: Key, learner: Learner, play: Play, num_steps: int
) -> tuple[Play, Trajectory]:
    """Play on for `num_steps` steps; a finished episode is followed by a new one."""
    num_envs = len(play.observations)

    def step(play, key):
        key_act, key_step, key_reset = jax.random.split(key, 3)
        actions, log_probabilities = draw_actions(
            key_act, learner.weights, play.observations
        )
        observations, states, rewards, terminated, ended = jax.vmap(environment.step)(
            jax.random.split(key_step, num_envs), play.states, actions
        )
        fresh = Play(
            *jax.vmap(environment.reset)(jax.random.split(key_reset, num_envs))
        )
        seen = Trajectory(
            play.observations,
            actions,
            log_probabilities,
            rewards,
            terminated,
            ended,
            observations,
        )
        return _replace(ended, fresh, Play(observations, states)), seen

    return jax.lax.scan(step, play, jax.random.split(key, num_steps))


def _replace(ended, fresh: Play, play: Play) -> Play:
    def choose(new, old):
        return jnp.where(ended.reshape(-1, *[1] * (old.ndim - 1)), new, old)

    return jax.tree.map(choose, fresh, play)
