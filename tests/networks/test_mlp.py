"""The multilayer perceptron."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen

from neurojax.networks import CNN, GRU, MLP, Flax
from neurojax.networks.initializers import (
    Layer,
    Orthogonal,
    normal_fan_in,
    uniform_fan_in,
)


def test_output_worked_by_hand():
    network = MLP((2, 3, 1), activation=jax.nn.relu)
    weights = (
        Layer(jnp.array([[1.0, 0, -1], [0, 1, 2]]), jnp.array([0.0, -5, 1])),
        Layer(jnp.array([[1.0], [10], [100]]), jnp.array([0.5])),
    )
    # Hidden: relu(2), relu(3 - 5), relu(-2 + 6 + 1) = 2, 0, 5.
    carry, output = network.apply(weights, (), jnp.array([2.0, 3.0]))
    assert carry == () and output.tolist() == [502.5]


@pytest.mark.parametrize("batch", [1, 127, 128])
def test_apply_batch_equals_apply_on_each(batch):
    network = MLP((6, 5, 7, 3))
    weights = network.init(jax.random.key(0))
    observations = jax.random.normal(jax.random.key(1), (batch, 2, 3))
    together = network.apply_batch(weights, observations)
    alone = jax.jit(jax.vmap(lambda x: network.apply(weights, (), x)[1]))(observations)
    assert together.shape == (batch, 3)
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-6)


def test_matmul_flops():
    assert MLP((4, 64, 32, 2)).matmul_flops == 4736
    assert MLP((3, 5)).matmul_flops == 30


def test_weights_have_the_shapes_of_the_sizes_and_layers_differ():
    weights = MLP((3, 5, 5, 2)).init(jax.random.key(0))
    shapes = [(layer.kernel.shape, layer.bias.shape) for layer in weights]
    assert shapes == [((3, 5), (5,)), ((5, 5), (5,)), ((5, 2), (2,))]
    assert len(np.unique(weights[1].kernel)) == 25


@pytest.mark.parametrize(
    "draw, std",
    [
        (uniform_fan_in, 1 / np.sqrt(3 * 101)),
        (normal_fan_in, 1 / np.sqrt(101)),
        (Orthogonal(), np.sqrt(2 / 103)),
    ],
)
def test_initializers_have_the_stated_spread(draw, std):
    layer = draw(jax.random.key(0), 101, 103)
    np.testing.assert_allclose(np.std(layer.kernel), std, rtol=0.03)
    if draw == Orthogonal():
        assert not layer.bias.any()
    else:
        np.testing.assert_allclose(np.std(layer.bias), std, rtol=0.3)


def test_orthogonal_columns_are_orthogonal():
    kernel = Orthogonal()(jax.random.key(0), 7, 3).kernel
    np.testing.assert_allclose(kernel.T @ kernel, 2 * np.eye(3), atol=1e-5)


def test_the_last_layer_may_be_drawn_otherwise():
    plain = MLP((4, 7, 5, 3), initializer=Orthogonal())
    small = MLP(
        (4, 7, 5, 3), initializer=Orthogonal(), last_initializer=Orthogonal(0.0)
    )
    *hidden, last = small.init(jax.random.key(0))
    *expected, _ = plain.init(jax.random.key(0))
    jax.tree.map(np.testing.assert_array_equal, hidden, expected)
    assert not last.kernel.any()


@pytest.mark.parametrize("sizes", [(), (4,), (4, 0), (4, -1, 2), (4, 2.0)])
def test_bad_sizes_are_refused(sizes):
    # Through the class's own check: the test run's type checks would be first.
    network = object.__new__(MLP)
    object.__setattr__(network, "sizes", sizes)
    with pytest.raises(
        ValueError, match=r"must be (two or more|positive integers).*\(4, 50, 2\)"
    ):
        network.__post_init__()


def test_sizes_of_numpy_are_those_of_python(unchecked):
    network = unchecked(MLP, (4, np.int64(3), np.int32(2)))
    assert network == MLP((4, 3, 2)) and hash(network) == hash(MLP((4, 3, 2)))


@pytest.mark.parametrize(
    "network, size",
    [
        (MLP((4, 3, 2)), 4),
        (GRU((4, 3, 2)), 4),
        (CNN((4, 4, 1), 2, channels=(2,), hidden_sizes=(3,)), (4, 4, 1)),
        (Flax(linen.Dense(2), (4,)), 4),
    ],
    ids=lambda x: type(x).__name__,
)
def test_observations_and_weights_of_another_network_are_told(network, size):
    key = jax.random.key(0)
    weights, observation = network.init(key), jnp.ones(size)
    carry = network.reset(key, weights)
    network.apply(weights, carry, observation)
    with pytest.raises(ValueError, match="observation.* has? .*shape|observation of"):
        network.apply(weights, carry, jnp.ones((5, 5, 1)))
    population = jax.tree.map(lambda leaf: jnp.stack([leaf] * 3), weights)
    with pytest.raises(ValueError, match="weights"):
        network.apply(population, carry, observation)


def test_a_batch_of_another_size_is_told():
    network = MLP((4, 2))
    with pytest.raises(ValueError, match="has 5 numbers, but the network takes 4"):
        network.apply_batch(network.init(jax.random.key(0)), jnp.ones((200, 5)))
