"""Expert data from the HuggingFace hub: the sets of Gavenski et al. (IL-Datasets, MIT).

`NathanGavenski/CartPole-v1` has 500 000 transitions of the policy sb3/ppo-CartPole-v1,
`NathanGavenski/LunarLander-v2` 384 000 of sb3/ppo-LunarLander-v2 (the physics before
gymnasium's v3), both greedy, in 1000 episodes.
"""

import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from neurojax import checks
from neurojax.data.columns import to_dataset
from neurojax.data.dataset import Dataset
from neurojax.data.tables import table_to_columns
from neurojax.data.tasks import EXPERT_TASKS
from neurojax.names import unknown_name

__all__ = ["load"]

OWNER = "NathanGavenski"
PROBE_SECONDS = 5.0
ROWS_PER_REQUEST = 10_000


def load(name: str, *, num_transitions: int | None = None) -> Dataset:
    """Return a set of the hub.

    Args:
        name: "CartPole-v1" or "LunarLander-v2".
        num_transitions: Stream only the first episodes, so many that they hold as many
            transitions or more, and leave nothing on disk. By default, download the
            whole set into the cache of `datasets`, or read it from there.

    Raises:
        ConnectionError: If the hub cannot be reached and the set is not in the cache.
        ImportError: If `datasets` is not installed.
    """
    known = EXPERT_TASKS.values()
    num_actions = {task.huggingface_name: task.num_actions for task in known}
    if name not in num_actions:
        raise unknown_name("name", name, num_actions)
    if num_transitions is not None:
        checks.integer_between("num_transitions", num_transitions, 1)
    repository = f"{OWNER}/{name}"
    table = _fetch(repository, num_transitions)
    dataset = to_dataset(
        table_to_columns(table, None, repository),
        repository,
        num_actions=num_actions[name],
        name=name,
        source=f"huggingface.co/datasets/{repository} (MIT), greedy SB3 PPO expert",
    )
    if num_transitions is None:
        return dataset
    return dataset.first_episodes(num_transitions)


def _fetch(repository: str, num_transitions: int | None) -> Any:
    """Return the rows as one arrow table."""
    datasets = _import_datasets()
    stream = num_transitions is not None
    try:
        with _without_retries(datasets):
            loaded = datasets.load_dataset(repository, split="train", streaming=stream)
            loaded = loaded.with_format("arrow")
            return _head(loaded, num_transitions) if stream else loaded[:]
    # What a failing hub raises differs between versions of `datasets` and its client.
    except Exception as error:
        raise ConnectionError(
            f"{repository} could not be loaded from the HuggingFace hub ({error}). Use "
            "the source 'expert', made on this machine without a network, or the path "
            "of a downloaded .parquet or .jsonl file."
        ) from error


def _head(stream: Any, num_transitions: int) -> Any:
    """Read until the episode that the last wanted row belongs to has ended."""
    import pyarrow

    tables, num_rows = [], 0
    for table in stream.iter(batch_size=ROWS_PER_REQUEST):
        tables.append(table)
        num_rows += len(table)
        ends = table["episode_starts"].to_numpy()
        # Rows of this table at or after the wanted number; a start there ends the
        # episode.
        beyond = max(0, len(table) - (num_rows - num_transitions))
        if num_rows > num_transitions and ends[beyond:].any():
            break
    return pyarrow.concat_tables(tables)


def _import_datasets() -> Any:
    try:
        import datasets
    except ImportError as error:
        raise ImportError(
            "The source 'huggingface' needs datasets: pip install neurojax[data]"
        ) from error
    return datasets


@contextmanager
def _without_retries(datasets: Any) -> Iterator[None]:
    """Look only into the cache if the hub does not answer.

    Its client would otherwise wait 23 seconds in retries, even for a name that cannot
    be resolved. The offline switches of both libraries are put back afterwards.
    """
    from huggingface_hub import constants

    if _answers(datasets.config.HF_ENDPOINT):
        yield
        return
    switches: tuple[Any, ...] = (datasets.config, constants)
    before = [module.HF_HUB_OFFLINE for module in switches]
    for module in switches:
        module.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        for module, value in zip(switches, before, strict=True):
            module.HF_HUB_OFFLINE = value


def _answers(url: str) -> bool:
    """Whether a request gets an answer, even an error, by way of any proxy set."""
    request = urllib.request.Request(url, method="HEAD")
    try:
        urllib.request.urlopen(request, timeout=PROBE_SECONDS).close()
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except OSError:
        return False
    return True
