"""Workers on a Ray cluster: processes of many machines (Moritz et al., 2018)."""

import re
import socket
import time
import warnings
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

from neurojax.checks import integer_between, text
from neurojax.parallel.cores import num_cores
from neurojax.parallel.schedule import Schedule
from neurojax.parallel.worker import WORKER_VARIABLES
from neurojax.parallel.workers import Item, Result

CONNECT_SECONDS = 10.0
START_SECONDS = 300.0  # a cluster may have to get a machine first
POLL_SECONDS = 0.2


class RayWorkers:
    """Workers on a Ray cluster, each with one CPU and no GPU.

    A worker that dies, or whose machine does, costs the item it was at, which another
    worker is given. An item that takes far longer than the others is given to a second
    worker as soon as one is free, and the first answer counts; so a function must give
    the same answer each time. Results are in the order of the items and depend on
    neither. Processors of different kinds may round differently.

    Functions of the script that is run are sent to the workers. Modules are not:
    neurojax and the simulators must be installed on every machine. Arrays in items
    cannot be written to. What workers print is in Ray's logs (`/tmp/ray`).

    A connection to Ray that this process already has is used and left as it is. One
    that is made here ends with the last workers that use it: a cluster stays, a Ray
    that was started here does not. Workers end with the object.

    Args:
        number: of workers; None takes one for each CPU of the cluster, those that come
            later included. Workers wait for a free CPU; the others begin without them.
        address: of the cluster: "auto" on one of its machines, "host:port", or
            "ray://host:port" from elsewhere (needs `pip install 'ray[client]'`). None
            uses the connection there is, or else starts Ray on this machine.

    Raises:
        ImportError: if Ray is not installed.
        ValueError: if there is no worker, or the address is none or not the one that
            this process is connected to.
        ConnectionError: if no cluster can be reached.
    """

    def __init__(self, number: int | None = None, address: str | None = None):
        if number is not None:  # None: one for each CPU of the cluster
            integer_between("number", number, 1)
        if address is not None:
            text("address", address, "host:port")
        self._connection = _connect(address, number)
        self.number = number
        self._idle: list[Any] = []
        self._at_work: dict[Any, _Task] = {}
        self._last_loss: Exception | None = None
        weakref.finalize(self, _dismiss, self._idle, self._at_work)
        self._enlist()

    def map(self, play: Callable[[Item], Result], items: list[Item]) -> list[Result]:
        """The function's result for each item, in their order.

        An exception of the function is raised here. Workers that are at work then are
        ended and replaced.

        Raises:
            RuntimeError: if an item's worker died three times, or if no worker could be
                started.
        """
        ray = _ray()
        if not ray.is_initialized():
            raise RuntimeError("The connection to Ray has ended; make new RayWorkers.")
        schedule = Schedule(len(items))
        try:
            function = ray.put(play)  # once, instead of with each item
            self._enlist()
            while not schedule.is_done():
                self._hand_out(schedule, function, items)
                self._take_in(schedule)
        except BaseException:  # also Ctrl-C, which the workers do not hear
            _dismiss([], self._at_work)
            raise
        for ref, task in self._at_work.items():  # as what they are at is answered
            self._at_work[ref] = task._replace(item=None)
        return schedule.results()

    def _enlist(self) -> None:
        """Start the workers that are missing."""
        cpus = int(_ray().cluster_resources().get("CPU", 0))
        wanted = self.number or max(1, cpus)
        for _ in range(wanted - len(self._idle) - len(self._at_work)):
            self._start()

    def _start(self) -> None:
        options = {"num_cpus": 1, "num_gpus": 0, "max_restarts": 0}
        environment = {"env_vars": WORKER_VARIABLES}
        player = _ray().remote(runtime_env=environment, **options)(_Player)
        self._call(player.remote())

    def _call(self, worker: Any) -> None:
        """Have it back when it answers."""
        self._at_work[worker.ready.remote()] = _Task(worker, None, time.monotonic())

    def _hand_out(self, schedule: Schedule, function: Any, items: list[Any]) -> None:
        while self._idle:
            now = time.monotonic()
            item = schedule.next_item(now)
            if item is None:
                return
            worker = self._idle.pop()
            ref = worker.play.remote(function, items[item])
            self._at_work[ref] = _Task(worker, item, now)

    def _take_in(self, schedule: Schedule) -> None:
        ray = _ray()
        self._check_hope(schedule)
        refs, _ = ray.wait(list(self._at_work), timeout=POLL_SECONDS)
        for ref in refs:
            task = self._at_work.pop(ref)
            try:
                answer = ray.get(ref)
            except (
                ray.exceptions.RayTaskError,
                ray.exceptions.UnserializableException,
            ) as error:
                self._idle.append(task.worker)
                if task.item is not None:
                    raise getattr(error, "cause", None) or error from error
            except ray.exceptions.RayError as error:
                self._lose(task, schedule, error)
            else:
                self._idle.append(task.worker)
                if task.item is not None:
                    schedule.answer(task.item, answer, task.begun, time.monotonic())

    def _lose(self, task: "_Task", schedule: Schedule, error: Exception) -> None:
        """Replace a worker; one that failed to start not before the next `map`."""
        self._last_loss = error
        _dismiss([task.worker], {})
        # The idle may have died with it, which is no fault of the items to come.
        while self._idle:
            self._call(self._idle.pop())
        if task.item is not None:
            schedule.lose(task.item, task.begun, error)
            self._start()

    def _check_hope(self, schedule: Schedule) -> None:
        if not self._at_work:
            raise RuntimeError(
                f"No Ray worker could be started. The last failure: {self._last_loss}"
            ) from self._last_loss
        if any(task.item is not None for task in self._at_work.values()):
            return
        if time.monotonic() - schedule.last_change > START_SECONDS:
            raise RuntimeError(
                f"No Ray worker was free within {START_SECONDS:.0f} s. Each needs one "
                f"CPU; free are {_ray().available_resources()}. End what else holds "
                "CPUs of the cluster, or add machines."
            )


class _Task(NamedTuple):
    """What a worker is at."""

    worker: Any
    item: int | None  # None: it starts, or its answer is no longer waited for
    begun: float


class _Player:
    """What runs in a worker."""

    def ready(self) -> None:
        """Answer, once there."""

    def play(self, function: Callable[[Any], Any], item: Any) -> Any:
        return function(item)


class _Connection:
    """A connection to Ray, which ends with the last workers that use it."""

    def __init__(self, address: str | None, number: int | None):
        ray = _ray()
        quiet = {"log_to_driver": False, "logging_level": "ERROR"}
        if address is None:
            cpus = number or num_cores()
            with warnings.catch_warnings():
                # Ray forks to start programs, which do not return to this one.
                warnings.filterwarnings("ignore", r"os\.fork\(\)", RuntimeWarning)
                ray.init("local", num_cpus=cpus, include_dashboard=False, **quiet)
        else:
            _check_reachable(address)
            ray.init(address, **quiet)
        self.address = address
        weakref.finalize(self, ray.shutdown)


# The one that was made here, while it lasts.
_made: "weakref.WeakValueDictionary[str, _Connection]" = weakref.WeakValueDictionary()


def _connect(address: str | None, number: int | None) -> _Connection | None:
    """Keep what is returned for as long as the connection is needed."""
    if not _ray().is_initialized():
        connection = _made["connection"] = _Connection(address, number)
        return connection
    made = _made.get("connection")
    if address is not None and (made is None or made.address != address):
        raise ValueError(
            f"address={address!r} is not the one by which this process is connected to "
            "Ray. Leave it out to use that connection, or call ray.shutdown() first."
        )
    return made


def _check_reachable(address: str) -> None:
    """Ray itself would try for minutes."""
    if address == "auto":
        return
    match = re.fullmatch(r"(ray://)?\[?([^/\]]+)\]?:(\d+)", address)
    if match is None:
        raise ValueError(
            f'address={address!r} of a Ray cluster must be "auto", "host:port" or '
            '"ray://host:port"; None starts Ray on this machine.'
        )
    try:
        where = (match[2], int(match[3]))
        socket.create_connection(where, timeout=CONNECT_SECONDS).close()
    except OSError as error:
        raise ConnectionError(
            f"address={address!r}: no Ray cluster can be reached there ({error}). "
            "`ray start --head` starts one and prints its address."
        ) from error


def _dismiss(idle: list[Any], at_work: dict[Any, _Task]) -> None:
    """End workers at once, whatever they are at."""
    ray = _ray()
    workers = [*idle, *(task.worker for task in at_work.values())]
    idle.clear()
    at_work.clear()
    if ray.is_initialized():
        for worker in workers:
            ray.kill(worker)


def _ray() -> ModuleType:
    try:
        import ray
    except ImportError as error:
        raise ImportError("RayWorkers need Ray: pip install 'neurojax[ray]'") from error
    return ray
