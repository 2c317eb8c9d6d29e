"""Signal and noise of F1: estimators against each other and against arithmetic."""

import dataclasses
import json
from pathlib import Path

import jax
import numpy as np
import pandas as pd
import pytest
from toy import toy_dataset

from benchmarks.f1_signal import __main__ as command
from benchmarks.f1_signal.args import Args
from benchmarks.f1_signal.noise import compare, mutants, noise_of
from benchmarks.f1_signal.report import table
from benchmarks.f1_signal.study import Study
from neurojax.data import save
from neurojax.networks import MLP
from neurojax.problems import Imitation

NETWORK = MLP((4, 5, 2))
ROWS = 2000


def problem() -> Imitation:
    dataset = toy_dataset(ROWS)
    metrics = ("cross_entropy", "macro_f1", "sampled_macro_f1")
    return Imitation(NETWORK, dataset.observations, dataset.actions, metrics=metrics)


def compared(std: float, batch_sizes: tuple[int, ...], repeats: int = 20) -> dict:
    """Rows of 24 mutants, by batch size and estimator."""
    key_parent, key_mutants, key = jax.random.split(jax.random.key(0), 3)
    population = mutants(key_mutants, NETWORK.init(key_parent), 24, std)
    rows = compare(problem(), key, population, batch_sizes, repeats)
    return {(row["batch_size"], row["estimator"]): row for row in rows}


@pytest.fixture(scope="module")
def of_mutants() -> dict:
    return compared(1e-2, (100, 1600, ROWS))


@pytest.mark.parametrize("batch_size", [100, 1600])
def test_sharing_draws_lowers_the_noise_and_expected_counts_lower_it_more(
    of_mutants, batch_size
):
    own, common, expected = (
        of_mutants[batch_size, name]
        for name in ("sampled_independent", "sampled_common", "expected")
    )
    assert own["signal"] == common["signal"] == expected["signal"] > 0
    assert 3 * expected["noise"] < common["noise"] < own["noise"] / 3
    assert (
        expected["rank_correlation"]
        > common["rank_correlation"]
        > own["rank_correlation"]
    )


def test_all_rows_leave_no_noise_but_that_of_sampling(of_mutants):
    for name in ("expected", "cross_entropy"):
        row = of_mutants[ROWS, name]
        assert row["noise"] < 1e-3 * row["signal"]
        assert row["total_noise"] < 1e-6
        assert row["rank_correlation"] > 0.999
    assert of_mutants[ROWS, "sampled_common"]["noise"] > 1e-5


def test_noise_of_independent_draws_falls_with_the_root_of_the_batch(of_mutants):
    small, large = (of_mutants[b, "sampled_independent"] for b in (100, 1600))
    assert small["noise"] / large["noise"] == pytest.approx(4.0, rel=0.15)


def test_equal_members_differ_by_their_own_draws_alone():
    rows = compared(0.0, (100,), repeats=5)
    for name in ("sampled_common", "expected", "cross_entropy"):
        assert rows[100, name]["noise"] < 1e-7 < rows[100, name]["total_noise"]
    assert rows[100, "sampled_independent"]["noise"] > 1e-3


def test_what_members_share_counts_in_the_total_alone():
    truth = np.array([1.0, 2.0, 3.0])
    found = noise_of(truth + np.array([[1.0], [-1.0]]), truth)
    assert found == pytest.approx((1.0, 0.0, np.sqrt(2.0), 1.0))


def test_noise_worked_by_hand():
    truth = np.array([1.0, 2.0, 3.0])
    # Errors (1, 0, -1) and (-2, 0, 2): variances over members 1 and 4, over repeats
    # 4.5, 0 and 4.5; the first estimate ties all members, the second keeps the order.
    found = noise_of(np.array([[2.0, 2.0, 2.0], [-1.0, 2.0, 5.0]]), truth)
    assert found == pytest.approx((1.0, np.sqrt(2.5), np.sqrt(3.0), 0.5))


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"pairs": 1}, ("--pairs 1", "at least 2")),
        ({"members": 1}, ("--members 1", "at least 2")),
        ({"repeats": 1}, ("--repeats 1", "at least 2")),
        ({"seeds": 0}, ("--seeds 0", "at least 1")),
        ({"steps": ()}, ("--steps", "at least one")),
        ({"steps": (10, -1)}, ("--steps -1", "at least 0")),
        ({"batch_sizes": ()}, ("--batch-sizes", "at least one")),
        ({"batch_sizes": (32, 0)}, ("--batch-sizes 0", "at least 1")),
        ({"batch_sizes": (32, 600), "pairs": 600}, ("--batch-sizes 600", "--pairs")),
        ({"mutation_std": 0.0}, ("--mutation-std 0", "above 0")),
        ({"mutation_std": float("nan")}, ("--mutation-std nan", "above 0")),
    ],
)
def test_a_bad_number_is_named_with_its_value_and_the_remedy(changes, words):
    with pytest.raises(SystemExit) as caught:
        Args(**changes).check()
    for word in words:
        assert word in str(caught.value)


@pytest.fixture
def args(tmp_path, monkeypatch) -> Args:
    """A smoke run on a file; the test's process has its devices already."""
    monkeypatch.setattr(command, "start", lambda device: None)
    path = tmp_path / "toy.npz"
    save(toy_dataset(900, episode=30), path)
    return Args(data=str(path), out=tmp_path / "out").smaller()


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"data": "missing.parquet"}, ("missing.parquet",)),
        ({"data": "hugingface"}, ("hugingface", "huggingface")),
        ({"task": "LunarLander-v3"}, ("LunarLander-v3", "is task=")),
        ({"pairs": 100_000}, ("--pairs 100000", "at most 720")),
    ],
)
def test_data_that_cannot_be_had_is_refused_and_no_folder_made(args, changes, words):
    with pytest.raises(SystemExit) as caught:
        command.run(dataclasses.replace(args, **changes))
    for word in words:
        assert word in str(caught.value)
    assert not args.out.exists()


@pytest.mark.slow
def test_the_smoke_run_writes_its_table_and_record_and_repeats_itself(args, capsys):
    command.run(args)
    written = (args.out / "table.md").read_text()
    assert "signal and noise" in capsys.readouterr().out
    record = json.loads((args.out / "run.json").read_text())
    assert {"command", "commit", "versions", "device", "settings"} <= record.keys()
    rows = pd.read_parquet(args.out / "runs.parquet")
    assert len(rows) == 2 * len(args.steps) * len(args.batch_sizes) * 4
    assert table(rows).markdown() == written
    command.run(dataclasses.replace(args, steps=(20, 30)))  # goes on from the start
    assert "[1/2]" not in capsys.readouterr().out
    again = dataclasses.replace(args, out=Path(f"{args.out}-again"))
    command.run(again)
    assert (again.out / "table.md").read_text() == written


@pytest.mark.slow
def test_seeds_and_stages_differ(args):
    frame = pd.DataFrame(Study.of(args).run())
    expected = frame[frame.estimator == "expected"]
    assert expected.signal.nunique() == len(args.steps) * args.seeds
    assert np.isfinite(frame.select_dtypes("number")).all().all()
