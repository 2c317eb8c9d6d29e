"""Many hosts as one machine, by JAX's own distributed runtime.

Every host runs the same program and joins the others first; JAX then sees the devices
of all. A host here is one process: a machine with accelerators runs one.

What happens when a host goes, by JAX's rules. Killed: the others fail in the generation
at hand (over TCP at once), and end when its heartbeat has been missed for 100 seconds,
with SIGABRT, which no Python code can catch. Failed with an exception: it waits at its
exit for the others, which wait for it in the generation, and JAX ends all after 300
seconds; Ctrl-C on each ends them sooner. A SIGTERM alone ends no joined host: JAX takes
it for the notice of a preemption. Then start all anew: the run goes on from its last
checkpoint, which must lie in a folder that all hosts see.
"""

import sys
import threading
import zlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.sharding import NamedSharding, PartitionSpec

from neurojax import checks
from neurojax.parallel.roll_call import call_the_roll, join_the_roll


def join_hosts(
    coordinator: str | None = None,
    num_hosts: int | None = None,
    host: int | None = None,
    timeout: float = 300.0,
) -> None:
    """Join the hosts of a run; call it on every host, before JAX computes anything.

    Without arguments JAX asks the cluster for them: TPU pods, Slurm, Open MPI and
    Kubernetes answer. It then waits for the hosts itself, and at the time-out ends the
    process, after a word on stderr. With arguments, hosts first call the roll, and
    those present say who is missing.

    Args:
        coordinator: "ADDRESS:PORT" of host 0, with a free port that the others reach.
        num_hosts: how many hosts there are.
        host: this one's index, from 0; each host has its own.
        timeout: seconds to wait for the others.

    Raises:
        ValueError: if an argument is out of its range or only some are given, two hosts
            have one index, or nothing is given and no cluster is found.
        TimeoutError: if not all hosts have joined in time; it names them.
        RuntimeError: if JAX has already started its devices or joined.
    """
    checks.positive("timeout", timeout)
    _check_not_started()
    wait = max(1, round(timeout))
    if coordinator is None and num_hosts is None and host is None:
        _join_cluster(wait)
        return
    address, port = _check_arguments(coordinator, num_hosts, host)
    assert num_hosts is not None and host is not None  # since the check
    if host == 0:
        call_the_roll(port, num_hosts, timeout)
    else:
        join_the_roll(address, port, num_hosts, host, timeout)
    # All are there: what is left takes a moment.
    jax.distributed.initialize(
        coordinator, num_hosts, host, initialization_timeout=max(60, wait)
    )


def is_first_host() -> bool:
    """Whether this host is the one that prints and writes: index 0, or alone."""
    return jax.process_index() == 0


def is_spread(tree: Any) -> bool:
    """Whether an array of the tree has parts on other hosts."""
    return any(
        isinstance(leaf, jax.Array) and not leaf.is_fully_addressable
        for leaf in jax.tree.leaves(tree)
    )


def own_copy(tree: Any) -> Any:
    """The tree with what every host holds whole as this host's arrays alone.

    They can be read and copied by one host without the others.

    Raises:
        ValueError: if an array's parts lie on several hosts.
    """

    def own(leaf: Any) -> Any:
        if not is_spread(leaf):
            return leaf
        if not leaf.is_fully_replicated:
            raise ValueError(
                f"An array of shape {leaf.shape} is spread over hosts, and none holds "
                "it whole; gather it first, as the state that `train` returns is."
            )
        return leaf.addressable_data(0)

    return jax.tree.map(own, tree)


def gathered(tree: Any) -> Any:
    """The tree whole on each host; each must call, and waits for the others."""

    def gather(leaf: Any) -> Any:
        if not is_spread(leaf) or leaf.is_fully_replicated:
            return leaf
        whole = NamedSharding(leaf.sharding.mesh, PartitionSpec())
        return jax.jit(jnp.copy, out_shardings=whole)(leaf)

    return jax.tree.map(gather, tree)


def put(leaf: jax.Array, sharding: jax.sharding.Sharding) -> jax.Array:
    """An array of this host where `sharding` says; every host brings the same."""
    if sharding.is_fully_addressable:
        return jax.device_put(leaf, sharding)
    if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):  # JAX cannot put those
        words = put(jax.random.key_data(leaf), sharding)
        return jax.random.wrap_key_data(words, impl=jax.random.key_impl(leaf))
    # Not device_put, which compares all numbers, and takes NaN for a difference.
    here = np.asarray(leaf)
    return jax.make_array_from_callback(here.shape, sharding, lambda index: here[index])


def of_first_host(*numbers: int) -> tuple[int, ...]:
    """Host 0's numbers, on every host; each must call, and waits for the others."""
    from jax.experimental import multihost_utils

    shared = multihost_utils.broadcast_one_to_all(np.array(numbers, np.int32))
    return tuple(int(number) for number in shared)


def of_all_hosts(number: int) -> list[int]:
    """Every host's number, by host; each must call, and waits for the others."""
    from jax.experimental import multihost_utils

    return multihost_utils.process_allgather(np.int32(number)).tolist()


def check_equal(tree: Any) -> None:
    """Refuse trees of arrays that differ between hosts; each must call.

    While a program is traced there are no numbers to compare yet, and nothing is done.

    Raises:
        ValueError: on every host.
    """
    if any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(tree)):
        return
    digest = 0
    for leaf in jax.tree.leaves(tree):
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            leaf = jax.random.key_data(leaf)
        digest = zlib.crc32(np.asarray(leaf).tobytes(), digest)
    if len(set(of_all_hosts(digest >> 1))) > 1:  # an int32 holds 31 bits
        raise ValueError(
            "the hosts begin with different numbers; give all the same key and the "
            "same options, and load the same data on each."
        )


def _check_not_started() -> None:
    if jax.distributed.is_initialized():
        raise RuntimeError("join_hosts was called before; call it once, at the start.")
    devices = jax.config.jax_num_cpu_devices  # pyright: ignore
    try:  # the number can be changed only while no device is started
        jax.config.update("jax_num_cpu_devices", max(devices, 0) + 1)
    except RuntimeError as error:
        raise RuntimeError(
            "JAX has already started its devices; call join_hosts at the start of the "
            "program, before any array, key or jax.devices()."
        ) from error
    jax.config.update("jax_num_cpu_devices", devices)


def _join_cluster(wait: int) -> None:
    # At the time-out JAX ends the process at once, with words of its own.
    before = threading.Timer(max(0.5, wait - 2), _say_who_waits, (wait,))
    before.daemon = True
    before.start()
    try:
        jax.distributed.initialize(initialization_timeout=wait)
    except ValueError as error:
        raise ValueError(
            f"JAX finds no cluster here ({error}) Pass coordinator='ADDRESS:PORT', "
            "num_hosts and host."
        ) from error
    finally:
        before.cancel()


def _say_who_waits(wait: int) -> None:
    print(
        f"join_hosts: not all hosts of the cluster have joined within {wait} s, and "
        "JAX is about to end this one. Start the script on every host at once; with "
        "coordinator, num_hosts and host given, those missing are named.",
        file=sys.stderr,
        flush=True,
    )


def _check_arguments(coordinator: Any, num_hosts: Any, host: Any) -> tuple[str, int]:
    """The coordinator's address and port."""
    if coordinator is None or num_hosts is None or host is None:
        raise ValueError(
            f"coordinator={coordinator!r}, num_hosts={num_hosts!r} and host={host!r} "
            "belong together; give all three, or none on a cluster that JAX knows."
        )
    address, _, port = str(coordinator).rpartition(":")
    if not address or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise ValueError(
            f"coordinator={coordinator!r} must be 'ADDRESS:PORT' of host 0, such as "
            "'10.0.0.1:1234'."
        )
    checks.integer_between("num_hosts", num_hosts, 1)
    checks.integer_between("host", host, 0, num_hosts - 1)
    return address, int(port)
