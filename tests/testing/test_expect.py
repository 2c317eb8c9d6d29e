"""What a thing must have, and how two trees are told apart."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurojax.testing import ConformanceError
from neurojax.testing.expect import (
    Program,
    expect_arrays,
    expect_close,
    expect_equal,
    expect_finite,
    expect_types,
    satisfying,
)
from neurojax.types import LearningProblem, Problem


class Identity:
    """Compared by identity."""

    jittable = True

    def init(self, key): ...

    def eval(self, key, population, state): ...


@dataclass
class Mutable(Identity):
    number: int = 0


@dataclass(frozen=True)
class Holds(Identity):
    data: object = None


def test_what_is_missing_is_named():
    with pytest.raises(ConformanceError, match="object lacks eval, init, jittable; "):
        satisfying(object(), Problem)
    with pytest.raises(ConformanceError, match=r"lacks learn, play; .*LearningProblem"):
        satisfying(Holds(), LearningProblem)


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (Identity(), "differs from a copy of itself.*frozen dataclass"),
        (Mutable(), "cannot be compared and hashed.*frozen dataclass"),
        (Holds([1]), "cannot be compared and hashed.*list.*tuples, no arrays"),
        (Holds(np.ones(2)), "cannot be compared and hashed.*tuples, no arrays"),
    ],
)
def test_what_is_not_a_value_is_refused(thing, words):
    with pytest.raises(ConformanceError, match=words):
        satisfying(thing, Problem)


def test_a_value_comes_back():
    thing = Holds((1, 2))
    assert satisfying(thing, Problem) is thing


def test_the_leaf_that_differs_is_named():
    one, other = {"a": jnp.ones(2), "b": jnp.ones(3)}, {"a": jnp.ones(2), "b": 1}
    words = r"state\['b'\] is float32\[3\], expected int32\[\]; do so\."
    with pytest.raises(ConformanceError, match=words):
        expect_types(
            "state", one, jax.eval_shape(lambda: other) | {"b": np.int32(1)}, "do so"
        )
    with pytest.raises(ConformanceError, match="expected PyTreeDef"):
        expect_types("state", one, {"a": jnp.ones(2)}, "do so")
    with pytest.raises(ConformanceError, match=r"state\['b'\]=1 is no array"):
        expect_arrays("state", other)


def test_bits_are_compared_and_rounding_is_not():
    one, other = jnp.float32(1), jnp.float32(1.000001)
    expect_close("it", one, other, "do so")
    with pytest.raises(ConformanceError, match="it is 1.0, expected 1.0000009.*; do"):
        expect_equal("it", one, other, "do so")
    with pytest.raises(ConformanceError, match="it is 1.0, expected 2.0; do so"):
        expect_close("it", one, 2 * one, "do so")
    expect_equal("it", jnp.float32(jnp.nan), jnp.float32(jnp.nan), "do so")
    expect_equal("it", jax.random.key(1), jax.random.key(1), "do so")
    with pytest.raises(ConformanceError, match=r"it\[1\] is 1.0, expected 2.0"):
        expect_equal("it", jax.random.key(1), jax.random.key(2), "do so")


def test_numbers_that_are_not_finite_are_counted():
    expect_finite("it", {"a": jnp.ones(3), "b": jnp.arange(3)}, "do so")
    with pytest.raises(ConformanceError, match=r"it\['a'\] has 2 numbers.*; do so"):
        expect_finite("it", {"a": jnp.array([1, jnp.nan, jnp.inf])}, "do so")


def test_equal_things_share_a_program_and_others_are_told():
    program = Program(lambda thing, number: number, Holds(1))
    program(1.0), program(2.0)
    program.expect_one_trace()
    program(jnp.ones(2))
    with pytest.raises(ConformanceError, match="Holds was compiled 2 times"):
        program.expect_one_trace()
