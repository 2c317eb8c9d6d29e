"""The data of a command, and their digest in its folder: a new file is noticed."""

from neurojax.data import Dataset, load
from neurojax.data.sources import SOURCES, check_source
from neurojax.data.tasks import find_expert_task

MADE_HERE = ("expert", "synthetic")  # by this program, from its own seeds


def load_data(data: str, task: str) -> Dataset:
    """The data set that --data and --task name.

    Raises:
        ValueError, ImportError, OSError: as `data.load`; of a name by its option.
    """
    check_source(data, "--data")
    if data in SOURCES:  # a file may be of a task of the user's own
        find_expert_task(task, "--task")
    return load(data, task)


def data_digests(data: str, dataset: Dataset) -> dict[str, str]:
    """The digest of a data set, by the name that the user gave it."""
    return {} if data in MADE_HERE else {data: dataset.digest()}
