"""One episode of a network in an environment: its return, or all of its steps.

Both are written for one network and one key: `vmap` them over members and episodes.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from neurojax import checks
from neurojax.rollouts.episode import (
    EpisodeKeys,
    Life,
    Step,
    advance,
    begin,
    episode_limit,
    most,
    split_key,
)
from neurojax.rollouts.player import explained
from neurojax.types import Environment, Key, Network, Start, Weights


class EpisodeReturn(NamedTuple):
    """What an episode came to."""

    total_reward: Float[Array, "..."]
    length: Int[Array, "..."]  # environment steps


def episode_return(
    environment: Environment,
    network: Network,
    weights: Weights,
    key: Key,
    *,
    greedy: bool = True,
    max_steps: int | None = None,
    start: Start | None = None,
) -> EpisodeReturn:
    """Return and length of one episode.

    The return is NaN if the network gave a NaN, or the environment a NaN reward, while
    the episode lasted. Steps are played until every episode of the surrounding `vmap`s
    has ended.

    Args:
        environment: where to play.
        network: who plays; one output per action, or per number of an action.
        weights: of one member.
        key: decides the episode.
        greedy: whether to take the best discrete action instead of drawing one.
        max_steps: ends the episode early, in environment steps.
        start: begins with this observation and state, as a reset returns them; None
            resets the environment with the key.

    Raises:
        ValueError: if network and environment do not fit, the weights are not those of
            one member, or an argument is of the wrong kind or out of range.
    """
    _check_arguments(environment, network, key, greedy)
    num_steps = episode_limit(environment, max_steps)
    with explained(network, weights):
        return _episode_return(
            environment, network, weights, key, greedy, num_steps, start
        )


@partial(jax.jit, static_argnames=("environment", "network", "greedy", "num_steps"))
def _episode_return(
    environment: Environment,
    network: Network,
    weights: Weights,
    key: Key,
    greedy: bool,
    num_steps: int,
    start: Start | None,
) -> EpisodeReturn:
    first, keys = _begun(environment, network, weights, key, num_steps, start)

    def goes_on(progress: tuple[Array, Life, EpisodeReturn]) -> Array:
        return (progress[0] < num_steps) & most(progress[1].is_alive)

    def step(progress: tuple[Array, Life, EpisodeReturn]) -> tuple:
        time, life, sums = progress
        now = EpisodeKeys(keys.step[time], keys.action[time])
        after, seen = advance(environment, network, greedy, weights, life, now)
        sums = EpisodeReturn(
            sums.total_reward + seen.reward,
            sums.length + seen.is_alive.astype(jnp.int32),
        )
        return time + 1, after, sums

    nothing = EpisodeReturn(jnp.float32(0.0), jnp.int32(0))
    return jax.lax.while_loop(goes_on, step, (jnp.int32(0), first, nothing))[2]


def rollout(
    environment: Environment,
    network: Network,
    weights: Weights,
    key: Key,
    *,
    greedy: bool = True,
    max_steps: int | None = None,
    start: Start | None = None,
) -> Step:
    """All steps of the episode that `episode_return` sums up, with the same arguments.

    Returns:
        Steps `(max_steps, ...)` (None: the environment's). Where `max_steps` cuts the
        episode, its last step is truncated.

    Raises:
        ValueError: if network and environment do not fit, the weights are not those of
            one member, or an argument is of the wrong kind or out of range.
    """
    _check_arguments(environment, network, key, greedy)
    num_steps = episode_limit(environment, max_steps)
    with explained(network, weights):
        return _rollout(environment, network, weights, key, greedy, num_steps, start)


@partial(jax.jit, static_argnames=("environment", "network", "greedy", "num_steps"))
def _rollout(
    environment: Environment,
    network: Network,
    weights: Weights,
    key: Key,
    greedy: bool,
    num_steps: int,
    start: Start | None,
) -> Step:
    first, keys = _begun(environment, network, weights, key, num_steps, start)
    play = partial(advance, environment, network, greedy, weights)
    last, steps = jax.lax.scan(play, first, keys)
    is_cut = steps.truncated[-1] | last.is_alive
    return steps._replace(truncated=steps.truncated.at[-1].set(is_cut))


def _check_arguments(environment: Any, network: Any, key: Any, greedy: Any) -> None:
    checks.environment("environment", environment)
    checks.network("network", network)
    checks.key("key", key)
    checks.flag("greedy", greedy)


def _check_start(environment: Environment, key: Key, start: Any) -> None:
    """Refuse what is no pair, or the batch of many starts.

    Only the axes of the observation are compared: a start may hold what a reset leaves
    empty, in its state and at the end of its observation.
    """
    needed = _shapes(jax.eval_shape(environment.reset, key)[0])
    is_pair = isinstance(start, tuple | list) and len(start) == 2
    if is_pair and [*map(len, _shapes(start[0]))] == [*map(len, needed)]:
        return
    found = f"an observation of the shape {_shapes(start[0])}" if is_pair else "no pair"
    raise ValueError(
        f"start is {found}; {environment} begins with an observation {needed} and a "
        "state, which are of one episode: map over several with jax.vmap."
    )


def _shapes(observation: Any) -> list[tuple[int, ...]]:
    return [jnp.shape(leaf) for leaf in jax.tree.leaves(observation)]


def _begun(
    environment: Environment,
    network: Network,
    weights: Weights,
    key: Key,
    num_steps: int,
    start: Start | None,
) -> tuple[Life, EpisodeKeys]:
    key_reset, key_life, keys = split_key(key, num_steps)
    if start is None:
        start = environment.reset(key_reset)
    else:
        _check_start(environment, key, start)
    return begin(network, weights, key_life, start), keys
