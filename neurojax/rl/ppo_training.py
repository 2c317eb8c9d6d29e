"""PPO on any environment: experience and learning in one compiled program."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from neurojax import checks
from neurojax.keys import unrolled
from neurojax.rl.ppo import PPO, Learner
from neurojax.rollouts import Lockstep, collect, lives_of, start_lockstep
from neurojax.types import Key, Metrics


class Training(NamedTuple):
    """What training goes on from."""

    learner: Learner
    lockstep: Lockstep  # of `PPO.player`: with the memories of actor and critic


def train(
    ppo: PPO, key: Key, *, num_envs: int = 64, num_steps: int = 64
) -> tuple[Learner, Metrics]:
    """Learn for `ppo.num_updates` updates of `num_envs * num_steps` steps each.

    Returns:
        The learner, and the metrics of `proceed`.
    """
    _check(ppo, key, num_envs=num_envs, num_steps=num_steps)
    key_start, key_proceed = jax.random.split(key)
    training, metrics = proceed(
        ppo,
        key_proceed,
        start(ppo, key_start, num_envs=num_envs),
        num_updates=ppo.num_updates,
        num_steps=num_steps,
    )
    return training.learner, metrics


def start(ppo: PPO, key: Key, *, num_envs: int) -> Training:
    """A fresh learner, and the first episodes in `num_envs` environments."""
    _check(ppo, key, num_envs=num_envs)
    return _start(ppo, key, num_envs)


@partial(jax.jit, static_argnames=("ppo", "num_envs"))
def _start(ppo: PPO, key: Key, num_envs: int) -> Training:
    key_learner, key_play = jax.random.split(unrolled(key))
    learner = ppo.init(key_learner)
    lockstep = start_lockstep(
        ppo.environment, ppo.player, learner.weights, key_play, num_envs=num_envs
    )
    return Training(learner, lockstep)


def proceed(
    ppo: PPO, key: Key, training: Training, *, num_updates: int, num_steps: int
) -> tuple[Training, Metrics]:
    """Make `num_updates` updates, each from `num_steps` steps of every environment.

    Returns:
        Where training stands then, and metrics `(num_updates,)`: those of `PPO.update`
        and `mean_return`, the sum of rewards over the number of episodes that ended
        (NaN if none did).
    """
    _check(ppo, key, num_updates=num_updates, num_steps=num_steps)
    checks.instance("training", training, Training, "must be what start() returns.")
    return _proceed(ppo, key, training, num_updates, num_steps)


@partial(jax.jit, static_argnames=("ppo", "num_updates", "num_steps"))
def _proceed(
    ppo: PPO, key: Key, training: Training, num_updates: int, num_steps: int
) -> tuple[Training, Metrics]:
    def update(training: Training, key: Key) -> tuple[Training, Metrics]:
        key_play, key_learn = jax.random.split(key)
        lockstep, steps = collect(
            ppo.environment,
            ppo.player,
            training.learner.weights,
            training.lockstep,
            key_play,
            num_steps=num_steps,
            greedy=False,
        )
        lives = lives_of(training.lockstep, key_play, steps)
        learner, metrics = ppo.update(key_learn, training.learner, steps, lives)
        num_ended = jnp.sum(steps.terminated | steps.truncated)
        mean_return = jnp.where(num_ended, jnp.sum(steps.reward) / num_ended, jnp.nan)
        return Training(learner, lockstep), {**metrics, "mean_return": mean_return}

    keys = jax.random.split(unrolled(key), num_updates)
    return jax.lax.scan(update, training, keys)


def _check(ppo: PPO, key: Key, **counts: int) -> None:
    checks.instance("ppo", ppo, PPO, "must be a learner: PPO(environment, ...).")
    checks.key("key", key)
    for name, count in counts.items():
        checks.integer_between(name, count, 1)
