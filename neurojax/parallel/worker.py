"""A worker process, as the process that started it sees it."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from multiprocessing import Pipe
from multiprocessing.reduction import ForkingPickler
from typing import Any

from neurojax.parallel.serving import RESULT, SHOW, unpickled

__all__ = ["WORKER_VARIABLES", "Worker", "WorkerDiedError", "pickled"]

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

PROGRAM = (
    "import sys; from multiprocessing.connection import Connection; "
    "ours, leash = map(Connection, map(int, sys.argv[1:])); "
    "sys.path[:], sys.argv[:] = ours.recv(); "
    "from neurojax.parallel.serving import serve; serve(ours, leash)"
)
END_SECONDS = 5.0  # a killed process takes a moment
SHOW_SECONDS = 0.3


class WorkerDiedError(RuntimeError):
    """A worker process ended before it answered."""


class Worker:
    """A process that computes functions of items, one at a time.

    It is a program of its own, as JAX has threads, with which a process cannot fork.
    Nothing changes in this process, so any number of threads may start workers.

    Attributes:
        begun: when it was asked what it has not answered (`time.monotonic`), or None.
    """

    def __init__(self) -> None:
        self.begun: float | None = None
        self._connection, theirs = Pipe()
        their_leash, self._leash = Pipe(duplex=False)
        with theirs, their_leash:
            ends = theirs.fileno(), their_leash.fileno()
            self._process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, *map(str, ends)],
                env=os.environ | WORKER_VARIABLES,
                stdin=subprocess.DEVNULL,
                pass_fds=ends,
                # Ctrl-C does not reach it, and what it starts itself ends with it.
                start_new_session=True,
            )
        self._connection.send((sys.path, sys.argv))

    def ask(self, function: Any, item: Any) -> Any:
        """The result of a function, both of them pickled, and of an item.

        An exception of the function is raised here, with its text in the worker as its
        cause.

        Raises:
            WorkerDiedError: if the process ends, or has ended.
            RuntimeError: if the function raised what cannot be raised again here.
            ValueError: if the item cannot be pickled.
        """
        message = pickled("an item", item)
        self.begun = time.monotonic()
        try:
            self._connection.send_bytes(function)
            self._connection.send_bytes(message)
            if self._connection.recv_bytes() == RESULT:
                return unpickled(self._connection.recv_bytes())
            text = self._connection.recv_bytes().decode()
            error = _rebuilt(self._connection.recv_bytes())
        except (EOFError, ConnectionError):
            raise WorkerDiedError(self.death()) from None
        finally:
            self.begun = None
        words = f"A worker process raised:\n{text}"
        if error is None:
            raise RuntimeError(words)
        raise error from RuntimeError(words)

    def is_dead(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def death(self) -> str:
        """How the process, which ended or closed its connection, came to its end."""
        try:
            code = self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            return "it closed its connection and went on"
        if code == -signal.SIGKILL:
            return (
                "it was killed (SIGKILL), most likely for want of memory; try again "
                "with fewer workers or episodes, as each worker holds one simulator "
                "per episode"
            )
        if code < 0:
            return f"it was ended by the signal {-code} ({signal.strsignal(-code)})"
        return f"it ended with exit code {code}"

    def show(self) -> None:
        """Have it print to stderr which line of which file it is at."""
        if SHOW is not None and not self.is_dead():
            self._process.send_signal(SHOW)
            time.sleep(SHOW_SECONDS)

    def kill(self) -> None:
        """End the process, and those that it started, whatever they are at."""
        if not self.is_dead():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self.death()


def pickled(what: str, value: Any) -> Any:
    """The value as bytes for a worker.

    Raises:
        ValueError: if it cannot be pickled.
    """
    try:
        return ForkingPickler.dumps(value)
    except Exception as error:
        raise ValueError(
            f"{what} cannot be sent to a worker process ({error}); functions and "
            "classes must be defined at the top level of a module, and open files, "
            "locks and lambdas cannot be sent."
        ) from error


def _rebuilt(error: bytes) -> Exception | None:
    try:
        return unpickled(error) if error else None
    except Exception:  # such as one that is made of two arguments
        return None
