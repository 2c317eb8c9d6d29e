"""The gated recurrent unit equals flax's, with the same weights."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen

from neurojax.networks import GRU

KEY = jax.random.key(0)


def as_flax(weights, units):
    """The weights of flax's cell; it has no bias of the memory's gates but the last."""

    def part(layer, index):
        here = slice(index * units, (index + 1) * units)
        return layer.kernel[:, here], layer.bias[here]

    named = {}
    for index, gate in enumerate("rzn"):
        kernel, bias = part(weights.input, index)
        memory, memory_bias = part(weights.memory, index)
        if gate == "n":
            named["hn"] = {"kernel": memory, "bias": memory_bias}
        else:
            named[f"h{gate}"] = {"kernel": memory}
            bias = bias + memory_bias
        named[f"i{gate}"] = {"kernel": kernel, "bias": bias}
    return {"params": named}


def test_steps_equal_flax():
    network = GRU((3, 5, 2))
    weights = network.init(KEY)
    cell, variables = linen.GRUCell(5), as_flax(weights, 5)
    carry, theirs = network.reset(KEY, weights), jnp.zeros(5)
    for observation in np.random.default_rng(0).normal(size=(10, 3)):
        observation = jnp.asarray(observation, jnp.float32)
        carry, output = network.apply(weights, carry, observation)
        theirs, _ = cell.apply(variables, theirs, observation)
        np.testing.assert_allclose(carry, theirs, atol=1e-6)
        wanted = theirs @ weights.output.kernel + weights.output.bias
        np.testing.assert_allclose(output, wanted, atol=1e-6)


def test_operations_are_those_of_the_kernels():
    network = GRU((3, 5, 2))
    kernels = [layer.kernel.size for layer in network.init(KEY)]
    assert network.matmul_flops == 2 * sum(kernels)


def test_observations_of_any_shape_are_flattened():
    network = GRU((6, 4, 2))
    weights = network.init(KEY)
    flat = jnp.arange(6.0)
    ours = network.apply(weights, network.reset(KEY, weights), flat.reshape(2, 3))
    np.testing.assert_array_equal(
        ours[1], network.apply(weights, network.reset(KEY, weights), flat)[1]
    )


@pytest.mark.parametrize("sizes", [(3, 2), (3, 5, 5, 2), (3, 0, 2), (3, 2.0, 2)])
def test_bad_sizes_are_refused(sizes):
    with pytest.raises((ValueError, TypeError), match="sizes"):
        GRU(sizes)
