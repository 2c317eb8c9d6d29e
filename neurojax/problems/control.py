"""Control as a black box: fitness is minus the return of whole episodes."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array

from neurojax.environments.rollout import choose_action, episode_limit, episode_return
from neurojax.tree import population_size
from neurojax.types import (
    Environment,
    Fitness,
    Key,
    Metrics,
    Network,
    Population,
    Weights,
)

# Members that play at the same time on a CPU: every step of the episode reads all of
# their weights, which then stay in the level-2 cache. Smaller blocks start more
# kernels. Measured on CartPole with 4-32-32-2 networks until step 500, in
# CPU-milliseconds per generation:
#   population   all at once   blocks of 32   of 64   of 128   of 256 members
#          256          19.6           21.1    20.0     18.9
#         1024         127.2           79.3    80.8     77.4     76.4
CPU_BLOCK = 128


@dataclass(frozen=True)
class Control:
    """Playing an environment well; all members of a generation play the same episodes.

    Fitness is minus the mean return; NaN (which ranks last) for a member whose network
    gave a NaN. Metrics are `return` and `length` (environment steps), each the mean
    over the episodes, per member. Actions are those of `environments.choose_action`.

    Args:
        environment: where to play.
        network: who plays; one output per action, or per number of an action.
        num_episodes: per member and generation.
        greedy: whether to take the best discrete action instead of drawing one. Draws
            are part of the episode: all members draw with the same random numbers.
        max_steps: ends episodes early, in environment steps.

    Raises:
        ValueError: if network and environment do not fit, or a number is out of range.
    """

    environment: Environment
    network: Network
    num_episodes: int = 1
    greedy: bool = True
    max_steps: int | None = None

    jittable = True

    def __post_init__(self) -> None:
        if self.num_episodes < 1:
            raise ValueError(f"num_episodes={self.num_episodes} must be at least 1.")
        episode_limit(self.environment, self.max_steps)
        _check_fit(self.environment, self.network, self.greedy)

    def init(self, key: Key) -> tuple[()]:
        """Nothing is remembered between generations."""
        return ()

    def eval(
        self, key: Key, population: Population, state: tuple[()]
    ) -> tuple[Fitness, tuple[()], Metrics]:
        """Play `num_episodes` episodes with every member."""
        keys = jax.random.split(key, self.num_episodes)

        def play(weights: Weights) -> tuple[Array, Array]:
            def episode(key: Key) -> tuple[Array, Array]:
                return episode_return(
                    self.environment,
                    self.network,
                    weights,
                    key,
                    greedy=self.greedy,
                    max_steps=self.max_steps,
                )

            total_reward, length = jax.vmap(episode)(keys)
            return jnp.mean(total_reward), jnp.mean(length.astype(jnp.float32))

        block = _block_size(population)
        mean_return, length = jax.lax.map(play, population, batch_size=block)
        return -mean_return, state, {"return": mean_return, "length": length}


def _block_size(population: Population) -> int:
    """How many members play at the same time; blocks are as even as they can be."""
    members = population_size(population)
    if jax.default_backend() != "cpu":
        return members
    num_blocks = -(-members // CPU_BLOCK)
    return -(-members // num_blocks)


def _check_fit(environment: Environment, network: Network, greedy: bool) -> None:
    def probe(key: Key) -> Array:
        weights = network.init(key)
        observation, _ = environment.reset(key)
        _, output = network.apply(weights, network.reset(weights), observation)
        return output

    try:
        output = jax.eval_shape(probe, jax.random.key(0))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"network={network} does not take the observations of {environment}, whose "
            f"shape is {environment.observation_shape}; change its number of inputs. "
            f"({error})"
        ) from error
    key = None if greedy else jax.random.key(0)
    jax.eval_shape(lambda x: choose_action(environment, x, key), output)
