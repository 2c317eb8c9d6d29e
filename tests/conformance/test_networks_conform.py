"""What holds for every network in `neurojax.networks.__all__`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from probe_cases import NETWORKS
from probes import assert_close, implementations, shapes

from neurojax import networks
from neurojax.tree import spawn, take
from neurojax.types import BatchNetwork, Network

KEY = jax.random.key(4)
NAMES = sorted(implementations(networks) & set(NETWORKS))


def test_every_network_has_a_case():
    missing = implementations(networks) - set(NETWORKS)
    assert not missing, f"add {missing} to NETWORKS in conformance/probe_cases.py"


def outputs(network, weights, observations):
    """The carry's and the outputs of a sequence."""
    return jax.lax.scan(
        lambda carry, x: network.apply(weights, carry, x),
        network.reset(KEY, weights),
        observations,
    )


@pytest.mark.parametrize("name", NAMES)
def test_network_runs_equal_under_jit_and_vmap_and_keeps_its_carry(name):
    case = NETWORKS[name]
    network, twin = case.make(), case.make()
    assert isinstance(network, Network)
    assert network == twin and hash(network) == hash(twin)
    key_weights, key_x = jax.random.split(jax.random.key(0))
    population = spawn(key_weights, network.init, 3)
    observations = jax.random.normal(key_x, (2, *case.observation_shape))
    traces = []

    def run(network, weights, observations):
        traces.append(network)
        return outputs(network, weights, observations)

    run = jax.jit(run, static_argnums=0)
    members = jax.jit(jax.vmap(lambda w: outputs(network, w, observations)))
    carry, values = members(population)
    for member in range(3):
        weights = take(population, member)
        alone = run(network, weights, observations)
        assert_close(alone, (take(carry, member), values[member]))
        assert shapes(alone[0]) == shapes(network.reset(KEY, weights))
    run(twin, take(population, 0), observations)
    assert len(traces) == 1
    assert values.shape[:2] == (3, 2) and values.ndim == 3
    assert not np.allclose(values[0], values[1]), "members with other weights agree"
    assert not np.allclose(values[:, 0], values[:, 1]), "the observation is not seen"


@pytest.mark.parametrize("name", NAMES)
def test_apply_batch_equals_apply(name):
    network = NETWORKS[name].make()
    if not isinstance(network, BatchNetwork):
        return
    weights = network.init(jax.random.key(1))
    for batch in (5, 131):  # below and above the switch to the batch-last layout
        shape = (batch, *NETWORKS[name].observation_shape)
        observations = jax.random.normal(jax.random.key(2), shape)
        each = jax.jit(jax.vmap(lambda x: network.apply(weights, (), x)[1]))
        one_by_one = each(observations)
        assert_close(network.apply_batch(weights, observations), one_by_one)


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
def test_weights_are_float32_and_use_no_key_twice(name):
    network = NETWORKS[name].make()
    with jax.debug_key_reuse(True):
        weights = jax.eval_shape(jax.jit(network.init), jax.random.key(0))
    assert {leaf.dtype for leaf in jax.tree.leaves(weights)} == {jnp.dtype("float32")}
