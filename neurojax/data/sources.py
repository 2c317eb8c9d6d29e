"""One door to data, for command lines: `--data expert|huggingface|path/to/file`."""

import os
from pathlib import Path

from neurojax.data import files, huggingface
from neurojax.data.dataset import Dataset
from neurojax.data.experts import expert as experts
from neurojax.data.tasks import TASKS, Task, find_expert_task
from neurojax.names import unknown_name

__all__ = ["SOURCES", "load"]

SOURCES = ("expert", "huggingface")


def load(
    source: Path | str,
    task: str,
    *,
    num_transitions: int | None = None,
    cache_dir: Path | str | None = None,
) -> Dataset:
    """Return the data set of a task.

    Args:
        source: "expert" (made on this machine, see `expert`), "huggingface" (see
            `neurojax.data.huggingface.load`), or the path of a `.parquet`, `.npz` or
            `.jsonl` file.
        task: "CartPole-v1" or "LunarLander-v3" (for which the hub has v2). A file may
            be of another task; then its `num_actions` is what the file says.
        num_transitions: The fewest first episodes with as many transitions or more.
        cache_dir: Where the source "expert" keeps what it made.

    Raises:
        ValueError: If a name is unknown, or a file does not fit the task.
    """
    if source == "expert":
        return experts.expert(
            task, num_transitions=num_transitions, cache_dir=cache_dir
        )
    if source == "huggingface":
        name = find_expert_task(task).huggingface_name
        return huggingface.load(name, num_transitions=num_transitions)
    if not _looks_like_a_path(source):
        error = unknown_name("source", source, SOURCES)
        raise ValueError(f"{error} Or a file: {list(files.READERS)}.")
    dataset = _load_file(source, task)
    return dataset.first_episodes(num_transitions) if num_transitions else dataset


def _looks_like_a_path(source: Path | str) -> bool:
    path = Path(source)
    return path.exists() or bool(path.suffix) or os.sep in str(source)


def _load_file(path: Path | str, task: str) -> Dataset:
    known = TASKS.get(task)
    dataset = files.load(path, num_actions=known and known.num_actions, name=task)
    if known is not None:
        _check_shape(path, dataset, known)
    return dataset


def _check_shape(path: Path | str, dataset: Dataset, task: Task) -> None:
    expected = (task.observation_size,)
    if dataset.observation_shape != expected:
        raise ValueError(
            f"{path} has observations of shape {dataset.observation_shape}, "
            f"{task.name} those of shape {expected}: is "
            f"task={task.name!r} that of the file?"
        )
