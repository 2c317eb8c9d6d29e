"""Parquet files that know when they are damaged."""

import os

import pyarrow
import pyarrow.parquet as pq
import pytest

from neurojax.storage.damaged import DamagedFileError
from neurojax.storage.parquet import check_words, encode, verify

TABLE = pyarrow.table({"a": [1.0, 2.0, 3.0], "b": ["x", None, "z"]})


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.parquet"
    words = TABLE.replace_schema_metadata({"words": "{}"})
    path.write_bytes(encode(words, compression="zstd"))
    return path


def test_others_read_it_as_any_parquet_file(path):
    verify(path)
    table = pq.read_table(path)
    assert table.to_pylist() == TABLE.to_pylist()
    assert table.schema.metadata[b"words"] == b"{}"


def test_no_flipped_bit_passes_but_those_of_the_mark(path):
    whole = path.read_bytes()
    passed = []
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        try:
            verify(path)
        except DamagedFileError:
            continue
        passed.append(place)
    mark = whole.index(b"neurojax.file.sha256")
    assert passed == list(range(mark, mark + 22))


@pytest.mark.parametrize("left", [1, 9])
def test_what_was_cut_or_continued_is_damage(path, left):
    whole = path.read_bytes()
    path.write_bytes(whole[:-left])
    with pytest.raises(DamagedFileError):
        verify(path)
    path.write_bytes(whole + os.urandom(left))
    with pytest.raises(DamagedFileError):
        verify(path)


def test_files_of_others_pass(tmp_path):
    pq.write_table(TABLE, tmp_path / "other.parquet")
    (tmp_path / "empty.parquet").touch()
    verify(tmp_path / "other.parquet")
    verify(tmp_path / "empty.parquet")


def test_words_that_a_reader_does_not_find_are_damaged(tmp_path, path):
    check_words(path, {b"neurojax": b"{}"})
    with pytest.raises(DamagedFileError, match="words"):
        check_words(path, {b"words": b"{}"})
    pq.write_table(TABLE, tmp_path / "other.parquet")
    check_words(tmp_path / "other.parquet", None)
