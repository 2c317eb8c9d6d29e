"""One process of a layout of `benchmarks.devices`: it times cells, host 0 prints rows.

    python -m benchmarks.devices.worker '{"devices": 1, "hosts": 1, "host": 0, ...}'

In a process of its own, as JAX's number of devices cannot change.
"""

import json
import os
import statistics
import sys
import threading
from typing import Any

from benchmarks.devices.traffic import exchanged_bytes
from benchmarks.shared.command import CPU_FLAG

NETWORKS = {"small": (4, 32, 32, 2), "large": (4, 312, 312, 2)}
MAX_STEPS = {"small": 500, "large": 50}  # of an episode; a large network's are dear


def main() -> None:
    """Time every cell on this layout."""
    given = json.loads(sys.argv[1])
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _start(given)
    import jax

    for cell in given["cells"]:
        row = _measure(cell, given["repeats"])
        if jax.process_index() == 0:
            print(json.dumps({**cell, **row}), flush=True)


def _end_with_parent() -> None:
    os.read(0, 1)  # returns when the command, which writes nothing, has ended
    os._exit(1)


def _start(given: dict[str, Any]) -> None:
    _keep_to_own_cores(given["host"] * given["devices"], given["devices"])
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ["XLA_FLAGS"] = ""  # not the parent's, which may set devices
    from neurojax.parallel import add_xla_flags, join_hosts, use_all_cores

    add_xla_flags(CPU_FLAG)
    use_all_cores(given["devices"])
    if given["hosts"] > 1:
        join_hosts(given["coordinator"], given["hosts"], given["host"], timeout=120.0)


def _keep_to_own_cores(first: int, count: int) -> None:
    """One core for each device, where the system lets a process choose its cores."""
    if not hasattr(os, "sched_setaffinity"):
        return
    cores = sorted(os.sched_getaffinity(0))[first : first + count]
    if len(cores) == count:  # else there are more devices than cores
        os.sched_setaffinity(0, cores)


def _system(cell: dict[str, Any]) -> Any:
    import jax

    from neurojax.environments import Gymnax
    from neurojax.networks import MLP
    from neurojax.parallel import member_mesh
    from neurojax.problems import Control
    from neurojax.strategies import Evosax, SimpleES, SimpleGA
    from neurojax.systems import Evolution

    network, size = MLP(NETWORKS[cell["network"]]), cell["population"]
    strategy = {
        "SimpleGA": lambda: SimpleGA(size),
        "SimpleES": lambda: SimpleES(size),
        "Open_ES": lambda: Evosax("Open_ES", size),
    }[cell["strategy"]]()
    steps = MAX_STEPS[cell["network"]]
    problem = Control(Gymnax("CartPole-v1"), network, max_steps=steps)
    mesh = member_mesh() if len(jax.devices()) > 1 else None
    return Evolution(strategy, problem, network.init, mesh=mesh)


def _measure(cell: dict[str, Any], repeats: int) -> dict[str, Any]:
    """Seconds of a generation, what travels in it and what a device holds.

    A generation is timed as `train` runs it. Every layout makes the same generations
    of the same run, so that the episodes are of the same length.
    """
    import jax

    from neurojax.keys import unrolled
    from neurojax.training import train
    from neurojax.tree import num_parameters

    system, key, count = _system(cell), jax.random.key(0), cell["generations"]
    state, _ = train(system, key, count)  # also compiles
    runs = [
        train(system, key, 2 * count, state=state)[1].run_seconds
        for _ in range(repeats)
    ]
    step = jax.jit(lambda key, s: system.step(unrolled(key), s))
    compiled = step.lower(key, system.init(key)).compile()
    best = system.best(state)
    return {
        "parameters": num_parameters(best),
        "seconds": statistics.median(runs) / count,
        "fastest": min(runs) / count,
        "bytes": sum(exchanged_bytes(compiled.as_text() or "").values()),
        "memory": _memory(compiled.memory_analysis()),
        # Of whether all layouts found the same.
        "checksum": float(sum(abs(leaf).sum() for leaf in jax.tree.leaves(best))),
    }


def _memory(stats: Any) -> int:
    """Bytes on each device during a generation: state, next state and in between."""
    state = stats.argument_size_in_bytes + stats.output_size_in_bytes
    return state + stats.temp_size_in_bytes


if __name__ == "__main__":
    main()
