"""Recordings as one table: the columns of the HuggingFace sets, and who, when, which.

`obs`, `actions`, `rewards` and `episode_starts` are what `neurojax.data.load` reads;
`subject`, `session`, `run`, `episode`, `seed` and `complete` are beside them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurojax.data.dataset import Dataset
from neurojax.data.recordings.recording import (
    Episode,
    Recording,
    sessions_and_runs,
)
from neurojax.data.tables import dataset_to_table
from neurojax.data.tasks import find_task
from neurojax.storage.atomic import write_atomically
from neurojax.storage.parquet import encode

if TYPE_CHECKING:
    import pyarrow


class Row(NamedTuple):
    """An episode and where it stands."""

    episode: Episode
    subject: str
    session: int
    run: int


def to_table(recordings: Sequence[Recording], *, incomplete: bool) -> "pyarrow.Table":
    """Return a row for each step; complete episodes only, unless `incomplete`.

    Sessions and runs count all play, so that numbers do not depend on `incomplete`.

    Raises:
        ValueError: if recordings are of several tasks, or no episode is left.
    """
    task = _one_task(recordings)
    rows = [row for recording in recordings for row in _rows(recording, incomplete)]
    if not rows:
        raise ValueError(
            f"The recordings of {task} hold no complete episode; nothing is written. "
            "--incomplete takes those that were broken off after a step or more."
        )
    table = dataset_to_table(_dataset(recordings, rows))
    # A data set holds rewards as float32; the file keeps what was recorded.
    exact = np.concatenate([row.episode.rewards for row in rows])
    table = table.set_column(table.column_names.index("rewards"), "rewards", [exact])
    for name, values in _columns(rows).items():
        repeated = np.repeat(values, [row.episode.length for row in rows])
        table = table.append_column(name, [repeated])
    return table


def write(table: "pyarrow.Table", path: Path) -> None:
    """Write a parquet file that knows when it is damaged, whole or not at all."""
    write_atomically(path, encode(table))


def _one_task(recordings: Sequence[Recording]) -> str:
    tasks = sorted({recording.task for recording in recordings})
    if len(tasks) > 1:
        raise ValueError(
            f"The recordings are of {', '.join(tasks)}; a file holds one task. Name "
            f"the recordings of one, such as recordings/*_{tasks[0]}.jsonl."
        )
    return tasks[0]


def _rows(recording: Recording, incomplete: bool) -> list[Row]:
    return [
        Row(episode, recording.subject, int(session), int(run))
        for episode, session, run in zip(
            recording.episodes, *sessions_and_runs(recording), strict=True
        )
        if episode.length and (episode.is_complete or incomplete)
    ]


def _dataset(recordings: Sequence[Recording], rows: Sequence[Row]) -> Dataset:
    episodes = [row.episode for row in rows]
    task = find_task(recordings[0].task)
    lengths = [episode.length for episode in episodes]
    starts = np.zeros(sum(lengths), bool)
    starts[np.cumsum([0, *lengths[:-1]])] = True
    return Dataset(
        np.concatenate([episode.observations[:-1] for episode in episodes]),
        np.concatenate([episode.actions for episode in episodes]),
        np.concatenate([episode.rewards for episode in episodes]).astype(np.float32),
        starts,
        task.num_actions,
        task.name,
        "; ".join(f"{found.subject}: {found.source}" for found in recordings),
    )


def _columns(rows: Sequence[Row]) -> dict[str, list]:
    """A value for each episode, by column."""
    return {
        "subject": [row.subject for row in rows],
        "session": [row.session for row in rows],
        "run": [row.run for row in rows],
        "episode": [row.episode.index for row in rows],
        "seed": [row.episode.seed for row in rows],
        "complete": [row.episode.is_complete for row in rows],
    }
