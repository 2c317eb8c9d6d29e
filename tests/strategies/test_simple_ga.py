"""The genetic algorithm, worked by hand."""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sphere import constant, sphere

from neurojax.encodings import Gaussian
from neurojax.noise import normal_like
from neurojax.strategies import SimpleGA
from neurojax.types import Inherited

KEY = jax.random.key(0)


def told(strategy, fitness, sample=None, population=None):
    """The state after generation 0 with that fitness, and its population."""
    state = strategy.init(KEY, sample or (lambda key: jax.random.normal(key, (3,))))
    drawn, state = strategy.ask(KEY, state)
    population = drawn if population is None else population
    state, metrics = strategy.tell(KEY, population, jnp.array(fitness), state)
    assert metrics == {}
    return state, population


def test_generation_zero_is_the_population_drawn():
    strategy = SimpleGA(5, num_elites=0)
    state = strategy.init(KEY, lambda key: jax.random.normal(key, (3,)))
    population, _ = strategy.ask(jax.random.key(1), state)
    np.testing.assert_array_equal(population, state.population)
    assert len(np.unique(population)) == 15


def test_elites_come_first_and_children_from_the_best_in_turn():
    strategy = SimpleGA(7, num_elites=2, num_parents=3, variation=Gaussian(1e-3))
    state, before = told(strategy, [5.0, 1, 4, np.nan, 2, 9, 8])
    after, _ = strategy.ask(jax.random.key(1), state)
    np.testing.assert_array_equal(after[:2], before[jnp.array([1, 4])])
    # Best three: members 1, 4 and 2.
    parents = before[jnp.array([1, 4, 2, 1, 4])]
    difference = np.asarray(after[2:] - parents)
    assert np.abs(difference).max() < 6e-3
    assert np.all(difference != 0)


def test_half_of_the_population_breeds_unless_told_otherwise():
    strategy = SimpleGA(7, num_elites=0, variation=Gaussian(1e-6))
    state, before = told(strategy, [0.0, 1, 2, 3, 4, 5, 6])
    after, _ = strategy.ask(jax.random.key(1), state)
    np.testing.assert_allclose(
        after, before[jnp.array([0, 1, 2, 0, 1, 2, 0])], atol=1e-4
    )


def test_tournament_of_all_breeds_from_the_best_alone():
    strategy = SimpleGA(5, 0, None, "tournament", 5, Gaussian(1e-6))
    state, before = told(strategy, [3.0, 2, np.nan, 1, 4])
    after, _ = strategy.ask(jax.random.key(1), state)
    np.testing.assert_allclose(after, jnp.tile(before[3], (5, 1)), atol=1e-4)


def test_a_key_gives_the_draws_of_the_published_results():
    strategy = SimpleGA(5, 1, 1, variation=Gaussian(0.1, "lognormal", 0.5))
    state, before = told(strategy, [4.0, 3, 0, 2, 1])
    key = jax.random.key(7)
    after, state = strategy.ask(key, state)
    *_, key_std, key_noise = jax.random.split(key, 4)
    std = 0.1 * jnp.exp(0.5 * normal_like(key_std, before, "threefry"))
    child = before[2] + std * normal_like(key_noise, before, "threefry")
    np.testing.assert_allclose(after[1:], child[1:], rtol=1e-6)


def test_what_is_inherited_beside_the_genotype_follows_the_parents():
    variation = Gaussian(0.1, "lognormal", adaptation_rate=1e-9)
    strategy = SimpleGA(5, num_elites=1, num_parents=2, variation=variation)
    state, _ = told(strategy, [4.0, 3, 0, 2, 1], constant(3))
    own = state.own * jnp.arange(1.0, 6.0)[:, None]
    _, after = strategy.ask(jax.random.key(1), state._replace(own=own))
    # Best two: members 2 and 4.
    parents = jnp.array([2, 2, 4, 2, 4])
    np.testing.assert_allclose(after.own, own[parents], rtol=1e-6)
    np.testing.assert_array_equal(after.own[0], own[2])


def test_the_second_parent_of_a_child_is_the_mother_of_another():
    variation = Gaussian(1e-9, crossover_rate=0.2)
    strategy = SimpleGA(5, 1, num_parents=2, variation=variation)
    population = jnp.tile(jnp.arange(5.0)[:, None], (1, 4001))
    state, _ = told(strategy, [0.0, 1, 2, 3, 4], constant(4001), population)
    mixed = []
    for seed in range(20):
        after, _ = strategy.ask(jax.random.key(seed), state)
        np.testing.assert_array_equal(after[0], 0)
        # The first parents are 0 | 0 1 0 1.
        share = [np.mean(np.round(after[c]) != m) for c, m in ((1, 0), (2, 1), (3, 0))]
        for part in share:
            assert part == 0 or abs(part - 0.2) < 4 * np.sqrt(0.16 / 4001)
        mixed += [part > 0 for part in share]
    # Each second parent is 0 or 1 with equal odds.
    assert abs(np.mean(mixed) - 0.5) < 4 * np.sqrt(0.25 / len(mixed))


def test_generation_zero_is_as_drawn_with_crossover_and_an_own_std():
    variation = Gaussian(0.1, "lognormal", crossover_rate=0.5)
    strategy = SimpleGA(5, num_elites=0, variation=variation)
    state = strategy.init(KEY, lambda key: jax.random.normal(key, (3,)))
    population, after = strategy.ask(jax.random.key(1), state)
    np.testing.assert_array_equal(population, state.population)
    np.testing.assert_array_equal(after.own, state.own)


@dataclass(frozen=True)
class NewSeeds:
    """A variation of integer genotypes: a child's last seed is a new one."""

    is_counted = True
    default_params = ()

    def init(self, population, params):
        return Inherited(population, ())

    def vary(self, keys, mothers, fathers, is_child, params):
        seeds = mothers.population
        drawn = jax.random.bits(keys[2], (len(seeds),))
        last = jnp.where(is_child, drawn, seeds[:, -1])
        return Inherited(seeds.at[:, -1].set(last), ())


def test_a_variation_of_ones_own_may_vary_integers():
    strategy = SimpleGA(5, num_elites=1, num_parents=1, variation=NewSeeds())
    draw = partial(jax.random.bits, shape=(2,))
    state, before = told(strategy, [4.0, 3, 0, 2, 1], draw)
    after, _ = strategy.ask(jax.random.key(1), state)
    assert after.dtype == jnp.uint32
    np.testing.assert_array_equal(after[0], before[2])
    np.testing.assert_array_equal(after[:, 0], jnp.tile(before[2, 0], 5))
    assert len(np.unique(after[:, 1])) == 5


def test_best_is_the_fittest_of_the_population_told_last():
    strategy = SimpleGA(5)
    state, population = told(strategy, [3.0, np.nan, 2, 7, 9])
    np.testing.assert_array_equal(strategy.best(state), population[2])


def test_elites_never_lose_the_best_on_a_fixed_problem():
    strategy = SimpleGA(13, num_elites=1, variation=Gaussian(0.5))
    state = strategy.init(KEY, lambda key: jax.random.normal(key, (3,)))
    best = []
    for generation in range(8):
        key = jax.random.fold_in(KEY, generation)
        population, state = strategy.ask(key, state)
        fitness = sphere(population)
        best.append(float(fitness.min()))
        state, _ = strategy.tell(key, population, fitness, state)
    assert best == sorted(best, reverse=True)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"population_size": 1}, "population_size=1 must be an integer at least 2"),
        ({"population_size": True}, "population_size=True"),
        ({"population_size": 0}, "population_size=0"),
        ({"num_elites": 7}, r"num_elites=7 must be an integer in \[0, 6\]"),
        ({"num_elites": -1}, "num_elites=-1"),
        ({"num_parents": 0}, "num_parents=0"),
        ({"num_parents": 8}, r"num_parents=8 must be an integer in \[1, 7\]"),
        ({"tournament_size": 8}, "tournament_size=8"),
        ({"tournament_size": 0}, "tournament_size=0"),
    ],
)
def test_bad_numbers_are_refused_by_name_and_value(options, message):
    with pytest.raises(ValueError, match=message):
        SimpleGA(**{"population_size": 7} | options)


def test_fitness_of_another_size_and_integer_genotypes_are_refused():
    strategy = SimpleGA(5)
    state = strategy.init(KEY, constant(3))
    population, state = strategy.ask(KEY, state)
    with pytest.raises(ValueError, match=r"fitness of shape \(4,\); it needs \(5,\)"):
        strategy.tell(KEY, population, jnp.zeros(4), state)
    with pytest.raises(ValueError, match="dtype int32; draw floats"):
        strategy.init(KEY, lambda key: jnp.zeros(3, jnp.int32))
