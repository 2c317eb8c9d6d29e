"""Gradient descent equals a plain optax loop."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from sphere import constant, sphere

from neurojax.strategies import GradientDescent

KEY = jax.random.key(0)


def sample(key):
    return jax.random.normal(key, (3, 2))


PLATEAU = optax.chain(
    optax.sgd(0.1), optax.contrib.reduce_on_plateau(patience=2, rtol=0.5)
)


@pytest.mark.parametrize(
    "optimizer",
    [optax.sgd(0.1, 0.9), optax.adam(0.1), optax.polyak_sgd(0.1), PLATEAU],
)
def test_every_learner_equals_its_own_optax_loop_bit_for_bit(optimizer):
    strategy = GradientDescent(optimizer, 3)
    state = strategy.init(KEY, sample)
    learners = list(state.population)

    @jax.jit
    def step(state):
        population, state = strategy.ask(KEY, state)
        gradient = jax.grad(lambda p: sphere(p).sum())(population)
        fitness = sphere(population)
        return strategy.tell(KEY, population, fitness, state, gradient=gradient)[0]

    @jax.jit
    def plain(weights, memory):
        value, gradient = jax.value_and_grad(lambda w: jnp.sum(w**2))(weights)
        update = optax.with_extra_args_support(optimizer).update
        updates, memory = update(gradient, memory, weights, value=value)
        return optax.apply_updates(weights, updates), memory

    memories = [optimizer.init(weights) for weights in learners]
    for _ in range(7):
        state = step(state)
        pairs = [plain(w, m) for w, m in zip(learners, memories, strict=True)]
        learners, memories = zip(*pairs, strict=True)
    np.testing.assert_array_equal(state.population, jnp.stack(learners))


def test_update_scale_is_a_learning_rate_that_may_be_swept():
    strategy = GradientDescent(optax.sgd(1.0), 1)
    state = strategy.init(KEY, constant(3, 2.0))

    def step(scale):
        params = strategy.default_params._replace(update_scale=scale)
        gradient = jnp.full((1, 3), 4.0)
        after, _ = strategy.tell(
            KEY, state.population, jnp.zeros(1), state, params, gradient=gradient
        )
        return after.population[0, 0]

    swept = jax.vmap(step)(jnp.array([0.1, 0.25, 0.5]))
    np.testing.assert_allclose(swept, [1.6, 1.0, 0.0], atol=1e-6)


def test_learners_start_differently_and_the_best_had_the_lowest_fitness():
    strategy = GradientDescent(optax.sgd(0.1), 3)
    state = strategy.init(KEY, sample)
    assert len(np.unique(state.population)) == 18
    zeros = jnp.zeros_like(state.population)
    fitness = jnp.array([np.nan, 1.0, 2.0])
    after, _ = strategy.tell(KEY, state.population, fitness, state, gradient=zeros)
    np.testing.assert_array_equal(strategy.best(after), state.population[1])


def test_a_missing_gradient_is_refused():
    strategy = GradientDescent(optax.sgd(0.1))
    state = strategy.init(KEY, sample)
    with pytest.raises(ValueError, match="needs `gradient`"):
        strategy.tell(KEY, state.population, jnp.zeros(1), state)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"population_size": 0}, "population_size=0"),
        ({"update_scale": 0.0}, "update_scale=0.0"),
    ],
)
def test_bad_numbers_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        GradientDescent(**{"optimizer": optax.sgd(0.1)} | options)


def test_an_optimiser_with_a_line_search_is_refused_when_learners_are_drawn():
    with pytest.raises(ValueError, match="optimizer needs more than.*value_fn"):
        GradientDescent(optax.lbfgs()).init(KEY, sample)
    GradientDescent(optax.lbfgs(0.1, linesearch=None)).init(KEY, sample)
