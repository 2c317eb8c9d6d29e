"""What `train` refuses, in the user's words: the argument, the value, the remedy."""

import warnings
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from neurojax import checks
from neurojax.parallel.hosts import is_spread, of_all_hosts
from neurojax.training.callbacks import Callback, History
from neurojax.types import ChecksParams, Key, Params, State, System


def check_arguments(
    system: Any,
    key: Any,
    num_generations: Any,
    callbacks: Any,
    chunk: Any,
    params: Any,
    history: Any,
) -> None:
    """Refuse arguments that cannot be meant, whatever their types."""
    checks.system("system", system)
    if system.jittable:
        _check_hashable(system)
    checks.key("key", key)
    checks.integer_between("num_generations", num_generations, 0)
    checks.integer_between("chunk", chunk, 1)
    if params is not None and isinstance(system, ChecksParams):
        system.check_params(params)
    if history is not None:
        remedy = "must be the History that `restore` or `train` returned."
        checks.instance("history", history, History, remedy)
    if not isinstance(callbacks, Sequence):
        raise ValueError(
            f"callbacks={checks.short(callbacks)} must be a sequence: "
            "callbacks=(callback,)."
        )
    for callback in callbacks:
        if not isinstance(callback, Callback) or isinstance(callback, type):
            raise ValueError(
                f"callbacks holds {checks.short(callback)}, which must be an object "
                "with open, update and close, such as Checkpoint(directory)."
            )


def _check_hashable(system: Any) -> None:
    try:
        hash(system)
    except TypeError as error:
        raise ValueError(
            f"system={checks.short(system)} cannot be hashed ({error}); make it a "
            "frozen dataclass, with tuples for lists, and carry arrays in its state."
        ) from error


def check_state(system: System, state: State, key: Key, params: Params) -> None:
    """Refuse a state that this system would not have begun with, in its shapes."""
    if not system.jittable or jax.process_count() > 1:
        return  # which may do at its start what cannot be traced
    wanted = jax.eval_shape(system.init, key, params)
    if jax.tree.structure(state) != jax.tree.structure(wanted):
        raise ValueError(
            f"state={checks.short(state)} is not made as that of the system, "
            f"{checks.short(wanted)}; pass a state of this very system."
        )
    leaves = jax.tree_util.tree_leaves_with_path(state)
    for (path, leaf), like in zip(leaves, jax.tree.leaves(wanted), strict=True):
        if jnp.shape(leaf) != like.shape:
            raise ValueError(
                f"state{jax.tree_util.keystr(path)} has shape {jnp.shape(leaf)}, and "
                f"that of the system {like.shape}: another network, population or "
                "data; pass a state of this very system."
            )


def generations_done(state: State) -> int:
    """Return `state.generation` as an int, or refuse a state that does not count."""
    if any(isinstance(x, jax.ShapeDtypeStruct) for x in jax.tree.leaves(state)):
        raise ValueError(
            "state holds shapes and no numbers, as jax.eval_shape gives; pass the "
            "state that restore(directory, like) or train returned."
        )
    generation = getattr(state, "generation", None)
    shape, dtype = (
        getattr(generation, "shape", None),
        getattr(generation, "dtype", None),
    )
    if shape != () or dtype != np.int32:
        raise ValueError(
            f"state.generation={checks.short(generation)} must be an int32 array of "
            "shape (), the number of generations done; begin with jnp.int32(0)."
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
