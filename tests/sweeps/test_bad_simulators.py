"""Simulators that misbehave or hang: what is told, who serves on and what is left.

Each game has a limit of time. Whatever a simulator does is told by the environment's
name; the next game is played by the same workers; and however the program ends, none of
its processes is left.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "bad_simulators.py"
LIMIT = 900.0  # seconds for all kinds, on a machine that has other things to do
START_LIMIT, END_LIMIT = 120.0, 10.0
ENDS = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]


def started(*arguments, **options):
    path = os.pathsep.join([str(PROGRAM.parent), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path, "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, str(PROGRAM), *map(str, arguments)]
    return subprocess.Popen(
        command, env=environment, text=True, start_new_session=True, **options
    )


def is_running(pid):
    state = subprocess.run(["ps", "-o", "stat=", "-p", f"{pid}"], capture_output=True)
    return state.stdout.strip()[:1] not in (b"", b"Z")


def descendants(pid):
    """The processes that one started, and those that they did."""
    listed = subprocess.run(
        ["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True
    )
    pairs = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]
    found, fresh = set(), {pid}
    while fresh:
        fresh = {child for child, parent in pairs if parent in fresh} - found
        found |= fresh
    return found


def waited(is_done, seconds):
    until = time.monotonic() + seconds
    while not is_done() and time.monotonic() < until:
        time.sleep(0.05)
    return is_done()


@pytest.mark.slow
@pytest.mark.parametrize("num_workers", [0, 2], ids=["in process", "2 workers"])
def test_what_a_simulator_does_is_told_and_the_next_one_served(num_workers, count):
    process = started(num_workers, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        printed, _ = process.communicate(timeout=LIMIT)
    finally:
        process.kill()
    rows = [json.loads(line) for line in printed.splitlines() if line[:1] == "{"]
    wrong = [row for row in rows if row["found"] != row["wanted"] or not row["serves"]]
    found = Counter(row["found"].partition(":")[0] for row in rows)
    outcomes = {name: found[name] for name in ("clear", "fine", "NaN", "raw")}
    count(
        f"{num_workers} workers",
        {"tried": len(rows), **outcomes, "wrong": len(wrong)},
    )
    assert process.returncode == 0 and len(rows) >= 36
    assert not wrong


@pytest.mark.slow
@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.name)
@pytest.mark.parametrize("hang", ["sleeps", "holds the lock", "is stopped"])
def test_nothing_is_left_of_a_program_whose_simulator_hangs(hang, end, count, tmp_path):
    players = tmp_path / "players"
    process = started(2, hang, players, stderr=subprocess.DEVNULL)
    try:
        assert waited(lambda: num_lines(players) == 2, START_LIMIT)
        family = descendants(process.pid)
        process.send_signal(end)
        has_ended = waited(lambda: process.poll() is not None, END_LIMIT)
        left = waited(lambda: not any(map(is_running, family)), END_LIMIT)
    finally:
        process.kill()
    verdict = {"tried": 1, "ended": int(has_ended), "nothing left": int(left)}
    count(f"{hang}, {end.name}", verdict)
    assert len(family) >= 2 and has_ended and left


@pytest.mark.slow
@pytest.mark.parametrize("hang", ["sleeps", "holds the lock", "is stopped"])
def test_a_hang_is_told_when_the_time_is_out(hang, count, tmp_path):
    players = tmp_path / "players"
    process = started(2, f"{hang} in time", players, stderr=subprocess.PIPE)
    try:
        _, told = process.communicate(timeout=START_LIMIT)
    finally:
        process.kill()
    is_named = f"Hanging(kind='{hang}'" in told and "timeout_seconds=10" in told
    count(f"{hang}, time-out", {"tried": 1, "clear": int(is_named)})
    assert process.returncode == 1 and is_named
    assert not any(map(is_running, players.read_text().split()))


def num_lines(path):
    return len(path.read_text().split()) if path.exists() else 0
