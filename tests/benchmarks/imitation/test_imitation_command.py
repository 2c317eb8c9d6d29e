"""The command line of the imitation study and its files, as a user meets them."""

import dataclasses
import json
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from toy import toy_dataset

from benchmarks.imitation.args import Args
from benchmarks.imitation.methods import FAIR, REFERENCE
from benchmarks.imitation.study import Study, options_of, sizes_of
from benchmarks.shared.command import run_study
from benchmarks.shared.store import Store
from neurojax.data import save

kept_in = partial(Store, command="benchmarks.toy")


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("data") / "toy.npz"
    save(toy_dataset(900, episode=30), path)
    return path


def refused(file: Path, **changes) -> str:
    """What the command says to these arguments."""
    given = {"data": str(file), "sizes": ("100",), "methods": ("sgd",), **changes}
    args = dataclasses.replace(Args(), **given)
    with pytest.raises(SystemExit) as caught:
        args.check()
        run_study(Study, lambda *_: None, args)
    return str(caught.value)


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"methods": ("sgdd",)}, ("--methods='sgdd'", "'sgd'")),
        ({"methods": ("simple_ga_fixd",)}, ("simple_ga_fixd", "simple_ga_fixed")),
        ({"methods": ("hybird",)}, ("hybird", "hybrid")),
        ({"methods": ("sgd", "sgd")}, ("--methods", "twice", "sgd")),
        ({"sizes": ()}, ("--sizes is empty",)),
        ({"sizes": ("0",)}, ("--sizes '0'", "at least 1")),
        ({"sizes": ("-5",)}, ("--sizes '-5'",)),
        ({"sizes": ("many",)}, ("--sizes 'many'", "30%")),
        ({"sizes": ("10.5",)}, ("--sizes '10.5'", "whole number")),
        ({"sizes": ("95%",)}, ("--sizes '95%'", "up to 90%")),
        ({"sizes": ("nan%",)}, ("--sizes 'nan%'",)),
        ({"sizes": ("100", "100")}, ("--sizes", "twice")),
        ({"sizes": ("5000",)}, ("--sizes 5000", "training rows")),
        ({"seeds": 0}, ("--seeds 0", "at least 1")),
        ({"updates": 0}, ("--updates 0",)),
        ({"episodes": 0}, ("--episodes 0",)),
        ({"ea_batch": 0}, ("--ea-batch 0",)),
        ({"samples": -1.0}, ("--samples -1.0", "above 0")),
        ({"flops": float("nan")}, ("--flops nan",)),
        ({"seconds": 0.0}, ("--seconds 0.0",)),
        ({"length": float("inf")}, ("--length inf",)),
        ({"elites": 50}, ("--elites 50", "49")),
        ({"es_ddof": 2}, ("--es-ddof 2",)),
        ({"data": "hugingface"}, ("hugingface", "huggingface")),
        ({"data": "missing.parquet"}, ("missing.parquet",)),
        ({"task": "CartPole"}, ("CartPole", "CartPole-v1")),
        ({"split": "transition"}, ("--scales tuned", "--split episode")),
        (
            {"methods": ("hybrid",), "budget": "updates"},
            ("--methods hybrid", "--budget flops"),
        ),
        (
            {"methods": ("hybrid",), "protocol": "reference"},
            ("--methods hybrid", "--protocol fair"),
        ),
    ],
)
def test_a_bad_argument_is_named_with_its_value_and_the_remedy(
    tmp_path, file, changes, words
):
    message = refused(file, out=tmp_path / "out", **changes)
    for word in words:
        assert word in message
    assert not (tmp_path / "out").exists()


def test_a_damaged_data_file_is_named(tmp_path):
    path = tmp_path / "torn.npz"
    path.write_bytes(b"PK torn")
    assert "torn.npz" in refused(path, out=tmp_path / "out")


def test_a_folder_of_other_settings_is_refused_and_kept(tmp_path):
    kept_in(tmp_path, Args().settings(), resume=True).finish("cell", [{"a": 1}])
    with pytest.raises(SystemExit, match="protocol: 'fair' there, 'reference' now"):
        kept_in(tmp_path, Args(protocol="reference").settings(), resume=True)
    kept = kept_in(tmp_path, Args().settings(), resume=True)
    assert kept.finished("cell") == [{"a": 1}]


def test_no_resume_forgets_what_is_half_done(tmp_path):
    store = kept_in(tmp_path, {"a": 1}, resume=True)
    store.keep_weights("cell", (np.ones(3, np.float32),))
    store.checkpoint_folder("cell").mkdir(parents=True)
    store.finish("other", [{"a": 1}])
    store.close()
    fresh = kept_in(tmp_path, {"a": 2}, resume=False)
    assert not fresh.checkpoint_folder("cell").exists()
    assert not fresh.has_weights("cell")
    assert fresh.finished("other") is None


def test_missing_and_damaged_weights_are_named_with_the_remedy(tmp_path):
    store = kept_in(tmp_path, {"a": 1}, resume=True)
    like = (np.zeros((2, 3), np.float32),)
    with pytest.raises(SystemExit, match="cell.safetensors is missing"):
        store.weights("cell", like)
    store.keep_weights("cell", (np.ones((2, 3), np.float32),))
    np.testing.assert_array_equal(store.weights("cell", like)[0], np.ones((2, 3)))
    (tmp_path / "weights" / "cell.safetensors").write_bytes(b"torn")
    with pytest.raises(SystemExit, match="delete .*cell.parquet"):
        store.weights("cell", like)


def test_methods_sizes_and_what_is_drawn_may_change_in_one_folder():
    def same(**changes) -> bool:
        return Args(**changes).settings() == Args().settings()

    assert same(methods=("sgd",), sizes=("7",), x="seconds", seconds=1.0, length=0.5)
    assert not same(flops=1.0)
    assert not same(seeds=3)
    assert not same(ea_batch=3200)


def test_sizes_are_numbers_or_shares_of_all_pairs():
    assert sizes_of(("1e5", "100", "30%"), 500_000) == (100_000, 100, 150_000)


def test_ninety_per_cent_is_cut_to_the_training_rows(tmp_path, file):
    # 30 episodes of 30 rows: 2 to test, 2 to validate, 26 left.
    args = Args(data=str(file), methods=("sgd",), sizes=("90%",), out=tmp_path / "out")
    assert Study.of(args).sizes == (26 * 30,)


def test_each_option_may_be_taken_from_the_other_protocol():
    for name, value in REFERENCE._asdict().items():
        if name in ("split", "scales"):  # tuning needs validation rows
            continue
        options = options_of(Args(**{name: value}))
        assert getattr(options, name) == value
        assert options._replace(**{name: getattr(FAIR, name)}) == FAIR


def command(file: Path, out: Path, *more: str) -> list[str]:
    start = [sys.executable, "-m", "benchmarks.imitation", "--smoke"]
    given = ["--data", str(file), "--out", str(out), "--sizes", "100", *more]
    return [*start, *given, "--methods", "sgd", "simple_ga_adaptive"]


def values(out: Path) -> list:
    """Everything measured, without times."""
    rows = pq.read_table(out / "runs.parquet").to_pylist()
    timed = {"seconds", "compile_seconds", "evaluation_seconds"}
    return [{k: v for k, v in row.items() if k not in timed} for row in rows]


@pytest.mark.slow
def test_a_killed_command_goes_on_and_ends_as_an_uninterrupted(tmp_path, file):
    whole = subprocess.run(
        command(file, tmp_path / "whole"), capture_output=True, text=True
    )
    assert whole.returncode == 0, whole.stderr
    for name in ("figure.png", "figure.svg", "table.md"):
        assert (tmp_path / "whole" / name).stat().st_size > 0
    record = json.loads((tmp_path / "whole" / "run.json").read_text())
    assert record["seeds"][:2] == [0, 1]
    assert record["options"]["ea_batch"] == 32
    assert {"command", "commit", "versions", "device"} <= record.keys()
    cut = subprocess.Popen(command(file, tmp_path / "cut"), stdout=subprocess.DEVNULL)
    while not list((tmp_path / "cut").glob("cells/*.parquet")):
        assert cut.poll() is None
        time.sleep(0.02)
    cut.send_signal(signal.SIGKILL)
    cut.wait()
    again = subprocess.run(
        command(file, tmp_path / "cut"), capture_output=True, text=True
    )
    assert again.returncode == 0, again.stderr
    assert "[1/" not in again.stdout  # the finished cell was not trained again
    assert values(tmp_path / "cut") == values(tmp_path / "whole")


def test_smoke_keeps_the_methods_and_shrinks_the_rest():
    args = Args(methods=("adam",), smoke=True).smaller()
    assert args.methods == ("adam",)
    assert args.seeds == 2 and args.length <= 1e-4
    assert len(Args().smaller().methods) == 4
