"""Each thing that a system can do wrong is told by name."""

import itertools

import jax
import jax.numpy as jnp
import pytest
from skeletons import broken, skeleton

from neurojax.testing import ConformanceError, check_system

Climb, Guess = skeleton("MySystem"), skeleton("MyProblem")
COUNT = itertools.count()


def guess(key):
    return jax.random.normal(key, (3,))


def stepped(change):
    def step(self, key, state):
        return change(*Climb.step(self, key, state))

    return {"step": step}


def begun(change):
    def init(self, key, params=None):
        return change(Climb.init(self, key, params))

    return {"init": init}


def with_one_key(self, key, state):
    jax.random.normal(key)
    return Climb.step(self, key, state)


def by_chance(state, metrics):
    return state._replace(weights=state.weights + next(COUNT)), metrics


HOST = {"jittable": False}


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (begun(lambda s: s._asdict()), "returned a dict; return a NamedTuple"),
        (begun(lambda s: s._replace(weights=1.0)), "state.weights=1.0 is no array"),
        (
            begun(lambda s: s._replace(generation=jnp.float32(0))),
            r"generation is array\(0., dtype=float32\); begin with jnp.int32\(0\)",
        ),
        ({"step": with_one_key}, "uses a key twice"),
        (HOST | stepped(lambda s, m: (s, {"a": m["fitness"]})), "no metric 'fitness'"),
        (
            stepped(lambda s, m: (s._replace(problem=()), m)),
            "step's state is a PyTreeDef.* return it as init made it",
        ),
        (
            HOST | stepped(by_chance),
            "run again: state.weights.*draw from the key alone",
        ),
    ],
)
def test_what_is_wrong_is_told(names, words):
    with pytest.raises(ConformanceError, match=words):
        check_system(broken(Climb, **names)(Guess(3), guess))


def test_memory_outside_the_state_is_told():
    seen = []

    def init(self, key, params=None):
        seen.clear()
        return Climb.init(self, key, params)

    def step(self, key, state):
        seen.append(None)
        after, metrics = Climb.step(self, key, state)
        return after, metrics | {"seen": jnp.int32(len(seen))}

    system = broken(Climb, **HOST, init=init, step=step)(Guess(3), guess)
    words = r"resumed from a saved file: metrics\['seen'\].*keep in the state all"
    with pytest.raises(ConformanceError, match=words):
        check_system(system)
