"""What the tests of Ray have its workers do; flag files tell first attempts apart."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from neurojax.environments.gymnasium import Gymnasium


def is_first(flag):
    """Whether nobody has asked before; the flag is there at the start."""
    try:
        os.unlink(flag)
    except FileNotFoundError:
        return False
    return True


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def squared(number):
    return number**2


def process_of(_):
    time.sleep(0.1)
    return os.getpid()


def variable(name):
    return os.environ.get(name)


def refuse(number):
    raise ValueError(f"number={number} is refused.")


class OddError(Exception):
    """One that cannot be unpickled."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two} are odd")


def refuse_oddly(number):
    raise OddError(number, 5)


def die_at_three(number):
    if number == 3:
        die()
    return number


def die_once(item):
    number, flag = item
    if number == 3 and is_first(flag):
        die()
    return number**2


def lag_once(item):
    """The first to play number 3 waits until it is told to end."""
    number, flag, end = item
    if number == 3 and is_first(flag):
        while not Path(end).exists():
            time.sleep(0.05)
        return "late"
    return number**2


def break_off(number):
    if number == 0:
        raise ValueError("number=0 is refused.")
    time.sleep(600)


@dataclass(frozen=True)
class Fatal(Gymnasium):
    """It kills the first worker that plays it."""

    flag: str = ""

    def vector(self, num_envs):
        if is_first(self.flag):
            die()
        return super().vector(num_envs)
