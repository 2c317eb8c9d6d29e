"""Tiny systems whose runs are known: an integer random walk and a (1+1)-ES."""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

TRACES = []  # one entry each time a step is traced or run on the host


class WalkState(NamedTuple):
    generation: Array
    position: Array
    twin: Array  # the same buffer as position at first: a trap for donation
    constant: Array
    key: Array
    weak: Array


@dataclass(frozen=True)
class Walk:
    """Steps of -1, 0 or 1 in three dimensions; params is where it begins."""

    jittable: bool = True
    name: str = "walk"

    def init(self, key, params=None):
        start = jnp.zeros(3, jnp.int32) if params is None else params
        constant = jnp.full((5,), 1.5, jnp.bfloat16)
        return WalkState(jnp.int32(0), start, start, constant, key, jnp.asarray(2.0))

    def step(self, key, state):
        TRACES.append(self.name)
        position = state.position + jax.random.randint(key, (3,), -1, 2)
        state = state._replace(
            generation=state.generation + 1, position=position, twin=position
        )
        fitness = jnp.abs(position).sum().astype(jnp.float32)
        return state, {"fitness": fitness, "position": position}


class ESState(NamedTuple):
    generation: Array
    parent: Array
    fitness: Array
    std: Array


@dataclass(frozen=True)
class OnePlusOne:
    """(1+1)-ES with the one-fifth rule on the sphere (Rechenberg, 1973)."""

    dimensions: int = 7
    jittable: bool = True

    def init(self, key, params=None):
        parent = jax.random.normal(key, (self.dimensions,))
        return ESState(jnp.int32(0), parent, jnp.sum(parent**2), jnp.float32(1.0))

    def step(self, key, state):
        child = state.parent + state.std * jax.random.normal(key, state.parent.shape)
        fitness = jnp.sum(child**2)
        is_better = fitness <= state.fitness
        state = ESState(
            state.generation + 1,
            jnp.where(is_better, child, state.parent),
            jnp.where(is_better, fitness, state.fitness),
            state.std * jnp.where(is_better, 1.5, 1.5**-0.25),
        )
        return state, {"fitness": state.fitness, "std": state.std}


class Watch:
    """A callback that remembers what it was told."""

    def __init__(self, stop_at=None, error=None):
        self.events, self.generations = [], []
        self.stop_at, self.error = stop_at, error

    def open(self, num_generations, generation):
        self.events.append(("open", num_generations, generation))

    def update(self, chunk):
        self.generations.append(chunk.generation)
        if self.error is not None and chunk.generation >= 5:
            raise self.error
        return self.stop_at is not None and chunk.generation >= self.stop_at

    def close(self):
        self.events.append(("close",))


def assert_same_state(a, b):
    assert jax.tree.structure(a) == jax.tree.structure(b)
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        assert x.dtype == y.dtype
        if jnp.issubdtype(x.dtype, jax.dtypes.prng_key):
            x, y = jax.random.key_data(x), jax.random.key_data(y)
        assert x.shape == y.shape and np.asarray(x).tobytes() == np.asarray(y).tobytes()


def assert_same_history(a, b):
    np.testing.assert_array_equal(a.generation, b.generation)
    assert a.metrics.keys() == b.metrics.keys()
    for name, rows in a.metrics.items():
        other = b.metrics[name]
        assert (rows.dtype, rows.shape) == (other.dtype, other.shape)
        assert rows.tobytes() == other.tobytes()
