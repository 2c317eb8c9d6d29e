"""Control on the host: fitness is minus the return in any simulator, on all cores."""

from dataclasses import dataclass, field
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.export import default_export_platform
from jaxtyping import Array
from jaxtyping import Key as Keys

from neurojax import checks
from neurojax.keys import rolled
from neurojax.parallel.workers import WorkerPool
from neurojax.rollouts.episode import episode_limit
from neurojax.rollouts.host_play import Chunk, Outcome, play
from neurojax.rollouts.host_program import Policy, traced
from neurojax.rollouts.moments import Moments, merge, merge_all
from neurojax.rollouts.player import (
    check_arguments,
    check_fit,
    explained,
    first_state,
    player_of,
    solution_of,
)
from neurojax.tree import population_size
from neurojax.types import (
    Fitness,
    HostEnvironment,
    Key,
    Metrics,
    Network,
    Population,
    Weights,
)


@dataclass(frozen=True)
class HostControl:
    """`Control` in an environment outside JAX, such as `Gymnasium` or `Atari`.

    Fitness, metrics, actions and `normalize_observations` are those of `Control`, and
    all members of a generation play the same episodes: each is a seed for the
    simulator, drawn from the key. A network that gives a NaN ends its episode there.
    Networks see float32; observations of bytes, which are pictures, as numbers in [0,
    1]. It runs on the host: it can be neither jitted nor spread over a mesh.

    Members and episodes are cut into chunks, each played in step by one worker. Results
    do not depend on the number of workers, bit for bit, and are the same without. (In
    this process networks run on JAX's default device, in workers on a CPU: another
    device rounds otherwise.)

    Args:
        environment: where to play; any `HostEnvironment`.
        network: who plays; one output per action, or per number of an action.
        num_episodes: per member and generation.
        greedy: whether to take the best discrete action instead of drawing one. Draws
            are part of the episode: all members draw with the same random numbers.
        max_steps: ends episodes early, in environment steps.
        normalize_observations: whether networks see observations with mean 0 and
            standard deviation 1.
        chunk_size: most episodes in a chunk, each with a simulator of its own. More
            make the network's calls fewer; less give more workers something to do.
        workers: who plays, such as `parallel.Workers(2)` or, on a cluster,
            `parallel.RayWorkers()`; None plays in this process. Equal problems may have
            different ones. `Workers(2, timeout_seconds=600)` ends simulators that hang.

    Raises:
        ValueError: if network and environment do not fit, or an argument is of the
            wrong kind (an environment in JAX, say) or out of range; from `eval`, if the
            simulators do not answer as gymnasium's do.
        RuntimeError: from `eval`, if a worker died.
        TimeoutError: from `eval`, if a chunk took more than the workers' time.
    """

    environment: HostEnvironment
    network: Network
    num_episodes: int = 1
    greedy: bool = True
    max_steps: int | None = None
    normalize_observations: bool = False
    chunk_size: int = 64
    workers: WorkerPool | None = field(default=None, compare=False)

    jittable = False

    def __post_init__(self) -> None:
        checks.host_environment("environment", self.environment)
        check_arguments(self)
        checks.integer_between("chunk_size", self.chunk_size, 1)
        is_pool = isinstance(self.workers, WorkerPool)
        if self.workers is not None and (not is_pool or isinstance(self.workers, type)):
            raise ValueError(
                f"workers={self.workers!r} must be an object with the method "
                "`map(function, items)`, such as parallel.Workers(2)."
            )
        nothing = jnp.zeros(self.environment.observation_shape)
        check_fit(self.environment, self.network, self.greedy, lambda _: nothing)

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
        checks.key("key", key)
        num_steps = episode_limit(self.environment, self.max_steps)
        keys = rolled(jax.random.split(key, self.num_episodes))
        with explained(self.network, population, num_axes=1):
            table = self._chunks(population, state, keys, num_steps)
        chunks = [chunk for row in table for chunk in row]
        work = partial(play, self.environment, num_steps, self.normalize_observations)
        try:
            if self.workers is None:
                outcomes = [work(chunk) for chunk in chunks]
            else:
                outcomes = self.workers.map(work, chunks)
        except Exception as error:
            error.add_note(f"This happened while {self.environment} was played.")
            raise
        outcome = _joined(outcomes, len(table[0]))
        mean_return = jnp.asarray(outcome.returns.mean(axis=1), jnp.float32)
        length = jnp.asarray(outcome.lengths.mean(axis=1), jnp.float32)
        if isinstance(state, Moments) and outcome.moments is not None:
            state = merge(state, merge_all(outcome.moments))
        return -mean_return, state, {"return": mean_return, "length": length}

    def _chunks(
        self,
        population: Population,
        state: Moments | tuple[()],
        keys: Keys[Array, " episodes"],
        num_steps: int,
    ) -> list[list[Chunk]]:
        """Rows of chunks with the same members; columns with the same episodes."""
        size = population_size(population)
        episodes = _even(self.num_episodes, self.chunk_size)
        members = _even(size, max(1, self.chunk_size // episodes))
        weights = jax.vmap(lambda weights: self.solution(weights, state))(population)
        leaves, structure = jax.tree.flatten(jax.device_get(weights))
        program = traced(
            Policy(self.environment, self.player, self.greedy, num_steps),
            structure,
            tuple(
                jax.ShapeDtypeStruct((members, *x.shape[1:]), x.dtype) for x in leaves
            ),
            episodes,
            str(jax.random.key_impl(keys)),
            default_export_platform() if self.workers is None else "cpu",
        )
        key_data = np.asarray(jax.random.key_data(keys))

        def chunk(member: int, episode: int) -> Chunk:
            return Chunk(
                program,
                tuple(_filled(leaf, member, members) for leaf in leaves),
                min(members, size - member),
                _filled(key_data, episode, episodes),
                min(episodes, self.num_episodes - episode),
            )

        return [
            [chunk(member, e) for e in range(0, self.num_episodes, episodes)]
            for member in range(0, size, members)
        ]


def _even(total: int, most: int) -> int:
    """The size of the parts of a total, at most so large and as even as they can be."""
    return -(-total // -(-total // most))


def _filled(rows: np.ndarray, start: int, size: int) -> np.ndarray:
    """So many rows from `start` on; the last one again where there are no more."""
    return rows[np.minimum(np.arange(start, start + size), len(rows) - 1)]


def _joined(outcomes: list[Outcome], columns: int) -> Outcome:
    """The outcome of all members and episodes; moments `(members, columns, ...)`."""
    rows = [outcomes[i : i + columns] for i in range(0, len(outcomes), columns)]

    def join(of_row: list[Outcome]) -> Outcome:
        moments = None
        if of_row[0].moments is not None:
            moments = jax.tree.map(
                lambda *parts: np.stack(parts, axis=1), *[o.moments for o in of_row]
            )
        return Outcome(
            np.concatenate([outcome.returns for outcome in of_row], axis=1),
            np.concatenate([outcome.lengths for outcome in of_row], axis=1),
            moments,
        )

    joined = [join(row) for row in rows]
    return jax.tree.map(lambda *parts: np.concatenate(parts), *joined)
