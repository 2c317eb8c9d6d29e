"""Pushes tables to the HuggingFace hub."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow


def push(table: "pyarrow.Table", name: str, file: Path) -> None:
    """Push to the private data set `name`.

    Raises:
        ConnectionError: if the hub does not take it; the message says that `file` is
            written.
    """
    import datasets

    try:
        datasets.Dataset(table).push_to_hub(name, private=True)
    # What a failing hub raises differs between versions of `datasets` and its client.
    except Exception as error:
        raise ConnectionError(
            f"--push {name}: the hub did not take it ({error}); log in with `hf auth "
            f"login` and use the same command again. {file} is written."
        ) from error
