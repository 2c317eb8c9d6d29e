"""The data of a command, and their digest in its folder: a new file is noticed."""

import re

from neurojax.data import Dataset, load
from neurojax.data.sources import SOURCES
from neurojax.data.tasks import find_expert_task

MADE_HERE = ("expert", "synthetic")  # by this program, from its own seeds


def load_data(data: str, task: str) -> Dataset:
    """The data set that --data and --task name.

    Raises:
        ValueError, ImportError, OSError: as `data.load`; of a task by its option.
    """
    if data in SOURCES:  # a file may be of a task of the user's own
        find_expert_task(task, "--task")
    try:
        return load(data, task)
    except ValueError as error:
        raise ValueError(_option_named(str(error))) from None


def _option_named(words: str) -> str:
    """What the user typed in place of the argument that it became."""
    return re.sub("^source=", "--data ", words)


def data_digests(data: str, dataset: Dataset) -> dict[str, str]:
    """The digest of a data set, by the name that the user gave it."""
    return {} if data in MADE_HERE else {data: dataset.digest()}
