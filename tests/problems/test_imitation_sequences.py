"""Cloning along sequences: memory, padding, tiles, and what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import linen

from neurojax.networks import MLP, Flax
from neurojax.problems import Imitation
from neurojax.strategies import GradientDescent
from neurojax.systems import Evolution
from neurojax.training import train
from neurojax.tree import spawn

KEY = jax.random.key(0)
NETWORK = MLP((3, 5, 2))


class Recurrent(linen.Module):
    @linen.compact
    def __call__(self, carry, x):
        carry, hidden = linen.GRUCell(4)(carry, x)
        return carry, linen.Dense(2)(hidden)

    def initialize_carry(self, key, input_shape):
        return linen.GRUCell(4, parent=None).initialize_carry(key, input_shape)


RECURRENT = Flax(Recurrent(), (3,))


def sequences(rows, steps, seed=0):
    rng = np.random.default_rng(seed)
    observations = rng.normal(size=(rows, steps, 3)).astype(np.float32)
    return observations, rng.integers(2, size=(rows, steps))


def measured(network, observations, actions):
    metrics = ("cross_entropy", "accuracy", "macro_f1")
    problem = Imitation(network, observations, actions, metrics=metrics)
    population = spawn(KEY, network.init, 3)
    return problem.eval(KEY, population, problem.init(KEY))[2]


@pytest.mark.usefixtures("full_precision")
@pytest.mark.parametrize("rows", [7, 700])
def test_without_memory_a_sequence_is_its_pairs(rows):
    observations, actions = sequences(rows, 5)
    along = measured(NETWORK, observations, actions)
    apart = measured(NETWORK, observations.reshape(-1, 3), actions.reshape(-1))
    for name, values in apart.items():
        np.testing.assert_allclose(along[name], values, rtol=2e-5)


@pytest.mark.usefixtures("full_precision")
def test_memory_runs_along_a_sequence_and_not_from_one_to_the_next():
    observations, actions = sequences(4, 6)
    found = measured(RECURRENT, observations, actions)["cross_entropy"]
    for member in range(3):
        population = spawn(KEY, RECURRENT.init, 3)
        weights = jax.tree.map(lambda leaf, m=member: leaf[m], population)
        losses = []
        for row in range(4):
            carry = RECURRENT.reset(KEY, weights)
            for step in range(6):
                carry, logits = RECURRENT.apply(
                    weights, carry, jnp.asarray(observations[row, step])
                )
                log = jax.nn.log_softmax(logits)
                losses.append(-float(log[actions[row, step]]))
        np.testing.assert_allclose(found[member], np.mean(losses), rtol=1e-5)


@pytest.mark.slow
def test_filled_up_steps_count_nowhere():
    observations, actions = sequences(4, 6)
    padded = np.pad(observations, ((0, 0), (0, 3), (0, 0)), constant_values=9.0)
    labels = np.pad(actions, ((0, 0), (0, 3)), constant_values=-1)
    whole = measured(RECURRENT, observations, actions)
    for name, values in measured(RECURRENT, padded, labels).items():
        np.testing.assert_allclose(values, whole[name], rtol=1e-6)


@pytest.mark.parametrize("batch_size", [8, None])
def test_a_recurrent_network_learns_what_a_memoryless_one_cannot(batch_size):
    observations, _ = sequences(64, 8)
    first_sign = (observations[:, :1, 0] > 0).astype(int)
    actions = np.repeat(first_sign, 8, axis=1)
    found = {}
    for name, network in (("memory", RECURRENT), ("none", NETWORK)):
        problem = Imitation(
            network, observations, actions, metrics=("accuracy",), batch_size=batch_size
        )
        strategy = GradientDescent(optax.adam(1e-2))
        system = Evolution(strategy, problem, network.init)
        history = train(system, KEY, 600)[1]
        found[name] = float(np.mean(history.metrics["accuracy"][-8:]))
    assert found["memory"] > 0.95
    assert found["none"] < 0.75


@pytest.mark.parametrize(
    ("shape", "labels"),
    [((4, 6, 3), (4,)), ((4, 3), (4, 3)), ((4, 6, 3), (4, 5)), ((4, 6, 3), (4, 6, 1))],
)
def test_shapes_that_do_not_fit_are_refused(shape, labels):
    with pytest.raises(ValueError, match=r"must be|needs? "):
        Imitation(NETWORK, np.zeros(shape, np.float32), np.zeros(labels, int))


def test_a_missing_action_of_a_pair_is_refused():
    with pytest.raises(ValueError, match=r"range over \[-1"):
        Imitation(NETWORK, np.zeros((2, 3), np.float32), np.array([0, -1]))


def test_an_action_below_minus_one_is_refused():
    with pytest.raises(ValueError, match=r"range over \[-2"):
        Imitation(NETWORK, np.zeros((2, 2, 3), np.float32), np.array([[0, -2], [0, 1]]))
