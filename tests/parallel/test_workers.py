"""Worker processes: what they return, how they fail and how they end."""

import gc
import multiprocessing
import os
import signal
import time

import pytest

from neurojax.parallel.workers import WorkerPool, Workers


def squared(number):
    return number**2


def process_of(_):
    time.sleep(0.05)
    return os.getpid()


def variable(name):
    return os.environ.get(name)


def end(_):
    os._exit(3)


def refuse(number):
    raise ValueError(f"number={number} is refused.")


def sleep(_):
    time.sleep(60)


def processes():
    return {process.pid for process in multiprocessing.active_children()}


@pytest.fixture(scope="module")
def workers():
    return Workers(2)


def test_results_come_in_the_order_of_the_items(workers):
    assert isinstance(workers, WorkerPool)
    assert workers.map(squared, list(range(7))) == [0, 1, 4, 9, 16, 25, 36]
    assert workers.map(squared, []) == []


def test_several_processes_work_and_are_used_again(workers):
    first = set(workers.map(process_of, list(range(8))))
    second = set(workers.map(process_of, list(range(8))))
    assert os.getpid() not in first
    assert len(first) == 2 and first == second


def test_workers_leave_accelerators_alone_and_the_parents_variables_as_they_were(
    workers,
):
    before = os.environ.get("JAX_PLATFORMS")
    assert workers.map(variable, ["JAX_PLATFORMS"]) == ["cpu"]
    assert os.environ.get("JAX_PLATFORMS") == before


def test_an_error_of_the_function_is_the_callers(workers):
    with pytest.raises(ValueError, match="number=3 is refused"):
        workers.map(refuse, [3])
    assert workers.map(squared, [3]) == [9]


def test_a_dead_worker_is_reported_and_replaced(workers):
    with pytest.raises(RuntimeError, match="One of 2 worker.*died.*fewer workers"):
        workers.map(end, [0])
    assert workers.map(squared, [5]) == [25]


def test_they_end_with_the_object():
    before = processes()
    own = Workers(1)
    own.map(squared, [1])
    assert len(processes() - before) == 1
    del own
    gc.collect()
    assert processes() == before


def test_an_interrupt_ends_them():
    before, own = processes(), Workers(1)
    own.map(squared, [1])
    previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    with pytest.raises(KeyboardInterrupt):
        own.map(sleep, [0])
    signal.signal(signal.SIGALRM, previous)
    assert processes() == before
    assert own.map(squared, [2]) == [4]


def test_no_workers_are_refused():
    with pytest.raises(ValueError, match="number=0 of workers must be at least 1"):
        Workers(0)
