"""Cells of the scaling study: their budgets, their resumption, their laws."""

import dataclasses

import jax
import numpy as np
import pytest
from toy import toy_dataset

from benchmarks.scaling.laws import fit_law
from benchmarks.scaling.methods import method
from benchmarks.scaling.protocols import Budgets, Fair, Reference, network_of
from benchmarks.shared import trained
from benchmarks.shared.cell import Cell, Plan
from benchmarks.shared.measures import on_rows
from benchmarks.shared.trained import best_scale, run_cell
from neurojax.data import Dataset

SIZES = (100, 300, 1000, 3000, 10_000, 30_000)
# Published with the study: matmul FLOPs of Adam's 150 epochs and of 101 x 100
# evaluations, at the sizes above.
ADAM_FLOPS = (2.1312e8, 6.3936e8, 2.1312e9, 6.3936e9, 2.1312e10, 6.3936e10)
GA_FLOPS = (
    4.78336e9,
    1.435008e10,
    4.78336e10,
    1.435008e11,
    4.78336e11,
    1.435008e12,
)


@pytest.fixture(scope="module")
def large() -> Dataset:
    return toy_dataset(36_000)


@pytest.mark.parametrize(
    "size, adam, ga", list(zip(SIZES, ADAM_FLOPS, GA_FLOPS, strict=True))
)
def test_flops_of_the_reference_protocol_equal_the_published_ones(
    large, size, adam, ga
):
    protocol = Reference.of(large, seeds=1)
    network = network_of(large, (64, 32))
    for name, published in (("adam", adam), ("tournament_ga", ga)):
        cell = protocol.cell(name, network, size)
        assert cell.flops(protocol.plan(cell).points[-1]) == published


def test_a_partial_batch_counts_only_its_rows(large):
    cell = Reference.of(large, seeds=1).cell("adam", network_of(large, (5, 3)), 100)
    assert [cell.samples(g) for g in (1, 2, 3, 4)] == [64, 100, 164, 200]


def test_the_fair_plan_holds_both_budgets_exactly(large):
    budgets = Budgets(updates=37, flops=1e9, seconds=0.0)
    protocol = Fair.of(large, 2, budgets, longest=300)
    for name in ("adam", "simple_ga"):
        cell = protocol.cell(name, network_of(large, (5, 3)), 300, 0.01)
        points = protocol.plan(cell).points
        assert 37 in points
        at_flops = cell.generations_for(1e9, cell.flops)
        assert at_flops in points
        assert cell.flops(at_flops - 1) < 1e9 <= cell.flops(at_flops)


def test_every_method_sees_the_same_subset_and_smaller_ones_lie_inside(large):
    protocol = Fair.of(large, 2, Budgets(1, 1.0, 0.0), longest=300)
    network = network_of(large, (5, 3))
    adam = protocol.cell("adam", network, 300, 0.1)
    ga = protocol.cell("simple_ga", network, 300, 0.1)
    small = protocol.cell("adam", network, 70, 0.1)
    for run in range(2):
        np.testing.assert_array_equal(
            adam.source.subsets[run].observations, ga.source.subsets[run].observations
        )
        np.testing.assert_array_equal(
            adam.source.subsets[run].observations[:70],
            small.source.subsets[run].observations,
        )


def toy_cell(seeds: int = 2) -> tuple[Cell, Dataset]:
    dataset = toy_dataset(900, episode=30)
    protocol = Fair.of(dataset, seeds, Budgets(5, 1e6, 0.0), longest=100)
    return protocol.cell("simple_ga", network_of(dataset, (5, 3)), 70, 0.1), dataset


def without_times(rows: list[dict]) -> list[dict]:
    timed = {"seconds", "compile_seconds", "evaluation_seconds"}
    return [{k: v for k, v in row.items() if k not in timed} for row in rows]


def test_an_interrupted_cell_goes_on_and_equals_the_uninterrupted(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(trained, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    cell, dataset = toy_cell()
    measure = on_rows(cell.network, dataset.take(np.arange(200)))
    plan, key = Plan((2, 4, 6)), jax.random.key(0)
    whole = run_cell(cell, plan, measure, key, tmp_path / "whole")
    calls = []

    def interrupted(weights):
        calls.append(weights)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return measure(weights)

    with pytest.raises(KeyboardInterrupt):
        run_cell(cell, plan, interrupted, key, tmp_path / "cut")
    resumed = run_cell(cell, plan, measure, key, tmp_path / "cut")
    assert without_times(resumed) == without_times(whole)
    assert {row["generation"] for row in resumed} == {2, 4, 6}


def test_a_cell_of_evosax_trains_with_its_own_std(tmp_path):
    cell, dataset = toy_cell()
    cell = dataclasses.replace(cell, method=method("snes"))
    measure = on_rows(cell.network, dataset.take(np.arange(200)))
    rows = run_cell(cell, Plan((2,)), measure, jax.random.key(0), tmp_path / "cell")
    assert all(np.isfinite(row["value"]) for row in rows)


def test_training_improves_the_match(tmp_path):
    cell, dataset = toy_cell()
    measure = on_rows(cell.network, dataset.take(np.arange(200)))
    rows = run_cell(cell, Plan((1, 60)), measure, jax.random.key(0), tmp_path / "cell")
    match = {g: [] for g in (1, 60)}
    for row in rows:
        if row["metric"] == "match":
            match[row["generation"]].append(row["value"])
    assert np.mean(match[60]) > np.mean(match[1]) + 0.1


def test_a_cell_trains_on_until_the_seconds_are_spent(tmp_path):
    cell, dataset = toy_cell()
    measure = on_rows(cell.network, dataset.take(np.arange(50)))
    plan = Plan((2,), seconds=0.05)
    rows = run_cell(cell, plan, measure, jax.random.key(0), tmp_path / "cell")
    assert max(row["seconds"] for row in rows) >= 0.05


def test_the_best_scale_is_that_of_the_best_validation_match():
    rows = [
        {"metric": "validation_match", "scale": scale, "seed": seed, "value": value}
        for scale, seed, value in (
            (0.3, 0, 1.0),  # an earlier point of the run: only ends count
            *((0.1, 0, 0.7), (0.1, 1, 0.8), (0.3, 0, 0.9), (0.3, 1, 0.5)),
        )
    ]
    rows.append(rows[0] | {"metric": "match", "scale": 9.0})
    assert best_scale(rows, "validation_match") == 0.1
    falling = [row | {"metric": "cross_entropy"} for row in rows]
    assert best_scale(falling[:-1], "cross_entropy") == 0.3


def test_the_best_scale_asks_which_way_is_better_and_a_nan_is_the_worst():
    def rows(metric, values):
        return [
            {"metric": metric, "scale": scale, "seed": 0, "value": value}
            for scale, value in values.items()
        ]

    losses = {0.1: float("nan"), 0.2: 0.5, 0.3: 0.4, 0.4: 0.6}
    loss = "validation_cross_entropy"
    assert best_scale(rows(loss, losses), loss) == 0.3
    assert best_scale(rows("return", losses), "return") == 0.4


def test_an_evosax_method_sweeps_its_initial_std():
    cma = method("sep_cma_es")
    assert cma.scale_name == "std_init"
    assert float(cma.params(0.3)["std_init"]) == pytest.approx(0.3)
    assert method("open_es").scales == ()


@pytest.mark.parametrize("c, verdict", [(0.0, "at perfection"), (0.05, "at a floor")])
def test_the_law_is_recovered_and_its_floor_is_told(c, verdict):
    x = np.array([100, 300, 1000, 3000, 10_000, 30_000.0])
    noise = np.random.default_rng(1).normal(0, 0.02, (10, 6))
    law = fit_law(x, (8.0 * x**-0.7 + c) * np.exp(noise))
    assert law is not None
    assert law.b == pytest.approx(0.7, abs=0.07)
    assert law.c == pytest.approx(c, abs=0.004)
    assert law.saturates == verdict


@pytest.mark.slow
def test_a_flat_noisy_curve_leaves_the_floor_undecided():
    x = np.array([100, 300, 1000, 3000, 10_000, 30_000.0])
    noise = np.random.default_rng(1).normal(0, 0.3, (10, 6))
    law = fit_law(x, 0.3 * x**-0.1 * np.exp(noise))
    assert law is not None
    assert law.saturates == "undecided"


def test_three_sizes_are_too_few_for_a_law():
    assert fit_law(np.array([1, 2, 3]), np.ones((2, 3))) is None
