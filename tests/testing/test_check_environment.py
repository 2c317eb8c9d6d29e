"""Each thing that an environment can do wrong is told by name."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from skeletons import broken, skeleton

from neurojax.testing import ConformanceError, check_environment

Corridor = skeleton("MyEnvironment")
COUNT = itertools.count()


def but(number, change):
    """A step whose result number `number` is changed."""

    def step(self, key, state, action):
        after = list(Corridor.step(self, key, state, action))
        after[number] = change(after[number])
        return tuple(after)

    return {"step": step}


def with_a_key_used_twice(self, key):
    first = jax.random.randint(key, (), 0, 2)
    state = Corridor.reset(self, key)[1]._replace(place=first)
    return self._observed(state), state


def written(self, key, state, action):
    state["time"] = state["time"] + 1
    return state["place"][None], state, jnp.float32(0), jnp.bool_(False), state["end"]


WRITES = {
    "reset": lambda self, key: (
        jnp.zeros(1),
        {"place": jnp.float32(0), "time": jnp.int32(0), "end": jnp.bool_(False)},
    ),
    "step": written,
}
BOUNDS = {"num_actions": None, "action_bounds": (np.ones(2), np.ones(2))}
STARTS = {"reset": with_a_key_used_twice}
TYPES = [
    ({"observation_shape": (2,)}, r"has shape \(1,\), but observation_shape=\(2,\)"),
    ({"observation_shape": [1]}, r"observation_shape=\[1\] must be a tuple"),
    ({"num_actions": 0}, "num_actions=0 must be an int of at least 1, or None"),
    ({"num_actions": None}, r"action_bounds must be two arrays.*found \[\] and \[\]"),
    (BOUNDS, r"lowest and highest.*found \[1. 1.\] and \[1. 1.\]"),
    (but(0, lambda x: x[0]), r"step's observation is float32\[\], expected float32\[1"),
    (
        but(1, lambda state: state._replace(time=state.time + 1.0)),
        r"step's state.time is float32\[\], expected int32\[\]; .* a loop needs",
    ),
    (but(2, jnp.int32), r"reward is int32\[\], expected a float32 scalar; use jnp"),
    (but(3, lambda x: x[None]), r"terminated is bool\[1\], expected a bool scalar"),
    (but(4, jnp.float32), r"truncated is float32\[\], expected a bool scalar"),
    ({"step": lambda *_: (1, 2)}, "must return observation, state, reward, term"),
    (STARTS, "uses a key twice.*jax.random.split"),
    (WRITES, r"step wrote into the state it was given; return a new one"),
]


@pytest.mark.parametrize(("names", "words"), TYPES)
def test_wrong_types_are_told_without_playing(names, words):
    with pytest.raises(ConformanceError, match=words):
        check_environment(broken(Corridor, **names)())


def test_a_limit_below_1_is_told():
    environment = Corridor()
    object.__setattr__(environment, "max_steps", 0)
    with pytest.raises(ConformanceError, match="max_steps=0 must be an int of at leas"):
        check_environment(environment)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (but(2, lambda _: jnp.float32(next(COUNT))), "under vmap.*from the key alone"),
        (
            but(3, lambda x: x & False) | {"num_actions": 1},
            r"goes on after max_steps=50.*truncated=time >= max_steps",
        ),
        (but(2, lambda x: x / 0), "return has 1 numbers that are not finite"),
    ],
    ids=["other draws", "no end", "infinite"],
)
def test_what_shows_in_play_is_told(names, words):
    environment = broken(Corridor, **names)()
    if "num_actions" in names:  # its clock stands still
        late = {"step": but(4, lambda x: x & False)["step"]}
        environment = broken(type(environment), **late)()
    with pytest.raises(ConformanceError, match=words):
        check_environment(environment)
