"""PPO on environments of gymnasium, stepped one after the other on the host.

The policy acts in numpy on all environments at once: at these sizes that is as fast as
a compiled call and never waits for a device. Worker processes for each environment
would be slower (their messages cost more than the steps).
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Float32, Int

from neurojax.environments.gymnasium import make
from neurojax.rl.ppo import PPO, Learner, Trajectory
from neurojax.types import Key


class Lockstep:
    """Environments that take a step together, each reset as soon as its episode ends.

    Not pure: `step` moves the simulators. `observations` are the present ones.
    """

    def __init__(self, environment_id: str, num_envs: int, seed: int):
        self.environments = [make(environment_id) for _ in range(num_envs)]
        # Each environment draws its later episodes from the generator seeded here.
        seeds = np.random.SeedSequence(seed).generate_state(num_envs)
        first = [
            environment.reset(seed=int(own_seed))[0]
            for environment, own_seed in zip(self.environments, seeds, strict=True)
        ]
        self.observations = np.stack(first).astype(np.float32)

    def step(
        self, actions: Int[np.ndarray, " envs"]
    ) -> tuple[
        Float32[np.ndarray, " envs"],
        Bool[np.ndarray, " envs"],
        Bool[np.ndarray, " envs"],
        Float32[np.ndarray, "envs size"],
    ]:
        """Return rewards, terminated, ended and the observations before any reset."""
        num_envs = len(self.environments)
        rewards = np.zeros(num_envs, np.float32)
        terminated, ended = np.zeros((2, num_envs), bool)
        reached = np.empty_like(self.observations)
        self.observations = np.empty_like(self.observations)
        for index, environment in enumerate(self.environments):
            observation, reward, terminated[index], truncated, _ = environment.step(
                int(actions[index])
            )
            rewards[index], reached[index] = reward, observation
            ended[index] = terminated[index] or truncated
            if ended[index]:
                observation, _ = environment.reset()
            self.observations[index] = observation
        return rewards, terminated, ended, reached

    def close(self) -> None:
        """Free the simulators."""
        for environment in self.environments:
            environment.close()


def train(
    ppo: PPO,
    environment_id: str,
    key: Key,
    *,
    num_envs: int = 32,
    num_steps: int = 256,
    on_update: Callable[[int, Learner, float], None] | None = None,
) -> tuple[Learner, Float[np.ndarray, " updates"]]:
    """Learn for `ppo.num_updates` updates of `num_envs * num_steps` transitions each.

    `on_update(update, learner, mean_return)` is called after each.

    Returns:
        The learner, and after each update the sum of rewards over the number of
        episodes that ended (NaN if none did).
    """
    key_init, key_host, key_learn = jax.random.split(key, 3)
    seed = int(jax.random.bits(key_host, dtype="uint32"))
    generator = np.random.default_rng(seed)
    play = Lockstep(environment_id, num_envs, seed)
    learner, mean_returns = ppo.init(key_init), []
    try:
        for update, key_update in enumerate(
            jax.random.split(key_learn, ppo.num_updates)
        ):
            trajectory = _collect(generator, learner, play, num_steps)
            learner, _ = ppo.update(key_update, learner, trajectory)
            num_ended = int(trajectory.ended.sum())
            total = float(trajectory.rewards.sum())
            mean_returns.append(total / num_ended if num_ended else np.nan)
            if on_update is not None:
                on_update(update, learner, mean_returns[-1])
    finally:
        play.close()
    return learner, np.array(mean_returns)


def _collect(
    generator: np.random.Generator, learner: Learner, play: Lockstep, num_steps: int
) -> Trajectory:
    policy = jax.tree.map(np.asarray, learner.weights.policy)
    steps = []
    for _ in range(num_steps):
        observations = play.observations
        log_policy = _log_policy(policy, observations)
        noise = generator.gumbel(size=log_policy.shape)  # makes argmax a sample
        actions = np.argmax(log_policy + noise, axis=-1)
        chosen = log_policy[np.arange(len(actions)), actions]
        rewards, terminated, ended, reached = play.step(actions)
        steps.append(
            (observations, actions, chosen, rewards, terminated, ended, reached)
        )
    return Trajectory(
        *(jnp.asarray(np.stack(leaf)) for leaf in zip(*steps, strict=True))
    )


def _log_policy(
    policy: Any, observations: Float32[np.ndarray, "envs size"]
) -> Float32[np.ndarray, "envs actions"]:
    activations = observations
    for layer in policy[:-1]:
        activations = np.tanh(activations @ layer.kernel + layer.bias)
    logits = activations @ policy[-1].kernel + policy[-1].bias
    logits -= logits.max(axis=-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
