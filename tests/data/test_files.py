import errno
import os
import resource
from pathlib import Path

import numpy as np
import pytest
from data_rows import assert_same, rows_of, write_rows

from neurojax.data import Dataset, files
from neurojax.storage.damaged import DamagedFileError

SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.parametrize("suffix", files.WRITERS)
def test_a_saved_data_set_is_loaded_as_it_was(dataset, tmp_path, suffix):
    files.save(dataset, tmp_path / f"small{suffix}")
    loaded = files.load(tmp_path / f"small{suffix}")
    assert_same(loaded, dataset)
    assert (loaded.num_actions, loaded.name) == (7, "Small-v0")
    assert loaded.source == "made by hand"
    assert os.listdir(tmp_path) == [f"small{suffix}"]


@pytest.mark.parametrize("suffix", files.WRITERS)
def test_observations_with_two_axes_keep_their_shape(fields, tmp_path, suffix):
    pictures = np.arange(11 * 6, dtype=np.float32).reshape(11, 2, 3)
    path = tmp_path / f"pictures{suffix}"
    files.save(Dataset(**{**fields, "observations": pictures}), path)
    np.testing.assert_array_equal(files.load(path).observations, pictures)


@pytest.mark.parametrize("suffix", files.READERS)
def test_files_of_others_are_read_in_every_format(dataset, tmp_path, suffix):
    path = write_rows(tmp_path / f"rows{suffix}", rows_of(dataset))
    loaded = files.load(path)
    assert_same(loaded, dataset)
    assert (loaded.num_actions, loaded.name) == (5, "rows")  # labels 0 to 4 occur
    named = files.load(path, num_actions=7, name="Small-v0")
    assert (named.num_actions, named.name) == (7, "Small-v0")


def spoiled(column, value):
    """Change one cell of row 4."""

    def spoil(rows):
        rows[4][column] = value
        return rows

    return spoil


def every(column, value):
    """Change a whole column."""

    def spoil(rows):
        return [{**row, column: value} for row in rows]

    return spoil


def without(column):
    def spoil(rows):
        return [{k: v for k, v in row.items() if k != column} for row in rows]

    return spoil


BAD_ROWS = {
    "no actions": (without("actions"), "no column actions.*it has.*'obs'"),
    "no starts": (without("episode_starts"), "no column episode_starts.*needs"),
    "fractional action": (spoiled("actions", 1.5), r"actions\[4\]=1.5.*whole"),
    "label too large": (spoiled("actions", 7), r"actions\[4\]=7.*num_actions=7"),
    "label far too large": (spoiled("actions", 2**40), r"actions\[4\]=.*whole"),
    "negative label": (spoiled("actions", -1), r"actions\[4\]=-1.*num_actions"),
    "actions in words": (
        every("actions", "left"),
        "actions of (dtype|row 0).*whole numbers",
    ),
    "observations in words": (every("obs", ["a"]), "obs of (dtype|row 0).*numbers"),
    "rewards in words": (every("rewards", "1"), "rewards of (dtype|row 0).*numbers"),
    "NaN observation": (
        spoiled("obs", [1.0, float("nan"), 2.0]),
        r"observations\[4\]=.*nan.*drop",
    ),
    "beyond float32": (spoiled("obs", [1e300, 0.0, 0.0]), r"observations\[4\].*finite"),
    "flat observations": (every("obs", 1.0), r"observations of shape \(11,\)"),
    "infinite reward": (spoiled("rewards", float("inf")), r"rewards\[4\]=inf.*finite"),
    "half a start": (spoiled("episode_starts", 0.5), "episode_starts has 0.5.*hold 1"),
    "starts later": (every("episode_starts", 0.0), r"episode_starts\[0\]=False"),
}


@pytest.mark.parametrize("suffix", files.READERS)
@pytest.mark.parametrize(("spoil", "words"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_unsound_rows_are_refused_by_file_column_and_value(
    dataset, tmp_path, suffix, spoil, words
):
    path = write_rows(tmp_path / f"bad{suffix}", spoil(rows_of(dataset)))
    with pytest.raises(ValueError, match=f"(?s)bad{suffix}.*{words}"):
        files.load(path, num_actions=7)


@pytest.mark.parametrize("suffix", files.READERS)
def test_columns_of_stable_baselines_are_read(dataset, tmp_path, suffix):
    rows = rows_of(dataset)
    for row in rows:
        row |= {name: [row[name]] for name in ("actions", "rewards", "episode_starts")}
    assert_same(files.load(write_rows(tmp_path / f"sb{suffix}", rows)), dataset)


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize("suffix", files.READERS)
def test_one_hot_actions_are_told_argmax(dataset, tmp_path, suffix):
    rows = rows_of(dataset)
    for row in rows:
        row["actions"] = np.eye(5)[row["actions"]].tolist()
    path = write_rows(tmp_path / f"hot{suffix}", rows)
    with pytest.raises(ValueError, match=r"hot.*\(11, 5\).*actions.argmax\(1\)\.$"):
        files.load(path)


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
@pytest.mark.parametrize("ends", [(0, 2, 4), (0, 2, 7, 11)], ids=["equal", "unequal"])
def test_one_row_per_episode_is_said_to_be_that(dataset, tmp_path, suffix, ends):
    rows = rows_of(dataset)
    episodes = [rows[a:b] for a, b in zip(ends, ends[1:], strict=False)]
    whole = [{name: [row[name] for row in ep] for name in rows[0]} for ep in episodes]
    path = write_rows(tmp_path / f"wide{suffix}", whole)
    with pytest.raises(ValueError, match=r"wide.*one row per episode.*explode"):
        files.load(path)


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
def test_nested_observations_keep_their_shape(dataset, tmp_path, suffix):
    rows = rows_of(dataset)
    for number, row in enumerate(rows):
        row["obs"] = (np.arange(6).reshape(3, 2) + number).tolist()
    loaded = files.load(write_rows(tmp_path / f"nested{suffix}", rows))
    expected = np.arange(6).reshape(3, 2) + np.arange(11)[:, None, None]
    np.testing.assert_array_equal(loaded.observations, expected)
    rows[4]["obs"] = [[1, 2], [3, 4], [5]]
    path = write_rows(tmp_path / f"uneven{suffix}", rows)
    with pytest.raises(ValueError, match="uneven.*obs of row 4.*one shape"):
        files.load(path)


@pytest.mark.parametrize("suffix", files.WRITERS)
def test_no_damage_to_what_was_saved_is_read_as_something_else(
    dataset, tmp_path, suffix
):
    path = tmp_path / f"small{suffix}"
    files.save(dataset, path)
    whole = path.read_bytes()
    refused = 0
    for place in np.random.default_rng(0).integers(len(whole), size=97):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << int(place) % 8
        path.write_bytes(flipped)
        try:
            loaded = files.load(path)
        except (DamagedFileError, ValueError) as error:
            assert path.name in str(error)
            refused += 1
        else:
            assert loaded.digest() == dataset.digest()
            assert (loaded.name, loaded.source) == (dataset.name, dataset.source)
    assert refused > 60


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
@pytest.mark.parametrize("value", [[1.0, 2.0], [1.0, 2.0, 3.0, 4.0]])
def test_ragged_observations_are_refused_by_row(dataset, tmp_path, suffix, value):
    path = write_rows(
        tmp_path / f"bad{suffix}", spoiled("obs", value)(rows_of(dataset))
    )
    with pytest.raises(ValueError, match=rf"obs of row 4 has {len(value)} values.*3"):
        files.load(path)


@pytest.mark.parametrize("column", ["obs", "actions"])
def test_an_empty_cell_is_refused_by_row(dataset, tmp_path, column):
    path = write_rows(tmp_path / "bad.parquet", spoiled(column, None)(rows_of(dataset)))
    with pytest.raises(ValueError, match=f"bad.parquet: {column} of row 4 is empty"):
        files.load(path)


def test_a_jsonl_row_without_a_column_is_refused_by_line(dataset, tmp_path):
    rows = rows_of(dataset)
    del rows[4]["rewards"]
    path = write_rows(tmp_path / "bad.jsonl", rows)
    with pytest.raises(ValueError, match=r"bad.jsonl, line 5 has no column rewards"):
        files.load(path)


def sound_file(dataset: Dataset, path: Path) -> Path:
    return write_rows(path, rows_of(dataset))


@pytest.mark.parametrize("suffix", files.READERS)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.97])
def test_a_truncated_file_is_said_to_be_one(dataset, tmp_path, suffix, share):
    path = sound_file(dataset, tmp_path / f"cut{suffix}")
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=f"cut{suffix}.*truncated.*again"):
        files.load(path)


@pytest.mark.parametrize("suffix", files.READERS)
def test_noise_under_a_known_suffix_is_refused(tmp_path, suffix):
    path = tmp_path / f"noise{suffix}"
    path.write_bytes(np.random.default_rng(0).bytes(1009))
    with pytest.raises(ValueError, match=f"noise{suffix}.*truncated or no {suffix}"):
        files.load(path)


@pytest.mark.parametrize("suffix", files.READERS)
def test_an_empty_file_is_refused(tmp_path, suffix):
    (tmp_path / f"empty{suffix}").touch()
    with pytest.raises(ValueError, match=f"empty{suffix} is empty.*again"):
        files.load(tmp_path / f"empty{suffix}")


def test_a_file_of_blank_lines_is_refused(tmp_path):
    (tmp_path / "blank.jsonl").write_text("\n\n")
    with pytest.raises(ValueError, match="blank.jsonl has no rows"):
        files.load(tmp_path / "blank.jsonl")


@pytest.mark.parametrize("suffix", files.READERS)
def test_a_missing_file_is_named(tmp_path, suffix):
    with pytest.raises(FileNotFoundError, match=f"no file .*absent{suffix}.*expert"):
        files.load(tmp_path / f"absent{suffix}")


def test_a_home_is_found_by_its_tilde(dataset, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    files.save(dataset, "~/small.npz")
    assert os.listdir(tmp_path) == ["small.npz"]
    assert files.load("~/small.npz").digest() == dataset.digest()


@pytest.mark.usefixtures("without_type_checker")
def test_only_a_data_set_is_saved(tmp_path):
    with pytest.raises(ValueError, match=r"dataset=None must be a data.Dataset"):
        files.save(None, tmp_path / "small.npz")


def test_an_unknown_suffix_names_the_nearest(dataset, tmp_path):
    with pytest.raises(ValueError, match=r"rows.json: suffix='.json'.*mean '.jsonl'"):
        files.load(tmp_path / "rows.json")
    with pytest.raises(ValueError, match=r"suffix='.jsonl' must be one of.*npz"):
        files.save(dataset, tmp_path / "rows.jsonl")
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("suffix", files.WRITERS)
def test_a_full_disk_leaves_the_earlier_file_as_it_was(
    dataset, tmp_path, monkeypatch, suffix
):
    path = tmp_path / f"small{suffix}"
    files.save(dataset, path)
    before = path.read_bytes()

    def disk_full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(
        OSError, match=rf"No space left.*free space.*small\{suffix}"
    ) as info:
        files.save(dataset.first_episodes(1), path)
    assert info.value.errno == errno.ENOSPC
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("suffix", files.WRITERS)
def test_a_disk_full_midway_leaves_no_half_written_file(dataset, tmp_path, suffix):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1009, hard))  # the file is larger
    try:
        with pytest.raises(OSError, match=rf"could not write .*small\{suffix}"):
            files.save(dataset, tmp_path / f"small{suffix}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not os.listdir(tmp_path)


def test_a_missing_pyarrow_names_the_extra(dataset, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(ImportError, match=r"pip install neurojax\[data\]"):
        files.save(dataset, tmp_path / "small.parquet")


@pytest.mark.parametrize(
    ("file", "size"), [("cartpole_expert", 500_000), ("lunarlander_expert", 383_840)]
)
def test_the_regenerated_huggingface_sets_load(file, size):
    path = SHARED / f"{file}.parquet"
    if not path.exists():
        pytest.skip("shared data are not on this machine")
    dataset = files.load(path)
    assert (dataset.num_transitions, dataset.num_episodes) == (size, 1000)
