"""Behaviour cloning (Pomerleau, 1991) from pairs, or sequences of pairs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from neurojax import checks
from neurojax.keys import key_of_life, unrolled
from neurojax.metrics import METRICS, Metric
from neurojax.names import unknown_name
from neurojax.networks.forward import forward, forward_sequences
from neurojax.problems.blocks import map_members, tiling
from neurojax.problems.minibatch import permuted
from neurojax.tree import population_size
from neurojax.types import (
    Fitness,
    Key,
    Metrics,
    Network,
    Population,
    Weights,
)

__all__ = ["Imitation", "ImitationState", "Sampling"]

Sampling = Literal["epoch", "subset", "replacement"]


class ImitationState(NamedTuple):
    """The data and the place in them; rows whose label is -1 do not exist.

    `size` counts the rows that do: data sets padded to one length share a program.
    """

    observations: Float[Array, "rows ..."]
    labels: Int[Array, "rows *steps"]
    size: Int[Array, ""]
    key: Key  # orders the epochs
    step: Int[Array, ""]


@dataclass(frozen=True)
class Imitation:
    """Cloning behaviour from state-action pairs; every member sees the same minibatch.

    Fitness is the objective where lower is better (cross-entropy), and one minus it
    where higher is (accuracy, the F1 scores). The data live in the state: two problems
    that differ in data alone are equal, and share one compiled program.

    A row is a pair, or a sequence of pairs: a recurrent network then remembers along
    the sequence, and shorter ones are filled up with actions -1, which count nowhere.

    Args:
        network: maps an observation to one logit per action. Every row is a life of its
            own; those of one evaluation begin with the same key, in all members.
        observations: `(rows, ...)`, or `(rows, steps, ...)` of sequences; finite.
        actions: `(rows,)` or `(rows, steps)`, integers in [0, number of logits).
        objective: a name in `metrics.METRICS`, or a `Metric`.
        metrics: further metrics to report, by name.
        batch_size: rows per evaluation; None takes the whole set every time.
        sampling: "epoch" visits every row once before any twice, the last batch of an
            epoch being smaller (gradient descent's habit); "subset" draws a fresh set
            of distinct rows each time; "replacement" draws each row independently.
        shared_draws: whether metrics that draw (sampled F1) draw the same random
            numbers for all members, so that luck cannot tell members apart.

    Raises:
        ValueError: if data and network do not fit, or an argument is out of range.
    """

    network: Network
    observations: Any = field(compare=False, repr=False)
    actions: Any = field(compare=False, repr=False)
    objective: str | Metric = "cross_entropy"
    metrics: tuple[str, ...] = ()
    batch_size: int | None = None
    sampling: Sampling = "epoch"
    shared_draws: bool = True

    jittable = True

    def __post_init__(self) -> None:
        checks.network("network", self.network)
        if isinstance(self.metrics, str) or not isinstance(self.metrics, Iterable):
            raise ValueError(
                f"metrics={checks.short(self.metrics)} must be a tuple of names, such "
                'as ("accuracy",).'
            )
        object.__setattr__(self, "metrics", tuple(self.metrics))
        for name in (self.objective, *self.metrics):
            _metric(name)
        checks.one_of("sampling", self.sampling, get_args(Sampling))
        checks.flag("shared_draws", self.shared_draws)
        _check_data(self.network, self.observations, self.actions)
        if self.batch_size is not None:
            rows = len(self.observations)
            checks.integer_between("batch_size", self.batch_size, 1, rows)

    def init(self, key: Key) -> ImitationState:
        """Put the data on the device."""
        return ImitationState(
            jnp.asarray(self.observations, jnp.float32),
            jnp.asarray(self.actions, jnp.int32),
            jnp.int32(len(self.observations)),
            key,
            jnp.int32(0),
        )

    def eval(
        self, key: Key, population: Population, state: ImitationState
    ) -> tuple[Fitness, ImitationState, Metrics]:
        """Objective of every member on one minibatch, shared by all.

        Metrics are `(population,)` each, under their names.
        """
        key_batch, key_metric = jax.random.split(key)
        key_life = key_of_life(key)
        observations, labels = self._batch(key_batch, state)
        chosen = {str(name): _metric(name) for name in self.metrics}
        chosen["objective"] = _metric(self.objective)

        def member(weights: Weights, key: Key = key_metric) -> dict[str, Array]:
            return self._measure(key, key_life, weights, observations, labels, chosen)

        if self.shared_draws:
            values = map_members(member, population, labels.size)
        else:
            keys = jax.random.split(key_metric, population_size(population))
            keyed = (population, keys)
            values = map_members(lambda pair: member(*pair), keyed, labels.size)
        objective = values.pop("objective")
        if chosen["objective"].higher_is_better:
            objective = 1.0 - objective
        return objective, state._replace(step=state.step + 1), values

    def _batch(self, key: Key, state: ImitationState) -> tuple[Array, Array]:
        if self.batch_size is None:
            return state.observations, state.labels
        index = self._index(key, state, self.batch_size)
        row = jnp.minimum(index, state.size - 1)
        # The last batch of an epoch is filled up with rows that count nowhere.
        exists = (index < state.size).reshape(-1, *[1] * (state.labels.ndim - 1))
        labels = jnp.where(exists, state.labels[row], -1)
        return state.observations[row], labels

    def _index(self, key: Key, state: ImitationState, batch: int) -> Array:
        position = jnp.arange(batch, dtype=jnp.int32)
        if self.sampling == "replacement":
            return jax.random.randint(key, (batch,), 0, state.size, jnp.int32)
        if self.sampling == "subset":
            return jnp.where(
                position < state.size, permuted(key, position, state.size), state.size
            )
        steps_per_epoch = (state.size + batch - 1) // batch
        position += state.step % steps_per_epoch * batch
        key_epoch = jax.random.fold_in(
            unrolled(state.key), state.step // steps_per_epoch
        )
        image = permuted(key_epoch, position, state.size)
        return jnp.where(position < state.size, image, state.size)

    def _measure(
        self,
        key: Key,
        key_life: Key,
        weights: Weights,
        observations: Array,
        labels: Array,
        chosen: dict[str, Metric],
    ) -> dict[str, Array]:
        """Metrics of one member, streamed over tiles of the batch."""

        def tally(key: Key, observations: Array, labels: Array) -> Any:
            meet = forward if labels.ndim == 1 else forward_sequences
            logits = meet(self.network, key_life, weights, observations)
            logits, labels = logits.reshape(-1, logits.shape[-1]), labels.reshape(-1)
            logits = logits.astype(jnp.float32)  # sums of half floats soon stand still
            return {n: m.tally(key, logits, labels) for n, m in chosen.items()}

        tiles, rows = tiling(len(labels))
        if tiles == 1:
            total = tally(key, observations, labels)
        else:
            tiled = _tiled(observations, labels, tiles, rows)
            parts = jax.lax.map(
                lambda tile: tally(*tile), (jax.random.split(key, tiles), *tiled)
            )
            total = jax.tree.map(lambda part: jnp.sum(part, axis=0), parts)
        return {n: m.finish(total[n]) for n, m in chosen.items()}


def _tiled(
    observations: Array, labels: Array, tiles: int, rows: int
) -> tuple[Array, Array]:
    missing = rows * tiles - len(labels)

    def cut(array: Array, filler: int) -> Array:
        padding = [(0, missing)] + [(0, 0)] * (array.ndim - 1)
        padded = jnp.pad(array, padding, constant_values=filler)
        return padded.reshape(tiles, rows, *array.shape[1:])

    return cut(observations, 0), cut(labels, -1)


def _metric(name: str | Metric) -> Metric:
    if isinstance(name, Metric) and not isinstance(name, type):
        return name
    if not isinstance(name, str) or name not in METRICS:
        raise unknown_name("metric", name, METRICS)
    return METRICS[name]


def _check_data(network: Network, observations: Any, actions: Any) -> None:
    observations = checks.real_array("observations", observations)
    actions = checks.real_array("actions", actions)
    shape, axes = actions.shape, actions.ndim
    if actions.size == 0 or axes not in (1, 2) or observations.shape[:axes] != shape:
        raise ValueError(
            f"observations have the shape {observations.shape} and actions the shape "
            f"{shape}; both need the same number of rows, at least one, and of steps "
            "if rows are sequences."
        )
    if not np.issubdtype(actions.dtype, np.integer):
        raise ValueError(
            f"actions have dtype {actions.dtype}; convert them to integers."
        )
    with np.errstate(over="ignore"):  # of float64, which may be infinite in float32
        is_finite = np.isfinite(observations.astype(np.float32, copy=False))
    if not np.all(is_finite):
        bad = np.argwhere(~is_finite)[0]
        raise ValueError(
            "observations hold a NaN or, in float32, an infinity, first in row "
            f"{bad[0]}; drop or repair such rows."
        )
    outputs = _num_outputs(network, observations.shape[axes:])
    low, high = int(np.min(actions)), int(np.max(actions))
    if high < 0:
        raise ValueError("actions are all -1, which count nowhere; give some that do.")
    if low < (0 if axes == 1 else -1) or high >= outputs:
        raise ValueError(
            f"actions range over [{low}, {high}] but the network has {outputs} "
            f"outputs; actions must lie in [0, {outputs})."
        )


def _num_outputs(network: Network, shape: Sequence[int]) -> int:
    def probe(key: Key, observation: Array) -> Array:
        weights = network.init(key)
        return network.apply(weights, network.reset(key, weights), observation)[1]

    observation = jax.ShapeDtypeStruct(tuple(shape), jnp.float32)
    try:
        output = jax.eval_shape(probe, jax.random.key(0), observation)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"network={checks.short(network)} does not take observations of shape "
            f"{tuple(shape)}: its number of inputs must be {int(np.prod(shape))}. "
            f"({error})"
        ) from error
    if len(output.shape) != 1:
        raise ValueError(
            f"network={checks.short(network)} gives outputs of shape {output.shape}; "
            "imitation needs one logit per action, a vector."
        )
    return output.shape[0]
