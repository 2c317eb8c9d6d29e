import ast
from pathlib import Path

import numpy as np
import pytest

from neurojax import data, rl
from neurojax.data import load, save


def test_the_expert_source_is_the_expert(tmp_path):
    dataset = load("expert", "CartPole-v1", num_transitions=7, cache_dir=tmp_path)
    assert (dataset.name, dataset.num_transitions) == ("CartPole-v1", 500)


def test_a_path_is_a_file(dataset, tmp_path):
    save(dataset, tmp_path / "small.npz")
    for source in (tmp_path / "small.npz", str(tmp_path / "small.npz")):
        loaded = load(source, "Small-v0", num_transitions=3)
        np.testing.assert_array_equal(loaded.actions, dataset.actions[:7])
        assert (loaded.name, loaded.num_actions) == ("Small-v0", 7)


def test_a_file_of_another_task_is_refused(dataset, tmp_path):
    save(dataset, tmp_path / "small.npz")
    # Its first episode has actions that LunarLander has too.
    save(dataset.first_episodes(2), tmp_path / "short.npz")
    with pytest.raises(ValueError, match=r"shape \(3,\).*LunarLander-v3.*\(8,\)"):
        load(tmp_path / "short.npz", "LunarLander-v3")
    with pytest.raises(ValueError, match=r"small.npz: actions\[2\]=2.*num_actions=2"):
        load(tmp_path / "small.npz", "CartPole-v1")


@pytest.mark.parametrize(
    ("source", "nearest"),
    [
        ("experts", "expert"),
        ("HuggingFace", "huggingface"),
        ("hugingface", "huggingface"),
    ],
)
def test_an_unknown_source_names_the_nearest(source, nearest):
    with pytest.raises(
        ValueError, match=f"source='{source}'.*mean '{nearest}'.*parquet"
    ):
        load(source, "CartPole-v1")


@pytest.mark.parametrize("source", ["expert", "huggingface"])
def test_an_unknown_task_is_refused_by_every_maker(source):
    with pytest.raises(ValueError, match="task='CartPol'.*did you mean 'CartPole-v1'"):
        load(source, "CartPol")


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize("number", [0, -1, 2.5, "10", float("nan"), True])
@pytest.mark.parametrize("source", ["expert", "huggingface", "small.npz"])
def test_every_source_refuses_what_is_no_number_of_rows(source, number):
    with pytest.raises(ValueError, match=f"num_transitions={number!r} must be an int"):
        load(source, "CartPole-v1", num_transitions=number)


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize("source", [None, 5, ["a.npz"]])
def test_a_source_is_a_name_or_a_path(source):
    with pytest.raises(ValueError, match="source=.* must be one of .*'expert'.*a path"):
        load(source, "CartPole-v1")


def test_a_task_is_known_by_any_spelling(dataset, tmp_path):
    save(dataset, tmp_path / "small.npz")
    with pytest.raises(ValueError, match=r"small.npz: actions\[2\]=2.*num_actions=2"):
        load(tmp_path / "small.npz", "cartpole")


def test_a_missing_file_is_not_taken_for_a_source():
    with pytest.raises(FileNotFoundError, match="no file .*absent.parquet"):
        load("absent.parquet", "CartPole-v1")


@pytest.mark.parametrize("package", [data, rl], ids=["data", "rl"])
def test_optional_libraries_are_imported_in_functions_only(package):
    optional = {"gymnax", "gymnasium", "datasets", "pyarrow", "huggingface_hub"}
    (folder,) = package.__path__
    files = list(Path(folder).rglob("*.py"))
    assert len(files) > 3
    for file in files:
        for node in ast.parse(file.read_text()).body:  # the module's own level
            names = [alias.name for alias in getattr(node, "names", [])]
            roots = {name.split(".")[0] for name in names}
            roots.add((getattr(node, "module", None) or "").split(".")[0])
            assert not roots & optional, file
