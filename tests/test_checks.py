"""Construction checks, called directly: the test run's type checks come before them."""

import jax.numpy as jnp
import pytest

from neurojax import checks


@pytest.mark.parametrize("value", [7.0, "7", None, True, 0, 9])
def test_only_integers_in_the_range_pass(value):
    with pytest.raises(ValueError, match=r"n=.* must be an integer in \[1, 8\]"):
        checks.integer_between("n", value, 1, 8)
    checks.integer_between("n", 8, 1, 8)
    checks.integer_between("n", 1000, 1)


@pytest.mark.parametrize("value", [0, -1.0, float("nan"), float("inf")])
def test_only_finite_positive_numbers_pass(value):
    with pytest.raises(ValueError, match="must be a finite number above 0"):
        checks.positive("x", value)
    checks.positive("x", 1e-9)
    checks.positive("x", jnp.zeros(3))  # arrays are not looked into


@pytest.mark.parametrize(
    "check, message",
    [
        (lambda: checks.one_of("selection", "best", ("a", "b")), "selection='best'"),
        (lambda: checks.variation(0.1), "variation=0.1 must be a variation, such as"),
    ],
)
def test_unknown_words_are_refused(check, message):
    with pytest.raises(ValueError, match=message):
        check()


def test_an_integer_leaf_is_named():
    tree = {"weights": jnp.zeros(3), "seed": jnp.zeros(2, jnp.uint32)}
    with pytest.raises(ValueError, match=r"leaf \['seed'\] has dtype uint32"):
        checks.real_valued("SimpleES", tree)
