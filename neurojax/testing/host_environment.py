"""Probes of a simulator outside JAX, which is played by chance."""

from typing import Any

import numpy as np

from neurojax.networks.fitting import bounds_of
from neurojax.testing.expect import expect, satisfying
from neurojax.testing.spaces import check_spaces
from neurojax.types import HostEnvironment

SEEDS = (3, 11, 5)
STEPS = 8


def check_host_environment(environment: object) -> None:
    """Check that a simulator on the host does what `HostControl` relies on.

    The spaces are told; observations are `(envs, *observation_shape)`, rewards and ends
    `(envs,)`; an episode depends on its seed and actions alone, not on the simulators
    beside it nor on what they played before; rewards are finite.

    Args:
        environment: what to check; three of its simulators are built, and one.

    Raises:
        ConformanceError: at the first thing that is wrong.
    """
    checked = satisfying(environment, HostEnvironment)
    check_spaces(checked)
    name, actions = type(checked).__name__, _by_chance(checked)
    vector = checked.vector(len(SEEDS))
    played = _played(name, checked, vector, SEEDS, actions)
    words = "an episode must depend on its seed and its actions alone"
    again = _played(name, checked, vector, SEEDS, actions)
    expect(
        _same(played, again), f"{name}, reset with the same seeds, differs; {words}."
    )
    alone = _played(name, checked, checked.vector(1), SEEDS[1:2], actions[:, 1:2])
    beside = [[array[1:2] for array in step] for step in played]
    expect(_same(alone, beside), f"{name} differs beside other simulators; {words}.")


def _by_chance(environment: HostEnvironment) -> np.ndarray:
    """Actions `(steps, envs)` or `(steps, envs, action_size)`."""
    draw, shape = np.random.default_rng(0), (STEPS, len(SEEDS))
    if environment.num_actions is not None:
        return draw.integers(0, environment.num_actions, shape, np.int32)
    low, high = bounds_of(environment)
    return draw.uniform(low, high, (*shape, len(low))).astype(np.float32)


def _played(
    name: str,
    environment: HostEnvironment,
    vector: Any,
    seeds: tuple[int, ...],
    actions: np.ndarray,
) -> list[list[np.ndarray]]:
    """What reset and steps return, info left out; zeros after an episode's end."""
    observations, _ = vector.reset(seed=list(seeds))
    steps, has_ended = [[np.array(observations)]], np.zeros(len(seeds), bool)
    for chosen in actions[: environment.max_steps]:
        observations, rewards, terminated, truncated, _ = vector.step(chosen)
        step = [np.array(x) for x in (observations, rewards, terminated, truncated)]
        _check_step(name, step, len(seeds))
        for array in step:
            array[has_ended] = 0  # what comes after the end is ignored
        has_ended |= step[2].astype(bool) | step[3].astype(bool)
        steps.append(step)
    shape = (len(seeds), *environment.observation_shape)
    for step in steps:
        words = f"{name} gives observations {step[0].shape} of {len(seeds)} simulators"
        expect(step[0].shape == shape, f"{words}; observation_shape says {shape}.")
    return steps


def _check_step(name: str, step: list[np.ndarray], num_envs: int) -> None:
    names = ("rewards", "terminated", "truncated")
    for what, array in zip(names, step[1:], strict=True):
        words = f"{name}'s {what} have shape {array.shape}; return ({num_envs},)"
        expect(array.shape == (num_envs,), f"{words}, one for each simulator.")
    expect(np.isfinite(step[1]).all(), f"{name} pays {step[1]}; rewards are finite.")


def _same(one: list[list[np.ndarray]], other: list[list[np.ndarray]]) -> bool:
    return all(
        np.array_equal(a, b)
        for first, second in zip(one, other, strict=True)
        for a, b in zip(first, second, strict=True)
    )
