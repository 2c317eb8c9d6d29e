"""What holds for every network in `neurojax.networks.__all__`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from probe_cases import NETWORKS
from probes import expect_cases, implementations

from neurojax import networks
from neurojax.testing import check_network

KEY = jax.random.key(4)
NAMES = sorted(implementations(networks) & set(NETWORKS))


def test_every_network_has_a_case():
    expect_cases(networks, NETWORKS, "NETWORKS")


@pytest.mark.parametrize("name", NAMES)
def test_network_conforms_and_equal_ones_are_equal(name):
    case = NETWORKS[name]
    network, twin = case.make(), case.make()
    assert network == twin and hash(network) == hash(twin)
    check_network(network, case.observation_shape)


@pytest.mark.parametrize("name", NAMES)
def test_gradient_is_finite_and_reaches_every_leaf(name):
    network = NETWORKS[name].make()
    weights = network.init(jax.random.key(3))
    observation = jnp.ones(NETWORKS[name].observation_shape)

    def loss(weights):
        # What leads from a memory to the output is used from the second step on.
        carry, _ = network.apply(weights, network.reset(KEY, weights), observation)
        return jnp.sum(network.apply(weights, carry, observation)[1])

    for leaf in jax.tree.leaves(jax.jit(jax.grad(loss))(weights)):
        assert np.isfinite(leaf).all() and np.any(leaf != 0)


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_float32(name):
    weights = jax.eval_shape(NETWORKS[name].make().init, jax.random.key(0))
    assert {leaf.dtype for leaf in jax.tree.leaves(weights)} == {jnp.dtype("float32")}
