"""What runs in a worker process: it answers, and ends with the one that started it."""

import contextlib
import faulthandler
import os
import signal
import threading
import traceback
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None

__all__ = ["ERROR", "RESULT", "SHOW", "serve", "unpickled"]

RESULT, ERROR = b"result", b"error"
SHOW = getattr(signal, "SIGUSR1", None)  # asks a worker where it stands

UNREADABLE = (
    "What a worker process was sent cannot be read there; functions and classes must "
    "be in a module that it can import, not in the script or notebook that is run:\n"
)
UNSENDABLE = "What a worker process computed cannot be sent back:\n"


def serve(connection: Connection, leash: Connection) -> None:
    """Answer requests until either connection is closed at its other end.

    A request is a pickled function and a pickled item. The answer is `RESULT` and the
    pickled result; or `ERROR`, a text and the pickled exception, which is empty where
    the text must do.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    faulthandler.enable()  # a crash tells where, on stderr
    if SHOW is not None:
        faulthandler.register(SHOW)
    _end_with(leash)
    with contextlib.suppress(EOFError, OSError):  # the parent has gone
        while True:
            for message in _answer(connection.recv_bytes(), connection.recv_bytes()):
                connection.send_bytes(message)


def _answer(function: bytes, item: bytes) -> tuple[Any, ...]:
    try:
        play, argument = unpickled(function), unpickled(item)
    except BaseException as error:
        return ERROR, _told(error, UNREADABLE), b""
    try:
        result = play(argument)
    except BaseException as error:
        return ERROR, _told(error), _pickled(error)
    try:
        return RESULT, ForkingPickler.dumps(result)
    except BaseException as error:
        return ERROR, _told(error, UNSENDABLE), b""


def unpickled(data: bytes) -> Any:
    """What was sent as these bytes."""
    return ForkingPickler.loads(data)  # pyright: ignore[reportAttributeAccessIssue]


def _told(error: BaseException, words: str = "") -> bytes:
    return (words + "".join(traceback.format_exception(error))).encode()


def _pickled(error: BaseException) -> Any:
    if not isinstance(error, Exception):  # `sys.exit` of a simulator ends no program
        return b""
    try:
        return ForkingPickler.dumps(error)
    except Exception:
        return b""


def _end_with(leash: Connection) -> None:
    """End this process group when the other end of the leash is closed.

    Linux does so by a signal, which reaches a process that is stopped, or whose
    simulator holds Python's lock, too; elsewhere a thread has to do.
    """
    if fcntl is not None and hasattr(fcntl, "F_SETSIG"):
        fd = leash.fileno()
        fcntl.fcntl(fd, fcntl.F_SETOWN, -os.getpid())
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(fd, fcntl.F_GETFL)
        fcntl.fcntl(fd, fcntl.F_SETFL, flags | os.O_ASYNC)
    # Also if the parent had gone before the signal was asked for.
    threading.Thread(target=_wait_for, args=(leash,), daemon=True).start()


def _wait_for(leash: Connection) -> None:
    leash.poll(None)  # returns at the end of the pipe: nothing is ever sent
    os._exit(1)
