"""The command line of the scaling study, as a user meets it."""

import dataclasses
import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from toy import toy_dataset

from benchmarks.scaling.args import Args
from benchmarks.scaling.study import Study
from benchmarks.shared.command import run_study
from benchmarks.shared.store import Store
from neurojax.data import Dataset, save

kept_in = partial(Store, command="benchmarks.toy")


def refused(**changes) -> str:
    """What the command says to these arguments."""
    args = dataclasses.replace(Args(), **changes)
    with pytest.raises(SystemExit) as caught:
        args.check()
        run_study(Study, lambda *_: None, args)
    return str(caught.value)


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "toy.npz"
    save(toy_dataset(900, episode=30), path)
    return path


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"methods": ("adan",)}, ("--methods", "adan", "adam")),
        ({"methods": ("cma_er",)}, ("--methods", "cma_er", "cma_es")),
        ({"methods": ()}, ("--methods", "at least one")),
        ({"seeds": 0}, ("--seeds 0", "at least 1")),
        ({"sizes": ()}, ("--sizes", "at least one")),
        ({"sizes": (100, 0)}, ("--sizes", "0")),
        ({"widths": (4, -1)}, ("--widths", "-1")),
        ({"size": -3}, ("--size", "-3")),
        ({"flops": 0.0}, ("--flops", "0")),
        ({"flops": float("nan")}, ("--flops", "nan")),
        ({"updates": 0}, ("--updates", "0")),
        ({"seconds": -1.0}, ("--seconds", "-1")),
        ({"episodes": 0}, ("--episodes", "0")),
        ({"data": "hugingface"}, ("hugingface", "huggingface")),
        ({"data": "missing.parquet"}, ("missing.parquet",)),
        ({"task": "CartPool"}, ("CartPool", "CartPole-v1")),
    ],
)
def test_a_bad_argument_is_named_with_its_value_and_the_remedy(
    tmp_path, changes, words
):
    message = refused(out=tmp_path / "out", **changes)
    for word in words:
        assert word in message
    assert not (tmp_path / "out").exists()


def test_a_size_beyond_the_training_rows_is_refused(tmp_path, file):
    message = refused(data=str(file), sizes=(100, 5000), out=tmp_path / "out")
    assert "5000" in message and "training rows" in message


def test_a_folder_of_other_settings_is_refused_and_kept(tmp_path):
    kept_in(tmp_path, Args().settings(), resume=True).finish("cell", [{"a": 1}])
    with pytest.raises(SystemExit, match="seeds: 10 there, 3 now"):
        kept_in(tmp_path, Args(seeds=3).settings(), resume=True)
    kept = kept_in(tmp_path, Args().settings(), resume=True)
    assert kept.finished("cell") == [{"a": 1}]


def test_a_folder_that_calls_the_reference_seed_stays_valid(tmp_path):
    settings = Args(protocol="reference").settings()
    written = json.dumps(settings | {"protocol": "seed"}, default=str)
    (tmp_path / "settings.json").write_text(written)
    (tmp_path / "cells").mkdir()
    pd.DataFrame([{"a": 1}]).to_parquet(tmp_path / "cells" / "c.parquet")
    with pytest.raises(SystemExit, match="protocol: 'reference' there, 'fair' now"):
        kept_in(tmp_path, settings | {"protocol": "fair"}, resume=True)
    assert kept_in(tmp_path, settings, resume=True).finished("c") == [{"a": 1}]


def test_a_data_file_that_was_replaced_is_refused(tmp_path, file):
    args = Args(data=str(file), methods=("adam",), sizes=(100,), out=tmp_path / "out")
    Study.of(args).store.close()
    Study.of(args).store.close()
    save(toy_dataset(870, episode=30), file)
    message = refused(data=str(file), methods=("adam",), sizes=(100,), out=args.out)
    assert "toy.npz has changed since the results" in message
    Study.of(dataclasses.replace(args, resume=False)).store.close()


def test_no_resume_forgets_the_finished_cells(tmp_path):
    kept_in(tmp_path, {"a": 1}, resume=True).finish("cell", [{"a": 1}])
    assert kept_in(tmp_path, {"a": 2}, resume=False).finished("cell") is None


def test_a_damaged_cell_is_named(tmp_path):
    store = kept_in(tmp_path, {"a": 1}, resume=True)
    store.finish("cell", [{"a": 1}])
    (tmp_path / "cells" / "cell.parquet").write_bytes(b"PAR1 torn")
    with pytest.raises(SystemExit, match=r"cell\.parquet.*delete it"):
        store.finished("cell")


@pytest.mark.slow
def test_the_smoke_run_writes_its_folder_and_the_second_finds_it_finished(
    tmp_path, file
):
    command = [
        *(sys.executable, "-m", "benchmarks.scaling", "--smoke"),
        *("--data", str(file), "--out", str(tmp_path / "out"), "--methods", "adam"),
    ]
    first = subprocess.run(command, capture_output=True, text=True)
    assert first.returncode == 0, first.stderr
    for name in ("runs.parquet", "figure.png", "figure.svg", "table.md", "fits.json"):
        assert (tmp_path / "out" / name).stat().st_size > 0
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert record["seeds"] == [0, 1]
    assert {"command", "commit", "versions", "device"} <= record.keys()
    runs = (tmp_path / "out" / "runs.parquet").read_bytes()
    second = subprocess.run(command, capture_output=True, text=True)
    assert "[1/" in first.stdout and "[1/" not in second.stdout  # nor trained again
    assert (tmp_path / "out" / "runs.parquet").read_bytes() == runs


@pytest.mark.slow
def test_the_lander_is_played(tmp_path):
    rng = np.random.default_rng(0)
    rows, starts = rng.standard_normal((400, 8), np.float32), np.arange(400) % 20 == 0
    actions = rng.integers(0, 4, 400).astype(np.int32)
    rewards = np.ones(400, np.float32)
    save(
        Dataset(rows, actions, rewards, starts, 4, "LunarLander-v3"), tmp_path / "l.npz"
    )
    args = Args(
        task="LunarLander-v3",
        data=str(tmp_path / "l.npz"),
        methods=("adam",),
        out=tmp_path / "out",
    ).smaller()
    frame = pd.DataFrame(Study.of(args).run())
    returns = frame[frame.metric == "return"].value
    assert len(returns) and np.isfinite(returns).all() and (returns < 100).all()


def test_smoke_keeps_the_methods_and_shrinks_the_rest():
    args = Args(methods=("adam",), smoke=True).smaller()
    assert args.methods == ("adam",)
    assert max(args.sizes) <= 100 and args.seeds == 2


def test_options_that_do_not_matter_do_not_part_folders():
    def same(**changes) -> bool:
        args = Args(**changes, protocol="reference")
        return args.settings() == Args(protocol="reference").settings()

    assert same(flops=1.0, methods=("sgd",), out=Path("elsewhere"), widths=(3,))
    assert not same(sizes=(100,))
    assert not same(seeds=3)
