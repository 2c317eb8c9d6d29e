"""Probes of a network, which lives for two observations."""

from functools import partial
from typing import Any

import jax
import numpy as np

from neurojax.testing.expect import (
    Program,
    drawn,
    expect,
    expect_arrays,
    expect_close,
    expect_types,
    keys_used_once,
    satisfying,
)
from neurojax.tree import take
from neurojax.types import BatchNetwork, Network, Observation, Weights

MEMBERS = 3
# Batches that a network may compute in different ways: a few, and many.
BATCHES = (5, 131)


def check_network(network: object, observation_shape: tuple[int, ...]) -> None:
    """Check that a network does what problems and rollouts rely on.

    A carry keeps its types from `reset` on; the output has one axis, and depends on
    weights and observation; members under `vmap` do what each does alone;
    `apply_batch`, if there is one, is `apply` on each observation; no key is used
    twice.

    Args:
        network: what to check.
        observation_shape: of one observation, which is drawn from a normal.

    Raises:
        ConformanceError: at the first thing that is wrong.
    """
    checked = satisfying(network, Network)
    name = type(checked).__name__
    key_weights, key_observations = jax.random.split(jax.random.key(0))
    with keys_used_once(f"{name}.init"):
        keys = jax.random.split(key_weights, MEMBERS)
        jax.eval_shape(jax.jit(jax.vmap(checked.init)), keys)
    population = drawn(checked.init, key_weights, MEMBERS)
    expect_arrays(f"{name}.init's weights", population)
    observations = jax.random.normal(key_observations, (2, *observation_shape))
    _check_carry(checked, take(population, 0), observations[0])
    many = jax.jit(jax.vmap(partial(_lived, checked), in_axes=(0, None)))
    one = Program(_lived, checked)
    carries, outputs = many(population, observations)
    for member in range(MEMBERS):
        alone = one(take(population, member), observations)
        together = take((carries, outputs), member)
        remedy = "write apply for one network and one observation, and keep no state"
        expect_close(f"{name} under vmap: (carry, outputs)", together, alone, remedy)
    one.expect_one_trace()
    _check_outputs(name, np.asarray(outputs))
    if isinstance(checked, BatchNetwork):
        _check_batches(checked, take(population, 0), observation_shape)


def _lived(
    network: Network, weights: Weights, observations: Observation
) -> tuple[Any, Any]:
    """The last carry, and all outputs."""
    begin = network.reset(jax.random.key(4), weights)
    return jax.lax.scan(partial(network.apply, weights), begin, observations)


def _check_carry(network: Network, weights: Weights, observation: Observation) -> None:
    name = type(network).__name__
    with keys_used_once(name):
        begin = jax.jit(network.reset)
        before = jax.eval_shape(begin, jax.random.key(4), weights)
    after, output = jax.eval_shape(network.apply, weights, before, observation)
    remedy = "return the carry as reset made it, and () without memory"
    expect_types(f"{name}.apply's carry", after, before, remedy)
    expect(
        getattr(output, "ndim", None) == 1,
        f"{name}.apply's output is {output}; return one axis of numbers.",
    )


def _check_outputs(name: str, outputs: np.ndarray) -> None:
    """`outputs` is (members, observations, numbers)."""
    expect(
        not np.allclose(outputs[0], outputs[1]),
        f"{name} gives members with other weights the same output; use all weights.",
    )
    expect(
        not np.allclose(outputs[:, 0], outputs[:, 1]),
        f"{name} gives two observations the same output; use the observation.",
    )


def _check_batches(
    network: BatchNetwork, weights: Weights, shape: tuple[int, ...]
) -> None:
    one_by_one = jax.jit(jax.vmap(lambda x: network.apply(weights, (), x)[1]))
    for batch in BATCHES:
        observations = jax.random.normal(jax.random.key(2), (batch, *shape))
        expect_close(
            f"{type(network).__name__}.apply_batch of {batch} observations",
            network.apply_batch(weights, observations),
            one_by_one(observations),
            "give what apply gives for each",
        )
