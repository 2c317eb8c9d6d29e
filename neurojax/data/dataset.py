"""Recorded behaviour: what was seen and done, transition after transition."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int, Int32

from neurojax import checks
from neurojax.storage import tensors

__all__ = ["Dataset", "Transitions", "check_rows"]

MAX_ACTIONS = 1_000_000  # a network has so many outputs; more is a damaged number


class Transitions(NamedTuple):
    """State-action pairs in any order, or short sequences of them, without episodes."""

    observations: Float32[np.ndarray, "rows *steps_and_shape"]
    actions: Int32[np.ndarray, "rows *steps"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Whole episodes, one after the other, in the order of the file or of the play.

    Checked when built. The last observation of an episode, after its last action, is
    not part of it.

    Args:
        observations: What was seen before each action; finite.
        actions: What was done, each in `[0, num_actions)`.
        rewards: What each action earned; finite.
        episode_starts: True on the first transition of each episode, so on row 0.
        num_actions: How many actions the task has, also if some never occur here.
        name: The task, such as "CartPole-v1".
        source: Where the data come from, in words for a figure's caption.

    Raises:
        ValueError: If anything of this does not hold; the message names the field, the
            row and the value.
    """

    observations: Float32[np.ndarray, "transitions *observation_shape"]
    actions: Int32[np.ndarray, " transitions"]
    rewards: Float32[np.ndarray, " transitions"]
    episode_starts: Bool[np.ndarray, " transitions"]
    num_actions: int
    name: str
    source: str = ""

    def __post_init__(self):
        _check_arrays(self)
        _check_finite("observations", self.observations)
        _check_finite("rewards", self.rewards)
        checks.text("name", self.name, "CartPole-v1")
        checks.instance("source", self.source, str, "must be a text.")
        _check_labels(self.actions, self.num_actions)
        if not self.episode_starts[0]:
            raise ValueError(
                "episode_starts[0]=False must be True: row 0 starts an episode; drop "
                "the rows before the first start."
            )

    @property
    def num_transitions(self) -> int:
        """The number of rows."""
        return len(self.actions)

    @property
    def num_episodes(self) -> int:
        """The number of whole episodes."""
        return int(self.episode_starts.sum())

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """The shape of one observation."""
        return self.observations.shape[1:]

    @property
    def episode_of_row(self) -> Int[np.ndarray, " transitions"]:
        """The number of the episode, from 0, that each transition belongs to."""
        return np.cumsum(self.episode_starts) - 1

    @property
    def episode_returns(self) -> Float64[np.ndarray, " episodes"]:
        """The sum of rewards of each episode; higher is better."""
        first_rows = np.flatnonzero(self.episode_starts)
        return np.add.reduceat(self.rewards.astype(np.float64), first_rows)

    def digest(self) -> str:
        """Return a sha256, in hexadecimal, that tells data to learn from apart.

        It covers the arrays and `num_actions`, not `name` and `source`, so equal data
        have one digest whatever file they come from. 500 000 rows of CartPole take
        some hundredths of a second.
        """
        fields = ("observations", "actions", "rewards", "episode_starts")
        arrays = {field: getattr(self, field) for field in fields}
        return tensors.digest(arrays, {"num_actions": str(self.num_actions)})

    def take(self, rows: Int[np.ndarray, " rows"]) -> Transitions:
        """Return the state-action pairs of these rows, in their order."""
        check_rows("rows", rows)
        outside = (rows < 0) | (rows >= self.num_transitions)
        if outside.any():
            raise ValueError(
                f"rows hold {rows[outside][0]}, which is no row of [0, "
                f"{self.num_transitions}), the size of this data set."
            )
        return Transitions(self.observations[rows], self.actions[rows])

    def first_episodes(self, num_transitions: int) -> "Dataset":
        """Return the fewest first episodes that hold `num_transitions` or more."""
        checks.integer_between(
            "num_transitions", num_transitions, 1, self.num_transitions
        )
        later_starts = np.flatnonzero(self.episode_starts[num_transitions:])
        end = num_transitions + later_starts[0] if later_starts.size else None
        return Dataset(
            self.observations[:end],
            self.actions[:end],
            self.rewards[:end],
            self.episode_starts[:end],
            self.num_actions,
            self.name,
            self.source,
        )


def check_rows(name: str, rows: Any) -> None:
    """Refuse what is no vector of integers."""
    is_array = isinstance(rows, np.ndarray) and rows.ndim == 1
    if not (is_array and np.issubdtype(rows.dtype, np.integer)):
        raise ValueError(
            f"{name}={checks.short(rows)} must be a numpy vector of integers; "
            "np.flatnonzero makes one of a mask."
        )


def _check_arrays(dataset: Dataset) -> None:
    wanted = {
        "observations": np.float32,
        "actions": np.int32,
        "rewards": np.float32,
        "episode_starts": np.bool_,
    }
    for field, dtype in wanted.items():
        array = getattr(dataset, field)
        if not isinstance(array, np.ndarray) or array.dtype != dtype:
            found = getattr(array, "dtype", type(array).__name__)
            raise ValueError(
                f"{field} of dtype {found} must be a numpy array of {np.dtype(dtype)}: "
                f"np.asarray({field}, np.{np.dtype(dtype)})."
            )
        if field != "observations" and array.ndim != 1:
            raise _not_one_a_row(field, array)
    if dataset.observations.ndim < 2 or 0 in dataset.observations.shape[1:]:
        raise ValueError(
            f"observations of shape {dataset.observations.shape} must have shape "
            "(transitions, *observation_shape); try observations[:, None]."
        )
    lengths = {field: len(getattr(dataset, field)) for field in wanted}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"All fields must have one length, found {lengths}.")
    if not dataset.num_transitions:
        raise ValueError(
            "observations is empty: a data set needs 1 transition or more."
        )


def _not_one_a_row(field: str, array: np.ndarray) -> ValueError:
    remedy = f"keep one number of each row; {field}.reshape(-1) would add rows"
    if array.size == len(array):
        remedy = f"try {field}.reshape(-1)"
    elif _is_one_hot(array):
        remedy = f"each row is one-hot, so try {field}.argmax(1)"
    elif field == "actions":
        remedy = "continuous or several actions a row are no labels to imitate"
    return ValueError(
        f"{field} of shape {array.shape} must have shape (transitions,): one number a "
        f"row; {remedy}."
    )


def _is_one_hot(array: np.ndarray) -> bool:
    flags = np.isin(array, (0, 1)).all()
    return bool(array.ndim == 2 and flags and (array.sum(axis=1) == 1).all())


def _check_finite(field: str, array: np.ndarray) -> None:
    finite = np.isfinite(array).reshape(len(array), -1).all(axis=1)
    if not finite.all():
        row = int(np.argmin(finite))
        raise ValueError(
            f"{field}[{row}]={array[row].tolist()} must be finite; drop the episodes "
            f"of the {int(np.sum(~finite))} such rows."
        )


def _check_labels(actions: Int32[np.ndarray, " rows"], num_actions: int) -> None:
    checks.integer_between("num_actions", num_actions, 1, MAX_ACTIONS)
    outside = (actions < 0) | (actions >= num_actions)
    if outside.any():
        row = int(np.argmax(outside))
        raise ValueError(
            f"actions[{row}]={actions[row]} must lie in [0, num_actions={num_actions})"
            ": is num_actions that of the task?"
        )
