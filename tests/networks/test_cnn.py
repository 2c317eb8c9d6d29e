import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurojax.networks.cnn import CNN
from neurojax.networks.mlp import MLP
from neurojax.types import Network

KEY = jax.random.key(0)
SMALL = CNN(
    (7, 11, 3),
    num_outputs=2,
    channels=(5, 3),
    kernel_sizes=(3, 2),
    strides=(2, 1),
    hidden_sizes=(13,),
    activation=jnp.tanh,
)


@pytest.fixture(scope="module")
def weights():
    return jax.jit(SMALL.init)(KEY)


def test_cnn_is_a_network_without_memory(weights):
    assert isinstance(SMALL, Network)
    assert SMALL.reset(KEY, weights) == ()


@pytest.mark.usefixtures("full_precision")
def test_outputs_equal_those_of_xlas_convolution(weights):
    image = jax.random.normal(jax.random.key(1), SMALL.input_shape)
    x = image
    for layer, size, stride in zip(weights, (3, 2), (2, 1), strict=False):
        kernel = layer.kernel.reshape(size, size, x.shape[-1], -1)
        x = jax.lax.conv_general_dilated(
            x[None],
            kernel,
            (stride, stride),
            "VALID",
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )
        x = jnp.tanh(x[0] + layer.bias)
    _, expected = MLP((x.size, 13, 2)).apply(weights[2:], (), x)
    carry, output = jax.jit(SMALL.apply)(weights, (), image)
    np.testing.assert_allclose(output, expected, atol=1e-6)
    assert carry == () and output.shape == (2,)


def test_an_edge_is_found_where_it_is():
    network = CNN((3, 4, 1), 1, channels=(1,), kernel_sizes=(2,), hidden_sizes=())
    weights = jax.eval_shape(network.init, KEY)
    weights = jax.tree.map(lambda leaf: np.zeros(leaf.shape, np.float32), weights)
    # Right column minus left column; six squares, of which the output adds one up.
    weights = (
        weights[0]._replace(kernel=jnp.array([[-1.0], [1.0], [-1.0], [1.0]])),
        weights[1]._replace(kernel=jnp.eye(6)[:, 4:5]),
    )
    image = jnp.zeros((3, 4, 1)).at[1:, 2:].set(1.0)
    # Square 4 is row 1, columns 1 and 2: both of its right pixels are lit.
    assert jax.jit(network.apply)(weights, (), image)[1].tolist() == [2.0]


def test_shapes_of_nature_dqn_are_those_of_the_paper():
    nature = CNN(
        (84, 84, 4),
        18,
        channels=(32, 64, 64),
        kernel_sizes=(8, 4, 3),
        strides=(4, 2, 1),
        hidden_sizes=(512,),
    )
    assert nature.feature_shapes[1:] == ((20, 20, 32), (9, 9, 64), (7, 7, 64))
    weights = jax.eval_shape(nature.init, KEY)
    assert sum(leaf.size for leaf in jax.tree.leaves(weights)) == 1_693_362


def test_default_is_minatars_network():
    weights = jax.eval_shape(CNN((10, 10, 4), 6).init, KEY)
    assert [layer.kernel.shape for layer in weights] == [
        (36, 16),
        (1024, 128),
        (128, 6),
    ]


def test_operations_are_counted():
    # 3 x 5 places, 5 outputs, 27 inputs; 2 x 4, 3, 20; then 24 to 13 to 2.
    assert SMALL.feature_shapes[1:] == ((3, 5, 5), (2, 4, 3))
    expected = 2 * (15 * 5 * 27 + 8 * 3 * 20 + 24 * 13 + 13 * 2)
    assert SMALL.matmul_flops == expected


def test_integer_pixels_are_taken_as_numbers(weights):
    pixels = jax.random.randint(KEY, SMALL.input_shape, 0, 255).astype(jnp.uint8)
    apply = jax.jit(SMALL.apply)
    output = apply(weights, (), pixels)[1]
    expected = apply(weights, (), pixels.astype(jnp.float32))[1]
    np.testing.assert_array_equal(output, expected)


def test_vmap_over_members_equals_a_loop(weights):
    members = jax.tree.map(lambda leaf: np.stack([leaf, 2 * leaf, -leaf]), weights)
    image = jax.random.normal(KEY, SMALL.input_shape)
    many = jax.jit(jax.vmap(lambda w: SMALL.apply(w, (), image)[1]))(members)
    apply = jax.jit(SMALL.apply)
    for member in range(3):
        weights = jax.tree.map(lambda leaf, m=member: leaf[m], members)
        one = apply(weights, (), image)[1]
        np.testing.assert_allclose(many[member], one, atol=1e-6)


def test_jit_equals_eager():
    network = CNN((3, 4, 1), 1, channels=(1,), kernel_sizes=(2,), hidden_sizes=())
    weights, image = jax.jit(network.init)(KEY), np.ones((3, 4, 1), np.float32)
    eager = network.apply(weights, (), jnp.asarray(image))[1]
    compiled = jax.jit(network.apply)(weights, (), image)[1]
    np.testing.assert_allclose(eager, compiled, atol=1e-6)


def test_equal_networks_are_equal():
    assert CNN((10, 10, 4), 3, channels=(16,)) == CNN((10, 10, 4), 3)
    assert hash(CNN((10, 10, 4), 3, channels=(16,))) == hash(CNN((10, 10, 4), 3))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input_shape": (10, 10)}, r"input_shape=\(10, 10\).*one channel"),
        ({"channels": (3, 5)}, r"channels=\(3, 5\).*equally long"),
        ({"strides": (0,)}, r"strides=\(0,\) must be positive"),
        ({"num_outputs": 0}, r"num_outputs=0 must be an integer at least 1"),
        ({"kernel_sizes": (11,)}, "kernel of 11 does not fit into 10 x 10"),
    ],
)
def test_impossible_networks_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        CNN(**{"input_shape": (10, 10, 4), "num_outputs": 3, **arguments})


def test_other_observations_are_refused(weights):
    with pytest.raises(ValueError, match=r"\(7, 11, 2\).*\(7, 11, 3\).*observation_sh"):
        SMALL.apply(weights, (), jnp.zeros((7, 11, 2)))
