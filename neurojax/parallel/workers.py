"""Processes that play simulators on all cores."""

import contextlib
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, Protocol, TypeVar, runtime_checkable

from neurojax import checks
from neurojax.parallel.worker import Worker, WorkerDiedError, pickled

Item = TypeVar("Item")
Result = TypeVar("Result")

IS_POSIX = hasattr(os, "killpg")
WATCH_SECONDS = 1.0  # from look to look whether a worker died or is late


@runtime_checkable
class WorkerPool(Protocol):
    """What hands out work: processes of this machine, or of others."""

    def map(self, play: Callable[[Item], Result], items: list[Item]) -> list[Result]:
        """The function's result for each item, in their order."""
        ...


class Workers:
    """Processes that are started when first needed, and again after a failure.

    They end with the object, or with the program, however that ends. Functions and
    items are sent to them: what they need must be in a module, not in the script or
    notebook that is run. Threads may share them, and take turns.

    Args:
        number: of processes; `num_cores()` for one per core.
        timeout_seconds: the most that one item may take, the start of its process and
            the compilation of its networks included; in `HostControl` an item is a
            chunk: up to `chunk_size` episodes, to their ends. None waits: nobody but
            you knows how long a simulator may take, and Ctrl-C ends one that hangs.

    Raises:
        ValueError: if there is no worker, or no time.
        NotImplementedError: on Windows, where processes end otherwise.
    """

    def __init__(self, number: int, timeout_seconds: float | None = None):
        if not IS_POSIX:
            raise NotImplementedError(
                "Workers need Linux, macOS or WSL. On Windows play in this process: "
                "leave `workers` out."
            )
        checks.integer_between("number", number, 1)
        if timeout_seconds is not None:
            checks.positive("timeout_seconds", timeout_seconds)
        self.number = number
        self.timeout_seconds = timeout_seconds
        self._lock = threading.Lock()
        self._workers: list[Worker] = []
        weakref.finalize(self, _end, self._workers)

    def map(self, play: Callable[[Item], Result], items: list[Item]) -> list[Result]:
        """The function's result for each item, in their order.

        An exception of the function is raised here. Workers that are at work then are
        ended and replaced.

        Raises:
            RuntimeError: if a worker died; it says how.
            TimeoutError: if an item took more than `timeout_seconds`.
            ValueError: if the function or an item cannot be sent.
        """
        checks.function("play", play, "a function of one item")
        checks.instance("items", items, Iterable, "must be a list of items.")
        message = pickled(f"play={play!r}", play)
        with self._lock:
            try:
                return self._results(message, list(items))
            except BaseException:  # also Ctrl-C, which the workers do not hear
                _end(self._workers)
                raise

    def _results(self, function: Any, items: list[Any]) -> list[Any]:
        if any(worker.is_dead() for worker in self._workers):
            _end(self._workers)
        while len(self._workers) < min(self.number, len(items)):
            self._workers.append(Worker())
        waiting: SimpleQueue[int] = SimpleQueue()
        answers: SimpleQueue[_Answer] = SimpleQueue()
        for index in range(len(items)):
            waiting.put(index)
        for worker in self._workers:
            given = worker, function, items, waiting, answers
            # Nobody waits for it at the end of the program: a worker may not answer.
            threading.Thread(target=_have_played, args=given, daemon=True).start()
        results: list[Any] = [None] * len(items)
        for _ in items:
            answer = self._next(answers)
            if isinstance(answer.error, WorkerDiedError):
                raise self._lost(str(answer.error)) from answer.error
            if answer.error is not None:
                raise answer.error
            results[answer.index] = answer.result
        return results

    def _next(self, answers: "SimpleQueue[_Answer]") -> "_Answer":
        while True:
            with contextlib.suppress(Empty):
                return answers.get(timeout=self._seconds_to_watch())
            for worker in self._workers:
                # What it started may hold its connection open.
                if worker.begun is not None and worker.is_dead():
                    raise self._lost(worker.death())

    def _seconds_to_watch(self) -> float:
        """How long nothing needs to be looked after."""
        if self.timeout_seconds is None:
            return WATCH_SECONDS
        seconds = WATCH_SECONDS
        for worker in self._workers:
            begun = worker.begun
            if begun is None:
                continue
            left = begun + self.timeout_seconds - time.monotonic()
            if left <= 0:
                worker.show()
                raise TimeoutError(
                    "A worker process gave no answer within timeout_seconds="
                    f"{self.timeout_seconds:g} and was ended. If its simulator hangs, "
                    "stderr tells the line of code where it was; if it is only slow, "
                    "allow more seconds or play fewer episodes at a time (chunk_size)."
                )
            seconds = min(seconds, left)
        return seconds

    def _lost(self, how: str) -> RuntimeError:
        number = len(self._workers)
        return RuntimeError(f"One of {number} worker processes died: {how}.")


class _Answer(NamedTuple):
    """What became of an item."""

    index: int
    result: Any
    error: Exception | None


def _have_played(
    worker: Worker,
    function: Any,
    items: list[Any],
    waiting: "SimpleQueue[int]",
    answers: "SimpleQueue[_Answer]",
) -> None:
    """Hand one worker the items that wait, one after the other."""
    with contextlib.suppress(Empty):
        while True:
            index = waiting.get_nowait()
            try:
                result = worker.ask(function, items[index])
            except Exception as error:
                answers.put(_Answer(index, None, error))
                return
            answers.put(_Answer(index, result, None))


def _end(workers: list[Worker]) -> None:
    """Do not wait for what is at play."""
    while workers:
        workers.pop().kill()
