"""The accelerator study: what comes first, what its numbers mean, what time forbids."""

import pandas as pd
import pytest

from benchmarks.accelerator.args import Args
from benchmarks.accelerator.report import card_table, rates_table, with_rates
from benchmarks.accelerator.study import TARGET, Study, in_order
from benchmarks.accelerator.works import IMITATION, WORKS, floor
from benchmarks.peers.plays import MOST_DRAWN, PLAYS, weights_of

PEAKS = {
    "work": "peaks",
    "by": "device",
    "copy_gb_s": 100.0,
    "f32_tflop_s": 2.0,
    "bf16_tflop_s": 4.0,
}


def row(by, wall_ms, **more):
    of = {"work": "play_cartpole", "by": by, "population": 4096}
    return of | {"wall_ms": wall_ms, "compile_s": 1.0} | more


def test_our_rows_at_the_main_population_come_first_then_a_peer_and_the_largest():
    order = in_order(Args())
    num_works = len(WORKS)
    assert order[:num_works] == [(work, "neurojax", 4096) for work in WORKS]
    second = set(order[num_works : 3 * num_works])
    assert {("play_ant", "evosax", 4096), ("play_ant", "neurojax", 65_536)} <= second
    assert len(order) == len(set(order))
    assert {by for _, by, _ in in_order(Args(peers=()))} == {"neurojax"}


def test_the_floor_of_cartpole_is_that_worked_by_hand():
    # 4-64-64-2: 4 * 64 + 64 * 64 + 64 * 2 = 4480 products, and 130 biases.
    least = floor("play_cartpole", 4096, steps=1000)
    assert least.flops == 2 * 4480 * 1000
    # Four episodes of a member share one reading of its 4610 numbers.
    assert least.bytes_read == 4 * 4610 * 1000 / 4
    # 4-50-2: 300 products on 3200 pairs by each of 10 members.
    assert floor(IMITATION, 10, steps=0).flops == 2 * 300 * 3200 * 10


def test_a_peers_rate_is_of_the_steps_that_we_counted():
    ours = row("neurojax", 2.0, steps=1e6, bytes_per_member=2000.0)
    runs = with_rates(pd.DataFrame([PEAKS, ours, row("evosax", 8.0)]))
    rates = runs.set_index("by").rate
    assert rates["neurojax"] == 500.0  # a million in two milliseconds
    assert rates["evosax"] == 125.0
    # 2 * 4480 * 1e6 operations in 2 ms are 4.48 of 2 TFLOP/s.
    assert runs.set_index("by").of_products["neurojax"] == pytest.approx(224.0)
    first = rates_table(runs).rows[0]
    assert first[:5] == ["play_cartpole", 4096, "neurojax", "2", "500"]
    assert "500 (4096)" in card_table(runs).rows[0]


def test_a_folder_with_peaks_alone_still_makes_its_tables():
    runs = with_rates(pd.DataFrame([PEAKS]))
    assert card_table(runs).rows[0][1:] == ["100", "2", "4"]
    assert rates_table(runs).rows == []


def test_a_row_that_would_end_too_late_is_not_begun_and_is_named(tmp_path):
    args = Args(minutes=1.0, populations=(256, 1024), out=tmp_path, peers=())
    study = Study.of(args)
    # Of an earlier call, too: it is read from the folder.
    study.store.finish("play_ant-neurojax-256", [{"row_seconds": 30.0}])
    assert list(study._job(("play_ant", "neurojax", 1024))) == []
    assert study.waiting == ["play_ant-neurojax-1024"]
    (job,) = study._job(("play_cartpole", "neurojax", 1024))  # nothing known: tried
    assert job.name == "play_cartpole-neurojax-1024"


def test_weights_beyond_those_drawn_come_again():
    setting = PLAYS["play_swing_up"]
    few, many = weights_of(setting, MOST_DRAWN), weights_of(setting, MOST_DRAWN + 3)
    for (kernel, bias), (more, more_bias) in zip(few, many, strict=True):
        assert more.shape[0] == more_bias.shape[0] == MOST_DRAWN + 3
        assert (more[:MOST_DRAWN] == kernel).all()
        assert (more[MOST_DRAWN:] == kernel[:3]).all()
        assert (more_bias[:MOST_DRAWN] == bias).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"works": ("ant",)}, "--works 'ant' is unknown"),
        ({"peers": ("torch",)}, "--peers 'torch' is unknown"),
        ({"populations": ()}, "--populations is empty"),
        ({"populations": (256, 256)}, "--populations names one twice"),
        ({"populations": (0,)}, "--populations 0 must be at least 1"),
        ({"minutes": 0.0}, "--minutes 0.0 must be a finite number above 0"),
    ],
)
def test_arguments_that_cannot_be_meant_are_refused(options, words):
    with pytest.raises(SystemExit, match=words):
        Args(**options).check()


@pytest.mark.slow
def test_the_run_to_the_target_is_the_control_studys(tmp_path):
    study = Study.of(Args(smoke=True, device="cpu", out=tmp_path))
    (found,) = study._target(lambda share: None)
    assert found["work"] == TARGET
    assert found["generation"] == 10
