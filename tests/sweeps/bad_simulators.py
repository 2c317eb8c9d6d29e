"""Simulators that do what they must not, and a program that plays them.

python bad_simulators.py 2              # each kind by two workers; 0: in process
python bad_simulators.py 2 sleeps FILE  # one that hangs; FILE holds who plays
"""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from dataclasses import dataclass

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
from gymnasium.spaces import Box, Discrete

from neurojax.environments import Gymnasium
from neurojax.parallel import Workers
from neurojax.problems import HostControl

FINE = "fine"
NUMBER = 4  # of simulators at play


class TwoPartError(Exception):
    def __init__(self, part, other):
        super().__init__(f"{part} of {other} is broken")


class BigError(Exception):
    def __init__(self):
        super().__init__("the model is broken")
        self.lock = threading.Lock()


def raising(error):
    def act():
        raise error()

    return act


def endless():
    return endless()


def crash():
    ctypes.string_at(0)


def chatter():
    print("step " * 20_000)
    print("step " * 20_000, file=sys.stderr)


def leave_a_child():
    subprocess.Popen(["sleep", "300"])


def leave_threads():
    for _ in range(50):
        threading.Thread(target=time.sleep, args=(300,), daemon=True).start()


SEEN, PAID, ENDS = np.zeros((NUMBER, 1)), np.ones(NUMBER), np.zeros(NUMBER, bool)
# What happens in a step, and the words by which it has to be told.
ACTS = {
    "an error": (raising(lambda: ValueError("the motor is broken")), "motor is broken"),
    "an error of two parts": (
        raising(lambda: TwoPartError("the arm", 7)),
        "the arm of 7 is broken",
    ),
    "an error with a lock": (raising(BigError), "the model is broken"),
    "a connection lost": (raising(lambda: ConnectionError("no server")), "no server"),
    "an end of file": (raising(lambda: EOFError("no more frames")), "no more frames"),
    "a stop": (raising(lambda: StopIteration("no more plans")), "no more plans"),
    "an assertion": (raising(lambda: AssertionError("too fast")), "too fast"),
    "endless recursion": (endless, "recursion"),
}
# What ends the process: a worker's only, as in this one it is the program's own end.
DEATHS = {
    "sys.exit": (lambda: sys.exit(4), "SystemExit: 4"),
    "an exit": (lambda: os._exit(3), "exit code 3"),
    "a kill": (lambda: os.kill(os.getpid(), signal.SIGKILL), "want of memory"),
    "a crash": (crash, "signal 11"),
    "an abort": (os.abort, "signal 6"),
}
RIGHT = {
    "much print": chatter,
    "a child left alone": leave_a_child,
    "threads left alone": leave_threads,
}
ANSWERS = {
    "four values": ((SEEN, PAID, ENDS, {}), "tuple of 4"),
    "nothing": (None, "NoneType"),
    "one reward": ((SEEN, 1.0, ENDS, ENDS, {}), "rewards of the shape ()"),
    "no rewards": ((SEEN, None, ENDS, ENDS, {}), "rewards=None"),
    "rewards of text": ((SEEN, ["1"] * NUMBER, ENDS, ENDS, {}), "rewards=['1'"),
    "rewards of objects": ((SEEN, [object] * NUMBER, ENDS, ENDS, {}), "rewards=["),
    "ends of two": ((SEEN, PAID, ENDS[:2], ENDS, {}), "terminated of the shape (2,)"),
    "ends of nothing": ((SEEN, PAID, ENDS, [None] * NUMBER, {}), "truncated=[None"),
    "other observations": ((SEEN[:, :, None], PAID, ENDS, ENDS, {}), "(4, 1, 1) inst"),
    "ragged observations": (([[1], [1, 2]], PAID, ENDS, ENDS, {}), "observations=[["),
    "observations of text": (([["a"]] * NUMBER, PAID, ENDS, ENDS, {}), "observations="),
}
NAN = {
    "observations of NaN": (SEEN * np.nan, PAID, ENDS, ENDS, {}),
    "rewards of NaN": (SEEN, PAID * np.nan, ENDS, ENDS, {}),
    "infinite rewards": (SEEN, PAID * np.inf, ENDS, ENDS, {}),
}
AT_RESET = {
    "no info": (SEEN, "reset of the simulators"),
    "three things": ((SEEN, {}, {}), "tuple of 3"),
    "no observations": ((None, {}), "observations=None"),
    "too few observations": ((SEEN[:1], {}), "(1, 1) instead"),
}
AT_BIRTH = {
    "no simulators": (lambda: None, "returned None"),
    "an error at birth": (raising(lambda: OSError("no licence")), "no licence"),
}
# Of gymnasium's: what one simulator returns.
ONE = np.zeros(1, np.float32)
OF_GYMNASIUM = {
    "Four": ((ONE, 1.0, False, {}), "step must return"),
    "Unpaid": ((ONE, None, False, False, {}), "reward=None"),
    "Text": ((ONE, "1", False, False, {}), "reward='1'"),
    "Wide": ((np.zeros(2), 1.0, False, False, {}), "shape (2,)"),
    "Scalar": ((0.0, 1.0, False, False, {}), "shape ()"),
}


@dataclass(frozen=True)
class Bad:
    """`kind` of these; the first step is fine, the second is not."""

    kind: str
    max_steps: int = 5
    observation_shape = (1,)
    num_actions = 3

    def vector(self, num_envs):
        assert num_envs == NUMBER
        return AT_BIRTH[self.kind][0]() if self.kind in AT_BIRTH else BadRow(self.kind)


class BadRow:
    def __init__(self, kind):
        self.kind, self.time = kind, 0

    def reset(self, *, seed):
        self.time = 0
        return AT_RESET[self.kind][0] if self.kind in AT_RESET else (SEEN, {})

    def step(self, actions):
        self.time += 1
        if self.time == 2:
            act = {**ACTS, **DEATHS}.get(self.kind, (RIGHT.get(self.kind),))[0]
            if act is not None:
                act()
            if self.kind in ANSWERS:
                return ANSWERS[self.kind][0]
            if self.kind in NAN:
                return NAN[self.kind]
        return SEEN, PAID, ENDS, ENDS, {}


class BadOne(gymnasium.Env):
    observation_space, action_space = Box(-1, 1, (1,)), Discrete(3)

    def __init__(self, kind):
        self.kind = kind

    def reset(self, *, seed=None, options=None):
        return ONE, {}

    def step(self, action):
        return OF_GYMNASIUM[self.kind][0]


for kind in OF_GYMNASIUM:
    gymnasium.register(f"{kind}-v0", BadOne, max_episode_steps=5, kwargs={"kind": kind})


HANGS = {
    "sleeps": lambda: time.sleep(600),
    "holds the lock": lambda: ctypes.PyDLL(None).sleep(600),
    "is stopped": lambda: os.kill(os.getpid(), signal.SIGSTOP),
}


@dataclass(frozen=True)
class Hanging(Bad):
    """Writes down who plays, and hangs in its first step."""

    path: str = ""

    def vector(self, num_envs):
        return HangingRow(self)


class HangingRow(BadRow):
    def __init__(self, environment):
        super().__init__(environment.kind)
        self.path = environment.path

    def step(self, actions):
        with open(self.path, "a") as file:
            print(os.getpid(), file=file)
        HANGS[self.kind]()


@dataclass(frozen=True)
class Constant:
    """Its outputs are its weights."""

    def init(self, key):
        return jnp.zeros(3)

    def reset(self, key, weights):
        return ()

    def apply(self, weights, carry, observation):
        return carry, weights


def evaluated(environment, workers, members=2):
    """Fitness of members who play `NUMBER` episodes in a chunk, one chunk each."""
    problem = HostControl(
        environment,
        Constant(),
        num_episodes=NUMBER,
        chunk_size=NUMBER,
        workers=workers,
    )
    population = jnp.eye(3)[:members]
    return problem.eval(jax.random.key(0), population, ())[0]


def outcome(environment, name, words, workers):
    """What became of a game: told by name and words, or a fitness."""
    try:
        fitness = evaluated(environment, workers)
    except BaseException as error:
        text = "".join(traceback.format_exception(error))
        return "clear" if name in text and words in text else f"raw: {text}"
    return "fine" if bool(jnp.isfinite(fitness).all()) else "NaN"


def games(num_workers):
    """Every kind: its environment, its name, the words and what is to come of it."""
    told = {
        **ACTS,
        **ANSWERS,
        **AT_RESET,
        **AT_BIRTH,
        **(DEATHS if num_workers else {}),
    }
    for kind, (_, words) in told.items():
        yield Bad(kind), f"Bad(kind={kind!r}", words, "clear"
    for kind in RIGHT:
        yield Bad(kind), "", "", "fine"
    for kind in NAN:
        yield Bad(kind), "", "", "fine" if kind == "observations of NaN" else "NaN"
    for kind, (_, words) in OF_GYMNASIUM.items():
        yield Gymnasium(f"bad_simulators:{kind}-v0"), f"{kind}-v0", words, "clear"


def main(num_workers, kind=None, path=""):
    """Print a line for each kind, or play one that hangs."""
    workers = Workers(num_workers) if num_workers else None
    if kind is not None:
        if num_workers and kind.endswith(" in time"):
            kind = kind.removesuffix(" in time")
            workers = Workers(num_workers, timeout_seconds=10.0)
        with contextlib.suppress(KeyboardInterrupt):
            evaluated(Hanging(kind, path=path), workers)
        return
    for environment, name, words, wanted in games(num_workers):
        found = outcome(environment, name, words, workers)
        serves = outcome(Bad(FINE), "", "", workers) == "fine"
        row = {"kind": str(environment), "found": found, "wanted": wanted}
        print(json.dumps({**row, "serves": serves}), flush=True)


if __name__ == "__main__":
    # Under its own name, by which workers find the classes.
    import bad_simulators

    bad_simulators.main(int(sys.argv[1]), *sys.argv[2:])
