"""The adapter: names, numbers, sizes and generation 0; the rest is in conformance/."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from evosax.algorithms import CMA_ES, SNES, DifferentialEvolution, algorithms
from sphere import constant, sphere

import neurojax as nj
from neurojax.strategies import Evosax

KEY = jax.random.key(0)
OPTIMIZER = optax.adam(0.1)


def sample(key):
    return jax.random.normal(key, (3, 2))


@pytest.mark.parametrize("name", ["CMA_ES", "cma_es", "CmaEs", "cma-es", CMA_ES])
def test_an_algorithm_is_found_however_it_is_spelled(name):
    assert Evosax(name, 8) == Evosax("CMA_ES", 8)


def test_every_name_of_evosax_and_of_its_classes_is_found():
    options = {
        "RandomSearch": {"sampling_fn": sample},
        "SV_CMA_ES": {"num_populations": 2},
        "SV_Open_ES": {"num_populations": 2},
    }
    for name, found in algorithms.items():
        assert Evosax(name.lower(), 8, options.get(name, ())).algorithm is found
    assert Evosax("discovered_es", 8) == Evosax("DES", 8)


def test_a_subclass_of_ones_own_is_accepted():
    class Mine(CMA_ES):
        pass

    assert Evosax(Mine, 8).algorithm is Mine


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Evosax("SepCMAS", 8), "algorithm='SepCMAS'.*did you mean 'Sep_CMA_E"),
        (lambda: Evosax(dict, 8), "algorithm=<class 'dict'>"),
        (
            lambda: Evosax("Open_ES", 7),
            "population_size=7.*must be even.*even sizes from 4",
        ),
        (lambda: Evosax("CMA_ES", 0), "population_size=0"),
        (lambda: Evosax("DifferentialEvolution", 2), "population_size=2.*>= 4"),
        (lambda: Evosax("Open_ES", 8, {"optimiser": 1}), "did you mean 'optimizer'"),
        (
            lambda: Evosax("SNES", 8, {"metrics_fn": len}),
            "options of SNES='metrics_fn'",
        ),
        (lambda: Evosax("SNES", 8, {}, {"std": 0.1}), "did you mean 'std_init'"),
        (
            lambda: Evosax("ESMC", 5),
            "cannot work with population_size=5.*needs the 5 members",
        ),
        (lambda: Evosax("LES", 1), "cannot work with population_size=1"),
        (
            lambda: Evosax("Open_ES", 8, {"optimizer": "adam"}),
            "optimizer='adam' must be an optax transformation",
        ),
        (
            lambda: Evosax("Open_ES", 8, {"fitness_shaping_fn": "ranks"}),
            "fitness_shaping_fn='ranks'.*must be a function",
        ),
        (lambda: Evosax("SNES", 8, {}, {"std_init": -1.0}), "std_init=-1.0 must be"),
        (lambda: Evosax("SNES", 8, {}, {"std_init": None}), "std_init=None must be"),
        (lambda: Evosax("SNES", 8, {}, {"lr_std_init": float("nan")}), "init=nan must"),
        (lambda: Evosax("RandomSearch", 8), "must give 'sampling_fn'"),
        (lambda: Evosax("SV_CMA_ES", 8), "must give 'num_populations'"),
        (lambda: Evosax("SV_CMA_ES", 8, {"num_populations": 3}), "must be a multiple"),
        (lambda: Evosax("SV_CMA_ES", 8, {"num_populations": 0}), "num_populations=0"),
        (lambda: Evosax("LES", 8, {"params": {}}), "not hashable"),
        (lambda: Evosax("SNES", 8, {}, {"std_init": jnp.ones(2)}), "not hashable"),
    ],
)
def test_what_cannot_be_is_refused_with_the_remedy(make, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        make()


def test_wrong_fitness_genotypes_and_params_are_refused():
    strategy = Evosax("SNES", 8)
    state = strategy.init(KEY, constant(3))
    population, state = strategy.ask(KEY, state)
    with pytest.raises(ValueError, match=r"fitness of shape \(7,\); it needs \(8,\)"):
        strategy.tell(KEY, population, jnp.zeros(7), state)
    with pytest.raises(ValueError, match="dtype int32; draw floats"):
        strategy.init(KEY, lambda key: jnp.zeros(3, jnp.int32))
    with pytest.raises(ValueError, match="'std_max'"):
        strategy.init(KEY, constant(3), {"std_max": 1.0})


def test_generation_zero_evaluates_the_population_drawn():
    strategy = Evosax(DifferentialEvolution, 5)
    state = strategy.init(KEY, sample)
    population, asked = strategy.ask(jax.random.key(1), state)
    assert population.shape == (5, 3, 2) and len(np.unique(population)) == 30
    again, _ = strategy.ask(jax.random.key(2), state)
    np.testing.assert_array_equal(population, again)
    fitness = jnp.array([5.0, 4, 1, np.nan, 2])
    told, metrics = strategy.tell(KEY, population, fitness, asked)
    np.testing.assert_array_equal(told.evosax.fitness, [5, 4, 1, 5, 2])
    np.testing.assert_array_equal(strategy.best(told), population[2])
    assert float(metrics["best_fitness"]) == 1 and int(told.generation) == 1
    third, _ = strategy.ask(KEY, told)
    assert not np.array_equal(third, population)


def test_the_mean_starts_from_sample_and_best_returns_it():
    strategy = Evosax("CMA_ES", 8)
    state = strategy.init(KEY, constant((3, 2), 7.0))
    np.testing.assert_array_equal(strategy.best(state), np.full((3, 2), 7.0))


def test_population_equals_that_of_evosax_itself():
    strategy = Evosax("SNES", 8)
    state = strategy.init(KEY, constant(5, 1.0))
    plain = SNES(population_size=8, solution=jnp.zeros(5))
    params = plain.default_params
    theirs = plain.init(KEY, jnp.ones(5), params)
    for generation in range(5):
        key = jax.random.key(generation)
        population, state = strategy.ask(key, state)
        expected, theirs = plain.ask(key, theirs, params)
        np.testing.assert_allclose(population, expected, rtol=1e-4, atol=1e-5)
        state, _ = strategy.tell(key, population, sphere(population), state)
        theirs, _ = plain.tell(key, expected, sphere(expected), theirs, params)


def test_params_replace_defaults_and_may_be_swept():
    strategy = Evosax("SNES", 64, params={"std_init": 0.5})
    assert strategy.default_params == {"std_init": 0.5}

    def spread(std_init):
        state = strategy.init(KEY, constant(31), {"std_init": std_init})
        return jnp.std(strategy.ask(KEY, state)[0])

    swept = jax.vmap(spread)(jnp.array([0.1, 1.0]))
    np.testing.assert_allclose(swept, [0.1, 1.0], rtol=0.1)
    state = strategy.init(KEY, constant(31))
    np.testing.assert_allclose(np.std(strategy.ask(KEY, state)[0]), 0.5, rtol=0.1)


def test_defaults_follow_the_size_of_the_genotype():
    # CMA-ES's learning rates depend on it: defaults of another size would be wrong.
    strategy, rates = Evosax("CMA_ES", 8), []
    for size in (3, 300):
        instance = strategy._instance(size)
        rates.append(float(strategy._numbers(instance, None).c_1))
    assert rates[0] > 100 * rates[1]


def test_evosax_params_are_accepted_whole():
    strategy = Evosax("SNES", 8)
    params = strategy._numbers(strategy._instance(3), None)
    state = strategy.init(KEY, constant(3), params)
    population, _ = strategy.ask(KEY, state, params)
    np.testing.assert_array_equal(population, strategy.ask(KEY, state)[0])


def test_stein_variational_members_come_in_populations():
    strategy = Evosax("SV_Open_ES", 8, {"num_populations": 2, "optimizer": OPTIMIZER})
    state = strategy.init(KEY, sample)
    population, state = strategy.ask(KEY, state)
    fitness = sphere(population).at[5].set(-1.0)
    state, _ = strategy.tell(KEY, population, fitness, state)
    means = state.evosax.mean
    assert means.shape == (2, 6)
    np.testing.assert_array_equal(strategy.best(state).ravel(), means[1])


def test_bound_methods_of_equal_networks_make_equal_strategies():
    def make():
        network = nj.networks.MLP((3, 2))
        return Evosax("RandomSearch", 8, {"sampling_fn": network.init})

    assert make() == make() and hash(make()) == hash(make())


@pytest.mark.parametrize(
    "name", ["CMA_ES", pytest.param("DifferentialEvolution", marks=pytest.mark.slow)]
)
def test_replicas_of_it_resume_from_a_checkpoint(name, tmp_path):
    network = nj.networks.MLP((3, 2))
    rng = np.random.default_rng(0)
    observations = rng.normal(size=(13, 3)).astype(np.float32)
    problem = nj.problems.Imitation(network, observations, (observations[:, 0] > 0) * 1)
    single = nj.systems.Evolution(Evosax(name, 8), problem, network.init)
    system = nj.systems.Replicas(single, 2)
    _, whole = nj.train(system, KEY, 20)
    nj.train(system, KEY, 7, callbacks=[nj.training.Checkpoint(tmp_path)])
    like = jax.eval_shape(system.init, KEY)
    state, history = nj.training.restore(tmp_path, like)
    _, resumed = nj.train(system, KEY, 20, state=state, history=history)
    fitness = whole.metrics["fitness"]
    np.testing.assert_array_equal(resumed.metrics["fitness"], fitness)
    assert np.all(fitness[-1] < fitness[0])


@pytest.mark.slow
def test_one_member_of_which_an_algorithm_makes_nan_is_refused():
    with pytest.raises(ValueError, match="population_size=1: its next population is N"):
        Evosax("CMA_ES", 1)
    assert Evosax("HillClimbing", 1).population_size == 1


@pytest.mark.slow
def test_sizes_are_refused_without_asserts():
    sizes = {"cma_es": 1, "open_es": 3, "pgpe": 3, "ars": 3, "persistent_es": 3}
    code = f"""
from neurojax.strategies import Evosax
for name, size in {sizes}.items():
    try:
        Evosax(name, size)
    except ValueError as error:
        print("cannot work with population_size" in str(error))
"""
    run = [sys.executable, "-O", "-c", code]
    done = subprocess.run(run, check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["True"] * len(sizes)
