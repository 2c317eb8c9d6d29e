"""What `train` returns and what it shows its callbacks between two compiled calls."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from neurojax.types import Key, Params, State, System


class History(NamedTuple):
    """The metrics of every generation of a run, on the host.

    Attributes:
        metrics: one array `(generations, ...)` for each metric; {} before the first.
        generation: `(generations,)`, how many were done after each step: 1, 2, ...
        compile_seconds: tracing and compiling; 0 for systems that run on the host.
        run_seconds: inside generations, without compiling and without callbacks.
    """

    metrics: dict[str, np.ndarray]
    generation: np.ndarray
    compile_seconds: float
    run_seconds: float


NO_HISTORY = History({}, np.zeros(0, np.int64), 0.0, 0.0)


class Chunk(NamedTuple):
    """The generations made since the last look, at least one.

    Attributes:
        state: the system's state now. Its buffers are given away to the next call: copy
            what is to be kept (`copy_state`).
        metrics: one array `(generations in the chunk, ...)` for each metric.
        history: makes the History of the run so far, this chunk included.
        generation: the number of generations done.
        num_generations: the number at which the run ends.
        run_seconds: as in History, of the run so far.
    """

    state: State
    metrics: dict[str, np.ndarray]
    history: Callable[[], History]
    generation: int
    num_generations: int
    run_seconds: float


class Run(NamedTuple):
    """What `train` was asked for, before anything is done.

    Attributes:
        system: what is run.
        key: of the run.
        params: as given; None for the system's own.
        state: where it begins.
        history: what led there; of length 0 at the first generation, or if not given.
        generation: the number of generations done.
        num_generations: the number at which the run ends.
        callbacks: all of them, in their order.
    """

    system: System
    key: Key
    params: Params | None
    state: State
    history: History
    generation: int
    num_generations: int
    callbacks: "Sequence[Callback]"


@runtime_checkable
class Callback(Protocol):
    """Looks at a run between compiled calls, about once a second."""

    def open(self, num_generations: int, generation: int) -> None:
        """Begin: `generation` are done (0, or those of a resumed run)."""
        ...

    def update(self, chunk: Chunk) -> bool:
        """Look at the chunk; True ends the run here."""
        ...

    def close(self) -> None:
        """End, after success, error and Ctrl-C alike."""
        ...


@runtime_checkable
class PreparedCallback(Callback, Protocol):
    """A callback that may refuse a run before any callback has changed anything."""

    def prepare(self, run: Run, held: ExitStack) -> bool:
        """Refuse the run by an error, or return whether it had ended before.

        All callbacks are asked before the first is opened. Nothing that is there may be
        changed here. What is held for the time of the run, such as a lock, is put on
        `held`, which lets it go in the end.
        """
        ...


def metric_of(metrics: dict[str, Any], name: str) -> Any:
    """Return the metric, or raise ValueError listing those there are."""
    if name not in metrics:
        raise ValueError(
            f"metric={name!r} is not among the system's metrics; "
            f"choose one of {sorted(metrics)}."
        )
    return metrics[name]
