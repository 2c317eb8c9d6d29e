"""What holds for every problem in `neurojax.problems.__all__`."""

import jax
import pytest
from probe_cases import PROBLEMS
from probes import expect_cases, implementations

from neurojax import problems
from neurojax.testing import check_problem
from neurojax.tree import spawn

NAMES = sorted(implementations(problems) & set(PROBLEMS))


def test_every_problem_has_a_case():
    expect_cases(problems, PROBLEMS, "PROBLEMS")


@pytest.mark.parametrize("name", NAMES)
def test_problem_conforms_and_equal_ones_are_equal(name):
    case = PROBLEMS[name]
    problem, twin = case.make(), case.make()
    assert problem == twin and hash(problem) == hash(twin)
    check_problem(problem, case.network().init)


# Problems whose members share their random numbers in a loop over members on purpose,
# which JAX's check takes for reuse.
SHARED_KEYS = {"Control"}


@pytest.mark.parametrize("name", sorted(set(NAMES) - SHARED_KEYS))
def test_no_key_is_used_twice(name):
    case = PROBLEMS[name]
    problem = case.make()
    if not problem.jittable:
        return
    population = spawn(jax.random.key(0), case.network().init, 5)
    state = problem.init(jax.random.key(1))
    with jax.debug_key_reuse(True):
        jax.eval_shape(jax.jit(problem.eval), jax.random.key(2), population, state)
