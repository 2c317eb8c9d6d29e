"""Probes of a system, which is trained, saved and resumed."""

import tempfile
from pathlib import Path
from typing import Any

import jax
import numpy as np

from neurojax.testing.expect import (
    expect,
    expect_arrays,
    expect_equal,
    expect_types,
    keys_used_once,
    satisfying,
    strong,
)
from neurojax.training import History, restore, save, train
from neurojax.types import State, System

GENERATIONS = 5
SAVED_AFTER = 2


def check_system(system: object) -> None:
    """Check that a system does what `train`, `Checkpoint` and `Replicas` rely on.

    Its state is a NamedTuple of arrays that counts generations and keeps its types;
    `fitness` is among the metrics; no key is used twice; the same key gives the same
    run, bit for bit, and so does one that goes on from a saved file.

    Raises:
        ConformanceError: at the first thing that is wrong.
    """
    checked = satisfying(system, System)
    name, key = type(checked).__name__, jax.random.key(0)
    first = checked.init(key)
    _check_state(name, first)
    if checked.jittable:
        _check_step(checked)
    # Saved before other runs, which disturb what is kept outside the state.
    state, history = _saved(checked)
    whole = train(checked, key, GENERATIONS)
    expect("fitness" in whole[1].metrics, f"{name}.step reports no metric 'fitness'.")
    again = train(checked, key, GENERATIONS)
    _expect_same_run(f"{name}, run again:", again, whole, "draw from the key alone")
    resumed = train(checked, key, GENERATIONS, state=state, history=history)
    remedy = "keep in the state all that the next generation needs, and nothing outside"
    _expect_same_run(f"{name}, resumed from a saved file:", resumed, whole, remedy)


def _check_state(name: str, state: Any) -> None:
    expect(
        isinstance(state, tuple) and hasattr(state, "_replace"),
        f"{name}.init returned a {type(state).__name__}; return a NamedTuple.",
    )
    expect_arrays(f"{name}.init's state", state)
    count = np.asarray(getattr(state, "generation", None))
    expect(
        count.dtype == np.int32 and count.shape == () and count == 0,
        f"{name}.init's state.generation is {count!r}; begin with jnp.int32(0), the "
        "number of generations done.",
    )


def _check_step(system: System) -> None:
    """Check what can be told without compiling."""
    name, key = type(system).__name__, jax.random.key(0)
    with keys_used_once(name):
        state = jax.eval_shape(jax.jit(system.init), key)
        after, _ = jax.eval_shape(jax.jit(system.step), key, state)
    remedy = "return it as init made it"
    expect_types(f"{name}.step's state", strong(after), strong(state), remedy)


def _saved(system: System) -> tuple[State, History]:
    """State and history after a few generations, by way of a file."""
    state, history = train(system, jax.random.key(0), SAVED_AFTER)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "probe.safetensors"
        save(path, state, history)
        restored = restore(path, state)
    assert restored is not None  # as it would be if there were no file
    return restored


def _expect_same_run(
    what: str,
    found: tuple[State, History],
    expected: tuple[State, History],
    remedy: str,
) -> None:
    expect_equal(f"{what} state", found[0], expected[0], remedy)
    metrics = found[1].metrics, expected[1].metrics
    expect_equal(f"{what} metrics", *metrics, remedy)
