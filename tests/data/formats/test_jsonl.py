import json

import numpy as np
import pytest
from data_rows import assert_same, rows_of, write_rows

from neurojax.data import files
from neurojax.data.formats import jsonl
from neurojax.storage.damaged import DamagedFileError


def test_a_byte_order_mark_is_passed_over(dataset, tmp_path):
    path = write_rows(tmp_path / "bom.jsonl", rows_of(dataset))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert_same(files.load(path), dataset)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-16-le"])
def test_another_encoding_is_refused_by_name(dataset, tmp_path, encoding):
    path = tmp_path / "wide.jsonl"
    path.write_text(json.dumps(rows_of(dataset)[0]), encoding=encoding)
    with pytest.raises(ValueError, match=r"wide.jsonl is UTF-16.*save it as UTF-8"):
        files.load(path)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("actions", None, "actions of row 4 is None; the column must hold whole"),
        ("actions", 2**70, "actions of row 4 is 1180591620717411303424; "),
        ("obs", [1.0, None, 2.0], r"obs of row 4 is \[1.0, None, 2.0\].*hold numbers"),
        ("obs", {"a": 1}, "obs of row 4 has no list, that of row 0 has 3 values"),
        ("rewards", {"a": 1}, r"rewards of row 4 is {'a': 1}.*hold numbers"),
        ("rewards", "1", "rewards of row 4 is '1'.*hold numbers"),
    ],
)
def test_a_cell_that_is_no_number_is_refused_by_row(
    dataset, tmp_path, column, value, words
):
    rows = rows_of(dataset)
    rows[4][column] = value
    path = write_rows(tmp_path / "bad.jsonl", rows)
    with pytest.raises(ValueError, match=f"bad.jsonl: {words}"):
        files.load(path)


@pytest.mark.parametrize("rows_at_once", [1, 3, 11])
def test_a_file_is_read_in_pieces(dataset, tmp_path, monkeypatch, rows_at_once):
    monkeypatch.setattr(jsonl, "ROWS_AT_ONCE", rows_at_once)
    rows = rows_of(dataset)
    path = write_rows(tmp_path / "rows.jsonl", rows)
    assert_same(files.load(path), dataset)
    rows[7]["obs"] = [1.0]
    with pytest.raises(
        ValueError, match=r"obs of row [67] has .* values, that of row 0"
    ):
        files.load(write_rows(path, rows))
    rows[7]["obs"] = "x"
    with pytest.raises(ValueError, match=r"obs of row 7 "):
        files.load(write_rows(path, rows))


def test_whole_numbers_and_others_make_one_column(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(jsonl, "ROWS_AT_ONCE", 4)
    rows = rows_of(dataset)
    for number, row in enumerate(rows):
        row["rewards"] = 1 if number < 6 else 0.5
    loaded = files.load(write_rows(tmp_path / "rows.jsonl", rows))
    np.testing.assert_array_equal(loaded.rewards, [1.0] * 6 + [0.5] * 5)


def test_a_line_without_an_end_is_not_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(jsonl, "MAX_LINE", 1009)
    (tmp_path / "long.jsonl").write_text("[" + "1," * 1009)
    with pytest.raises(DamagedFileError, match="long.jsonl.*line of more than 1009"):
        files.load(tmp_path / "long.jsonl")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "line 1 is not JSON"),
        ("[1, 2]", r"line 1 is \[1, 2\]; each line must be an object, such as"),
        ("5", "line 1 is 5; each line must be an object"),
    ],
)
def test_other_json_is_refused_by_line(tmp_path, text, words):
    (tmp_path / "odd.jsonl").write_text(text)
    with pytest.raises(ValueError, match=f"odd.jsonl, {words}"):
        files.load(tmp_path / "odd.jsonl")
