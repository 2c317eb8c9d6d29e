"""Control as a black box: fitness is minus the return of whole episodes."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from neurojax import checks
from neurojax.problems.blocks import in_parts
from neurojax.rollouts.moments import Moments, merge, merge_all
from neurojax.rollouts.player import (
    check_arguments,
    check_fit,
    explained,
    first_state,
    player_of,
    solution_of,
)
from neurojax.rollouts.population import population_returns
from neurojax.rollouts.single import EpisodeReturn
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

# Members that play at the same time on a CPU: every step reads all of their weights and
# activations, which then stay in the cache, and the fewer they are, the sooner the dead
# are left behind. Smaller blocks start more kernels. Measured: benchmarks/throughput.
CPU_BLOCK = 32
CPU_EPISODES = 64  # played at the same time, at least: heavy physics fill vectors then


@dataclass(frozen=True)
class Control:
    """Playing an environment well; all members of a generation play the same episodes.

    Fitness is minus the mean return; NaN (which ranks last) for a member whose network
    gave a NaN, or whom the environment gave a NaN reward. Metrics are `return` and
    `length` (environment steps), each the mean over the episodes, per member. Actions
    are those of `rollouts.choose_action`.

    With `normalize_observations` the state holds the moments of all observations of
    earlier generations (steps after an end left out), by which the members of a
    generation see theirs (Salimans et al., 2017; Mania et al., 2018). What plays is
    then `player`, with the weights that `solution` returns: the moments travel along.

    Args:
        environment: where to play.
        network: who plays; one output per action, or per number of an action.
        num_episodes: per member and generation.
        greedy: whether to take the best discrete action instead of drawing one. Draws
            are part of the episode: all members draw with the same random numbers.
        max_steps: ends episodes early, in environment steps.
        normalize_observations: whether networks see observations with mean 0 and
            standard deviation 1.
        max_members_at_once: bounds the memory for environment states and carries; None
            keeps those of all members.

    Raises:
        ValueError: if network and environment do not fit, an argument is of the wrong
            kind (an environment outside JAX, say) or a number out of range.
    """

    environment: Environment
    network: Network
    num_episodes: int = 1
    greedy: bool = True
    max_steps: int | None = None
    normalize_observations: bool = False
    max_members_at_once: int | None = None

    jittable = True

    def __post_init__(self) -> None:
        checks.environment("environment", self.environment)
        check_arguments(self)
        if self.max_members_at_once is not None:
            checks.integer_between("max_members_at_once", self.max_members_at_once, 1)
        check_fit(
            self.environment,
            self.network,
            self.greedy,
            lambda key: self.environment.reset(key)[0],
        )

    @property
    def player(self) -> Network:
        """The network that plays: `network`, behind a normalisation if there is one."""
        return player_of(self.network, self.environment, self.normalize_observations)

    def solution(self, weights: Weights, state: Moments | tuple[()]) -> Weights:
        """Weights for `player`: those of `network`, with the state's normalisation."""
        return solution_of(weights, state)

    def init(self, key: Key) -> Moments | tuple[()]:
        """No observations yet; () if they are not to be remembered."""
        return first_state(self.environment, self.normalize_observations)

    def eval(
        self, key: Key, population: Population, state: Moments | tuple[()]
    ) -> tuple[Fitness, Moments | tuple[()], Metrics]:
        """Play `num_episodes` episodes with every member."""
        fitness, record, metrics = self.play(key, population, state)
        return fitness, self.learn(state, record), metrics

    def play(
        self, key: Key, population: Population, state: Moments | tuple[()]
    ) -> tuple[Fitness, Moments | None, Metrics]:
        """Fitness, what each member observed, and metrics."""
        checks.key("key", key)
        keys = jax.random.split(key, self.num_episodes)

        def play(population: Population) -> tuple[EpisodeReturn, Moments | None]:
            weights = jax.vmap(lambda weights: self.solution(weights, state))
            return population_returns(
                self.environment,
                self.player,
                weights(population),
                keys,
                greedy=self.greedy,
                max_steps=self.max_steps,
                block=_block_size(population, self.num_episodes),
                watch=self.normalize_observations,
            )

        with explained(self.network, population, num_axes=1):
            outcome, seen = in_parts(play, population, self.max_members_at_once)
        mean_return = jnp.mean(outcome.total_reward, axis=1)
        length = jnp.mean(outcome.length.astype(jnp.float32), axis=1)
        record = None if seen is None else jax.vmap(merge_all)(seen)
        return -mean_return, record, {"return": mean_return, "length": length}

    def learn(
        self, state: Moments | tuple[()], record: Moments | None
    ) -> Moments | tuple[()]:
        """The next state, from what the members of a generation observed."""
        if record is None or not isinstance(state, Moments):
            return state
        return merge(state, merge_all(record))


def _block_size(population: Population, num_episodes: int) -> int:
    """How many members play at the same time."""
    members = population_size(population)
    if jax.default_backend() != "cpu":
        return members
    return min(members, max(CPU_BLOCK, -(-CPU_EPISODES // num_episodes)))
