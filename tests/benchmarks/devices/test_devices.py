"""The benchmark of devices: bytes of a program's text, the table, the command."""

import subprocess
import sys
from functools import partial

import jax
import jax.numpy as jnp
import pyarrow.parquet as pq
import pytest

from benchmarks.devices import study
from benchmarks.devices.args import Args
from benchmarks.devices.report import table
from benchmarks.devices.traffic import exchanged_bytes
from neurojax.parallel import member_mesh
from neurojax.parallel.mesh import by_member, replicated

TEXT = """
ENTRY %main (a: f32[2]) -> f32[8] {
  %g = f32[8,3]{1,0} all-gather(%a), channel_id=1, replica_groups=[1,4]<=[4]
  %r = (f32[5]{0}, bf16[2,2]{1,0}, pred[7]{0}) all-reduce(%b, %c, %d), to_apply=%add
  %s = u64[] collective-permute-start(%e), source_target_pairs={{0,1}}
  %t = u64[] collective-permute-done(%s)
  %f = f32[100]{0} fusion(%all-gather.1), kind=kLoop, calls=%all-reduce.2
}
"""


def test_bytes_of_each_kind_of_collective_are_summed():
    assert exchanged_bytes(TEXT) == {
        "all-gather": 8 * 3 * 4,
        "all-reduce": 5 * 4 + 4 * 2 + 7,
        "collective-permute": 8,
    }
    assert exchanged_bytes("ENTRY %main { %f = f32[3] add(%a, %b) }") == {}


@pytest.mark.skipif(len(jax.devices()) < 4, reason="fewer than 4 devices")
def test_bytes_of_a_gather_and_a_sum_are_found_in_a_compiled_program():
    mesh = member_mesh(4)
    members = jax.device_put(jnp.ones((12, 5)), by_member(mesh))

    def text(function):
        compiled = jax.jit(function, out_shardings=replicated(mesh)).lower(members)
        return compiled.compile().as_text()

    assert exchanged_bytes(text(lambda x: x + 1)) == {"all-gather": 12 * 5 * 4}
    assert exchanged_bytes(text(lambda x: x.sum(0))) == {"all-reduce": 5 * 4}


def row(layout, population, seconds):
    return {
        "layout": layout,
        "strategy": "SimpleGA",
        "parameters": 10,
        "population": population,
        "seconds": seconds,
        "memory": population * 10**6,
        "bytes": population * 4,
    }


def test_the_table_compares_with_one_device_at_equal_and_at_equal_shares():
    rows = [row("1x1", 8, 1.0), row("1x1", 16, 2.0), row("2x1", 16, 1.25)]
    lines = table(rows, "1x1").rows
    assert [str(cell) for cell in lines[-1][2:]] == [
        *("16", "2x1", "0.8", "1.60", "0.80"),  # 2 / 1.25, 1 / 1.25
        *("16", "64"),
    ]
    assert lines[0][5:7] == ["1.00", "1.00"]


@pytest.mark.parametrize(
    "args, words",
    [
        (Args(layouts=("2",)), "--layouts '2' must be PROCESSESxDEVICES"),
        (Args(layouts=("0x1",)), "--layouts '0x1'"),
        (Args(layouts=()), "--layouts is empty"),
        (Args(layouts=("1x999",)), "--layouts '1x999' has 999 devices; this machine's"),
        (Args(layouts=("2x1", "2x1")), "--layouts names one twice"),
        (Args(strategies=("SimpleGa",)), "--strategies 'SimpleGa' is unknown"),
        (Args(repeats=0), "--repeats 0 must be at least 1"),
    ],
)
def test_a_bad_argument_is_named(args, words):
    with pytest.raises(SystemExit, match=words):
        args.check()


def test_a_layout_that_gives_no_row_in_time_is_ended(monkeypatch):
    monkeypatch.setattr(study, "ROW_SECONDS", 0.2)
    hung = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(hung, stdout=subprocess.PIPE, text=True) as process:
        with pytest.raises(SystemExit, match="layout 1x1 gave no row.*fewer devices"):
            next(study._rows("1x1", [process]))
        assert process.wait(5.0) < 0


@pytest.mark.slow
def test_the_smoke_run_finds_the_same_on_every_layout(tmp_path):
    command = ["-m", "benchmarks.devices", "--smoke", "--out", str(tmp_path)]
    run = partial(subprocess.run, capture_output=True, text=True)
    done, again = (run([sys.executable, *command]) for _ in range(2))
    assert done.returncode == again.returncode == 0, done.stderr + again.stderr
    assert "256 members" in done.stdout and "members" not in again.stdout
    rows = pq.read_table(tmp_path / "runs.parquet").to_pylist()
    assert [row["layout"] for row in rows] == ["1x1"] * 2 + ["1x2"] * 2 + ["2x1"] * 2
    for first, second, third in zip(rows[:2], rows[2:4], rows[4:], strict=True):
        assert first["checksum"] == second["checksum"] == third["checksum"]
        # Half of this and of the next population, and all survivors, half of one.
        assert second["memory"] < (0.5 + 0.5 + 0.5) / 2 * first["memory"]
        # The survivors; fitness, return, length and more of every member.
        survivors = 4 * second["parameters"] * second["population"] // 2
        moved = second["bytes"] - survivors
        assert 0 < moved <= 4 * 6 * second["population"]
    assert (tmp_path / "table.md").read_text().count("\n") == 10
