import decimal
import json

import datasets
import numpy as np
import pyarrow
import pyarrow.parquet as pq
import pytest
from data_rows import assert_same, rows_of

from neurojax.data import files, memory
from neurojax.data.tables import dataset_to_table, table_to_columns
from neurojax.storage.damaged import DamagedFileError


def written(table, path):
    pq.write_table(table, path)
    return path


def test_a_column_that_nobody_needs_is_not_decoded(dataset, tmp_path, monkeypatch):
    table = dataset_to_table(dataset).append_column("x", [np.arange(11)])
    path = written(table, tmp_path / "more.parquet")
    asked = []
    whole = pq.ParquetFile.read

    def listen(self, columns):
        asked.extend(columns)
        return whole(self, columns=columns)

    monkeypatch.setattr(pq.ParquetFile, "read", listen)
    assert_same(files.load(path), dataset)
    assert asked == ["obs", "actions", "rewards", "episode_starts"]


def test_more_than_the_machine_holds_is_refused_before_it_is_decoded(
    dataset, tmp_path, monkeypatch
):
    path = written(dataset_to_table(dataset), tmp_path / "large.parquet")
    # 11 rows of 3 + 1 + 1 + 1 numbers, each of 24 bytes
    monkeypatch.setattr(memory, "_memory", lambda: 1583)
    monkeypatch.setattr(pq.ParquetFile, "read", None)
    with pytest.raises(ValueError, match=r"large.parquet of 11 rows.*GB of memory"):
        files.load(path)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"a": 1.0}, r"column rewards of dtype struct<a: double> must hold numbers\.$"),
        (decimal.Decimal("1.5"), r"rewards of dtype decimal.*numbers; cast it to"),
        ("1", "rewards of dtype string must hold numbers"),
    ],
)
def test_a_column_of_another_type_is_refused_by_its_schema(
    dataset, tmp_path, monkeypatch, value, words
):
    rows = [{**row, "rewards": value} for row in rows_of(dataset)]
    path = written(pyarrow.Table.from_pylist(rows), tmp_path / "odd.parquet")
    monkeypatch.setattr(pq.ParquetFile, "read", None)
    with pytest.raises(ValueError, match=f"odd.parquet: .*{words}"):
        files.load(path)


def test_an_empty_cell_of_a_list_is_refused_by_row(dataset, tmp_path):
    rows = rows_of(dataset)
    rows[4]["obs"][1] = None
    path = written(pyarrow.Table.from_pylist(rows), tmp_path / "bad.parquet")
    with pytest.raises(ValueError, match="obs of row 4 has a cell that is empty; drop"):
        files.load(path)


def hub_table(dataset, path, pictures):
    """Write pictures as HuggingFace does; return them as a stream of it has them."""
    columns = {
        "obs": [picture.tolist() for picture in pictures],
        "actions": dataset.actions,
        "rewards": dataset.rewards,
        "episode_starts": dataset.episode_starts,
    }
    features = {
        "obs": datasets.Array2D((2, 3), "float32"),
        "actions": datasets.Value("int64"),
        "rewards": datasets.Value("float32"),
        "episode_starts": datasets.Value("bool"),
    }
    made = datasets.Dataset.from_dict(columns, datasets.Features(features))
    made.to_parquet(path)
    return made.with_format("arrow")[:]


def test_arrays_of_huggingface_keep_their_shape(dataset, tmp_path):
    pictures = np.arange(66, dtype=np.float32).reshape(11, 2, 3)
    table = hub_table(dataset, tmp_path / "hub.parquet", pictures)
    loaded = files.load(tmp_path / "hub.parquet")
    np.testing.assert_array_equal(loaded.observations, pictures)
    columns = table_to_columns(table, None, "the hub")
    np.testing.assert_array_equal(columns["obs"], pictures)


def test_tensors_of_arrow_keep_their_shape(dataset, tmp_path):
    pictures = np.arange(66, dtype=np.float32).reshape(11, 2, 3)
    tensors = pyarrow.FixedShapeTensorArray.from_numpy_ndarray(pictures)
    table = dataset_to_table(dataset).replace_schema_metadata(None)
    table = table.set_column(0, "obs", tensors)
    loaded = files.load(written(table, tmp_path / "tensors.parquet"))
    np.testing.assert_array_equal(loaded.observations, pictures)


@pytest.mark.parametrize("shape", [[2, 2], [4], [3, 0]])
def test_a_shape_that_does_not_fit_is_refused(dataset, tmp_path, shape):
    about = json.dumps({"observation_shape": shape})
    table = dataset_to_table(dataset).replace_schema_metadata({"neurojax": about})
    path = written(table, tmp_path / "odd.parquet")
    with pytest.raises(ValueError, match=r"odd.parquet: observation_shape=\["):
        files.load(path)


def test_metadata_that_are_no_object_are_refused(dataset, tmp_path):
    table = dataset_to_table(dataset).replace_schema_metadata({"neurojax": "[1]"})
    path = written(table, tmp_path / "odd.parquet")
    with pytest.raises(ValueError, match=r"odd.parquet: about=\[1\] must be a JSON"):
        files.load(path)


def test_files_of_older_versions_are_read(dataset, tmp_path):
    table = dataset_to_table(dataset)
    old = {"neurojax": table.schema.metadata[b"neurojax"]}
    path = written(table.replace_schema_metadata(old), tmp_path / "old.parquet")
    assert files.load(path).digest() == dataset.digest()


def test_a_seal_without_words_is_damage(dataset, tmp_path):
    table = dataset_to_table(dataset)
    seal = {"neurojax.sha256": table.schema.metadata[b"neurojax.sha256"]}
    path = written(table.replace_schema_metadata(seal), tmp_path / "cut.parquet")
    with pytest.raises(DamagedFileError, match=r"cut.parquet.*words are missing"):
        files.load(path)


def test_rows_that_were_changed_differ_from_their_seal(dataset, tmp_path):
    path = written(dataset_to_table(dataset).slice(0, 7), tmp_path / "cut.parquet")
    with pytest.raises(DamagedFileError, match=r"cut.parquet.*differ.*neurojax.sha256"):
        files.load(path)
