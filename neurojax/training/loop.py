"""Run a system: many generations in one compiled call, callbacks between calls.

The compiled program takes the number of generations as an argument, so whatever the
number, it is compiled once; a loop of dynamic length costs what `lax.scan` costs.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from neurojax.keys import rolled, unrolled
from neurojax.parallel.hosts import gathered, of_first_host, own_copy
from neurojax.training.callbacks import (
    NO_HISTORY,
    Callback,
    Chunk,
    History,
    PreparedCallback,
    Run,
)
from neurojax.training.checks import (
    check_arguments,
    check_generation,
    check_hosts,
    check_metrics,
    check_position,
    check_same_metrics,
    check_state,
    generations_done,
    warn_of_no_finite_fitness,
)
from neurojax.tree import without_data
from neurojax.types import Key, Metrics, Params, State, System

SECONDS_PER_CALL = 0.7  # often enough for a progress bar, rare enough to cost nothing
LARGEST_GROWTH = 16  # of the generations per call, in case one timing is far off


def train(
    system: System,
    key: Key,
    num_generations: int,
    *,
    state: State | None = None,
    history: History | None = None,
    callbacks: Sequence[Callback] = (),
    chunk: int = 1000,
    params: Params | None = None,
) -> tuple[State, History]:
    """Run `system` until `num_generations` are done; return its state and the History.

    Generation g draws from `fold_in(key_run, g)`, so the same call with a restored
    `state` and `history` finishes the same run bit for bit. The caller's `state` stays
    usable. How many generations one call makes follows its measured time, about 0.7
    seconds; this changes no result, only where callbacks look and may end the run.

    On many hosts (`parallel.join_hosts`) each makes the same call and gets the same
    state, whole, and History; callbacks see it whole, too. Host 0's callbacks decide
    when a run ends; `Checkpoint`, `Track` and `Progress` act on host 0 alone.

    Args:
        system: a frozen dataclass, hashed by value: equal ones share one compilation.
        key: split once, into the key of `system.init` and that of all generations.
        num_generations: in total, those already done in `state` included.
        state: where to go on; None begins with `system.init`.
        history: what led to `state`; it is put in front of the History returned.
        callbacks: each looks after every call, in this order.
        chunk: most generations in one call; each metric needs `chunk` times its size in
            device memory.
        params: for `system.init`; without effect when `state` is given.

    Raises:
        ValueError: if an argument is refused, before a generation is run.
    """
    check_arguments(system, key, num_generations, callbacks, chunk, params, history)
    key_init, key_run = jax.random.split(key)
    key_run = unrolled(key_run)  # the same draws, sooner
    is_given = state is not None
    if state is None:
        if history is not None:
            raise ValueError("history needs state: pass the state that it led to.")
        state = system.init(key_init, params)
    generation = generations_done(state)
    history = NO_HISTORY if history is None else history
    check_position(generation, num_generations, history)
    if is_given:
        check_state(system, state, key_init, params)
    asked = Run(
        system, key, params, state, history, generation, num_generations, callbacks
    )
    with ExitStack() as held:
        if _prepare(asked, held):
            return state, history
        state = jax.tree.map(rolled, state)
        for callback in callbacks:
            callback.open(num_generations, generation)
            held.callback(callback.close)
        return _run(system, key_run, state, history, num_generations, callbacks, chunk)


def _prepare(run: Run, held: ExitStack) -> bool:
    """Let every callback refuse the run; return whether there is nothing to do."""
    ended = [
        callback.prepare(run, held)
        for callback in run.callbacks
        if isinstance(callback, PreparedCallback)
    ]
    done = run.generation == run.num_generations or any(ended)
    if jax.process_count() > 1:  # hosts may differ in their callbacks
        (done,) = of_first_host(done)
    return bool(done)


def copy_state(state: State) -> State:
    """Return the state in buffers of its own, which outlive those of `state`.

    Of arrays on many hosts it is this host's copy, made without the others.
    """
    return jax.tree.map(lambda leaf: leaf.copy(), own_copy(state))


def _run(
    system: System,
    key_run: Key,
    state: State,
    earlier: History,
    num_generations: int,
    callbacks: Sequence[Callback],
    chunk: int,
) -> tuple[State, History]:
    """Call, show, call again; return the last state and the whole History."""
    system = without_data(system) if system.jittable else system
    first = generation = generations_done(state)
    compile_seconds, run_seconds = earlier.compile_seconds, earlier.run_seconds
    pieces: list[dict[str, np.ndarray]] = []
    if system.jittable:
        state, seconds = _compile(system, key_run, state, chunk)
        compile_seconds += seconds
    many_hosts = jax.process_count() > 1
    if many_hosts:
        check_hosts(state, generation)
    whole, count, stopped, warned = state, 1, False, False
    while generation < num_generations and not stopped:
        count = min(count, num_generations - generation)
        start = time.perf_counter()
        state, metrics = _step(system, key_run, state, count, chunk)
        seconds = time.perf_counter() - start
        generation += count
        run_seconds += seconds
        check_generation(state, generation)
        check_same_metrics(earlier, metrics)
        warned = warned or warn_of_no_finite_fitness(metrics, generation)
        pieces.append(metrics)
        # The length is fixed now: when interrupted, callbacks close after it has grown.
        span = (len(pieces), first, generation)
        joined = partial(_join, earlier, pieces, span, compile_seconds, run_seconds)
        # Where each host has its own members, one alone cannot copy or save them. All
        # gather, as hosts may differ in their callbacks.
        whole = gathered(state) if many_hosts else state
        shown = Chunk(whole, metrics, joined, generation, num_generations, run_seconds)
        # A list, not a generator: the rest must look even when the first ends the run.
        stopped = any([callback.update(shown) for callback in callbacks])
        count = _next_count(count, seconds, chunk)
        if many_hosts:  # each has its own times, and callbacks, but they act as one
            count, stopped = of_first_host(count, stopped)
    span = (len(pieces), first, generation)
    return whole, _join(earlier, pieces, span, compile_seconds, run_seconds)


def _compile(
    system: System, key_run: Key, state: State, chunk: int
) -> tuple[State, float]:
    """Return a copy of the state, to be given away, and the seconds of compiling."""
    start = time.perf_counter()
    state = jax.tree.map(_strong_copy, state)
    # No generation is run: the call compiles the program for all numbers of them. A
    # state on several devices may come back placed otherwise, and compile once more.
    for _ in range(2):
        state, _ = jax.block_until_ready(_run_chunk(system, key_run, state, 0, chunk))
    return state, time.perf_counter() - start


def _strong_copy(leaf: Any) -> Array:
    # A weakly typed leaf comes back strongly typed, and would compile a second time.
    array = jnp.asarray(leaf)
    return jnp.array(array, dtype=array.dtype, copy=True)


def _step(
    system: System, key_run: Key, state: State, count: int, chunk: int
) -> tuple[State, dict[str, np.ndarray]]:
    """Make `count` generations; the metrics are on the host, `(count, ...)` each."""
    if not system.jittable:
        return _step_on_host(system, key_run, state, count)
    state, buffers = _run_chunk(system, key_run, state, count, chunk)
    # Sliced on the host: on the device every length would compile a slice of its own.
    metrics = {name: np.asarray(rows)[:count].copy() for name, rows in buffers.items()}
    return jax.block_until_ready(state), metrics


@partial(jax.jit, static_argnames=("system", "chunk"), donate_argnames="state")
def _run_chunk(
    system: System, key_run: Key, state: State, count: Int[Array, ""] | int, chunk: int
) -> tuple[State, Metrics]:
    """Make `count <= chunk` generations; metrics are `(chunk, ...)`, filled so far."""
    step = jax.jit(system.step, inline=True)  # traced once for both uses below
    _, shapes = jax.eval_shape(step, key_run, state)
    check_metrics(shapes)
    buffers = {
        name: jnp.zeros((chunk, *s.shape), s.dtype) for name, s in shapes.items()
    }

    def body(index: Array | int, carry: tuple[State, Metrics]) -> tuple[State, Metrics]:
        state, buffers = carry
        key = jax.random.fold_in(key_run, state.generation)
        state, metrics = step(key, state)
        return jax.tree.map(rolled, state), {
            name: jax.lax.dynamic_update_index_in_dim(rows, metrics[name], index, 0)
            for name, rows in buffers.items()
        }

    return jax.lax.fori_loop(0, count, body, (state, buffers))


def _step_on_host(
    system: System, key_run: Key, state: State, count: int
) -> tuple[State, dict[str, np.ndarray]]:
    rows = []
    for _ in range(count):
        key = jax.random.fold_in(key_run, state.generation)
        state, metrics = system.step(key, state)
        state = jax.tree.map(rolled, state)
        check_metrics(metrics)
        rows.append({name: np.asarray(value) for name, value in metrics.items()})
    return state, {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def _next_count(count: int, seconds: float, chunk: int) -> int:
    """Return how many generations should take SECONDS_PER_CALL, from the last call."""
    fitting = int(count * SECONDS_PER_CALL / max(seconds, 1e-6))
    return max(1, min(fitting, count * LARGEST_GROWTH, chunk))


def _join(
    earlier: History,
    pieces: list[dict[str, np.ndarray]],
    span: tuple[int, int, int],
    compile_seconds: float,
    run_seconds: float,
) -> History:
    """Join what came before and the first pieces; `span` is (pieces, first, last)."""
    length, first, last = span
    parts = [*([earlier.metrics] if len(earlier.generation) else []), *pieces[:length]]
    metrics = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
    generation = np.concatenate([earlier.generation, np.arange(first + 1, last + 1)])
    return History(metrics, generation, compile_seconds, run_seconds)
