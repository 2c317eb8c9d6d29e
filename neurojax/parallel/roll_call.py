"""Hosts find out whether all are there, before JAX is told to wait for them.

JAX ends a process (SIGABRT) that waits in vain for another, without a word on which.
Here host 0 listens at the coordinator's port, the others say their index there, and all
are told together who is missing, or to go on. The port is then JAX's.
"""

import contextlib
import socket
import time
from collections.abc import Iterable

GO = "go"
PATIENCE = 5.0  # seconds that others wait beyond the time-out for host 0's verdict
LONGEST_LINE = 1000


def call_the_roll(port: int, num_hosts: int, timeout: float) -> None:
    """Wait on host 0 for all others, and tell them to go on or what is wrong.

    Raises:
        TimeoutError, ValueError: see `join_hosts`.
    """
    deadline = time.monotonic() + timeout
    with contextlib.ExitStack() as opened:
        server = opened.enter_context(_listen(port))
        present: dict[int, socket.socket] = {}
        try:
            while len(present) < num_hosts - 1:
                connection = _accept(server, deadline)
                if connection is None:
                    raise TimeoutError(_missing(present, num_hosts, port, timeout))
                opened.enter_context(connection)
                words = _read(connection, min(deadline, time.monotonic() + 1)).split()
                if len(words) != 2 or not all(word.isdecimal() for word in words):
                    continue  # a stranger
                host, expected = map(int, words)
                problem = _problem(host, expected, present, num_hosts)
                if problem:
                    _tell([connection], problem)
                    raise ValueError(problem)
                present[host] = connection
        except (TimeoutError, ValueError) as error:
            _tell(present.values(), str(error))
            raise
        _tell(present.values(), GO)


def join_the_roll(
    address: str, port: int, num_hosts: int, host: int, timeout: float
) -> None:
    """Tell host 0 that this host is there; wait for its word to go on.

    Raises:
        TimeoutError, ValueError: see `join_hosts`.
    """
    deadline = time.monotonic() + timeout
    with _reach(address, port, host, timeout) as connection:
        connection.sendall(f"{host} {num_hosts}\n".encode())
        answer = _read(connection, deadline + PATIENCE)
    if answer == GO:
        return
    if not answer:
        raise TimeoutError(
            f"host={host} reached {address}:{port}, and host 0 ended or fell silent "
            "there; look at its output."
        )
    wrong = TimeoutError if "have not joined" in answer else ValueError
    raise wrong(f"host={host} was told by host 0: {answer}")


def _listen(port: int) -> socket.socket:
    """A server on all addresses, as JAX's own."""
    try:
        if socket.has_dualstack_ipv6():
            return socket.create_server(
                ("", port), family=socket.AF_INET6, dualstack_ipv6=True
            )
        return socket.create_server(("", port))
    except OSError as error:
        raise ValueError(
            f"coordinator's port {port} cannot be opened on host 0 ({error}); choose a "
            "free one, the same on all hosts."
        ) from error


def _accept(server: socket.socket, deadline: float) -> socket.socket | None:
    server.settimeout(max(deadline - time.monotonic(), 0.001))
    try:
        return server.accept()[0]
    except TimeoutError:
        return None


def _reach(address: str, port: int, host: int, timeout: float) -> socket.socket:
    deadline = time.monotonic() + timeout
    while True:
        left = deadline - time.monotonic()
        try:
            return socket.create_connection((address, port), max(left, 0.001))
        except OSError as error:
            if left <= 0.1:
                raise TimeoutError(
                    f"host={host} found no host 0 at {address}:{port} within "
                    f"{timeout:g} s ({error}); check that host 0 runs, with this "
                    "coordinator, and that the port is open to the others."
                ) from error
        time.sleep(0.1)


def _read(connection: socket.socket, deadline: float) -> str:
    """One line, or "" if none comes in time."""
    received = b""
    try:
        while not received.endswith(b"\n") and len(received) < LONGEST_LINE:
            connection.settimeout(max(deadline - time.monotonic(), 0.001))
            piece = connection.recv(LONGEST_LINE)
            if not piece:
                return ""
            received += piece
    except OSError:
        return ""
    return received.decode(errors="replace").strip()


def _tell(connections: Iterable[socket.socket], words: str) -> None:
    for connection in connections:
        with contextlib.suppress(OSError):  # it is gone
            connection.sendall(f"{words}\n".encode())


def _problem(
    host: int, expected: int, present: dict[int, socket.socket], num_hosts: int
) -> str | None:
    if expected != num_hosts:
        return (
            f"host={host} has num_hosts={expected} and host 0 has {num_hosts}; give "
            "all the same."
        )
    if host in present or not 0 < host < num_hosts:
        return (
            f"host={host} joined twice, or beside itself; give each of the "
            f"{num_hosts} hosts an index of its own, from 0."
        )
    return None


def _missing(
    present: dict[int, socket.socket], num: int, port: int, timeout: float
) -> str:
    absent = [host for host in range(1, num) if host not in present]
    return (
        f"hosts {absent} of {num} have not joined within {timeout:g} s; "
        f"{[0, *sorted(present)]} have. Check that the others run, with the same "
        f"coordinator and num_hosts={num}, and that they reach port {port} of host 0."
    )
