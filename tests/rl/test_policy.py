from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from learning_probes import Acted

from neurojax.rl import entropy, log_probability
from neurojax.rollouts import choose_action
from neurojax.rollouts.actions import LOG_STD

DISCRETE, CONTINUOUS = Acted(), Acted(continuous=True)
OUTPUT = jnp.array([0.3, -0.7])  # logits; or a mean and a log of a standard deviation


def test_discrete_actions_have_the_probabilities_of_the_softmax():
    expected = np.exp(OUTPUT) / np.exp(OUTPUT).sum()
    found = [log_probability(DISCRETE, OUTPUT, action) for action in jnp.arange(2)]
    np.testing.assert_allclose(np.exp(found), expected, rtol=1e-6)
    np.testing.assert_allclose(
        entropy(DISCRETE, OUTPUT), -np.sum(expected * np.log(expected)), rtol=1e-6
    )


def test_the_density_of_continuous_actions_sums_to_one_and_has_that_entropy():
    """Summed over the numbers whose tanh they are, around the mean of 0.3."""
    meant = jnp.linspace(-3.0, 3.5, 1001)
    density = jax.vmap(lambda x: log_probability(CONTINUOUS, OUTPUT, x[None]))
    logs = density(jnp.tanh(meant))
    step = meant[1] - meant[0]
    assert abs(meant[jnp.argmax(logs)] - 0.3) < 2 * step
    np.testing.assert_allclose(jnp.sum(jnp.exp(logs)) * step, 1.0, rtol=1e-3)
    found = -jnp.sum(jnp.exp(logs) * logs) * step
    np.testing.assert_allclose(found, entropy(CONTINUOUS, OUTPUT), rtol=1e-3)


def test_an_action_at_its_bound_has_a_finite_density():
    assert np.isfinite(log_probability(CONTINUOUS, OUTPUT, jnp.ones(1)))
    assert np.isfinite(log_probability(CONTINUOUS, OUTPUT, -jnp.ones(1)))


def test_drawn_continuous_actions_have_that_entropy():
    """The mean of minus the log-density, to four standard errors."""
    keys = jax.random.split(jax.random.key(0), 3000)
    draw = jax.vmap(lambda key: choose_action(CONTINUOUS, OUTPUT, key))
    logs = jax.vmap(lambda x: log_probability(CONTINUOUS, OUTPUT, x))(draw(keys))
    error = jnp.std(logs) / 3000**0.5
    assert abs(jnp.mean(logs) + entropy(CONTINUOUS, OUTPUT)) < 4 * error


def test_spreads_beyond_those_that_are_drawn_change_nothing():
    wild, bounded = jnp.array([0.3, 50.0]), jnp.array([0.3, LOG_STD[1]])
    for measure in (entropy, partial(log_probability, action=jnp.zeros(1))):
        assert measure(CONTINUOUS, wild) == measure(CONTINUOUS, bounded)
