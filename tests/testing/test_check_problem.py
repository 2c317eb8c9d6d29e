"""Each thing that a problem can do wrong is told by name."""

import itertools

import jax
import jax.numpy as jnp
import pytest
from skeletons import broken, skeleton

from neurojax.testing import ConformanceError, check_problem

Guess = skeleton("MyProblem")
COUNT = itertools.count()


def evaluated(change):
    def evaluate(self, key, population, state):
        return change(*Guess.eval(self, key, population, state))

    return {"eval": evaluate}


def guess(key):
    return jax.random.normal(key, (3,))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f, s, m: (f[0], s, m), r"fitness is float32\[\] of 5 members"),
        (
            lambda f, s, m: (jnp.int32(f), s, m),
            r"fitness is int32\[5\].* float32 \(pop",
        ),
        (lambda f, s, m: (f, s, {"a": f[0]}), r"metric 'a' has shape \(\) for 5 memb"),
        (lambda f, s, m: (f, (s.target, f), m), "eval's state is a .*as init made it"),
        (lambda f, s, m: (f / 0, s, m), "fitness has 5 numbers that are not finite"),
        (lambda f, s, m: (f + jnp.arange(5), s, m), "members in other places"),
        (lambda f, s, m: (jnp.nan_to_num(f), s, m), "NaN weights the fitness 0.0; let"),
        (lambda f, s, m: (f - f.mean(), s, m), "beside a member with NaN weights"),
        (lambda f, s, m: (f + next(COUNT), s, m), "not compiled.*from the key alone"),
    ],
)
def test_what_is_wrong_is_told(change, words):
    with pytest.raises(ConformanceError, match=words):
        check_problem(broken(Guess, **evaluated(change))(3), guess)


def test_a_host_problem_that_draws_from_elsewhere_is_told():
    names = evaluated(lambda f, s, m: (f + next(COUNT), s, m)) | {"jittable": False}
    with pytest.raises(ConformanceError, match="called again.* draw from the key"):
        check_problem(broken(Guess, **names)(3), guess)


def test_members_of_integers_are_not_broken():
    def evaluate(self, key, population, state):
        return jnp.mean(population**2.0, axis=1), state, {}

    problem = broken(Guess, eval=evaluate)(3)
    check_problem(problem, lambda key: jax.random.randint(key, (3,), 0, 9))
