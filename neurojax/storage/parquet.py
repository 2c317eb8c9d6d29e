"""Parquet files that know when they are damaged, before a library looks into them.

The library that reads them checks pages alone, and ends the whole process at some
damage to the footer. So the sha256 of the file stands in its footer, and is compared
first; it is computed with zeros in its own place.
"""

import hashlib
import io
import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurojax.storage.damaged import DamagedFileError

if TYPE_CHECKING:
    import pyarrow

__all__ = ["check_words", "encode", "verify"]

OWNER = b"neurojax"
KEY = OWNER + b".file.sha256"
MARK = KEY + b"\x18\x40"  # a text of 64 bytes follows the key, in thrift's words
BLANK = b"0" * 64
FOOTER = 2**20  # bytes of the end of a file that are searched for the mark


def encode(table: "pyarrow.Table", **options: Any) -> bytes:
    """Return the parquet file of a table; `options` are those of pyarrow's writer."""
    from pyarrow.parquet import ParquetWriter

    buffer = io.BytesIO()
    options = {"write_page_checksum": True, **options}
    with ParquetWriter(buffer, table.schema, **options) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({KEY: BLANK})
    data = buffer.getvalue()
    place = data.rindex(MARK) + len(MARK)
    digest = hashlib.sha256(data).hexdigest().encode()
    return data[:place] + digest + data[place + len(BLANK) :]


def verify(path: Path) -> None:
    """Refuse a file that `encode` made and that is another now.

    Files of others and of older versions pass.

    Raises:
        DamagedFileError: without the path.
        OSError: if it cannot be read.
    """
    if not path.stat().st_size:  # nothing to map
        return
    with (
        open(path, "rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        mark = data.rfind(MARK, max(0, len(data) - FOOTER))
        if mark < 0:
            return
        start, end = mark + len(MARK), mark + len(MARK) + len(BLANK)
        with memoryview(data) as view:
            digest = hashlib.sha256(view[:start])
            digest.update(BLANK)
            digest.update(view[end:])
            found = bytes(view[start:end])
    if found != digest.hexdigest().encode():
        raise DamagedFileError("its sha256 differs from the one written into it")


def check_words(path: Path, metadata: Mapping[bytes, bytes] | None) -> None:
    """Refuse a file whose footer holds words of ours that were not found in it.

    Args:
        path: of the file.
        metadata: of its schema, as read.

    Raises:
        DamagedFileError: without the path.
    """
    if any(name.startswith(OWNER) for name in metadata or {}):
        return
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - FOOTER))
        if OWNER in file.read():
            raise DamagedFileError("the words in its footer are damaged")
