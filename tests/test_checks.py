"""Checks of arguments, called directly: the test run's type checks come before them."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from neurojax import checks
from neurojax.environments import CartPoleSwingUp, LunarLander
from neurojax.networks import MLP
from neurojax.problems import Control
from neurojax.strategies import SimpleGA

NET = MLP((4, 2))
LANDER = LunarLander()


@pytest.mark.parametrize("value", [7.0, "7", None, True, np.bool_(True), 0, 9, [3]])
def test_only_integers_in_the_range_pass(value):
    with pytest.raises(ValueError, match=r"n=.* must be an integer in \[1, 8\]"):
        checks.integer_between("n", value, 1, 8)


def test_integers_of_numpy_are_integers():
    checks.integer_between("n", 8, 1, 8)
    checks.integer_between("n", np.int64(8), 1, 8)
    checks.integer_between("n", 1000, 1)
    assert checks.sizes("sizes", (4, np.int64(2)), "(4, 2)") == (4, 2)
    assert checks.sizes("sizes", np.array([4, 2]), "(4, 2)") == (4, 2)
    assert type(checks.sizes("sizes", [np.int8(4)], "(4,)")[0]) is int


WRONG = [
    0,
    -(10**400),
    10**400,
    -1.0,
    float("nan"),
    np.float32("nan"),
    np.float64(-1),
    1e308,
    1e-50,
]
NO_NUMBERS = [True, "0.1", None, [0.1], np.array([0.1]), 1j]


@pytest.mark.parametrize("value", [*WRONG, float("inf"), *NO_NUMBERS])
def test_only_finite_positive_numbers_pass(value):
    with pytest.raises(ValueError, match="x=.* must be a finite number above 0"):
        checks.positive("x", value)


@pytest.mark.parametrize("value", NO_NUMBERS)
@pytest.mark.parametrize(
    "check", [checks.probability, checks.fraction, checks.finite, checks.not_negative]
)
def test_what_is_no_number_is_refused_before_its_range_is_asked(check, value):
    with pytest.raises(ValueError, match="x=.* must be a .*number"):
        check("x", value)
    check("x", 0.5)
    check("x", np.float32(0.5))


def test_a_number_that_is_an_array_is_sent_to_the_params():
    with pytest.raises(ValueError, match="std=Array.*fixed at construction.*params"):
        checks.positive("std", jnp.array(0.1))
    jax.vmap(lambda std: checks.positive("std", std))(jnp.ones(2))  # of a sweep


@pytest.mark.parametrize("value", [None, "no", 0, 1.0, []])
def test_only_bools_are_flags(value):
    with pytest.raises(ValueError, match="greedy=.* must be True or False"):
        checks.flag("greedy", value)
    checks.flag("greedy", np.bool_(True))


@pytest.mark.parametrize("value", [None, 4, "42", (4, 0), (4, True), (4, 2.0), {4: 2}])
def test_only_positive_integers_are_sizes(value):
    with pytest.raises(ValueError, match=r"sizes=.* positive integers .* \(4, 2\)"):
        checks.sizes("sizes", value, "(4, 2)")


KINDS = [
    (checks.strategy, SimpleGA(4)),
    (checks.variation, SimpleGA(4).variation),
    (checks.problem, Control(LANDER, MLP.fitting(LANDER))),
    (checks.network, NET),
    (checks.environment, LANDER),
]


@pytest.mark.parametrize("right", range(len(KINDS)))
@pytest.mark.parametrize("given", range(len(KINDS)))
def test_the_wrong_kind_of_object_is_named_with_the_right_one(right, given):
    check, value = KINDS[right][0], KINDS[given][1]
    if right == given:
        return check("it", value)
    with pytest.raises(ValueError, match="it=.* is an? .*; it must be an? ") as error:
        check("it", value)
    for refused, word in zip(
        (given, right), str(error.value).split("; "), strict=False
    ):
        assert KINDS[refused][0].__name__ in word


@pytest.mark.parametrize("check", [check for check, _ in KINDS])
@pytest.mark.parametrize("value", [None, "CartPole-v1", 3, MLP, NET.init, object()])
def test_what_is_of_no_kind_is_refused(check, value):
    with pytest.raises(ValueError, match="it=.*; it must be an? "):
        check("it", value)


def test_the_remedy_names_what_makes_one():
    with pytest.raises(ValueError, match="GradientDescent"):
        checks.strategy("strategy", optax.adam(1e-3))
    with pytest.raises(ValueError, match=r"a class.*: CartPoleSwingUp\(\.\.\.\)"):
        checks.environment("environment", CartPoleSwingUp)
    with pytest.raises(ValueError, match="problems.Control plays"):
        checks.host_environment("environment", LANDER)


@pytest.mark.parametrize(
    "value", [0, None, jnp.zeros(2, jnp.uint32), jax.random.split(jax.random.key(0))]
)
def test_only_one_typed_key_passes(value):
    with pytest.raises(ValueError, match="must be one typed key: jax.random.key"):
        checks.key("key", value)
    checks.key("key", jax.random.key(0))


@pytest.mark.parametrize(
    "value", [None, "ab", ["a"], [[1], [1, 2]], [{}], np.zeros(2, complex)]
)
def test_only_real_numbers_are_an_array(value):
    with pytest.raises(ValueError, match="observations.* must"):
        checks.real_array("observations", value)
    assert checks.real_array("observations", [[1, 2]]).shape == (1, 2)
    assert checks.real_array("observations", jnp.ones(2, jnp.bfloat16)).shape == (2,)


@pytest.mark.parametrize("value", [-1.0, jnp.array([0.1, jnp.nan]), None, "x", True])
def test_numbers_of_params_are_checked_where_they_are_known(value):
    with pytest.raises(ValueError, match="std=.* a finite number above 0"):
        checks.swept("std", value, checks.POSITIVE)
    checks.swept("std", jnp.array([0.1, 0.2]), checks.POSITIVE)
    jax.jit(lambda x: checks.swept("std", x, checks.POSITIVE))(-1.0)  # a tracer


@pytest.mark.parametrize("value", ["best", None, 3, ["a"], np.array(["a", "b"])])
def test_unknown_words_are_refused(value):
    with pytest.raises(ValueError, match="selection=.* must be one of"):
        checks.one_of("selection", value, ("a", "b"))


def test_a_message_is_one_short_line():
    with pytest.raises(ValueError) as error:
        checks.network("network", {"w": np.zeros((100, 100))})
    assert len(str(error.value)) < 300
    assert "\n" not in str(error.value)


def test_an_integer_leaf_is_named():
    tree = {"weights": jnp.zeros(3), "seed": jnp.zeros(2, jnp.uint32)}
    with pytest.raises(ValueError, match=r"leaf \['seed'\] has dtype uint32"):
        checks.real_valued("SimpleES", tree)
