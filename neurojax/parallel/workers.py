"""Processes that play simulators on all cores."""

import contextlib
import os
import signal
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Protocol, TypeVar, runtime_checkable

Item = TypeVar("Item")
Result = TypeVar("Result")

WORKER_VARIABLES = {
    # Products this small lose by a second thread, and the cores are taken.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    # Workers import JAX but leave the parent's accelerator alone.
    "JAX_PLATFORMS": "cpu",
    # A small program is done sooner than a thread is woken for it.
    "JAX_CPU_ENABLE_ASYNC_DISPATCH": "0",
}


@runtime_checkable
class WorkerPool(Protocol):
    """What hands out work: processes of this machine, or of others."""

    def map(self, play: Callable[[Item], Result], items: list[Item]) -> list[Result]:
        """The function's result for each item, in their order."""
        ...


class Workers:
    """Processes that are started when first needed, and again after a failure.

    They end with the object, or with the program. Functions and items are sent to them:
    what they need must be in a module, not in the script or notebook that is run.

    Args:
        number: of processes; `num_cores()` for one per core.

    Raises:
        ValueError: if there is none.
    """

    def __init__(self, number: int):
        if number < 1:
            raise ValueError(f"number={number} of workers must be at least 1.")
        self.number = number
        self._pool: ProcessPoolExecutor | None = None

    def map(self, play: Callable[[Item], Result], items: list[Item]) -> list[Result]:
        """The function's result for each item, in their order.

        Raises:
            RuntimeError: if a worker died.
        """
        pool = self._pool or self._start()
        try:
            with _launching():
                futures = [pool.submit(play, item) for item in items]
            return [future.result() for future in futures]
        except BrokenProcessPool as error:
            self._stop()
            raise RuntimeError(
                f"One of {self.number} worker processes died, most likely killed for "
                "want of memory. Try again, with fewer workers or episodes: each "
                "worker holds one simulator per episode. If an AttributeError about "
                "__main__ stands above, move what it names into a module."
            ) from error
        except BaseException:  # also Ctrl-C, which the workers do not hear
            self._stop()
            raise

    def _start(self) -> ProcessPoolExecutor:
        context = get_context("forkserver")  # JAX has threads: its process cannot fork
        reader, self._leash = context.Pipe(duplex=False)
        self._pool = pool = ProcessPoolExecutor(
            self.number, context, initializer=_start_worker, initargs=(reader,)
        )
        self._shut_down = weakref.finalize(self, pool.shutdown, cancel_futures=True)
        return pool

    def _stop(self) -> None:
        """Do not wait for the networks that are at play."""
        self._pool = None
        self._leash.close()
        self._shut_down()


def _start_worker(leash: Connection) -> None:
    """Leave Ctrl-C to the parent; end as soon as it closes the leash, or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(leash,), daemon=True).start()


def _end_with(leash: Connection) -> None:
    leash.poll(None)  # returns at the end of the pipe: nothing is ever sent
    os._exit(1)


@contextlib.contextmanager
def _launching() -> Iterator[None]:
    """New processes have `WORKER_VARIABLES` and do not run the main module again.

    The variables reach them unless the program has used a fork server before.
    """
    main = sys.modules["__main__"]
    variables = {name: os.environ.get(name) for name in WORKER_VARIABLES}
    os.environ.update(WORKER_VARIABLES)
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
        for name, value in variables.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
