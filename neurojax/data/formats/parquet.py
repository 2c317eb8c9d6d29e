"""Data sets in `.parquet` files; `tables` says how their columns stand there."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurojax.data.columns import COLUMNS, check_columns
from neurojax.data.dataset import Dataset
from neurojax.data.formats.contents import Contents, corrupt
from neurojax.data.memory import check_memory
from neurojax.data.tables import (
    check_type,
    dataset_to_table,
    read_about,
    table_to_columns,
)
from neurojax.storage import parquet as sealed
from neurojax.storage.atomic import write_atomically
from neurojax.storage.damaged import DamagedFileError

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

__all__ = ["read", "write"]

BYTES_PER_VALUE = 24  # a number of 8 bytes, of which some copies are made


def read(path: Path) -> Contents:
    """Return the columns and words of a file, whoever wrote it.

    Its schema and sizes are looked at first, and only the columns of a data set read.
    """
    parquet = _parquet(path)
    import pyarrow

    try:
        sealed.verify(path)
    except DamagedFileError as error:
        raise corrupt(path, error) from error
    with open(path, "rb") as source:
        try:
            file = parquet.ParquetFile(source, page_checksum_verification=True)
            schema, num_values = file.schema_arrow, _num_values(file)
            sealed.check_words(path, schema.metadata)
        except (pyarrow.ArrowException, OSError, ValueError) as error:
            raise corrupt(path, error) from error
        check_columns(schema.names, str(path))
        for column in COLUMNS:
            check_type(schema.field(column).type, column, str(path))
        about = read_about(schema.metadata, path)
        check_memory(
            f"{path} of {file.metadata.num_rows} rows",
            BYTES_PER_VALUE * num_values,
            "take a part of it, or a larger machine.",
        )
        try:
            table = file.read(columns=list(COLUMNS))
        except (pyarrow.ArrowException, OSError, ValueError, MemoryError) as error:
            raise corrupt(path, error) from error
    return Contents(table_to_columns(table, about.observation_shape, str(path)), about)


def write(dataset: Dataset, path: Path) -> None:
    """Write a data set, whole or not at all."""
    _parquet(path)
    write_atomically(path, sealed.encode(dataset_to_table(dataset)))


def _num_values(file: "ParquetFile") -> int:
    """How many numbers the columns claim to hold; a page may repeat one for ever."""
    groups = [
        file.metadata.row_group(index) for index in range(file.metadata.num_row_groups)
    ]
    return sum(
        column.num_values
        for group in groups
        for column in map(group.column, range(group.num_columns))
        if column.path_in_schema.partition(".")[0] in COLUMNS
    )


def _parquet(path: Path) -> Any:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise ImportError(
            f"{path} needs pyarrow: pip install neurojax[data] (or use a .npz file)"
        ) from error
    return pyarrow.parquet
