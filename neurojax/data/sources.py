"""One door to data, for command lines: `--data expert|huggingface|path/to/file`."""

import glob
import os
from pathlib import Path
from typing import Any

from neurojax import checks
from neurojax.data import files, huggingface
from neurojax.data.dataset import Dataset
from neurojax.data.experts import expert as experts
from neurojax.data.tasks import Task, find_expert_task, find_task
from neurojax.names import unknown_name
from neurojax.storage.paths import user_path

__all__ = ["SOURCES", "check_source", "load"]

SOURCES = ("expert", "huggingface")


def load(
    source: Path | str,
    task: str,
    *,
    num_transitions: int | None = None,
    cache_dir: Path | str | None = None,
) -> Dataset:
    """Return the data set of a task.

    Files need four columns: `obs` (numbers, in lists of one shape), `actions` (labels
    from 0), `rewards`, and `episode_starts` (1 on an episode's first row). Several
    files are one data set cut in parts, in the order of their names.

    Args:
        source: "expert" (made on this machine, see `expert`), "huggingface" (see
            `neurojax.data.huggingface.load`), or the path of a `.parquet`, `.npz` or
            `.jsonl` file, of a folder of such files, or a pattern of their names.
        task: "CartPole-v1" or "LunarLander-v3" (for which the hub has v2). A file may
            be of another task; then its `num_actions` is what the file says.
        num_transitions: The fewest first episodes with as many transitions or more.
        cache_dir: Where the source "expert" keeps what it made.

    Raises:
        ValueError: If a name is unknown, a file is damaged or no sound data set, or
            does not fit the task.
        FileNotFoundError: If there is no such file.
    """
    check_source(source)
    checks.text("task", task, "CartPole-v1")
    if cache_dir is not None:
        user_path("cache_dir", cache_dir)
    if num_transitions is not None:
        checks.integer_between("num_transitions", num_transitions, 1)
    if source == "expert":
        return experts.expert(
            task, num_transitions=num_transitions, cache_dir=cache_dir
        )
    if source == "huggingface":
        name = find_expert_task(task).huggingface_name
        return huggingface.load(name, num_transitions=num_transitions)
    dataset = _load_file(source, task)
    if num_transitions is None:
        return dataset
    return dataset.first_episodes(num_transitions)


def check_source(source: Any, argument: str = "source") -> None:
    """Refuse what is neither a source's name nor can be a path.

    Args:
        source: as given to `load`.
        argument: what the user calls it, such as "--data".

    Raises:
        ValueError: naming `argument`.
    """
    checks.instance(
        argument, source, (str, Path), f"must be one of {SOURCES} or a path."
    )
    if source not in SOURCES and not _looks_like_a_path(source):
        error = unknown_name(argument, source, SOURCES)
        raise ValueError(f"{error} Or a file: {list(files.READERS)}.")


def _looks_like_a_path(source: Path | str) -> bool:
    path, text = Path(source), str(source)
    is_pattern = glob.has_magic(text) or text.startswith("~")
    return is_pattern or path.exists() or bool(path.suffix) or os.sep in text


def _load_file(path: Path | str, task: str) -> Dataset:
    try:
        known = find_task(task)
    except ValueError:  # one of the user's own
        return files.load(path, name=task)
    dataset = files.load(path, num_actions=known.num_actions, name=known.name)
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
