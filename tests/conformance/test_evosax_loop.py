"""Our strategies in evosax's own loop, and evosax's calls on our problems."""

import jax
import jax.numpy as jnp
import optax
import pytest
from evosax.problems import BBOBProblem

from neurojax import strategies
from neurojax.encodings import Gaussian
from neurojax.strategies import Evosax, GradientDescent, SimpleES, SimpleGA

STRATEGIES = {
    "SimpleGA": SimpleGA(16, variation=Gaussian(0.3)),
    "SimpleES": SimpleES(16, variation=Gaussian(0.3)),
    "GradientDescent": GradientDescent(optax.sgd(0.05), 3),
    "Evosax": Evosax("CMA_ES", 16),
}


def test_every_strategy_is_tried():
    assert set(STRATEGIES) == set(strategies.__all__), "add it to STRATEGIES here"


@pytest.mark.parametrize("name", STRATEGIES)
def test_evosax_readme_loop_lowers_a_bbob_function(name):
    problem = BBOBProblem("sphere", num_dims=3, seed=0, f_opt=0.0)
    s = STRATEGIES[name]
    key = jax.random.key(0)
    key, subkey = jax.random.split(key)
    problem_state = problem.init(subkey)
    key, subkey = jax.random.split(key)
    params = s.default_params
    state = s.init(subkey, problem.sample, params)
    best = []

    # The body is evosax's README, but for a gradient where one is needed.
    for _ in range(30):
        key, key_ask, key_eval, key_tell = jax.random.split(key, 4)
        population, state = s.ask(key_ask, state, params)
        before = problem_state
        fitness, problem_state, _ = problem.eval(key_eval, population, problem_state)
        if s.uses_gradient:

            def total(population, key=key_eval, before=before):
                return jnp.sum(problem.eval(key, population, before)[0])

            gradient = jax.grad(total)(population)
            state, metrics = s.tell(
                key_tell, population, fitness, state, params, gradient=gradient
            )
        else:
            state, metrics = s.tell(key_tell, population, fitness, state, params)
        best.append(float(jnp.min(fitness)))
    assert best[-1] < 0.05 * best[0], best
    assert all(jnp.ndim(value) == 0 for value in metrics.values())
