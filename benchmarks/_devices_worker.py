"""One process of a layout of `benchmarks.devices`: it times cells, host 0 prints rows.

    python -m benchmarks._devices_worker '{"devices": 1, "hosts": 1, "host": 0, ...}'

In a process of its own, as JAX's number of devices cannot change.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks._devices_traffic import exchanged_bytes
from benchmarks._start import CPU_FLAGS

Row = dict[str, Any]
NETWORKS = {"small": (4, 32, 32, 2), "large": (4, 312, 312, 2)}
MAX_STEPS = {"small": 500, "large": 50}  # of an episode; a large network's are dear


def main() -> None:
    """Time every cell on this layout."""
    given = json.loads(sys.argv[1])
    _start(given)
    import jax

    for cell in given["cells"]:
        row = _measure(cell, given["repeats"])
        if jax.process_index() == 0:
            print(json.dumps({**cell, **row}), flush=True)


def _start(given: Row) -> None:
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ["XLA_FLAGS"] = CPU_FLAGS  # not the parent's, which may set devices
    from neurojax.parallel import join_hosts, use_all_cores

    use_all_cores(given["devices"])
    if given["hosts"] > 1:
        join_hosts(given["coordinator"], given["hosts"], given["host"], timeout=120.0)


def _system(cell: Row) -> Any:
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


def _measure(cell: Row, repeats: int) -> Row:
    """Seconds of a generation, of its ask and tell, and what travels in it.

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
    strategy, params = system.strategy, state.params
    ask = jax.jit(lambda key, s: strategy.ask(unrolled(key), s, params))
    population, told = ask(key, state.strategy)
    fitness = jax.numpy.arange(cell["population"], dtype="float32")
    tell = jax.jit(lambda *given: strategy.tell(*given, params))
    step = jax.jit(lambda key, s: system.step(unrolled(key), s))
    text = step.lower(key, state).compile().as_text() or ""
    best = system.best(state)
    return {
        "parameters": num_parameters(best),
        "seconds": statistics.median(runs) / count,
        "fastest": min(runs) / count,
        "ask": _time(lambda: ask(key, state.strategy), repeats),
        "tell": _time(lambda: tell(key, population, fitness, told), repeats),
        "bytes": exchanged_bytes(text),
        # Of whether all layouts found the same.
        "checksum": float(sum(abs(leaf).sum() for leaf in jax.tree.leaves(best))),
    }


def _time(call: Callable[[], Any], repeats: int) -> float:
    import jax

    jax.block_until_ready(call())
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        jax.block_until_ready(call())
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
