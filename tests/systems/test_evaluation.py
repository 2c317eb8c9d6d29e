"""What a population is worth."""

from dataclasses import dataclass, replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from players import Constant

from neurojax.environments import CartPoleSwingUp, Gymnax
from neurojax.networks import MLP
from neurojax.parallel import member_mesh
from neurojax.problems import Control, Imitation
from neurojax.strategies import SimpleGA
from neurojax.systems import Evolution, score
from neurojax.systems.evaluation import evaluate, summary
from neurojax.types import PartwiseProblem, PlayableProblem

KEY = jax.random.key(0)
WIDTH = 101  # of a decoded member


@dataclass(frozen=True)
class Wide(Constant):
    """Has many weights; where it goes depends on what it sees."""

    def init(self, key):
        return jax.random.normal(key, (WIDTH, self.num_outputs))

    def apply(self, weights, carry, observation):
        return carry, observation @ weights[:4]


def unfold(seed):
    """A member from a number."""
    return jax.random.normal(jax.random.key(seed), (WIDTH, 2))


def test_no_more_members_are_decoded_than_play_at_once():
    problem = Control(Gymnax("CartPole-v1"), Wide(2), max_steps=50)
    seeds = jnp.arange(7)
    assert isinstance(problem, PartwiseProblem)

    def worth(problem):
        return evaluate(KEY, problem, seeds, (), decode=unfold)

    parts = replace(problem, max_members_at_once=3)
    expected, found = worth(problem), worth(parts)
    np.testing.assert_array_equal(found.fitness, expected.fitness)
    assert len(set(found.fitness.tolist())) > 1
    whole, program = (
        str(jax.make_jaxpr(partial(worth, p))()) for p in (problem, parts)
    )
    assert f"f32[7,{WIDTH},2]" in whole
    assert f"f32[3,{WIDTH},2]" in program and f"f32[7,{WIDTH},2]" not in program


def test_parts_of_members_on_several_devices_are_worth_the_same():
    problem = Control(Gymnax("CartPole-v1"), Wide(2), max_steps=50)
    parts = replace(problem, max_members_at_once=2)
    seeds = jnp.arange(13)  # which four devices do not divide
    alone = evaluate(KEY, problem, seeds, (), decode=unfold)
    spread = jax.jit(
        lambda: evaluate(KEY, parts, seeds, (), decode=unfold, mesh=member_mesh(4))
    )
    np.testing.assert_array_equal(spread().fitness, alone.fitness)


def test_gradients_are_those_of_each_members_fitness():
    network = MLP((3, 2))
    problem = Imitation(network, np.eye(3), np.array([0, 1, 1]))
    state = problem.init(KEY)
    population = jax.vmap(network.init)(jax.random.split(KEY, 3))
    found = evaluate(KEY, problem, population, state, with_gradient=True)

    def loss(weights):
        alone = jax.tree.map(lambda leaf: leaf[None], weights)
        return problem.eval(KEY, alone, state)[0][0]

    for member in range(3):
        weights, gradient = (
            jax.tree.map(lambda leaf: leaf[member], tree)  # noqa: B023
            for tree in (population, found.gradient)
        )
        for a, b in zip(
            *map(jax.tree.leaves, (jax.grad(loss)(weights), gradient)), strict=True
        ):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)
    assert evaluate(KEY, problem, population, state).gradient is None


def test_summary_is_of_the_best_member_and_of_all_but_the_broken():
    fitness = jnp.array([2.0, jnp.nan, 0.5])
    values = {"return": jnp.array([-2.0, jnp.nan, -0.5]), "steps": jnp.array([1, 2, 6])}
    assert {name: float(value) for name, value in summary(fitness, values).items()} == {
        "fitness": 0.5,
        "fitness_mean": 1.25,
        "return": -0.5,
        "return_mean": -1.25,
        "steps": 6,
        "steps_mean": 3,
    }


def test_a_score_is_the_fitness_of_one_member():
    network = Constant(2)
    problem = Control(Gymnax("CartPole-v1"), network, num_episodes=3, greedy=False)
    weights = jnp.array([0.3, 0.0])
    fitness, metrics = score(problem, weights, KEY)
    key = jax.random.split(KEY)[1]
    expected, _, of_members = problem.eval(key, weights[None], ())
    assert fitness.shape == () and float(fitness) == float(expected[0])
    assert metrics["return"] == of_members["return"][0] == -fitness


def test_equal_problems_with_other_data_score_differently():
    network, weights = Constant(2), jnp.array([5.0, 0.0])
    problems = [Imitation(network, np.zeros((3, 1)), np.full(3, a)) for a in (0, 1)]
    first, second = (float(score(problem, weights, KEY)[0]) for problem in problems)
    assert problems[0] == problems[1] and second == pytest.approx(first + 5)


def test_what_normalises_observations_is_scored_by_its_player():
    environment = CartPoleSwingUp(max_steps=3)
    network = MLP.fitting(environment, hidden=(3,))
    problem = Control(environment, network, normalize_observations=True)
    assert isinstance(problem, PlayableProblem)
    system = Evolution(SimpleGA(3), problem, network.init)
    best = system.best(system.init(KEY))
    fitness, _ = score(Control(environment, problem.player), best, KEY)
    assert np.isfinite(fitness)
