"""Worker processes: what they return, how they fail and how they end."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import worker_plays as plays

import neurojax.parallel.workers as workers_module
from neurojax.parallel.workers import WorkerPool, Workers

HANGS = [plays.sleep, plays.sleep_with_the_lock, plays.stop]


def is_running(pid):
    state = subprocess.run(["ps", "-o", "stat=", "-p", f"{pid}"], capture_output=True)
    return state.stdout.strip()[:1] not in (b"", b"Z")


def all_end(pids, seconds=5.0):
    until = time.monotonic() + seconds
    while any(map(is_running, pids)) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(map(is_running, pids))


@pytest.fixture(scope="module")
def workers():
    return Workers(2)


def test_results_come_in_the_order_of_the_items(workers):
    assert isinstance(workers, WorkerPool)
    assert workers.map(plays.squared, list(range(7))) == [0, 1, 4, 9, 16, 25, 36]
    assert workers.map(plays.squared, []) == []


def test_several_processes_work_and_are_used_again(workers):
    first = set(workers.map(plays.process_of, list(range(8))))
    second = set(workers.map(plays.process_of, list(range(8))))
    assert os.getpid() not in first
    assert len(first) == 2 and first == second


def test_workers_leave_accelerators_alone(workers):
    assert workers.map(plays.variable, ["JAX_PLATFORMS"]) == ["cpu"]


def test_starting_them_from_threads_changes_nothing_here():
    main, variables = sys.modules["__main__"], dict(os.environ)
    seen, results = [], []

    def work():
        results.append(Workers(1).map(plays.squared, [3, 4]))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        seen.append(sys.modules["__main__"] is main and dict(os.environ) == variables)
    assert results == [[9, 16]] * 3 and all(seen)


def test_threads_take_turns_at_the_same_workers(workers):
    results = {}
    threads = [
        threading.Thread(
            target=lambda n=n: results.update({n: workers.map(plays.squared, [n] * 20)})
        )
        for n in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {n: [n**2] * 20 for n in range(3)}


def test_an_error_of_the_function_is_the_callers_with_where_it_was_raised(workers):
    with pytest.raises(ValueError, match="number=3 is refused") as told:
        workers.map(plays.refuse, [3])
    assert "worker_plays.py" in str(told.value.__cause__)
    assert workers.map(plays.squared, [3]) == [9]


@pytest.mark.parametrize(
    ("play", "item", "words"),
    [
        (plays.refuse_in_two_parts, 7, "TwoPartError: the motor of 7 is broken"),
        (plays.refuse_with_a_lambda, 7, "ValueError: number=7 is refused"),
        (plays.leave, 4, "SystemExit: 4"),
        (plays.answer_what_cannot_be_sent, 0, "cannot be sent back"),
    ],
)
def test_an_error_that_cannot_be_raised_again_here_is_told(workers, play, item, words):
    with pytest.raises(RuntimeError, match=words):
        workers.map(play, [item])


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (3, "One of 1 worker.*died: it ended with exit code 3"),
        (-signal.SIGKILL, "died: it was killed.*memory.*fewer workers or episodes"),
        (-signal.SIGTERM, "died: it was ended by the signal 15"),
    ],
)
def test_a_dead_worker_is_reported_with_its_end_and_replaced(how, words):
    workers = Workers(1)
    with pytest.raises(RuntimeError, match=words):
        workers.map(plays.end, [how])
    (pid,) = workers.map(plays.process_of, [0])
    os.kill(pid, signal.SIGKILL)  # while it has nothing to do
    assert all_end([pid])
    assert workers.map(plays.squared, [5]) == [25]


def test_they_end_with_the_object():
    own = Workers(1)
    pids = own.map(plays.process_of, [1])
    assert is_running(pids[0])
    del own
    gc.collect()
    assert all_end(pids)


@pytest.mark.parametrize("hang", HANGS)
def test_an_interrupt_ends_them_whatever_they_are_at(hang):
    own = Workers(2)
    pids = own.map(plays.process_of, [1, 2])
    previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        own.map(hang, [0, 0, 0])
    signal.signal(signal.SIGALRM, previous)
    assert time.monotonic() - begun < 5.0 and not any(map(is_running, pids))
    assert own.map(plays.squared, [2]) == [4]


@pytest.mark.parametrize("hang", HANGS)
def test_what_takes_longer_than_allowed_is_ended_and_told(hang, capfd):
    own = Workers(1, timeout_seconds=0.5)
    pids = own.map(plays.process_of, [1])
    with pytest.raises(TimeoutError, match=r"timeout_seconds=0\.5.*chunk_size"):
        own.map(hang, [0])
    assert not any(map(is_running, pids))
    # A process that is stopped can say nothing.
    assert (f"in {hang.__name__}" in capfd.readouterr().err) == (hang != plays.stop)
    assert own.map(plays.squared, [2]) == [4]


PROGRAM = """
import threading, time
import worker_plays as plays
from neurojax.parallel import Workers

teams = [Workers(1) for _ in range(3)]
print(*[team.map(plays.process_of, [0])[0] for team in teams], flush=True)
for team, hang in zip(teams, [plays.sleep, plays.sleep_with_the_lock, plays.stop]):
    threading.Thread(target=team.map, args=(hang, [0])).start()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread must do it")
def test_they_end_with_the_process_that_started_them_whatever_they_are_at():
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    pids = list(map(int, program.stdout.readline().split()))
    time.sleep(0.3)
    assert len(pids) == 3 and all(map(is_running, pids))
    program.kill()
    program.wait()
    program.stdout.close()
    assert all_end(pids)


@pytest.mark.parametrize(
    ("play", "items", "words"),
    [
        (lambda number: number, [1], "play=.*lambda.*cannot be sent to a worker"),
        (5, [1], "play=5 is of type int; it must be a function of one item"),
        (plays.squared, 5, "items=5 must be a list of items"),
        (plays.squared, [threading.Lock()], "an item cannot be sent to a worker.*lock"),
    ],
)
def test_what_cannot_be_sent_is_refused(workers, play, items, words, unchecked):
    with pytest.raises(ValueError, match=words):
        unchecked(workers.map, play, items)


def test_what_the_script_itself_defines_is_told_to_belong_in_a_module(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from neurojax.parallel import Workers\n"
        "def squared(number): return number**2\n"
        "Workers(1).map(squared, [3])\n"
    )
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 1 and "not in the script or notebook" in done.stderr


@pytest.mark.parametrize("number", [0, 2.5, True, None, "2"])
def test_a_number_that_is_none_is_refused(number, unchecked):
    with pytest.raises(ValueError, match=f"number={number!r} must be an integer"):
        unchecked(Workers, number)


@pytest.mark.parametrize("seconds", [0, -1.0, float("nan"), "9"])
def test_a_time_that_is_none_is_refused(seconds, unchecked):
    with pytest.raises(ValueError, match="timeout_seconds=.*above 0"):
        unchecked(Workers, 1, timeout_seconds=seconds)


def test_windows_is_told_to_play_in_process(monkeypatch):
    monkeypatch.setattr(workers_module, "IS_POSIX", False)
    with pytest.raises(NotImplementedError, match="leave `workers` out"):
        Workers(2)
