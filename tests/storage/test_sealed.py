"""JSON that knows when it is damaged."""

import json

import pytest

from neurojax.storage.damaged import DamagedFileError
from neurojax.storage.sealed import read_json, write_json

CONTENT = {"flops": 2e8, "methods": ["adam", "snes"], "out": None}


def test_it_reads_what_it_wrote_and_what_an_older_version_wrote(tmp_path):
    write_json(tmp_path / "a.json", CONTENT)
    assert read_json(tmp_path / "a.json", "delete it.") == CONTENT
    (tmp_path / "old.json").write_text(json.dumps(CONTENT))
    assert read_json(tmp_path / "old.json", "delete it.") == CONTENT


def test_no_flipped_bit_reads_as_something_else(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, CONTENT)
    whole = path.read_bytes()
    for place in range(len(whole)):
        for bit in range(8):
            flipped = bytearray(whole)
            flipped[place] ^= 1 << bit
            path.write_bytes(flipped)
            try:
                assert read_json(path, "delete it.") == CONTENT  # a blank, say
            except DamagedFileError as error:
                assert str(path) in str(error) and "delete it." in str(error)


@pytest.mark.parametrize("text", ["", "[]", "[" * 100_000, '{"a": 1', "\xff"])
def test_other_content_is_named(tmp_path, text):
    (tmp_path / "a.json").write_text(text, encoding="latin-1")
    with pytest.raises(DamagedFileError, match="a.json is damaged .*; delete it."):
        read_json(tmp_path / "a.json", "delete it.")
