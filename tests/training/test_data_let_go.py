"""What JAX keeps of a system for ever are no data."""

import gc
import weakref

import jax
import numpy as np
import pytest

from neurojax.networks import MLP
from neurojax.problems import Imitation
from neurojax.strategies import SimpleGA
from neurojax.systems import Evolution, Replicas, score
from neurojax.training import EarlyStop, train
from neurojax.tree import without_data

NETWORK = MLP((3, 2))


def cloning(rows=7):
    observations = np.ones((rows, 3), np.float32)
    return Imitation(NETWORK, observations, np.zeros(rows, np.int32))


def evolution(problem):
    return Evolution(SimpleGA(5), problem, NETWORK.init)


def trained(problem):
    train(evolution(problem), jax.random.key(0), 2, callbacks=[EarlyStop(patience=9)])


def in_replicas(problem):
    train(Replicas(evolution(problem), 2), jax.random.key(0), 1)


def scored(problem):
    key = jax.random.key(0)
    score(problem, NETWORK.init(key), key)


@pytest.mark.parametrize("use", [trained, in_replicas, scored])
def test_a_problem_that_was_used_is_let_go_with_its_data(use):
    problem = cloning()
    gone = weakref.ref(problem)
    use(problem)
    del problem
    gc.collect()
    assert gone() is None


def test_the_light_one_is_equal_and_holds_shapes_alone():
    heavy = evolution(cloning(rows=11))
    light = without_data(heavy)
    assert light == heavy and hash(light) == hash(heavy)
    assert isinstance(light.problem.observations, jax.ShapeDtypeStruct)
    assert light.problem.observations.shape == (11, 3)
    assert isinstance(heavy.problem.observations, np.ndarray)  # as it was


@pytest.mark.parametrize("value", [NETWORK, SimpleGA(5), (1, "a"), np.ones(2), None])
def test_what_holds_no_data_comes_back_as_it_is(value):
    assert without_data(value) is value
