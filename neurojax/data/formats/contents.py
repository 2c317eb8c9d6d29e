"""What a file holds: columns, and words beside them; and what is told of a bad one."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from neurojax import checks
from neurojax.data.dataset import MAX_ACTIONS, Dataset
from neurojax.storage import tensors
from neurojax.storage.damaged import DamagedFileError

__all__ = [
    "About",
    "Contents",
    "about_of",
    "check_about",
    "corrupt",
    "seal_of",
]


class About(NamedTuple):
    """What `save` wrote beside the columns; all None in files of others."""

    num_actions: int | None = None
    name: str | None = None
    source: str | None = None
    observation_shape: tuple[int, ...] | None = None
    seal: str | None = None  # the sha256 of `seal_of`, which older versions lack


class Contents(NamedTuple):
    """The columns of a file, of any number types, and the words."""

    columns: dict[str, np.ndarray]
    about: About


def corrupt(path: Path, error: object) -> DamagedFileError:
    """Return the error of a file that cannot be read in its format."""
    return DamagedFileError(
        f"{path} is truncated or no {path.suffix} file ({error}); download or write it "
        "again."
    )


def about_of(dataset: Dataset) -> dict[str, Any]:
    """Return the words of a data set, of JSON values, as they are written."""
    return {
        "num_actions": dataset.num_actions,
        "name": dataset.name,
        "source": dataset.source,
        "observation_shape": list(dataset.observation_shape),
    }


def seal_of(dataset: Dataset, source: str) -> str:
    """Return the sha256 that is written beside a data set and its source."""
    words = {"data": dataset.digest(), "name": dataset.name, "source": source}
    return tensors.digest({}, words)


def check_about(text: str | bytes, where: str, seal: str | None = None) -> About:
    """Return the words of a file from their JSON, each checked.

    Raises:
        ValueError: naming `where`, the field and its value.
    """
    try:
        about = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where}: about is no JSON ({error}).") from None
    if not isinstance(about, dict):
        raise ValueError(
            f"{where}: about={checks.short(about)} must be a JSON object with the "
            "fields that `save` writes: num_actions, name, source."
        )
    return About(
        _optional_integer(about, "num_actions", where),
        _optional_text(about, "name", where),
        _optional_text(about, "source", where),
        _optional_shape(about, where),
        seal,
    )


def _optional_integer(about: dict[str, Any], field: str, where: str) -> int | None:
    value = about.get(field)
    if value is not None:
        checks.integer_between(f"{where}: {field}", value, 1, MAX_ACTIONS)
    return value


def _optional_text(about: dict[str, Any], field: str, where: str) -> str | None:
    value = about.get(field)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{where}: {field}={checks.short(value)} must be a text.")
    return value


def _optional_shape(about: dict[str, Any], where: str) -> tuple[int, ...] | None:
    value = about.get("observation_shape")
    if value is None:
        return None
    if not isinstance(value, list) or not all(
        checks.is_integer(size) and size > 0 for size in value
    ):
        raise ValueError(
            f"{where}: observation_shape={checks.short(value)} must be a list of "
            "integers above 0."
        )
    return tuple(value)
