"""Episodes of a greedy policy, many side by side, each with a seed of its own.

Episode `seed` starts as gymnasium's `reset(seed=seed)` does and depends on nothing
else: batches have a fixed size, so that even the rounding of the policy's products is
the same.
"""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int, Int32

from neurojax.data.experts.policy import Policy, greedy_actions
from neurojax.data.tasks import Task

__all__ = ["BATCH_SIZE", "Episode", "cartpole_step", "episodes"]

# So few that no product of a policy of 64-64 units is worth a second thread to the BLAS
# library: those threads wait by spinning and made all of this 17 times slower on a busy
# machine of two cores.
BATCH_SIZE = 50


class Episode(NamedTuple):
    """One episode; every leaf starts with `(steps,)`."""

    observations: Float32[np.ndarray, "steps size"]
    actions: Int32[np.ndarray, " steps"]
    rewards: Float32[np.ndarray, " steps"]

    @property
    def total_reward(self) -> float:
        """The episode's return."""
        return float(self.rewards.sum(dtype=np.float64))


def episodes(task: Task, policy: Policy, first_seed: int) -> Iterator[Episode]:
    """Yield the episodes of seeds `first_seed`, `first_seed + 1`, ... without end."""
    roll = _cartpole_batch if task.name == "CartPole-v1" else _host_batch
    for start in itertools.count(first_seed, BATCH_SIZE):
        yield from roll(task, policy, range(start, start + BATCH_SIZE))


def _host_batch(task: Task, policy: Policy, seeds: range) -> list[Episode]:
    """Steps gymnasium's simulators on the host until the last episode has ended."""
    from neurojax.environments.gymnasium import make

    environments = [make(task.name) for _ in seeds]
    first = [
        env.reset(seed=seed)[0] for env, seed in zip(environments, seeds, strict=True)
    ]
    observations = np.stack(first).astype(np.float32)
    seen = [([], [], []) for _ in seeds]
    alive = list(range(len(seeds)))
    while alive:
        actions = greedy_actions(policy, observations)
        for index in tuple(alive):
            lists = seen[index]
            lists[0].append(observations[index].copy())
            observation, reward, terminated, truncated, _ = environments[index].step(
                int(actions[index])
            )
            lists[1].append(actions[index])
            lists[2].append(reward)
            observations[index] = observation
            if terminated or truncated:
                alive.remove(index)
    for environment in environments:
        environment.close()
    return [
        Episode(np.stack(obs), np.array(acts, np.int32), np.array(rewards, np.float32))
        for obs, acts, rewards in seen
    ]


# CartPole-v1 (Barto, Sutton and Anderson, 1983) with gymnasium's constants and its
# order of operations in float64, so that equal seeds give equal episodes.
GRAVITY, POLE_MASS, TOTAL_MASS, HALF_LENGTH = 9.8, 0.1, 1.1, 0.5
FORCE, SECONDS_PER_STEP = 10.0, 0.02
MAX_POSITION, MAX_ANGLE, MAX_STEPS = 2.4, 12 * 2 * np.pi / 360, 500


def _cartpole_batch(task: Task, policy: Policy, seeds: range) -> list[Episode]:
    """Step all poles until the last has fallen or stood for 500 steps."""
    states = np.stack(
        [np.random.default_rng(seed).uniform(-0.05, 0.05, 4) for seed in seeds], axis=1
    )
    lengths = np.zeros(len(seeds), int)
    upright = np.ones(len(seeds), bool)
    seen, done = [], []
    while upright.any() and len(seen) < MAX_STEPS:
        observations = states.T.astype(np.float32)
        actions = greedy_actions(policy, observations).astype(np.int32)
        seen.append(observations)
        done.append(actions)
        lengths += upright
        states = cartpole_step(states, actions)
        upright &= _stands(states)
    observations, actions = np.stack(seen, axis=1), np.stack(done, axis=1)
    return [
        Episode(
            observations[row, :length], actions[row, :length], np.ones(length, "f4")
        )
        for row, length in enumerate(lengths)
    ]


def cartpole_step(
    states: Float64[np.ndarray, "4 poles"], actions: Int[np.ndarray, " poles"]
) -> Float64[np.ndarray, "4 poles"]:
    """Return position, velocity, angle, angular velocity one step (0.02 s) later."""
    position, velocity, angle, angular_velocity = states
    force = np.where(actions == 1, FORCE, -FORCE)
    sine, cosine = np.sin(angle), np.cos(angle)
    pole_moment = POLE_MASS * HALF_LENGTH
    push = (force + pole_moment * np.square(angular_velocity) * sine) / TOTAL_MASS
    angular_acceleration = (GRAVITY * sine - cosine * push) / (
        HALF_LENGTH * (4.0 / 3.0 - POLE_MASS * np.square(cosine) / TOTAL_MASS)
    )
    acceleration = push - pole_moment * angular_acceleration * cosine / TOTAL_MASS
    rates = np.stack([velocity, acceleration, angular_velocity, angular_acceleration])
    return states + SECONDS_PER_STEP * rates


def _stands(states: Float64[np.ndarray, "4 poles"]) -> Bool[np.ndarray, " poles"]:
    return (np.abs(states[0]) <= MAX_POSITION) & (np.abs(states[2]) <= MAX_ANGLE)
