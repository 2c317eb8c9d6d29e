"""What the tests of workers have them do; without JAX, so that they start at once."""

import ctypes
import os
import signal
import sys
import time


class TwoPartError(Exception):
    """Pickle makes it again of one argument, and fails."""

    def __init__(self, part, other):
        super().__init__(f"{part} of {other} is broken")


def squared(number):
    return number**2


def process_of(_):
    time.sleep(0.05)
    return os.getpid()


def variable(name):
    return os.environ.get(name)


def refuse(number):
    raise ValueError(f"number={number} is refused.")


def refuse_in_two_parts(number):
    raise TwoPartError("the motor", number)


def refuse_with_a_lambda(number):
    error = ValueError(f"number={number} is refused.")
    error.remedy = lambda: None
    raise error


def leave(code):
    sys.exit(code)


def end(how):
    """By an exit code, or by a signal if it is negative."""
    if how < 0:
        os.kill(os.getpid(), -how)
        time.sleep(60)
    os._exit(how)


def answer_what_cannot_be_sent(_):
    return lambda: None


def sleep(_):
    time.sleep(60)


def sleep_with_the_lock(_):
    ctypes.PyDLL(None).sleep(60)


def stop(_):
    os.kill(os.getpid(), signal.SIGSTOP)
