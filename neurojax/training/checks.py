"""What `train` refuses, in the user's words: the argument, the value, the remedy."""

import warnings
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from neurojax.parallel.hosts import is_spread, of_all_hosts
from neurojax.training.callbacks import Callback, History
from neurojax.types import State

LARGEST_GENERATION = 2**31 - 1  # state.generation is int32


def check_arguments(
    system: Any, key: Any, num_generations: Any, callbacks: Any, chunk: Any
) -> None:
    """Refuse arguments that cannot be meant, whatever their types."""
    missing = [n for n in ("init", "step", "jittable") if not hasattr(system, n)]
    if missing:
        raise TypeError(
            f"system={system!r} has no {missing[0]!r}; pass a System, such as "
            "neurojax.systems.Evolution(...)."
        )
    if system.jittable:
        _check_hashable(system)
    if (
        not jnp.issubdtype(getattr(key, "dtype", np.float32), jax.dtypes.prng_key)
        or key.shape
    ):
        raise TypeError(f"key={key!r} must be one typed key: jax.random.key(seed).")
    _check_int("num_generations", num_generations, 0)
    _check_int("chunk", chunk, 1)
    if not isinstance(callbacks, Sequence):
        raise TypeError(
            f"callbacks={callbacks!r} must be a sequence: callbacks=(callback,)."
        )
    for callback in callbacks:
        if not isinstance(callback, Callback) or isinstance(callback, type):
            raise TypeError(
                f"callbacks holds {callback!r}, which must be an object with open, "
                "update and close, such as Checkpoint(directory)."
            )


def _check_hashable(system: Any) -> None:
    try:
        hash(system)
    except TypeError as error:
        raise TypeError(
            f"system={system!r} cannot be hashed ({error}); make it a frozen "
            "dataclass, with tuples for lists, and carry arrays in its state."
        ) from error


def _check_int(name: str, value: Any, smallest: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}={value!r} must be an int; write {name}=int(...).")
    if not smallest <= value <= LARGEST_GENERATION:
        raise ValueError(f"{name}={value} must lie in [{smallest}, 2**31 - 1].")


def generations_done(state: State) -> int:
    """Return `state.generation` as an int, or refuse a state that does not count."""
    generation = getattr(state, "generation", None)
    shape, dtype = (
        getattr(generation, "shape", None),
        getattr(generation, "dtype", None),
    )
    if shape != () or dtype != np.int32:
        raise TypeError(
            f"state.generation={generation!r} must be an int32 array of shape (), the "
            "number of generations done; begin with jnp.int32(0)."
        )
    return int(state.generation)


def check_position(generation: int, num_generations: int, history: History) -> None:
    """Refuse a state beyond the end, and a history that did not lead to the state."""
    if generation > num_generations:
        raise ValueError(
            f"num_generations={num_generations} counts all generations, and state has "
            f"done {generation}; ask for at least {generation}."
        )
    if len(history.generation) and history.generation[-1] != generation:
        raise ValueError(
            f"history ends at generation {history.generation[-1]} and state at "
            f"{generation}; pass the two that `restore` or `train` returned together."
        )


def check_hosts(state: State, generation: int) -> None:
    """Refuse joined hosts that run apart, or go on from different generations."""
    if not is_spread(state):
        raise ValueError(
            "the hosts have joined, but the system runs on this one alone; give it "
            "mesh=parallel.member_mesh(), or run the hosts without join_hosts."
        )
    generations = of_all_hosts(generation)
    if len(set(generations)) > 1:
        raise ValueError(
            f"hosts go on from different generations, by host: {generations}; restore "
            "from a folder that all hosts see, and begin all with the same state."
        )


def check_generation(state: State, generation: int) -> None:
    """Refuse a system that does not count its generations: its keys would repeat."""
    if int(state.generation) != generation:
        raise ValueError(
            f"state.generation={int(state.generation)} after generation {generation}; "
            "system.step must return generation=state.generation + 1."
        )


def check_metrics(metrics: Any) -> None:
    """Refuse metrics that are not a dict."""
    if not isinstance(metrics, dict):
        raise TypeError(
            f"system.step returned metrics={metrics!r}; it must return "
            "(state, metrics) with a dict of arrays."
        )


def warn_of_no_finite_fitness(metrics: dict[str, np.ndarray], generation: int) -> bool:
    """Warn if no run's best member had a finite fitness in a generation of the chunk.

    NaN ranks last, so that the best one's is NaN where all are.
    """
    fitness = metrics.get("fitness")
    if fitness is None or not fitness.size:
        return False
    finite = np.isfinite(fitness.reshape(len(fitness), -1).astype(np.float32))
    bad = np.flatnonzero(~finite.any(axis=1))
    if not len(bad):
        return False
    first = generation - len(fitness) + 1 + int(bad[0])
    value = fitness[bad[0]].reshape(-1)[0]
    warnings.warn(
        f"the best fitness of generation {first} is {value}. Likely a reward, an "
        "observation or a loss is NaN or infinite, or a learning rate or a standard "
        "deviation too large; a run seldom recovers from it.",
        stacklevel=4,
    )
    return True


def check_same_metrics(earlier: History, metrics: dict[str, np.ndarray]) -> None:
    """Refuse to join two histories whose metrics differ in name, dtype or shape."""
    if not len(earlier.generation):
        return
    before = {name: (a.dtype, a.shape[1:]) for name, a in earlier.metrics.items()}
    now = {name: (a.dtype, a.shape[1:]) for name, a in metrics.items()}
    if before != now:
        odd = sorted(n for n in before | now if before.get(n) != now.get(n))
        raise ValueError(
            f"history and system differ in the metrics {odd} (name, dtype or shape); "
            "pass the history of this system, or history=None."
        )
