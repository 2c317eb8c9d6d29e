"""The genetic algorithm, worked by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sphere import constant, sphere

from neurojax.strategies import SimpleGA

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
    strategy = SimpleGA(7, num_elites=2, num_parents=3, mutation_std=1e-3)
    state, before = told(strategy, [5.0, 1, 4, np.nan, 2, 9, 8])
    after, _ = strategy.ask(jax.random.key(1), state)
    np.testing.assert_array_equal(after[:2], before[jnp.array([1, 4])])
    # Best three: members 1, 4 and 2.
    parents = before[jnp.array([1, 4, 2, 1, 4])]
    difference = np.asarray(after[2:] - parents)
    assert np.abs(difference).max() < 6e-3
    assert np.all(difference != 0)


def test_half_of_the_population_breeds_unless_told_otherwise():
    strategy = SimpleGA(7, num_elites=0, mutation_std=1e-6)
    state, before = told(strategy, [0.0, 1, 2, 3, 4, 5, 6])
    after, _ = strategy.ask(jax.random.key(1), state)
    np.testing.assert_allclose(
        after, before[jnp.array([0, 1, 2, 0, 1, 2, 0])], atol=1e-4
    )


def test_tournament_of_all_breeds_from_the_best_alone():
    strategy = SimpleGA(
        5, num_elites=0, selection="tournament", tournament_size=5, mutation_std=1e-6
    )
    state, before = told(strategy, [3.0, 2, np.nan, 1, 4])
    after, _ = strategy.ask(jax.random.key(1), state)
    np.testing.assert_allclose(after, jnp.tile(before[3], (5, 1)), atol=1e-4)


def test_mutation_has_the_stated_std_and_params_override_it():
    strategy = SimpleGA(101, num_elites=1, mutation_std=0.3)
    zeros = [0.0] * 101
    state, _ = told(strategy, zeros, constant((7, 101)))
    children = np.asarray(strategy.ask(jax.random.key(1), state)[0])[1:]
    tolerance = 5 / np.sqrt(2 * children.size)
    np.testing.assert_allclose(children.std(), 0.3, rtol=tolerance)
    np.testing.assert_allclose(children.mean(), 0, atol=0.3 * 2 * tolerance)
    params = strategy.default_params._replace(mutation_std=jnp.float32(0.7))
    children = np.asarray(strategy.ask(jax.random.key(1), state, params)[0])[1:]
    np.testing.assert_allclose(children.std(), 0.7, rtol=tolerance)


@pytest.mark.parametrize(
    "adaptation, drift", [("multiplicative", -5e-5), ("lognormal", 0.0)]
)
def test_drift_of_log_std_without_selection(adaptation, drift):
    # Each generation multiplies by 1 + rate * xi, or exp(rate * xi).
    generations, members, size = 10, 32, 2**14
    strategy = SimpleGA(
        members,
        num_elites=0,
        num_parents=members,
        mutation_std=0.1,
        adaptation=adaptation,
        adaptation_rate=0.01,
    )
    state = strategy.init(KEY, constant(size))

    @jax.jit
    def step(key, state):
        population, state = strategy.ask(key, state)
        return strategy.tell(key, population, jnp.zeros(members), state)[0]

    for generation in range(generations + 1):  # the first is not mutated
        state = step(jax.random.fold_in(KEY, generation), state)
    per_generation = (np.mean(np.log(state.std)) - np.log(0.1)) / generations
    error = 0.01 / np.sqrt(members * size * generations)  # of a mean: 4.4e-6
    assert abs(per_generation - drift) < 4 * error


def test_std_is_inherited_bounded_and_kept_by_elites():
    strategy = SimpleGA(
        5,
        num_elites=1,
        num_parents=1,
        mutation_std=0.1,
        adaptation="lognormal",
        adaptation_rate=2.0,
        min_std=0.05,
        max_std=0.4,
    )
    state, _ = told(strategy, [4.0, 3, 0, 2, 1], constant(53))
    own = state.std.at[2].set(0.07)
    _, after = strategy.ask(jax.random.key(1), state._replace(std=own))
    np.testing.assert_array_equal(after.std[0], own[2])
    children = np.asarray(after.std[1:])
    assert children.min() == np.float32(0.05) and children.max() == np.float32(0.4)
    assert 0.05 < np.median(children) < 0.1


def test_crossover_takes_the_stated_share_of_the_second_parent():
    strategy = SimpleGA(
        5, 1, num_parents=2, mutation_std=1e-9, crossover=True, crossover_rate=0.2
    )
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


def test_best_is_the_fittest_of_the_population_told_last():
    strategy = SimpleGA(5)
    state, population = told(strategy, [3.0, np.nan, 2, 7, 9])
    np.testing.assert_array_equal(strategy.best(state), population[2])


def test_elites_never_lose_the_best_on_a_fixed_problem():
    strategy = SimpleGA(13, num_elites=1, mutation_std=0.5)
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
        ({"mutation_std": 0.0}, "mutation_std=0.0"),
        ({"mutation_std": float("nan")}, "mutation_std=nan"),
        ({"mutation_std": float("inf")}, "mutation_std=inf"),
        ({"adaptation_rate": -0.1}, "adaptation_rate=-0.1"),
        ({"min_std": 1.0, "max_std": 0.5}, "min_std=1.0 and max_std=0.5"),
        ({"min_std": -1.0}, "min_std=-1.0"),
        ({"crossover_rate": 1.1}, r"crossover_rate=1.1 must lie in \[0, 1\]"),
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
