"""The study of speed: its tables."""

from benchmarks.throughput.report import steps_table


def test_rates_count_the_same_steps_for_all():
    ours = {"peer": "neurojax", "work": "play_x", "cpu_ms": 2.0, "wall_ms": 1.0}
    theirs = {**ours, "peer": "evosax", "cpu_ms": 8.0, "wall_ms": 4.0, "check": {}}
    ours["check"] = {"steps": 4e6, "bytes_per_member": 2500.0}
    # On two threads faster, at a higher price.
    fast = {**ours, "cpu_ms": 3.0, "wall_ms": 0.8}
    rows = steps_table([ours, fast, theirs]).rows
    assert rows[0] == ["play_x", "neurojax", "2e+03", "5e+03", "2.5"]
    assert rows[1] == ["play_x", "evosax", "500", "1e+03", ""]
    assert steps_table([{**theirs, "work": "other"}]).rows == []
