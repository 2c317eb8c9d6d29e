"""A strategy on a problem."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from neurojax import train
from neurojax.encodings import Gaussian
from neurojax.environments import Gymnax
from neurojax.networks import MLP
from neurojax.parallel import member_mesh
from neurojax.problems import Control, Imitation
from neurojax.rollouts import episode_return
from neurojax.strategies import GradientDescent, SimpleES, SimpleGA
from neurojax.systems import Evolution

KEY = jax.random.key(0)


@dataclass(frozen=True)
class Distance:
    """Distance of weights from a point; says the first number and its own step."""

    target: float = 0.0
    jittable: bool = True

    def init(self, key):
        return jnp.int32(0)

    def eval(self, key, population, state):
        fitness = jnp.sum((population["w"] - self.target) ** 2, axis=1)
        return fitness, state + 1, {"first": population["w"][:, 0]}


def sample(key):
    return {"w": jax.random.normal(key, (3,))}


def generations(system, count, start=None):
    """Metrics of each generation, and the last state."""
    state = system.init(KEY) if start is None else start
    step = jax.jit(system.step) if system.jittable else system.step
    rows = []
    for generation in range(count):
        state, metrics = step(jax.random.fold_in(KEY, generation), state)
        rows.append({name: float(value) for name, value in metrics.items()})
    return rows, state


def test_metrics_are_those_of_the_best_member():
    strategy = SimpleGA(7, variation=Gaussian(0.5))
    system = Evolution(strategy, Distance(), sample)
    rows, state = generations(system, 5)
    assert set(rows[0]) == {"fitness", "fitness_mean", "first", "first_mean"}
    population, fitness = state.strategy.population["w"], state.strategy.fitness
    best = int(np.argmin(fitness))
    assert rows[-1]["fitness"] == float(fitness[best])
    assert rows[-1]["first"] == float(population[best, 0])
    np.testing.assert_allclose(rows[-1]["fitness_mean"], np.mean(fitness), rtol=1e-6)
    mean = np.mean(population[:, 0])
    np.testing.assert_allclose(rows[-1]["first_mean"], mean, rtol=1e-5)
    assert int(state.generation) == 5 and int(state.problem) == 5


def test_test_is_nan_between_tests_and_due_at_the_stated_cadence():
    system = Evolution(
        SimpleES(7), Distance(), sample, test=Distance(1.0), test_every=3
    )
    rows, state = generations(system, 7)
    is_tested = [not np.isnan(row["test_fitness"]) for row in rows]
    assert is_tested == [False, False, True] * 2 + [False]
    assert is_tested == [not np.isnan(row["test_first"]) for row in rows]
    rows, state = generations(replace(system, test_every=1), 2)
    mean = np.asarray(state.strategy.mean["w"])
    np.testing.assert_allclose(
        rows[-1]["test_fitness"], np.sum((mean - 1) ** 2), rtol=1e-5
    )


def test_a_host_problem_runs_between_ask_and_tell():
    on_device = Evolution(SimpleGA(5), Distance(), sample, test=Distance(1.0))
    host = replace(on_device, problem=Distance(jittable=False))
    assert on_device.jittable and not host.jittable
    expected, found = generations(on_device, 3)[0], generations(host, 3)[0]
    for a, b in zip(expected, found, strict=True):
        assert a == pytest.approx(b, rel=1e-5)


@pytest.mark.parametrize("is_jittable", [True, False])
def test_a_host_test_is_nan_between_tests(is_jittable):
    host = Distance(jittable=False)
    problem = Distance(jittable=is_jittable)
    system = Evolution(SimpleGA(5), problem, sample, test=host, test_every=2)
    rows, _ = generations(system, 3)
    for name in ("test_fitness", "test_first"):
        assert [np.isnan(row[name]) for row in rows] == [True, False, True]
    every = generations(replace(system, test_every=1), 3)[0]
    assert every[1] == rows[1]  # the same draws, whatever the cadence


def test_gradient_descent_equals_optax_on_the_decoded_weights():
    optimizer = optax.sgd(0.1, 0.9)

    def decode(genotype):
        return {"w": 2 * genotype["w"]}

    system = Evolution(GradientDescent(optimizer, 3), Distance(1.0), sample, decode)
    _, state = generations(system, 4)
    learners = system.init(KEY).strategy.population
    memory = jax.vmap(optimizer.init)(learners)

    def loss(w):
        return jnp.sum((2 * w["w"] - 1) ** 2)

    for _ in range(4):
        gradient = jax.vmap(jax.grad(loss))(learners)
        updates, memory = jax.vmap(optimizer.update)(gradient, memory)
        learners = optax.apply_updates(learners, updates)
    np.testing.assert_allclose(state.strategy.population["w"], learners["w"], rtol=1e-5)
    best = system.best(state)["w"]
    assert np.any(np.all(np.isclose(best, 2 * learners["w"], rtol=1e-5), axis=1))


def test_params_given_to_init_are_used():
    system = Evolution(SimpleES(101), Distance(), sample)
    params = system.strategy.default_params._replace(std=3.0)
    narrow = system.step(KEY, system.init(KEY))[1]["fitness_mean"]
    wide = system.step(KEY, system.init(KEY, params))[1]["fitness_mean"]
    assert wide > narrow + 10


@pytest.mark.parametrize(
    "options, message",
    [
        ({"test_every": 0}, "test_every=0 must be an integer at least 1"),
        ({"sample": lambda key: {}}, "sample=.* draws {}, which holds no numbers"),
        (
            {
                "strategy": GradientDescent(optax.sgd(0.1)),
                "problem": Distance(jittable=False),
            },
            "GradientDescent needs gradients, which a host problem",
        ),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    arguments = {"strategy": SimpleGA(5), "problem": Distance(), "sample": sample}
    with pytest.raises(ValueError, match=message):
        Evolution(**arguments | options)


CLONING = Imitation(MLP((4, 2)), np.ones((6, 4), np.float32), np.arange(6) % 2)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"sample": MLP((4, 3)).init}, r"sample makes weights .*\(4, 3\).*\(4, 2\)"),
        ({"sample": lambda key: jnp.zeros(3)}, r"sample makes weights .*\(3,\)"),
        (
            {"decode": lambda genotype: genotype[0].kernel},
            "sample and decode make weights",
        ),
        (
            {"test": replace(CLONING, network=MLP((4, 3, 2)))},
            "weights of shapes .*the test's network=MLP.*3, 2",
        ),
    ],
)
def test_weights_of_another_network_are_refused(options, message):
    arguments = {"problem": CLONING, "sample": CLONING.network.init}
    with pytest.raises(ValueError, match=message):
        Evolution(SimpleGA(5), **arguments | options)


@pytest.mark.parametrize(
    "params, message",
    [
        (Gaussian().default_params._replace(std=-1.0), "std=-1.0 must be a finite"),
        (
            Gaussian().default_params._replace(std=jnp.array([0.1, jnp.nan])),
            "std=Array.* must be a finite number above 0",
        ),
    ],
)
def test_params_that_the_variation_refuses_are_refused_by_train(params, message):
    system = Evolution(SimpleGA(5), CLONING, CLONING.network.init)
    state = system.init(KEY)
    with pytest.raises(ValueError, match=message):
        train(system, KEY, 3, params=params)
    with pytest.raises(ValueError, match=message):  # also where they have no effect
        train(system, KEY, 3, params=params, state=state)


def test_a_state_of_another_system_is_refused():
    system = Evolution(SimpleGA(5), CLONING, CLONING.network.init)
    wider = Evolution(SimpleGA(6), CLONING, CLONING.network.init)
    with pytest.raises(ValueError, match=r"state.strategy.* has shape \(6,.*\(5,"):
        train(system, KEY, 3, state=wider.init(KEY))
    other = Evolution(SimpleES(5), CLONING, CLONING.network.init)
    with pytest.raises(ValueError, match="is not made as that of the system"):
        train(system, KEY, 3, state=other.init(KEY))


def test_observations_of_members_on_many_devices_are_learnt_as_on_one():
    size = 13  # which four devices do not divide
    network = MLP((4, 4, 2))
    problem = Control(
        Gymnax("CartPole-v1"), network, normalize_observations=True, max_steps=40
    )
    strategy = SimpleGA(size, variation=Gaussian(0.3))
    states = []
    for mesh in (None, member_mesh(4)):
        system = Evolution(strategy, problem, network.init, mesh=mesh)
        state, _ = train(system, jax.random.key(0), 3)
        states.append(state)
    assert states[0].problem.count > 3 * size
    for one, other in zip(*map(jax.tree.leaves, states), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)
    best = system.best(states[1])
    np.testing.assert_array_equal(best.std, states[1].problem.std)
    played = episode_return(
        problem.environment, problem.player, best, jax.random.key(1), max_steps=40
    )
    assert played.length >= 8
