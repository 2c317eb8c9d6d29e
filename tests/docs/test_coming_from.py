"""What the page for users of evosax and gymnax says of them is so."""

import inspect
import re
from pathlib import Path

import gymnax
import jax
import jax.numpy as jnp
import optax
import pytest
from evosax.algorithms import CMA_ES, PGPE, SNES, Open_ES, SimpleGA
from evosax.problems import GymnaxProblem
from evosax.problems.networks import MLP, categorical_output_fn

import neurojax as nj

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "guides" / "coming_from.md").read_text()
SOLUTION = jnp.zeros(5)


@pytest.mark.parametrize("library", ["evosax", "EvoJAX", "gymnax"])
def test_the_versions_are_those_of_the_tests(library):
    constraints = (ROOT / "constraints.txt").read_text()
    (pinned,) = re.findall(rf"^{library.lower()}==(.*)$", constraints, re.MULTILINE)
    assert f"{library} {pinned}" in PAGE


@pytest.mark.parametrize("algorithm", [CMA_ES, SNES, PGPE])
def test_the_first_std_is_one(algorithm):
    assert algorithm(16, SOLUTION).default_params.std_init == 1.0
    ours = nj.strategies.Evosax(algorithm, 16, params={"std_init": 0.1})
    assert ours.default_params == {"std_init": 0.1}


@pytest.mark.parametrize("algorithm", [Open_ES, SimpleGA])
def test_the_scheduled_std_is_one(algorithm):
    assert algorithm(16, SOLUTION).std_schedule(0) == 1.0


def test_its_genetic_algorithm_keeps_no_elite():
    strategy = SimpleGA(4, SOLUTION)
    population = jnp.arange(20.0).reshape(4, 5)
    fitness = jnp.arange(4.0)
    key, params = jax.random.key(0), strategy.default_params
    state = strategy.init(key, population, fitness, params)
    children, _ = strategy.ask(key, state, params)
    assert not jnp.any(jnp.all(children == population[0], axis=1))


def test_observations_are_normalised_and_actions_drawn():
    arguments = inspect.signature(GymnaxProblem.__init__).parameters
    assert arguments["use_normalize_obs"].default is True
    assert arguments["num_rollouts"].default == 1
    assert MLP.output_fn is categorical_output_fn
    ours = inspect.signature(nj.problems.Control).parameters
    assert ours["normalize_observations"].default is False
    assert (ours["greedy"].default, ours["num_episodes"].default) == (True, 1)


def test_its_problem_returns_the_return():
    problem = GymnaxProblem("CartPole-v1", MLP((2,)), episode_length=3)
    key = jax.random.key(0)
    weights = problem.policy.init(key, jnp.zeros(4), key)
    population = jax.tree.map(lambda leaf: leaf[None], weights)
    fitness, _, _ = problem.eval(key, population, problem.init(key))
    assert fitness == 3.0


def test_openai_es_takes_small_steps_of_plain_sgd():
    optimizer = Open_ES(16, SOLUTION).optimizer
    step, _ = optimizer.update(SOLUTION + 1, optimizer.init(SOLUTION))
    expected, _ = optax.sgd(1e-3).update(SOLUTION + 1, optax.sgd(1e-3).init(SOLUTION))
    assert jnp.array_equal(step, expected)


def test_gymnax_returns_six_things_and_begins_anew():
    environment, params = gymnax.make("CartPole-v1")
    key = jax.random.key(0)
    _, state = environment.reset(key, params)
    last = state.replace(x=jnp.float32(9.0), time=7)
    action = jnp.int32(0)
    after = environment.step(key, last, action, params)
    assert len(after) == 6 and after[1].time == 0
    ours = nj.environments.Gymnax("CartPole-v1")
    after = ours.step(key, last, action)
    assert len(after) == 5 and after[1].time == 8
