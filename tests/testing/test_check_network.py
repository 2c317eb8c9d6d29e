"""Each thing that a network can do wrong is told by name."""

import jax
import pytest
from skeletons import broken, skeleton

from neurojax.networks import MLP
from neurojax.testing import ConformanceError, check_network

Leaky = skeleton("MyNetwork")


def applied(change):
    def apply(self, weights, carry, observation):
        return change(*Leaky.apply(self, weights, carry, observation))

    return {"apply": apply}


def with_one_key(self, key):
    return jax.random.normal(key, self.sizes) + jax.random.uniform(key, self.sizes)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (applied(lambda c, x: (c[0], x)), r"carry is float32\[\], expected float32\[3"),
        (applied(lambda c, x: (c, x[None])), "return one axis of numbers"),
        (applied(lambda c, x: (c, 0 * x)), "members with other weights the same"),
        (
            {"apply": lambda self, weights, carry, x: (carry, weights[0])},
            "two observations the same output; use the observation",
        ),
        ({"init": with_one_key}, "init uses a key twice"),
    ],
)
def test_what_is_wrong_is_told(names, words):
    with pytest.raises(ConformanceError, match=words):
        check_network(broken(Leaky, **names)((3, 5)), (3,))


def test_a_batch_that_differs_is_told():
    def apply_batch(self, weights, observations):
        return 2 * MLP.apply_batch(self, weights, observations)

    network = broken(MLP, apply_batch=apply_batch)((3, 5))
    with pytest.raises(ConformanceError, match="apply_batch of 5 observations.* apply"):
        check_network(network, (3,))


def test_a_shape_that_the_network_does_not_take_is_not_hidden():
    with pytest.raises(ValueError, match="has 4 numbers, but the network takes 3"):
        check_network(MLP((3, 5)), (4,))
