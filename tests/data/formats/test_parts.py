import pytest
from data_rows import assert_same, rows_of, write_rows

from neurojax.data import Dataset, files, load


@pytest.fixture
def folder(dataset, tmp_path):
    """Rows 0 to 4, 5 to 8 and 9, 10, cut inside of episodes, in files 1, 2 and 10."""
    rows = rows_of(dataset)
    (tmp_path / "parts").mkdir()
    for number, start, end in ((1, 0, 5), (2, 5, 9), (10, 9, 11)):
        write_rows(tmp_path / "parts" / f"part-{number}.jsonl", rows[start:end])
    (tmp_path / "parts" / "README.md").write_text("Parts.")
    (tmp_path / "parts" / ".part-0.jsonl").write_text("no part")
    return tmp_path / "parts"


@pytest.mark.parametrize("pattern", ["", "*.jsonl", "part-*", "part-[0-9]*.jsonl"])
def test_parts_are_one_data_set_in_the_order_of_their_numbers(folder, dataset, pattern):
    loaded = files.load(folder / pattern)
    assert_same(loaded, dataset)
    assert loaded.num_actions == 5
    assert load(str(folder / pattern), "Small-v0").num_transitions == 11


def test_a_file_may_be_named_like_a_pattern(dataset, tmp_path):
    path = write_rows(tmp_path / "[a]*.jsonl", rows_of(dataset))
    assert_same(files.load(path), dataset)


def test_folders_may_be_named_like_patterns_or_be_them(folder, dataset):
    parts = sorted(folder.glob("part-*"), key=lambda path: path.stat().st_mtime_ns)
    for number, part in enumerate(parts):
        (folder / f"[{number}]").mkdir()
        part.rename(folder / f"[{number}]" / "rows.jsonl")
    assert_same(files.load(folder / "[[]*" / "*.jsonl"), dataset)
    assert files.load(folder / "[0]" / "*.jsonl").num_transitions == 5


def test_a_part_of_other_columns_is_named(folder, dataset):
    rows = [{**row, "obs": row["obs"][:2]} for row in rows_of(dataset)]
    write_rows(folder / "part-3.jsonl", rows)
    with pytest.raises(
        ValueError, match=r"part-3.jsonl: each row of obs has shape \(2,"
    ):
        files.load(folder)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("obs", [float("inf"), 0, 0], r"part-2.jsonl: observations\[1\]=.*finite"),
        ("actions", 1.5, r"part-2.jsonl: actions\[1\]=1.5"),
        ("actions", "a", "part-2.jsonl: actions of row 1 is 'a'"),
    ],
)
def test_an_unsound_part_is_named(folder, dataset, column, value, words):
    rows = rows_of(dataset)[5:9]
    rows[1][column] = value
    write_rows(folder / "part-2.jsonl", rows)
    with pytest.raises(ValueError, match=words):
        files.load(folder)


def test_a_damaged_part_is_named(folder):
    (folder / "part-2.jsonl").write_bytes(b"\xff")
    with pytest.raises(ValueError, match=r"part-2.jsonl is truncated"):
        files.load(folder)


def test_parts_of_two_data_sets_are_refused(dataset, fields, tmp_path):
    files.save(dataset, tmp_path / "a.npz")
    files.save(Dataset(**{**fields, "name": "Other-v0"}), tmp_path / "b.npz")
    with pytest.raises(ValueError, match=r"b.npz is of Other-v0.*a.npz of Small-v0"):
        files.load(tmp_path)


def test_a_folder_of_two_formats_is_refused(folder, dataset):
    files.save(dataset, folder / "whole.npz")
    with pytest.raises(ValueError, match=r"\.jsonl and \.npz: name .*parts/\*\.jsonl"):
        files.load(folder)


@pytest.mark.parametrize("name", ["", "*.npz", "[ab].parquet"])
def test_nothing_found_is_said(tmp_path, name):
    with pytest.raises(FileNotFoundError, match="holds no file of .parquet, .npz"):
        files.load(tmp_path / name)
