import io
import json
import os
import tracemalloc
import zipfile

import numpy as np
import pytest
from data_rows import assert_same

from neurojax.data import files, memory
from neurojax.storage.damaged import DamagedFileError


@pytest.fixture
def arrays(dataset) -> dict:
    """What a file of others holds."""
    return {
        "obs": dataset.observations,
        "actions": dataset.actions,
        "rewards": dataset.rewards,
        "episode_starts": dataset.episode_starts,
    }


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.mkdir, (self.path,))


@pytest.fixture
def trap(tmp_path):
    return np.array([Trap(str(tmp_path / "sprung"))] * 11, dtype=object)


def test_a_pickled_array_that_nobody_needs_is_left_alone(
    dataset, arrays, trap, tmp_path
):
    np.savez(tmp_path / "sb.npz", **arrays, infos=trap)
    assert_same(files.load(tmp_path / "sb.npz"), dataset)
    assert not (tmp_path / "sprung").exists()


def test_a_pickled_column_is_said_to_be_one(arrays, trap, tmp_path):
    np.savez(tmp_path / "trap.npz", **{**arrays, "obs": trap})
    with pytest.raises(ValueError, match=r"trap.npz: obs holds pickled.*np.stack\(obs"):
        files.load(tmp_path / "trap.npz")
    assert not (tmp_path / "sprung").exists()


def with_member(path, name, shape, content=b""):
    """Add an array to an archive whose header claims what it likes."""
    header = {"descr": "<f8", "fortran_order": False, "shape": shape}
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, header)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.npy", buffer.getvalue() + content)
    return path


def test_an_array_that_nobody_needs_is_not_unpacked(dataset, arrays, tmp_path):
    np.savez(tmp_path / "big.npz", **arrays)
    path = with_member(tmp_path / "big.npz", "x", (2**21,), bytes(2**24))
    tracemalloc.start()
    assert_same(files.load(path), dataset)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**23


def test_a_header_that_claims_more_than_there_is_is_damage(arrays, tmp_path):
    del arrays["rewards"]
    np.savez(tmp_path / "claims.npz", **arrays)
    path = with_member(tmp_path / "claims.npz", "rewards", (10**12,))
    with pytest.raises(
        DamagedFileError, match=r"claims.npz.*rewards claims \(10000000"
    ):
        files.load(path)


def test_more_than_the_machine_holds_is_refused_before_it_is_unpacked(
    arrays, tmp_path, monkeypatch
):
    np.savez(tmp_path / "large.npz", **arrays)
    monkeypatch.setattr(memory, "_memory", lambda: 100)
    with pytest.raises(ValueError, match=r"large.npz.*GB of memory.*part of it"):
        files.load(tmp_path / "large.npz")


ODD_WORDS = {
    "a list": ([], r"about=\[\] must be a JSON object"),
    "a number": (5, "about=5 must be a JSON object"),
    "a text": ("x", "about='x' must be a JSON object"),
    "actions in words": ({"num_actions": "2"}, "num_actions='2' must be an integer"),
    "actions in part": ({"num_actions": 2.5}, "num_actions=2.5 must be an integer"),
    "actions as a flag": ({"num_actions": True}, "num_actions=True must be an integer"),
    "all actions": ({"num_actions": 2**31 - 1}, "num_actions=2147483647 must"),
    "name as a number": ({"name": 5}, "name=5 must be a text"),
    "name as a list": ({"name": ["a"]}, r"name=\['a'\] must be a text"),
    "source as a number": ({"source": 5}, "source=5 must be a text"),
    "shape in words": ({"observation_shape": "x"}, "observation_shape='x' must be"),
    "shape as a number": ({"observation_shape": 5}, "observation_shape=5 must be"),
    "negative shape": ({"observation_shape": [-1]}, r"observation_shape=\[-1\] must"),
}


@pytest.mark.parametrize(("about", "words"), ODD_WORDS.values(), ids=ODD_WORDS)
def test_odd_words_are_refused_by_field_and_value(arrays, tmp_path, about, words):
    np.savez(tmp_path / "odd.npz", **arrays, about=np.array(json.dumps(about)))
    with pytest.raises(ValueError, match=f"odd.npz: {words}"):
        files.load(tmp_path / "odd.npz")


def test_words_that_are_no_text_are_refused(arrays, tmp_path):
    np.savez(tmp_path / "odd.npz", **arrays, about=np.arange(3))
    with pytest.raises(ValueError, match=r"odd.npz: about=\[0, 1, 2\] must be a text"):
        files.load(tmp_path / "odd.npz")


def test_files_of_older_versions_are_read(dataset, arrays, tmp_path):
    about = {"num_actions": 7, "name": "Old-v0", "source": "long ago"}
    np.savez(tmp_path / "old.npz", **arrays, about=np.array(json.dumps(about)))
    loaded = files.load(tmp_path / "old.npz")
    assert loaded.digest() == dataset.digest()
    assert (loaded.name, loaded.source) == ("Old-v0", "long ago")


def test_a_plain_npy_file_is_no_npz_file(tmp_path):
    with open(tmp_path / "plain.npz", "wb") as file:
        np.save(file, np.arange(3))
    with pytest.raises(DamagedFileError, match="plain.npz is .*no .npz file"):
        files.load(tmp_path / "plain.npz")
