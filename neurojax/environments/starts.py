"""The initial states that gymnasium gives its seeds, for environments in JAX.

A person or another program that played in gymnasium with a seed can so be met at the
same start. gymnasium draws it in float64 with numpy's PCG64; here it is rounded to
float32.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from neurojax import checks
from neurojax.environments.gymnasium import make
from neurojax.environments.gymnax import Gymnax
from neurojax.environments.lunar_lander import Draws, LunarLander, draws_of_seed
from neurojax.names import short, unknown_name
from neurojax.types import Start

# gymnax's names of the numbers in gymnasium's state.
STATES = {
    "CartPole-v1": ("x", "x_dot", "theta", "theta_dot"),
    "MountainCar-v0": ("position", "velocity"),
    "Acrobot-v1": ("joint_angle1", "joint_angle2", "velocity_1", "velocity_2"),
}


def gymnasium_starts(environment: Gymnax | LunarLander, seeds: Sequence[int]) -> Start:
    """What `reset(seed=s)` of gymnasium returns, for each seed, as a batch.

    Args:
        environment: one of `STATES`, or LunarLander: its states bring along the noise
            that gymnasium's engines have with the seed, about 8 kB an episode.
        seeds: of the episodes, 0 or more.

    Returns:
        Observations `(seeds, size)` and environment states with a leading axis of
        seeds; map over both to give one to `rollout` or `episode_return`.

    Raises:
        ValueError: if the environment is another, or there are no seeds, or one is no
            integer from 0 on.
        ImportError: if gymnasium is not installed; LunarLander does without it.
    """
    if not isinstance(environment, Gymnax | LunarLander):
        raise ValueError(
            f"environment={short(environment)} must be a LunarLander or a Gymnax of "
            f"{', '.join(STATES)}."
        )
    _check_seeds(seeds)
    if isinstance(environment, LunarLander):
        return _lunar_lander_starts(environment, seeds)
    if environment.name not in STATES:
        raise unknown_name("environment", environment.name, STATES)
    simulator, observations, states = make(environment.name), [], []
    for seed in seeds:
        observations.append(simulator.reset(seed=int(seed))[0])
        states.append(np.array(simulator.unwrapped.state, np.float32))
    simulator.close()
    state = environment.reset(jax.random.key(0))[1]
    state = jax.tree.map(lambda leaf: jnp.repeat(leaf[None], len(seeds), 0), state)
    numbers = dict(zip(STATES[environment.name], jnp.array(states).T, strict=True))
    return jnp.array(np.stack(observations), jnp.float32), state.replace(**numbers)


def _check_seeds(seeds: Any) -> None:
    if not isinstance(seeds, Sequence | np.ndarray) or isinstance(seeds, str):
        raise ValueError(
            f"seeds={short(seeds)} must be a sequence of integers, such as range(10)."
        )
    if not len(seeds):
        raise ValueError("seeds is empty; name the seed of one episode at least.")
    for seed in seeds:
        if not checks.is_integer(seed) or seed < 0:
            raise ValueError(
                f"seeds: a seed={short(seed)} must be an integer at least 0."
            )


def _lunar_lander_starts(environment: LunarLander, seeds: Sequence[int]) -> Start:
    steps = environment.max_steps
    draws = [draws_of_seed(int(seed), environment.enable_wind, steps) for seed in seeds]
    return _started(environment, jax.tree.map(lambda *rows: jnp.stack(rows), *draws))


@partial(jax.jit, static_argnums=0)
def _started(environment: LunarLander, draws: Draws) -> Start:
    return jax.vmap(environment.start)(draws)
