"""How a command ends: with one line where it is not a fault of the program."""

import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from neurojax.storage.damaged import DamagedFileError
from neurojax.storage.failures import in_words

OURS = ("neurojax", "benchmarks", "collect")


class StoppedError(KeyboardInterrupt):
    """A signal that ends the command as Ctrl-C does; `args[0]` is its number."""


@contextlib.contextmanager
def signals_raised() -> Iterator[None]:
    """SIGTERM and SIGHUP are raised here, so that what is held is let go."""
    caught = [signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)]
    # Of nohup the ignored signal stays ignored.
    caught = [n for n in caught if signal.getsignal(n) is not signal.SIG_IGN]
    before = {number: signal.signal(number, _stop) for number in caught}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, frame: Any) -> None:
    raise StoppedError(number)


@contextlib.contextmanager
def told(out: Path) -> Iterator[None]:
    """A file that fails, a library that is missing or a signal is one line.

    Raises:
        SystemExit: of status 1, or of 128 and the signal's number.
    """
    try:
        yield
    except KeyboardInterrupt as error:
        number = error.args[0] if isinstance(error, StoppedError) else signal.SIGINT
        word = "Interrupted" if number == signal.SIGINT else signal.Signals(number).name
        kept = f" Finished cells are kept in {out};" if out.exists() else ""
        kept += " the same command goes on from there." if kept else ""
        print(f"\n{word}.{kept}", file=sys.stderr)
        raise SystemExit(128 + number) from None
    except DamagedFileError as error:
        raise SystemExit(str(error)) from None
    except ImportError as error:
        if error.name is None:  # raised by us, with the remedy
            raise SystemExit(str(error)) from None
        if error.name.partition(".")[0] in OURS:
            raise
        raise SystemExit(f"{error}; pip install 'neurojax[bench]'") from None
    except OSError as error:
        if error.filename is None:  # no file or folder: a fault of the program
            raise
        raise SystemExit(in_words(error)) from None
