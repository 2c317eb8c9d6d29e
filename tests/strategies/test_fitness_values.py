"""Fitness of any dtype, and fitness that is not finite, told to every strategy."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from neurojax.strategies import Evosax, GradientDescent, SimpleES, SimpleGA
from neurojax.systems import Evolution, Replicas
from neurojax.systems.evaluation import score

KEY, SIZE = jax.random.key(0), 8
STRATEGIES = {
    "SimpleGA": SimpleGA(SIZE),
    "SimpleES": SimpleES(SIZE),
    "SNES": Evosax("SNES", SIZE),
    "DE": Evosax("DifferentialEvolution", SIZE),
}
DTYPES = ("int32", "uint8", "bool", "float16", "bfloat16", "float32")


@dataclass(frozen=True)
class Squares:
    """The sum of squares, in some dtype."""

    dtype: str = "float32"
    jittable = True

    def init(self, key):
        return ()

    def eval(self, key, population, state):
        return jnp.sum(population**2, axis=1).astype(self.dtype), state, {}


def sample(key, dtype="float32"):
    return jax.random.normal(key, (3,), dtype)


def half(key):
    return sample(key, "bfloat16")


def types(tree):
    return jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), tree)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("draw", [sample, half])
@pytest.mark.parametrize("name", [*STRATEGIES, "GradientDescent"])
def test_a_state_keeps_its_types_whatever_the_fitness(name, dtype, draw):
    strategy = STRATEGIES.get(name, GradientDescent(optax.adam(0.1), SIZE))
    system = Evolution(strategy, Squares(dtype), draw, test=Squares(dtype))
    state = jax.eval_shape(system.init, KEY)
    if strategy.uses_gradient and "float" not in dtype:
        with pytest.raises(ValueError, match="whose gradient is 0 everywhere"):
            jax.eval_shape(system.step, KEY, state)
        return
    after, metrics = jax.eval_shape(system.step, KEY, state)
    assert types(after) == types(state)
    assert metrics["fitness"].dtype == metrics["test_fitness"].dtype == jnp.float32


def test_fitness_beyond_float32_is_infinite_and_a_score_is_float32():
    strategy = SimpleGA(3)
    population, state = strategy.ask(KEY, strategy.init(KEY, sample))
    state, _ = strategy.tell(KEY, population, np.array([1e300, 1.0, 2.0]), state)
    assert state.fitness.tolist() == [np.inf, 1.0, 2.0]
    assert score(Squares("int32"), jnp.ones(3), KEY)[0].dtype == jnp.float32


def test_fitness_that_is_no_array_of_real_numbers_is_refused():
    strategy = SimpleES(2)
    population, state = strategy.ask(KEY, strategy.init(KEY, sample))
    for fitness in ([1.0, 2.0], ["a", "b"], jnp.array([1j, 2.0])):
        with pytest.raises(ValueError, match=r"SimpleES.tell got fitness"):
            strategy.tell(KEY, population, fitness, state)


def finite(tree):
    return all(bool(jnp.all(jnp.isfinite(leaf))) for leaf in jax.tree.leaves(tree))


@pytest.mark.parametrize("name", STRATEGIES)
def test_members_and_best_stay_finite_whatever_the_fitness(name):
    strategy = STRATEGIES[name]

    @jax.jit
    def step(key, state, change):
        population, state = strategy.ask(key, state)
        fitness = jnp.sum(population**2, axis=1) + change
        return strategy.tell(key, population, fitness, state)[0], population

    for seed in range(2):
        key = jax.random.key(seed)
        first, _ = step(key, strategy.init(key, sample), jnp.zeros(SIZE))
        for value in (jnp.nan, jnp.inf, -jnp.inf):
            for broken in (jnp.zeros(SIZE).at[3].set(value), jnp.full(SIZE, value)):
                state, _ = step(key, first, broken)
                state, _ = step(jax.random.key(9), state, jnp.zeros(SIZE))
                _, population = step(jax.random.key(10), state, jnp.zeros(SIZE))
                assert finite(population) and finite(strategy.best(state)), broken


def test_a_mean_stays_where_no_fitness_is_finite():
    strategy = SimpleES(SIZE)
    population, state = strategy.ask(KEY, strategy.init(KEY, sample))
    for value in (jnp.nan, jnp.inf, -jnp.inf):
        after, _ = strategy.tell(KEY, population, jnp.full(SIZE, value), state)
        np.testing.assert_array_equal(after.mean, state.mean)
        assert after.generation == state.generation


@pytest.mark.parametrize("broken", [jnp.nan, jnp.inf])
def test_a_broken_member_is_never_the_best_where_the_others_tie(broken):
    for strategy in (STRATEGIES["DE"], SimpleGA(SIZE)):
        population, state = strategy.ask(KEY, strategy.init(KEY, sample))
        fitness = jnp.full(SIZE, -500.0).at[0].set(broken)
        state, _ = strategy.tell(KEY, population, fitness, state)
        assert not np.array_equal(strategy.best(state), population[0])
    # What evosax keeps as the best of all generations.
    snes = STRATEGIES["SNES"]
    population, state = snes.ask(KEY, snes.init(KEY, sample))
    state, metrics = snes.tell(KEY, population, fitness, state)
    assert not np.array_equal(state.evosax.best_solution, population[0])
    assert metrics["best_fitness"] == -500.0


def test_there_is_a_best_before_anything_is_told():
    for strategy in (*STRATEGIES.values(), GradientDescent(optax.sgd(0.1), 2)):
        assert finite(strategy.best(strategy.init(KEY, sample)))


def test_replicas_keep_the_types_of_integer_fitness():
    system = Replicas(Evolution(SimpleGA(SIZE), Squares("int32"), sample), 2)
    state = jax.eval_shape(system.init, KEY)
    assert types(jax.eval_shape(system.step, KEY, state)[0]) == types(state)
