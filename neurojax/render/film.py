"""An episode in pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from neurojax import checks
from neurojax.render.host_film import camera, host_shots
from neurojax.render.painters.table import painter_of
from neurojax.render.picture import Film, Painter, Shot, at
from neurojax.rollouts import EpisodeReturn
from neurojax.rollouts.episode import (
    EpisodeKeys,
    Life,
    advance,
    begin,
    episode_limit,
    split_key,
)
from neurojax.rollouts.player import explained
from neurojax.types import (
    Environment,
    EnvState,
    HostEnvironment,
    Key,
    Network,
    Weights,
)

__all__ = ["episode_states", "filmed"]


@contextmanager
def filmed(
    environment: Environment | HostEnvironment,
    network: Network,
    weights: Weights,
    key: Key,
    *,
    greedy: bool,
    max_steps: int | None,
    most_per_second: float,
    painter: Painter | None = None,
) -> Iterator[Film]:
    """The film of an episode; what draws it works while the `with` block lasts.

    Steps are left out so that at most so many pictures belong to a second of life.
    """
    if not isinstance(environment, HostEnvironment) or isinstance(environment, type):
        checks.environment("environment", environment)
    checks.network("network", network)
    checks.key("key", key)
    checks.flag("greedy", greedy)
    num_steps = episode_limit(environment, max_steps)
    if isinstance(environment, HostEnvironment):
        with camera(environment, painter) as made:
            every = _every(made.steps_per_second, most_per_second)
            player = environment, network, greedy, num_steps
            shots = host_shots(made, player, weights, key, every)
            with explained(network, weights):
                yield Film(shots, made.steps_per_second, every)
    else:
        with painter_of(environment, painter) as drawer:
            every = _every(drawer.steps_per_second, most_per_second)
            play = partial(episode_states, greedy=greedy, num_steps=num_steps)
            with explained(network, weights):
                states, sums = play(environment, network, weights, key)
            shots = _shots(drawer, jax.device_get(states), jax.device_get(sums), every)
            yield Film(shots, drawer.steps_per_second, every)


def _every(steps_per_second: float, most_per_second: float) -> int:
    # dt in float32 makes 20 steps a second 20.0000004.
    return max(1, int(np.ceil(steps_per_second / most_per_second - 1e-3)))


@partial(jax.jit, static_argnums=(0, 1), static_argnames=("greedy", "num_steps"))
def episode_states(
    environment: Environment,
    network: Network,
    weights: Weights,
    key: Key,
    *,
    greedy: bool,
    num_steps: int,
) -> tuple[EnvState, EpisodeReturn]:
    """All states of the episode that `episode_return` sums up, the first included.

    Returns:
        States, and return and length up to each, with a leading axis of
        `num_steps + 1`. Sums stay as they are after the end.
    """
    key_reset, key_life, keys = split_key(key, num_steps)
    first = begin(network, weights, key_life, environment.reset(key_reset))
    nothing = EpisodeReturn(jnp.float32(0.0), jnp.int32(0))

    def step(progress: tuple[Life, EpisodeReturn], now: EpisodeKeys) -> tuple:
        life, sums = progress
        after, seen = advance(environment, network, greedy, weights, life, now)
        sums = EpisodeReturn(
            sums.total_reward + seen.reward, sums.length + seen.is_alive
        )
        return (after, sums), (after.state, sums)

    rest = jax.lax.scan(step, (first, nothing), keys)[1]

    def joined(start: Any, following: Any) -> Any:
        return jnp.concatenate([start[None], following])

    return jax.tree.map(joined, (first.state, nothing), rest)


def _shots(
    drawer: Painter, states: EnvState, sums: EpisodeReturn, every: int
) -> Iterator[Shot]:
    result = at(sums, -1)
    is_broken = np.isnan(sums.total_reward)
    last = int(np.argmax(is_broken)) - 1 if is_broken.any() else int(result.length)
    for step in [*range(0, last, every), last]:
        so_far = at(sums, step) if step < last else result
        yield Shot(drawer.paint(at(states, step)), step, so_far)
