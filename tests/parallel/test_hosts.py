"""Two processes of two devices are one machine of four, and find what one finds."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from host_run import GENERATIONS, case, run

from neurojax.parallel import join_hosts, member_mesh
from neurojax.parallel.hosts import is_first_host, is_spread, own_copy
from neurojax.parallel.roll_call import call_the_roll, join_the_roll

SCRIPT = Path(__file__).with_name("host_run.py")
FAST, SLOW = ("ga",), ("ga10", "es", "open_es", "control")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def start(*arguments):
    """A process that compiles as this one does, but without its eight devices."""
    flags = [f for f in os.environ["XLA_FLAGS"].split() if "device_count" not in f]
    own = {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": " ".join(flags)}
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        env={**os.environ, **own},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def outputs(processes, timeout=240):
    """What each said, once all have ended; they are killed if they do not."""
    try:
        return [process.communicate(timeout=timeout)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()


def on_two_hosts(folder, names):
    coordinator = f"127.0.0.1:{free_port()}"
    hosts = [start(SCRIPT, folder, coordinator, 2, host, *names) for host in (0, 1)]
    said = outputs(hosts)
    assert [host.returncode for host in hosts] == [0, 0], "\n".join(said)
    for host in (0, 1):
        (folder / f"said_{host}.txt").write_text(said[host])
    return [dict(np.load(folder / f"found_{host}.npz")) for host in (0, 1)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("two_hosts")


@pytest.fixture(scope="module")
def found(folder):
    return on_two_hosts(folder, FAST)


def assert_same_run(found, expected):
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        # Open_ES divides by the fitness's spread: a last bit grows in some generations.
        np.testing.assert_allclose(
            found[name], values, rtol=1e-5, atol=1e-5, err_msg=name
        )


@pytest.mark.parametrize("devices", [1, pytest.param(4, marks=pytest.mark.slow)])
def test_two_hosts_find_what_one_process_finds(found, tmp_path, devices):
    mesh = None if devices == 1 else member_mesh(devices)
    expected = {}
    for name in FAST:
        expected |= run(name, case(name, mesh), tmp_path)
    for host in found:
        assert_same_run(host, expected)


@pytest.mark.slow
def test_other_strategies_and_problems_too(tmp_path):
    expected = {}
    for name in SLOW:
        expected |= run(name, case(name, None), tmp_path / "alone")
    for host in on_two_hosts(tmp_path, SLOW):
        assert_same_run(host, expected)


def test_both_hosts_have_the_same_bits_and_one_writes(found, folder):
    for name, values in found[0].items():
        np.testing.assert_array_equal(values, found[1][name])
    for name in FAST:
        # Two writers would fight over the files: each row is there once.
        rows = (folder / f"{name}.jsonl").read_text().splitlines()
        steps = [json.loads(row)["generation"] for row in rows]
        assert steps == list(range(1, GENERATIONS + 1))
        files = sorted(file.name for file in (folder / name).iterdir())
        assert files[-1] == f"generation_{GENERATIONS:010d}.safetensors"
        assert not [file for file in files if file.endswith(".tmp")]


def test_what_joined_hosts_cannot_do_is_refused_on_each(found, folder):
    for host in (0, 1):
        said = (folder / f"said_{host}.txt").read_text()
        for words in (
            "the hosts begin with different numbers",
            "mesh spans several hosts",
            "the hosts have joined, but the system runs on this one alone",
            r"hosts go on from different generations, by host: [4, 5]",
            "An array of shape (4,) is spread over hosts",
        ):
            assert f"refused: {words}" in said


def test_alone_a_process_is_the_first_host_and_holds_its_arrays():
    tree = {"a": jnp.arange(3.0), "b": np.arange(2)}
    assert is_first_host() and not is_spread(tree)
    copied = own_copy(tree)
    assert copied["a"] is tree["a"] and copied["b"] is tree["b"]


def at_once(*calls):
    """What each call raised, or None, run beside each other."""
    raised = [None] * len(calls)

    def catch(index, call):
        try:
            call()
        except Exception as error:
            raised[index] = error

    threads = [
        threading.Thread(target=catch, args=pair, daemon=True)
        for pair in enumerate(calls)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return raised


def test_a_host_that_never_joins_is_named_to_all_within_the_time_out():
    port, begun = free_port(), time.monotonic()
    zero, two = at_once(
        lambda: call_the_roll(port, 4, 1.0),
        lambda: join_the_roll("127.0.0.1", port, 4, 2, 1.0),
    )
    assert time.monotonic() - begun < 5
    for error in (zero, two):
        assert isinstance(error, TimeoutError)
        assert "hosts [1, 3] of 4 have not joined within 1 s; [0, 2] have" in str(error)


def test_without_host_0_the_others_say_so_within_the_time_out():
    begun = time.monotonic()
    with pytest.raises(TimeoutError, match="host=1 found no host 0 at 127.0.0.1:"):
        join_the_roll("127.0.0.1", free_port(), 2, 1, 0.5)
    assert time.monotonic() - begun < 3


def test_all_present_go_on_whatever_their_order_and_whoever_else_knocks():
    port = free_port()

    def knock():
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port)) as stranger:
                    stranger.sendall(b"GET / HTTP/1.1\n")
                    return
            except ConnectionRefusedError:
                time.sleep(0.01)

    raised = at_once(
        knock,
        lambda: join_the_roll("127.0.0.1", port, 3, 2, 10.0),
        lambda: join_the_roll("127.0.0.1", port, 3, 1, 10.0),
        lambda: call_the_roll(port, 3, 10.0),
    )
    assert raised == [None] * 4
    assert at_once(lambda: call_the_roll(port, 1, 1.0)) == [None]  # the port is free


@pytest.mark.parametrize(
    "hosts, message",
    [
        ([(3, 1), (3, 1)], "host=1 joined twice"),
        ([(2, 1)], "host=1 has num_hosts=2 and host 0 has 3"),
    ],
)
def test_hosts_that_disagree_are_told(hosts, message):
    port = free_port()
    raised = at_once(
        lambda: call_the_roll(port, 3, 5.0),
        *(
            lambda num=num, host=host: join_the_roll("127.0.0.1", port, num, host, 5.0)
            for num, host in hosts
        ),
    )
    for error in raised:
        assert isinstance(error, ValueError) and message in str(error)


ALONE = "import sys, jax; from neurojax.parallel import join_hosts\n"


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("10.0.0.1", 2, 0), "coordinator='10.0.0.1' must be 'ADDRESS:PORT'"),
        (("10.0.0.1:x", 2, 0), "coordinator='10.0.0.1:x' must be"),
        (("10.0.0.1:80", 2, 2), r"host=2 must be an integer in \[0, 1\]"),
        (("10.0.0.1:80", 2, -1), r"host=-1 must be an integer in \[0, 1\]"),
        (("10.0.0.1:80", 0, 0), "num_hosts=0 must be an integer at least 1"),
        (("10.0.0.1:80", 2, 0, 0.0), "timeout=0.0 must be .* above 0"),
        (("10.0.0.1:80", 2), "host=None belong together"),
        ((None, 2, 1), "coordinator=None, num_hosts=2"),
    ],
)
def test_arguments_that_cannot_be_are_refused(monkeypatch, arguments, message):
    monkeypatch.setattr("neurojax.parallel.hosts._check_not_started", lambda: None)
    with pytest.raises(ValueError, match=message):
        join_hosts(*arguments)


def test_jax_must_not_have_started_and_hosts_join_once():
    jax.devices()
    with pytest.raises(RuntimeError, match="JAX has already started its devices"):
        join_hosts("127.0.0.1:1", 2, 1)
    code = ALONE + (
        "address = sys.argv[1]\n"
        "for arguments in ((), (address, 1, 0), (address, 1, 0)):\n"
        "    try: join_hosts(*arguments)\n"
        "    except (ValueError, RuntimeError) as error: print(error)\n"
        "print(jax.process_count(), 'host')\n"
    )
    (said,) = outputs([start("-c", code, f"127.0.0.1:{free_port()}")])
    assert "JAX finds no cluster here" in said
    assert "join_hosts was called before" in said and "1 host" in said


@pytest.mark.slow
def test_on_a_cluster_too_a_missing_host_is_told_before_jax_ends_the_process(
    monkeypatch,
):
    job = {"JOB_ID": 5, "STEP_NODELIST": "localhost", "NTASKS": 2, "PROCID": 0}
    job |= {"LOCALID": 0, "STEP_NUM_TASKS": 2, "STEP_ID": 0}
    for name, value in job.items():
        monkeypatch.setenv(f"SLURM_{name}", str(value))
    (said,) = outputs([start("-c", ALONE + "join_hosts(timeout=3)")])
    assert "not all hosts of the cluster have joined within 3 s" in said
    assert said.index("join_hosts:") < said.index("DEADLINE_EXCEEDED")
