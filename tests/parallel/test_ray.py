"""Workers on Ray: what they return, how they fail, lag and end. Most start a Ray."""

import gc
import os
import socket
import subprocess
import sys
import time
import warnings
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest
import ray_plays as plays

from neurojax.encodings import Gaussian
from neurojax.environments.gymnasium import Gymnasium
from neurojax.networks import MLP
from neurojax.parallel import RayWorkers, Workers
from neurojax.parallel import ray as ray_workers
from neurojax.parallel.workers import WorkerPool
from neurojax.problems import HostControl
from neurojax.strategies import SimpleGA
from neurojax.systems import Evolution
from neurojax.training import train
from neurojax.tree import spawn

KEY = jax.random.key(0)
START_VARIABLES = {
    "PYTHONPATH": str(Path(__file__).parent),  # workers import what they play
    "RAY_raylet_start_wait_time_s": "180",
    "RAY_USAGE_STATS_ENABLED": "0",
}


@pytest.fixture(scope="module")
def local_ray():
    """A Ray that is not ours: two workers, and a CPU for one more."""
    ray = pytest.importorskip("ray")
    options = {"include_dashboard": False, "log_to_driver": False}
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        for name, value in START_VARIABLES.items():
            patch.setenv(name, value)
        warnings.filterwarnings("ignore", r"os\.fork\(\)", RuntimeWarning)
        ray.init("local", num_cpus=3, logging_level="ERROR", **options)
    yield ray
    ray.shutdown()


@pytest.fixture(scope="module")
def workers(local_ray):
    return RayWorkers(2)


@pytest.fixture
def flag(tmp_path):
    path = tmp_path / "flag"
    path.touch()
    return str(path)


def cart_pole(**options):
    problem = HostControl(
        Gymnasium("CartPole-v1"),
        MLP((4, 5, 2)),
        num_episodes=5,
        max_steps=40,
        normalize_observations=True,
        chunk_size=9,
    )
    return replace(problem, **options)


def processes_of(workers, number=2):
    """The workers' processes; those that start are waited for."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        found = set(workers.map(plays.process_of, list(range(12))))
        if len(found) == number:
            return found
    raise AssertionError(f"{found} are not {number} processes")


def assert_same(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


@pytest.mark.slow
def test_results_come_in_the_order_of_the_items(workers):
    assert isinstance(workers, WorkerPool)
    assert workers.map(plays.squared, list(range(7))) == [0, 1, 4, 9, 16, 25, 36]
    assert workers.map(plays.squared, []) == []
    assert workers.map(lambda number: number + 1, [1, 2]) == [2, 3]


@pytest.mark.slow
def test_several_processes_work_are_used_again_and_leave_accelerators_alone(workers):
    first = processes_of(workers)
    assert os.getpid() not in first
    assert processes_of(workers) == first
    names = ["JAX_PLATFORMS", "OMP_NUM_THREADS"]
    assert workers.map(plays.variable, names) == ["cpu", "1"]


@pytest.mark.slow
def test_control_is_that_of_this_process_and_of_workers_bit_for_bit(workers):
    problem = cart_pole()
    population = jax.tree.map(lambda x: 3 * x, spawn(KEY, problem.network.init, 7))
    alone = problem.eval(KEY, population, problem.init(KEY))
    for pool in (workers, RayWorkers(1), Workers(1)):
        crowd = replace(problem, workers=pool)
        assert_same(crowd.eval(KEY, population, crowd.init(KEY)), alone)
    assert len(np.unique(alone[0])) > 1


@pytest.mark.slow
def test_a_run_in_which_a_worker_is_killed_is_the_same(workers, flag):
    def run(problem):
        strategy = SimpleGA(8, variation=Gaussian(0.5))
        return train(Evolution(strategy, problem, problem.network.init), KEY, 3)

    state, history = run(cart_pole())
    fatal = cart_pole(
        environment=plays.Fatal("CartPole-v1", flag=flag), workers=workers
    )
    killed, its_history = run(fatal)
    assert not Path(flag).exists()
    assert_same(jax.tree.leaves(killed), jax.tree.leaves(state))
    assert_same(its_history.metrics, history.metrics)


@pytest.mark.slow
def test_a_death_costs_its_item_alone(workers, flag):
    before = processes_of(workers)
    items = [(number, flag) for number in range(6)]
    assert workers.map(plays.die_once, items) == [n**2 for n in range(6)]
    assert len(before & processes_of(workers)) == 1


@pytest.mark.slow
def test_an_item_that_kills_every_worker_is_an_error(workers):
    with pytest.raises(RuntimeError, match="Item 3 of 5.*3 workers.*The actor died"):
        workers.map(plays.die_at_three, list(range(5)))
    assert workers.map(plays.squared, [5]) == [25]


@pytest.mark.slow
def test_workers_that_died_between_two_calls_are_no_item_s_fault(local_ray, workers):
    before = processes_of(workers)
    for worker in workers._idle:
        local_ray.kill(worker)
    assert workers.map(plays.squared, list(range(4))) == [0, 1, 4, 9]
    assert not before & processes_of(workers)


@pytest.mark.slow
def test_a_late_item_is_given_to_a_second_worker(workers, flag, tmp_path):
    both, end = processes_of(workers), tmp_path / "end"
    items = [(number, flag, str(end)) for number in range(5)]
    assert workers.map(plays.lag_once, items) == [0, 1, 4, 9, 16]
    # The late one is not waited for, and takes part again when it is done.
    assert len(set(workers.map(plays.process_of, list(range(5))))) == 1
    end.touch()
    assert processes_of(workers) == both


@pytest.mark.slow
def test_an_error_of_the_function_is_the_callers_and_is_raised_once(workers):
    with pytest.raises(ValueError, match=r"^number=3 is refused.$"):
        workers.map(plays.refuse, [3])
    with pytest.raises(Exception, match="3 and 5 are odd"):
        workers.map(plays.refuse_oddly, [3])
    assert workers.map(plays.squared, [3]) == [9]


@pytest.mark.slow
def test_an_error_ends_what_the_others_are_at(workers):
    before = processes_of(workers)
    with pytest.raises(ValueError, match="number=0 is refused"):
        workers.map(plays.break_off, [1, 0])
    assert len(before & processes_of(workers)) == 1


@pytest.mark.slow
def test_workers_end_with_the_object_and_leave_a_ray_that_is_not_theirs(local_ray):
    own = RayWorkers(1)
    (process,) = own.map(plays.process_of, [0])
    os.kill(process, 0)
    del own
    gc.collect()
    deadline = time.monotonic() + 60
    while Path(f"/proc/{process}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(f"/proc/{process}").exists()
    assert local_ray.is_initialized()


@pytest.mark.slow
def test_no_free_cpu_is_an_error_in_time(workers, monkeypatch):
    holder = RayWorkers(1)
    holder.map(plays.squared, [0])
    monkeypatch.setattr(ray_workers, "START_SECONDS", 1.0)
    with pytest.raises(RuntimeError, match="No Ray worker was free within 1 s"):
        RayWorkers(1).map(plays.squared, [0])


@pytest.mark.slow
def test_another_address_than_that_of_the_connection_is_refused(local_ray):
    with pytest.raises(ValueError, match="address='auto' is not.*ray.shutdown"):
        RayWorkers(1, "auto")


OWN_RAY = """
import gc, ray
import ray_plays as plays
from neurojax.parallel import RayWorkers
first = RayWorkers()
assert first.map(plays.squared, [1, 2]) == [1, 4]
second = RayWorkers(1)  # shares the connection
del first
gc.collect()
assert second.map(plays.squared, [3]) == [9] and ray.is_initialized()
del second
gc.collect()
assert not ray.is_initialized()
"""

JOINED = """
import sys
import ray_plays as plays
from neurojax.parallel import RayWorkers
print(RayWorkers(1, sys.argv[1]).map(plays.squared, [3]))
"""


def run(script, *arguments):
    environment = {**os.environ, **START_VARIABLES}
    command = [sys.executable, "-W", "error", "-c", script, *arguments]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=300
    )


@pytest.mark.slow
def test_a_ray_that_was_started_ends_with_its_last_workers():
    pytest.importorskip("ray")
    result = run(OWN_RAY)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.slow
def test_a_cluster_that_was_joined_goes_on(local_ray):
    address = local_ray.get_runtime_context().gcs_address
    result = run(JOINED, address)
    assert (result.returncode, result.stdout) == (0, "[9]\n"), result.stderr
    assert local_ray.get(local_ray.put(1)) == 1


def test_no_workers_are_refused():
    with pytest.raises(ValueError, match="number=0 must be an integer at least 1"):
        RayWorkers(0)


def test_a_missing_ray_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ImportError, match=r"pip install 'neurojax\[ray\]'"):
        RayWorkers(1)


@pytest.mark.parametrize("address", ["nonsense", "ray://host", "http://host:80", ":1"])
def test_what_is_no_address_is_refused(address):
    pytest.importorskip("ray")
    with pytest.raises(ValueError, match="must be.*auto.*host:port.*ray://host:port"):
        RayWorkers(1, address)


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_a_cluster_that_is_not_there_is_an_error_in_time(scheme):
    pytest.importorskip("ray")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        address = f"{scheme}127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ConnectionError, match=f"{address}.*ray start --head"):
            RayWorkers(1, address)
