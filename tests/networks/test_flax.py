import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen, nnx

from neurojax.networks.flax import Flax
from neurojax.types import Network

KEY = jax.random.key(0)


class Perceptron(linen.Module):
    units: int = 5

    @linen.compact
    def __call__(self, x):
        x = linen.tanh(linen.Dense(self.units, name="hidden")(x.reshape(-1)))
        return linen.Dense(2, name="out")(x)


class Counter(linen.Module):
    """A recurrent network with nothing to learn: its output is how often it ran."""

    def initialize_carry(self, key, input_shape):
        return jnp.zeros(())

    def __call__(self, carry, x):
        return carry + 1, (carry + 1)[None]


class Normalised(linen.Module):
    @linen.compact
    def __call__(self, x):
        return linen.BatchNorm(use_running_average=True)(x)


def test_flax_is_a_network_without_memory():
    network = Flax(Perceptron(), (3,))
    assert isinstance(network, Network)
    assert network.reset(KEY, network.init(KEY)) == ()


def test_output_is_the_formula_of_its_layers():
    network, x = Flax(Perceptron(), (3,)), jnp.array([0.1, -0.7, 2.0])
    weights = network.init(KEY)
    hidden, out = weights["hidden"], weights["out"]
    expected = jnp.tanh(x @ hidden["kernel"] + hidden["bias"]) @ out["kernel"]
    carry, output = network.apply(weights, (), x)
    np.testing.assert_allclose(output, expected + out["bias"], atol=1e-6)
    assert carry == ()


def test_cell_remembers_as_linens_own_loop_does():
    cell = linen.GRUCell(features=5)
    network, xs = Flax(cell, (3,)), jax.random.normal(KEY, (7, 3))
    weights = network.init(KEY)
    carry = network.reset(KEY, weights)
    expected = linen.RNN(cell).apply({"params": {"cell": weights}}, xs)
    for time in range(7):
        carry, output = network.apply(weights, carry, xs[time])
        np.testing.assert_allclose(output, expected[time], atol=1e-6)


def test_module_without_parameters_has_empty_weights():
    network = Flax(Counter(), (3,))
    weights = network.init(KEY)
    assert weights == {}
    carry, first = network.apply(weights, network.reset(KEY, weights), jnp.zeros(3))
    assert [first, network.apply(weights, carry, jnp.zeros(3))[1]] == [1, 2]


def test_vmap_over_members_equals_a_loop_and_jit_equals_eager():
    network = Flax(Perceptron(), (3,))
    weights = network.init(KEY)
    members = jax.tree.map(lambda leaf: np.stack([leaf, 2 * leaf, -leaf]), weights)
    x = jnp.ones(3)
    many = jax.jit(jax.vmap(lambda w: network.apply(w, (), x)[1]))(members)
    for member in range(3):
        weights = jax.tree.map(lambda leaf, m=member: leaf[m], members)
        one = network.apply(weights, (), x)[1]
        np.testing.assert_allclose(many[member], one, atol=1e-6)


def test_equal_modules_share_a_compilation():
    traces = []

    def init(network):
        traces.append(network)
        return network.init(KEY)

    jitted = jax.jit(init, static_argnums=0)
    jitted(Flax(Perceptron(7), (3,))), jitted(Flax(Perceptron(7), (3,)))
    assert len(traces) == 1


def test_nnx_module_is_refused():
    with pytest.raises(ValueError, match=r"no flax.linen.Module.*nnx module can be"):
        Flax(nnx.Linear(3, 2, rngs=nnx.Rngs(0)), (3,))


def test_linen_class_instead_of_an_instance_is_refused():
    with pytest.raises(ValueError, match="Perceptron.*give an instance"):
        Flax(Perceptron, (3,))


def test_batch_statistics_are_refused():
    with pytest.raises(ValueError, match=r"\['batch_stats'\].*LayerNorm"):
        Flax(Normalised(), (3,))


def test_module_that_cannot_be_hashed_is_refused():
    with pytest.raises(ValueError, match="(?s)cannot be hashed.*tuples"):
        Flax(Perceptron(jnp.ones(3)), (3,))


def test_observations_that_the_module_does_not_take_are_refused():
    with pytest.raises(ValueError, match=r"input_shape=\(5, 5\).*correct the shape"):
        Flax(linen.Conv(3, (3, 3, 3)), (5, 5))


def test_missing_flax_names_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "flax", None)
    with pytest.raises(ImportError, match="pip install flax"):
        Flax(Perceptron(), (3,))
