"""Safetensors files that know when they are damaged."""

import json

import numpy as np
import pytest

from neurojax.storage.tensors import DamagedFileError, decode, encode

ARRAYS = {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "n": np.array(7)}


def test_it_reads_what_it_wrote():
    arrays, words = decode(encode(ARRAYS, {"seed": "1"}))
    assert words == {"seed": "1"}
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)


def test_no_flipped_bit_reads_as_something_else():
    whole = encode(ARRAYS, {"seed": "1"})
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        with pytest.raises(DamagedFileError):
            decode(bytes(flipped))


@pytest.mark.parametrize("metadata", [None, [], "a", 5, {}, {"sha256": 5}])
def test_odd_metadata_are_damage(metadata):
    header = json.dumps({"__metadata__": metadata}).encode()
    with pytest.raises(DamagedFileError, match="not a whole safetensors file"):
        decode(len(header).to_bytes(8, "little") + header)
