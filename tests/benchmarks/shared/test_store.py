"""A folder of results: ours alone, whole, and of the settings and data it says."""

import json
import shutil
import subprocess
import sys
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import safetensors.numpy

from benchmarks.shared.rows import read_parquet, write_parquet
from benchmarks.shared.store import Store
from neurojax.storage.damaged import DamagedFileError

kept_in = partial(Store, command="benchmarks.toy")
ROWS = [{"cell": "c", "value": 0.8033 + i, "about": {"n": i}} for i in range(20)]


def closed(folder, settings=None, resume=True, **more):
    """A folder with one finished cell, given back."""
    store = kept_in(folder, settings or {"a": 1}, resume, **more)
    if store.finished("c") is None:
        store.finish("c", ROWS)
    store.close()
    return folder


def refused(folder, settings=None, resume=True, **more):
    with pytest.raises(SystemExit) as caught:
        kept_in(folder, settings or {"a": 1}, resume, **more)
    return str(caught.value)


def test_no_resume_touches_no_folder_of_others(tmp_path):
    for name in ("weights/my_model.bin", "checkpoints/epoch9/model.pt", "notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    for resume in (True, False):
        assert "holds checkpoints and no settings.json" in refused(
            tmp_path, resume=resume
        )
    assert sorted(tmp_path.rglob("*")) == before


def test_no_resume_removes_what_the_command_wrote_and_names_the_rest(tmp_path, capsys):
    store = kept_in(tmp_path, {"a": 1}, True)
    store.finish("c", ROWS)
    store.keep_weights("c-play", {"w": np.ones(2)})
    half = store.checkpoint_folder("d")
    half.mkdir(parents=True)
    for name in ("generation_0000000001.safetensors", "rows.json"):
        (half / name).write_text("")
    store.close()
    mine = tmp_path / "weights" / "c-mine.safetensors"
    safetensors.numpy.save_file({"w": np.ones(2)}, mine, {"format": "pt"})
    (half / "notes.txt").write_text("mine")
    kept_in(tmp_path, {"a": 2}, False).close()
    files = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    ours = {"settings.json", ".lock"}
    assert files - ours == {"weights/c-mine.safetensors", "checkpoints/d/notes.txt"}
    said = capsys.readouterr().err
    assert "weights/c-mine.safetensors" in said and "checkpoints/d" in said


def test_what_cannot_be_removed_is_said(tmp_path, monkeypatch):
    closed(tmp_path)

    def denied(self, missing_ok=False):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr("pathlib.Path.unlink", denied)
    with pytest.raises(PermissionError, match=r"c\.parquet"):
        kept_in(tmp_path, {"a": 1}, False)


def test_weights_behind_a_link_are_removed_and_the_link_stays(tmp_path):
    disk, folder = tmp_path / "disk", tmp_path / "out"
    disk.mkdir()
    store = kept_in(closed(folder), {"a": 1}, True)
    (folder / "weights").symlink_to(disk)
    store.keep_weights("c", {"w": np.ones(2)})
    store.close()
    assert (disk / "c.safetensors").exists()
    kept_in(folder, {"a": 1}, False).close()
    assert not list(disk.iterdir())
    assert (folder / "weights").is_symlink()


def test_the_folder_of_another_command_is_refused(tmp_path):
    closed(tmp_path)
    for resume in (True, False):
        message = refused(tmp_path, resume=resume, command="benchmarks.other")
        assert "holds results of benchmarks.toy" in message
    assert kept_in(tmp_path, {"a": 1}, True).finished("c") == ROWS


def test_two_stores_on_one_folder_are_refused_until_one_is_closed(tmp_path):
    store = kept_in(tmp_path, {"a": 1}, True)
    assert f"--out {tmp_path} is in use by another process" in refused(tmp_path)
    store.close()
    kept_in(tmp_path, {"a": 1}, True).close()


def test_cells_without_their_settings_pass_only_if_they_are_of_these(tmp_path, capsys):
    closed(tmp_path, data={"x.npz": "abc"})
    (tmp_path / "settings.json").unlink()
    assert "cells but no settings.json" in refused(tmp_path, {"a": 2})
    assert "cells/c.parquet" in refused(tmp_path, {"a": 1}, data={"x.npz": "abd"})
    store = kept_in(tmp_path, {"a": 1}, True, data={"x.npz": "abc"})
    assert store.finished("c") == ROWS
    assert "settings.json is lost" in capsys.readouterr().err


def test_cells_of_an_older_version_need_their_settings(tmp_path):
    old(tmp_path)
    (tmp_path / "settings.json").unlink()
    assert "is not known to be of these settings" in refused(tmp_path)


def old(folder):
    """A folder as it was written before there were seals."""
    (folder / "cells").mkdir(parents=True)
    (folder / "weights").mkdir()
    (folder / "settings.json").write_text(json.dumps({"a": 1}, indent=1))
    pq.write_table(pa.Table.from_pylist(ROWS), folder / "cells" / "c.parquet")
    weights = {"['w']": np.arange(3.0)}
    safetensors.numpy.save_file(weights, folder / "weights" / "c-play.safetensors")
    return folder


def test_a_folder_of_an_older_version_stays_readable(tmp_path, capsys):
    store = kept_in(old(tmp_path), {"a": 1}, True, data={"x.npz": "abc"})
    assert "older version" in capsys.readouterr().err
    assert store.finished("c") == ROWS
    np.testing.assert_array_equal(
        store.weights("c-play", {"w": np.zeros(3)})["w"], np.arange(3.0)
    )
    store.close()
    kept_in(tmp_path, {"a": 1}, True, data={"x.npz": "abc"}).close()
    assert not capsys.readouterr().err  # it is said once
    assert "x.npz has changed" in refused(tmp_path, data={"x.npz": "abd"})


def test_no_resume_clears_an_older_folder_of_the_same_options_alone(tmp_path):
    assert "other options" in refused(old(tmp_path), {"b": 1}, False)
    assert (tmp_path / "cells" / "c.parquet").exists()
    store = kept_in(tmp_path, {"a": 2}, False)
    assert store.finished("c") is None and not store.has_weights("c-play")


def test_other_data_are_refused_and_more_data_may_be_added(tmp_path):
    closed(tmp_path, data={"x": "1"})
    message = refused(tmp_path, data={"x": "2"})
    assert "x has changed since" in message and "--no-resume" in message
    closed(tmp_path, data={"y": "3"})
    assert "x has changed since" in refused(tmp_path, data={"x": "2", "y": "3"})


@pytest.mark.parametrize("text", ["{", "[1]", "5", "\xff", '{"content": {"a": 1}}'])
def test_damaged_settings_are_named_and_no_cell_is_given_up(tmp_path, text):
    closed(tmp_path)
    (tmp_path / "settings.json").write_bytes(text.encode("latin1"))
    for resume in (True, False):
        message = refused(tmp_path, resume=resume)
        assert "settings.json is damaged" in message
        assert "--no-resume" not in message
    (tmp_path / "settings.json").unlink()  # the remedy that it names
    assert kept_in(tmp_path, {"a": 1}, True).finished("c") == ROWS


def test_a_changed_letter_of_the_settings_is_damage(tmp_path):
    closed(tmp_path, {"data": "expert"})
    path = tmp_path / "settings.json"
    path.write_text(path.read_text().replace("expert", "expdrt"))
    assert "is damaged" in refused(tmp_path, {"data": "expert"})


def test_every_damaged_byte_of_a_cell_is_noticed(tmp_path):
    path = tmp_path / "c.parquet"
    write_parquet(path, ROWS, {"made_of": "x"})
    whole = path.read_bytes()
    assert read_parquet(path) == (ROWS, {"made_of": "x"})
    places = np.random.default_rng(0).integers(0, len(whole), 150)
    for place, bit in zip(places, range(150), strict=True):
        data = bytearray(whole)
        data[place] ^= 1 << bit % 8
        path.write_bytes(data)
        try:
            assert read_parquet(path) == (ROWS, {"made_of": "x"})
        except DamagedFileError as error:
            assert "\n" not in str(error)


def test_a_cell_under_another_name_or_of_others_is_refused(tmp_path):
    store = kept_in(tmp_path, {"a": 1}, True)
    store.finish("c", ROWS)
    shutil.copy(tmp_path / "cells" / "c.parquet", tmp_path / "cells" / "d.parquet")
    with pytest.raises(SystemExit, match=r"d\.parquet does not hold the rows of its"):
        store.finished("d")
    other = kept_in(tmp_path / "other", {"a": 2}, True)
    other.finish("c", ROWS)
    shutil.copy(other.folder / "cells" / "c.parquet", tmp_path / "cells" / "c.parquet")
    with pytest.raises(SystemExit, match=r"c\.parquet is of other settings or data"):
        store.finished("c")


def test_damaged_weights_are_noticed(tmp_path):
    store = kept_in(tmp_path, {"a": 1}, True)
    store.finish("c", ROWS)
    store.keep_weights("c-play", {"w": np.arange(100.0)})
    path, like = tmp_path / "weights" / "c-play.safetensors", {"w": np.zeros(100)}
    np.testing.assert_array_equal(store.weights("c-play", like)["w"], np.arange(100.0))
    whole = path.read_bytes()
    for place in np.random.default_rng(0).integers(0, len(whole), 100):
        data = bytearray(whole)
        data[place] ^= 4
        path.write_bytes(data)
        with pytest.raises(SystemExit, match=r"delete .*/cells/c\.parquet"):
            store.weights("c-play", like)
    path.write_bytes(whole)
    with pytest.raises(SystemExit, match=r"of shape \(99,\)"):
        store.weights("c-play", {"w": np.zeros(99)})
    shutil.copy(path, path.with_stem("d-play"))
    with pytest.raises(SystemExit, match="holds those of c-play"):
        store.weights("d-play", like)


def test_a_folder_removed_in_the_run_is_said_and_written_again(tmp_path, capsys):
    folder = tmp_path / "out"
    store = kept_in(folder, {"a": 1}, True)
    store.finish("c", ROWS)
    shutil.rmtree(folder)
    store.finish("d", [{"cell": "d", "value": 1.0}])
    assert "out was removed" in capsys.readouterr().err
    assert "in use" in refused(folder)
    store.close()
    again = kept_in(folder, {"a": 1}, True)
    assert again.finished("c") == ROWS and again.finished("d") is not None


def test_a_folder_that_cannot_be_is_one_line(tmp_path):
    (tmp_path / "afile").write_text("")
    assert "afile is a file; name a folder" in refused(tmp_path / "afile")
    command = [sys.executable, "-m", "benchmarks.throughput", "--out"]
    below = [*command, str(tmp_path / "afile" / "x")]
    done = subprocess.run(below, capture_output=True, text=True)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "afile" in line
