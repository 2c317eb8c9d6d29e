"""Rows in one parquet file that knows when it is damaged."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from neurojax.storage.atomic import write_atomically
from neurojax.storage.damaged import DamagedFileError
from neurojax.storage.parquet import encode, verify
from neurojax.storage.sealed import digest

Row = dict[str, Any]
Words = Mapping[str, str]
SEAL, WORDS = b"sha256", b"words"


def write_parquet(path: Path, rows: list[Row], words: Words | None = None) -> None:
    """Write rows as one parquet file, atomically; what a row lacks is null.

    Args:
        path: of the file.
        rows: of words, numbers, and lists and dicts of them.
        words: kept beside them.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = [pa.array([row.get(name) for row in rows]) for name in names]
    table = pa.table(columns, names)
    text = json.dumps(dict(words or {}))
    seal = _seal(table.to_pylist(), text)
    table = table.replace_schema_metadata({SEAL: seal, WORDS: text.encode()})
    write_atomically(path, encode(table, compression="zstd"))


def read_parquet(path: Path) -> tuple[list[Row], Words | None]:
    """The rows and their words; None where an older version wrote them.

    Raises:
        DamagedFileError: naming the file, if it is not as it was written.
        OSError: if it cannot be read.
    """
    data = path.read_bytes()
    try:
        verify(path)
        # Older versions wrote no checksums; there is nothing to verify then.
        table = pq.read_table(pa.BufferReader(data), page_checksum_verification=True)
        rows, about = table.to_pylist(), table.schema.metadata or {}
        text = about[WORDS].decode() if WORDS in about else None
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        first = str(error).partition("\n")[0]
        raise DamagedFileError(f"{path} is damaged ({first})") from None
    if SEAL not in about and text is None:
        return rows, None
    if text is None or about.get(SEAL) != _seal(rows, text):
        raise DamagedFileError(
            f"{path} is damaged (it differs from the sha256 written into it)"
        )
    return rows, json.loads(text)


def _seal(rows: list[Row], text: str) -> bytes:
    return digest({"rows": rows, "words": text}).encode()
