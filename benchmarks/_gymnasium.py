"""Returns of many networks at play in gymnasium's own simulators, on all cores.

Networks are multilayer perceptrons with tanh between the layers and linear logits.
Weights do not tell another activation, so networks that use one are played wrongly.

Each worker process plays one network at a time, all of its episodes in lockstep, and
keeps its simulators for the next network.
"""

import functools
import math
from typing import Any

import numpy as np
from jaxtyping import Float64

from benchmarks._measures import EPISODE_SEED, Measure
from neurojax.data.policy import Layer, Policy, greedy_actions
from neurojax.environments.gymnasium import make
from neurojax.parallel import num_cores
from neurojax.parallel.workers import Workers


def at_host_play(task: str, num_episodes: int, workers: int | None = None) -> Measure:
    """Mean return over seeded episodes of gymnasium, greedy, as `return`.

    Takes tanh networks as a population; the value is `(networks,)`, in float64. All
    networks play the same episodes. It does not depend on the number of workers. A
    network with a weight that is not finite has the return NaN.

    The workers start at the first call and end with the measure or the program.

    Args:
        task: gymnasium id, with a Box of observations and Discrete actions from 0.
        num_episodes: per network.
        workers: processes that play; None takes one per core.

    Raises:
        ImportError: if gymnasium or the simulator is missing.
        ValueError: if a number is below 1, or the task has other spaces; the measure
            raises it for networks that do not fit the task.
        RuntimeError: raised by the measure if a worker died.
    """
    workers = num_cores() if workers is None else workers
    for name, number in (("num_episodes", num_episodes), ("workers", workers)):
        if number < 1:
            raise ValueError(f"{name}={number} must be at least 1.")
    sizes = _sizes(task)
    team = Workers(workers)

    def measure(weights: Any) -> dict[str, np.ndarray]:
        policies = _policies(weights)
        _check_fit(policies[0], task, sizes)
        play = functools.partial(_mean_return, task, num_episodes)
        return {"return": np.array(team.map(play, policies), np.float64)}

    return measure


def episode_returns(
    task: str, num_episodes: int, policy: Policy
) -> Float64[np.ndarray, " episodes"]:
    """Return of each episode; episode i starts as `reset(seed=EPISODE_SEED + i)`."""
    simulators = _simulators(task, num_episodes)
    first = [
        simulator.reset(seed=EPISODE_SEED + index)[0]
        for index, simulator in enumerate(simulators)
    ]
    observations = np.stack(first).astype(np.float32)
    returns = np.zeros(num_episodes)
    alive = range(num_episodes)
    while alive:
        # Also for episodes that have ended: products of a fixed size round alike.
        flat = observations.reshape(num_episodes, -1)
        actions = greedy_actions(policy, flat).tolist()
        going_on = []
        for index in alive:
            observations[index], reward, terminated, truncated, _ = simulators[
                index
            ].step(actions[index])
            returns[index] += reward
            if not (terminated or truncated):
                going_on.append(index)
        alive = going_on
    return returns


def _mean_return(task: str, num_episodes: int, policy: Policy) -> float:
    if not all(np.isfinite(array).all() for layer in policy for array in layer):
        return math.nan
    return float(episode_returns(task, num_episodes, policy).mean())


@functools.cache
def _simulators(task: str, number: int) -> list[Any]:
    return [make(task) for _ in range(number)]


def _sizes(task: str) -> tuple[int, int]:
    """Numbers per observation, and actions."""
    simulator = make(task)
    from gymnasium.spaces import Box, Discrete

    seen, actions = simulator.observation_space, simulator.action_space
    simulator.close()
    if not isinstance(seen, Box) or not isinstance(actions, Discrete) or actions.start:
        raise ValueError(
            f"{task} has the observations {seen} and the actions {actions}; choose a "
            "task with a Box of observations and Discrete actions from 0."
        )
    return math.prod(seen.shape), int(actions.n)


def _check_fit(policy: Policy, task: str, sizes: tuple[int, int]) -> None:
    found = policy[0].kernel.shape[0], policy[-1].kernel.shape[1]
    if found != sizes:
        raise ValueError(
            f"The networks go from {found[0]} inputs to {found[1]} outputs, but {task} "
            f"needs {sizes[0]} and {sizes[1]}."
        )


def _policies(weights: Any) -> list[Policy]:
    """One policy per network of the population."""
    layers = [
        Layer(*(np.asarray(array, np.float32) for array in layer)) for layer in weights
    ]
    return [
        tuple(Layer(layer.kernel[index], layer.bias[index]) for layer in layers)
        for index in range(len(layers[0].kernel))
    ]
