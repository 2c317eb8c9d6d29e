"""What holds for every problem in `neurojax.problems.__all__`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from probe_cases import PROBLEMS
from probes import assert_close, assert_equal, implementations, shapes

from neurojax import problems
from neurojax.tree import spawn, take
from neurojax.types import Problem

NAMES = sorted(implementations(problems) & set(PROBLEMS))
MEMBERS = 5


def test_every_problem_has_a_case():
    missing = implementations(problems) - set(PROBLEMS)
    assert not missing, f"add {missing} to PROBLEMS in conformance/probe_cases.py"


def evaluate(problem, population, state):
    run = problem.eval
    if problem.jittable:
        run = jax.jit(lambda k, p, s: problem.eval(k, p, s))
    return run(jax.random.key(7), population, state)


@pytest.mark.parametrize("name", NAMES)
def test_members_are_evaluated_alike_and_apart(name):
    case = PROBLEMS[name]
    problem, twin = case.make(), case.make()
    assert isinstance(problem, Problem)
    assert problem == twin and hash(problem) == hash(twin)
    population = spawn(jax.random.key(0), case.network().init, MEMBERS)
    state = problem.init(jax.random.key(1))
    fitness, after, metrics = evaluate(problem, population, state)

    assert fitness.shape == (MEMBERS,) and fitness.dtype == jnp.float32
    assert np.isfinite(fitness).all()
    assert all(values.shape[:1] == (MEMBERS,) for values in metrics.values())
    assert shapes(after) == shapes(state), "the state's shapes changed"
    order = jnp.array([3, 0, 4, 1, 2])
    permuted = evaluate(problem, take(population, order), state)
    assert_close(permuted[0], fitness[order])
    assert_close(permuted[2], take(metrics, order))
    broken = jax.tree.map(lambda leaf: leaf.at[2].set(jnp.nan), population)
    one_lost = evaluate(problem, broken, state)[0]
    assert list(np.isnan(one_lost)) == [False, False, True, False, False]
    assert_close(np.delete(one_lost, 2), np.delete(np.asarray(fitness), 2))
    assert_equal(evaluate(problem, population, state)[0], fitness)
    if problem.jittable:
        eager = problem.eval(jax.random.key(7), population, state)
        assert_close(eager[0], fitness)


# Problems whose members share their random numbers in a loop over members on purpose,
# which JAX's check takes for reuse.
SHARED_KEYS = {"Control"}


@pytest.mark.parametrize("name", sorted(set(NAMES) - SHARED_KEYS))
def test_no_key_is_used_twice(name):
    case = PROBLEMS[name]
    problem = case.make()
    if not problem.jittable:
        return
    population = spawn(jax.random.key(0), case.network().init, MEMBERS)
    state = problem.init(jax.random.key(1))
    with jax.debug_key_reuse(True):
        jax.eval_shape(jax.jit(problem.eval), jax.random.key(2), population, state)
