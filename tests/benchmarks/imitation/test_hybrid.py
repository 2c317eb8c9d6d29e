"""Heads on frozen networks: they are one network with their base."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.imitation.heads import (
    HeadControl,
    head_inputs,
    head_network,
    merged,
    merged_network,
)
from neurojax.environments import Gymnax
from neurojax.networks import MLP
from neurojax.problems import Control

BASE = MLP((4, 7, 2))


def drawn(kind):
    """A base, a head whose last layer is not zero, and observations."""
    keys = jax.random.split(jax.random.key(0), 3)
    base = BASE.init(keys[0])
    shapes = head_network(kind, BASE).init(keys[1])
    head = jax.tree.map(lambda leaf: leaf + 0.3, shapes)
    return base, head, jax.random.normal(keys[2], (13, 4))


@pytest.mark.parametrize("kind", ["features", "residual"])
def test_head_on_inputs_equals_the_merged_network(kind):
    base, head, observations = drawn(kind)
    inputs = head_inputs(kind, BASE, base, observations)
    apart = head_network(kind, BASE).apply_batch(head, inputs)
    whole = merged_network(kind, BASE).apply_batch(
        merged(kind, base, head), observations
    )
    np.testing.assert_allclose(apart, whole, rtol=1e-5, atol=1e-6)


def test_a_residual_changes_nothing_at_first():
    base, _, observations = drawn("residual")
    head = head_network("residual", BASE).init(jax.random.key(5))
    whole = merged_network("residual", BASE)
    np.testing.assert_allclose(
        whole.apply_batch(merged("residual", base, head), observations),
        BASE.apply_batch(base, observations),
        rtol=1e-5,
        atol=1e-6,
    )


def test_residual_apply_is_a_row_of_apply_batch():
    base, head, observations = drawn("residual")
    network = head_network("residual", BASE)
    inputs = head_inputs("residual", BASE, base, observations)
    rows = jnp.stack([network.apply(head, (), row)[1] for row in inputs])
    np.testing.assert_allclose(rows, network.apply_batch(head, inputs), rtol=1e-5)


@pytest.mark.parametrize("kind", ["features", "residual"])
def test_heads_play_as_the_merged_networks(kind):
    base, head, _ = drawn(kind)
    heads = jax.tree.map(lambda leaf: jnp.stack([leaf, -leaf]), head)
    problem = HeadControl(kind, BASE, "CartPole-v1", base)
    fitness, state, metrics = problem.eval(
        jax.random.key(1), heads, problem.init(jax.random.key(2))
    )
    control = Control(Gymnax("CartPole-v1"), merged_network(kind, BASE), max_steps=500)
    bases = jax.tree.map(lambda leaf: jnp.stack([leaf, leaf]), base)
    expected, _, _ = control.eval(jax.random.key(1), merged(kind, bases, heads), ())
    np.testing.assert_array_equal(fitness, expected)
    np.testing.assert_array_equal(metrics["return"], -fitness)
    assert jax.tree.all(jax.tree.map(jnp.array_equal, state, base))
