"""Episodes of gymnasium's LunarLander and of ours, side by side."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from neurojax.environments import gymnasium_starts
from neurojax.environments.gymnasium import make
from neurojax.environments.lunar_lander.touch import is_lander_touching

KEY = jax.random.key(0)


class Played(NamedTuple):
    """Episodes, one row each."""

    returns: np.ndarray
    lengths: np.ndarray


def reference(environment):
    """gymnasium's environment with the same options."""
    simulator = make("LunarLander-v3").unwrapped
    return type(simulator)(
        continuous=environment.continuous,
        gravity=environment.gravity,
        enable_wind=environment.enable_wind,
        wind_power=environment.wind_power,
        turbulence_power=environment.turbulence_power,
    )


@partial(jax.jit, static_argnums=0)
def batch_step(environment, states, actions):
    return jax.vmap(environment.step, (None, 0, 0))(KEY, states, actions)


def fly(environment, seeds, actions, atol):
    """Compare all steps until something touches; return how many there were.

    `actions` are (seeds, steps, ...).
    """
    wanted, is_flying = [], []
    for seed, row in zip(seeds, actions, strict=True):
        simulator = reference(environment)
        rows = [simulator.reset(seed=seed)[0]]
        for action in row:
            rows.append(simulator.step(action)[0])
        wanted.append(rows)
        is_flying.append(~np.any(np.array(rows)[:, 6:], axis=1))
    wanted, is_flying = np.array(wanted), np.logical_and.accumulate(is_flying, axis=1)
    found, states = gymnasium_starts(environment, seeds)
    crashed = np.zeros(len(seeds), bool)
    compared = 0
    for time in range(actions.shape[1] + 1):
        here = is_flying[:, time] & ~crashed
        np.testing.assert_allclose(
            found[here], wanted[here, time], atol=atol, rtol=1e-5
        )
        compared += here.sum()
        if time < actions.shape[1]:
            step = batch_step(environment, states, jnp.array(actions[:, time]))
            found, states, _, ended, _ = step
            crashed |= np.array(ended)
    return compared


def fall_in_gymnasium(environment, seeds):
    """Lengths and last observations of episodes in which no engine is used."""
    lengths, observations = [], []
    for seed in seeds:
        simulator = reference(environment)
        simulator.reset(seed=seed)
        length, has_ended = 0, False
        while not has_ended:
            observation, _, has_ended, _, _ = simulator.step(0)
            length += 1
        lengths.append(length)
        observations.append(observation)
    return np.array(lengths), np.array(observations)


def fall(environment, seeds):
    """As `fall_in_gymnasium`; also whether the hull touched before the last step."""
    observations, states = gymnasium_starts(environment, seeds)
    touching = jax.jit(jax.vmap(is_lander_touching))
    lengths, last = np.zeros(len(seeds), int), np.zeros((len(seeds), 8))
    alive, touched = np.ones(len(seeds), bool), np.zeros(len(seeds), bool)
    nothing = jnp.zeros(len(seeds), jnp.int32)
    while alive.any():
        touched[alive] = touching(states.lander, states.terrain)[alive]
        observations, states, _, ended, _ = batch_step(environment, states, nothing)
        last[alive] = observations[alive]
        lengths += alive
        alive &= ~np.array(ended)
    return lengths, last, touched


def heuristic(observation, continuous):
    """gymnasium's `heuristic`, for a batch of observations `(episodes, 8)`."""
    x, y, speed_x, speed_y, angle, spin, left, right = observation.T
    lean = np.clip(x * 0.5 + speed_x, -0.4, 0.4)
    has_contact = (left > 0) | (right > 0)
    turn = np.where(has_contact, 0.0, (lean - angle) * 0.5 - spin)
    hover = np.where(has_contact, 0.0, (0.55 * np.abs(x) - y) * 0.5) - speed_y * 0.5
    if continuous:
        return np.clip(np.stack([hover * 20 - 1, -turn * 20], 1), -1, 1)
    side = np.where(turn < -0.05, 3, np.where(turn > 0.05, 1, 0))
    return np.where((hover > np.abs(turn)) & (hover > 0.05), 2, side)


def play_ours(environment, seeds, policy):
    """`policy` maps observations (episodes, 8) and a time to actions."""
    observations, states = gymnasium_starts(environment, seeds)
    alive = np.ones(len(seeds), bool)
    returns, lengths = np.zeros(len(seeds)), np.zeros(len(seeds), int)
    for time in range(environment.max_steps):
        actions = policy(np.array(observations, np.float64), time)
        dtype = jnp.float32 if environment.continuous else jnp.int32
        observations, states, rewards, ended, cut = batch_step(
            environment, states, jnp.array(actions, dtype)
        )
        returns += np.where(alive, rewards, 0.0)
        lengths += alive
        alive &= ~np.array(ended | cut)
        if not alive.any():
            break
    return Played(returns, lengths)


def play_gymnasium(environment, seeds, policy):
    """As `play_ours`; all simulators take each step together."""
    simulators = [reference(environment) for _ in seeds]
    pairs = zip(simulators, seeds, strict=True)
    observations = np.stack(
        [simulator.reset(seed=seed)[0] for simulator, seed in pairs]
    )
    returns, lengths = np.zeros(len(seeds)), np.zeros(len(seeds), int)
    alive = range(len(seeds))
    for time in range(environment.max_steps):
        actions = policy(observations.astype(np.float64), time)
        going_on = []
        for row in alive:
            step = simulators[row].step(actions[row])
            observations[row], reward, has_ended, _, _ = step
            returns[row] += reward
            lengths[row] += 1
            if not has_ended:
                going_on.append(row)
        alive = going_on
        if not alive:
            break
    return Played(returns, lengths)
