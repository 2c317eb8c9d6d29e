"""Each thing that a strategy can do wrong is told by name."""

import jax
import jax.numpy as jnp
import pytest
from skeletons import broken, skeleton

from neurojax.testing import ConformanceError, check_strategy
from neurojax.tree import repeat

Search = skeleton("MyStrategy")


def told(change):
    """A tell whose state and metrics are changed, given the fitness, too."""

    def tell(self, key, population, fitness, state, params=None, *, gradient=None):
        after = Search.tell(self, key, population, fitness, state, params)
        return change(*after, fitness)

    return {"tell": tell}


def asked(change):
    def ask(self, key, state, params=None):
        population, state = Search.ask(self, key, state, params)
        return change(population), state

    return {"ask": ask}


def branching(self, key, state, params=None):
    params = self.default_params if params is None else params
    return Search.ask(self, key, state, params if params.std > 0 else None)


def with_one_key(self, key, state, params=None):
    jax.random.normal(key)
    return Search.ask(self, key, state, params)


def float32(tree):
    return jax.tree.map(lambda leaf: leaf.astype(jnp.float32), tree)


TYPES = [
    (asked(float32), r"ask's population\['bias'\] is float32\[7, 5\], expected bfloat"),
    ({"best": lambda self, state: state}, "best.* expected PyTreeDef.*as sample's"),
    (
        told(lambda s, m, f: (s._replace(fitness=jnp.int32(0)), m)),
        r"tell's state.fitness is int32\[\], expected float32\[\]",
    ),
    (told(lambda s, m, f: (s, {"all": f})), r"metric 'all' has shape \(7,\); reduce"),
    ({"ask": branching}, "decides on the value of an array in Python.*jnp.where"),
    ({"ask": with_one_key}, "uses a key twice"),
    ({"member_fields": ("best",)}, "member_fields names 'best', of shape"),
]


@pytest.mark.parametrize(("names", "words"), TYPES)
def test_wrong_types_are_told_without_compiling(names, words):
    with pytest.raises(ConformanceError, match=words):
        check_strategy(broken(Search, **names)(7))


def rises(self, key, population, fitness, state, params=None, *, gradient=None):
    return Search.tell(self, key, population, -fitness, state, params)


def spoilt(state, metrics, fitness):
    best = jax.tree.map(lambda x: x + (0 * fitness.mean()).astype(x.dtype), state.best)
    return state._replace(best=best), metrics


def alike(self, key, state, params=None):
    return repeat(state.best, 7), state


def with_its_own_key(self, key, state, params=None):
    return Search.ask(self, jax.random.key(0), state, params)


def deaf(self, key, population, fitness, state, params=None, *, gradient=None):
    return state, {}


RUNS = [
    ({"ask": alike}, "7 members, of which 1 differ; draw each"),
    ({"ask": with_its_own_key, "tell": deaf}, "same population in generations 0 and 2"),
    (told(spoilt), "NaN fitness of some members: population.*; rank NaN last"),
    ({"tell": rises}, "best fell from .* generations, not by a factor of 5.0"),
]


@pytest.mark.parametrize(("names", "words"), RUNS)
def test_what_shows_in_runs_is_told(names, words):
    with pytest.raises(ConformanceError, match=words):
        check_strategy(broken(Search, **names)(7), falls_by=5.0)


def test_a_state_outside_the_state_is_told():
    generations = []

    def ask(self, key, state, params=None):
        generations.append(None)
        key = jax.random.fold_in(key, len(generations))
        return Search.ask(self, key, state, params)

    with pytest.raises(ConformanceError, match="not compiled.*nothing outside the sta"):
        check_strategy(broken(Search, ask=ask)(7))
