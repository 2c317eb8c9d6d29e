"""The timed peers do the work they are timed on, and print what throughput reads."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.peers.command import Options
from benchmarks.peers.measure import calibrate, measure
from benchmarks.peers.pairs import train_and_test

REPOSITORY = Path(__file__).parents[3]


def run_peer(module: str, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", f"benchmarks.peers.{module}", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)


def test_measure_counts_warmup_and_repeats():
    calls = []
    timing = measure(calls.append, units=3, repeats=5, warmup=2)
    assert calls == [3] * 7
    assert 0 <= timing.wall_ms_min <= timing.wall_ms
    assert (timing.units, timing.repeats) == (3, 5)


def test_calibrated_units_are_whole_chunks():
    calls = []
    units, compile_s = calibrate(calls.append, chunk=7, seconds=1e-3)
    assert calls == [7, 7, 7]
    assert units > 0 and units % 7 == 0 and compile_s >= 0


def test_measure_refuses_zero_repeats():
    with pytest.raises(ValueError, match="repeats=0"):
        measure(lambda units: None, units=1, repeats=0)


def test_torch_prints_one_row():
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    finished = run_peer("torch", "ga_ce_32", "--repeats", "2", "--seconds", "0.02")
    assert finished.returncode == 0, finished.stderr
    (line,) = finished.stdout.splitlines()
    row = json.loads(line)
    assert (row["peer"], row["work"]) == ("torch", "ga_ce_32")
    assert (row["repeats"], row["threads"]) == (2, 1)
    assert row["versions"]["torch"]
    for name in ("wall_ms", "wall_ms_min", "cpu_ms"):
        assert math.isfinite(row[name]) and row[name] > 0
    assert row["wall_ms_min"] <= row["wall_ms"]
    assert row["compile_s"] >= 0


def test_missing_peer_names_the_extra():
    hide_torch = (
        "import runpy, sys; sys.modules['torch'] = None; sys.argv[1:] = ['ga_ce_32'];"
        "runpy.run_module('benchmarks.peers.torch', run_name='__main__')"
    )
    finished = subprocess.run(
        [sys.executable, "-c", hide_torch],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 3, finished.stderr
    row = json.loads(finished.stdout)
    assert (row["peer"], row["work"]) == ("torch", "ga_ce_32")
    assert "neurojax[bench-peers]" in row["error"]


@pytest.mark.parametrize("variant", [None, "batched"])
@pytest.mark.parametrize("name", ["ga_ce", "es_ce", "ga_f1"])
def test_torch_evolution_lowers_the_loss(name, variant):
    torch = pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    from benchmarks.peers.command import Options

    # One generation of sampled F1 by scikit-learn takes most of a second.
    num_generations = 3 if (name, variant) == ("ga_f1", None) else 50
    options = Options(name, 1, 1, 1.0, 1.0, variant)
    try:
        work = _torch_evolution.work(name, 320, options)
        work.run_units(num_generations)
        losses = work.check()
    finally:
        torch.set_grad_enabled(True)
    assert losses["loss_after"] < 0.9 * losses["loss_before"]


@pytest.mark.parametrize(
    "work", [pytest.param("reference_ga", marks=pytest.mark.slow), "reference_sgd"]
)
@pytest.mark.parametrize("peer", ["neurojax", "torch"])
@pytest.mark.slow
def test_reference_works_train_and_test(peer, work):
    if peer == "torch":
        pytest.importorskip("torch")
        pytest.importorskip("sklearn")
    finished = run_peer(peer, work, "--repeats", "1", "--seconds", "0.5")
    assert finished.returncode == 0, finished.stderr
    row = json.loads(finished.stdout)
    check = row["check"]
    assert check["tests"] >= row["units"] * 2  # a warm-up and a repeat, after set-up
    assert 0 < check["loss_after"] < check["loss_before"] < 1
    assert 0.3 < check["f1_after"] <= 1


def test_adapted_sigmas_go_with_the_survivors():
    torch = pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    from benchmarks.peers.torch.reference import AdaptiveLoop

    population = AdaptiveLoop()
    population.mutate()
    fitness = torch.arange(50.0)
    before = [network[0].clone() for network in population.sigmas]
    population.truncate(fitness)
    for rank in range(25):
        assert torch.equal(population.sigmas[rank][0], before[rank])
        assert torch.equal(population.sigmas[rank + 25][0], before[rank])
    assert not torch.equal(before[0], before[1])


def test_test_pairs_are_others():
    (observations, labels), (others, other_labels) = train_and_test(10_000)
    assert len(observations) == len(labels) == 10_000
    assert len(others) == len(other_labels) == 50_000
    rows = {row.tobytes() for row in observations}
    assert not any(row.tobytes() in rows for row in others)


def test_good_members_play_to_the_end_and_random_ones_do_not():
    pytest.importorskip("gymnax")
    from benchmarks.peers.neurojax.play import play

    lengths = {}
    for name in ("play_cartpole", "play_cartpole_good"):
        work = play(name, Options(name, 1, 1, 0.1, 1.0, population=16))
        work.run_units(1)
        found = work.check()
        lengths[name] = found["mean_return"]
        assert found["steps"] == pytest.approx(16 * 4 * found["mean_return"])
    assert lengths["play_cartpole_good"] == 500 > 2 * lengths["play_cartpole"]
