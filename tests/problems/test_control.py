from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from lever_players import Alternating
from players import Constant

from neurojax.environments import Gymnax
from neurojax.networks import MLP
from neurojax.problems.control import CPU_BLOCK, Control
from neurojax.rollouts import episode_return, rollout
from neurojax.types import Problem

KEY = jax.random.key(0)


@dataclass(frozen=True)
class Levers:
    """Three levers pay 1, 2 and 5 each time, times the episode's worth (1 to 2)."""

    max_steps: int = 7
    observation_shape = (1,)
    num_actions = 3

    def reset(self, key):
        worth = jax.random.uniform(key, minval=1.0, maxval=2.0)
        return worth[None], (worth, jnp.int32(0))

    def step(self, key, state, action):
        worth, time = state[0], state[1] + 1
        reward = worth * jnp.array([1.0, 2.0, 5.0])[action]
        ended = time >= self.max_steps
        return worth[None], (worth, time), reward, jnp.bool_(False), ended


def mean_worth(key, num_episodes):
    def worth(key):
        return Levers().reset(jax.random.split(key, 3)[0])[0][0]

    return jnp.mean(jax.vmap(worth)(jax.random.split(key, num_episodes)))


@partial(jax.jit, static_argnums=0)
def evaluate(problem, population, key=KEY):
    return problem.eval(key, population, problem.init(key))


def test_control_is_a_problem():
    assert isinstance(Control(Levers(), Constant(3)), Problem)


def test_best_constant_policy_has_the_lowest_fitness():
    problem = Control(Levers(), Constant(3), num_episodes=5)
    fitness, _, metrics = evaluate(problem, jnp.eye(3))
    # Seven pulls in an episode; every member plays the same five episodes.
    expected = 7 * np.array([1, 2, 5]) * mean_worth(KEY, 5)
    np.testing.assert_allclose(fitness, -expected, rtol=1e-5)
    np.testing.assert_array_equal(metrics["return"], -fitness)
    np.testing.assert_array_equal(metrics["length"], [7, 7, 7])
    assert fitness.argmin() == 2


def test_members_play_the_same_episodes_and_generations_others():
    problem = Control(Levers(), Constant(3), num_episodes=3)
    population = jnp.tile(jnp.array([0.0, 1.0, 0.0]), (5, 1))
    first, _, _ = evaluate(problem, population)
    second, _, _ = evaluate(problem, population, jax.random.key(1))
    assert len(np.unique(first)) == len(np.unique(second)) == 1
    assert first[0] != second[0]


def test_drawn_actions_are_the_same_noise_for_all_members():
    problem = Control(Levers(), Constant(3), num_episodes=3, greedy=False)
    fitness, _, _ = evaluate(problem, jnp.zeros((5, 3)))
    assert len(np.unique(fitness)) == 1
    # Not the best lever every time: 35 times the worth would be that.
    assert fitness[0] > -35 * mean_worth(KEY, 3)


def test_fitness_is_minus_the_mean_over_single_episodes():
    environment, network = Gymnax("CartPole-v1"), MLP((4, 5, 2))
    problem = Control(environment, network, num_episodes=3, max_steps=50)
    scales = np.arange(-3, 4, dtype=np.float32)
    population = jax.tree.map(
        lambda leaf: np.stack([scale * leaf for scale in scales]),
        jax.jit(network.init)(KEY),
    )
    fitness, _, metrics = evaluate(problem, population)
    keys = list(jax.random.split(KEY, 3))
    for member in range(7):
        weights = jax.tree.map(lambda leaf, m=member: leaf[m], population)
        episodes = [
            episode_return(environment, network, weights, key, max_steps=50)
            for key in keys
        ]
        expected = np.mean([episode.total_reward for episode in episodes])
        np.testing.assert_allclose(fitness[member], -expected, rtol=1e-6)
        np.testing.assert_allclose(metrics["length"][member], expected, rtol=1e-6)


def test_memory_is_kept_within_and_reset_between_episodes():
    problem = Control(Levers(), Alternating(), num_episodes=5)
    fitness, _, _ = evaluate(problem, jnp.zeros((2, 3)))
    expected = (1 + 2 + 5) * 2 + 1
    np.testing.assert_allclose(fitness, -expected * mean_worth(KEY, 5), rtol=1e-5)


def test_blocks_of_members_do_not_change_the_result():
    problem = Control(Levers(), Constant(3))
    size = 2 * CPU_BLOCK + 3
    population = jax.random.normal(KEY, (size, 3))
    fitness, _, metrics = evaluate(problem, population)
    payments = np.array([1, 2, 5])[np.argmax(population, axis=1)]
    np.testing.assert_allclose(fitness, -7 * payments * mean_worth(KEY, 1), rtol=1e-5)
    assert metrics["return"].shape == metrics["length"].shape == (size,)


def test_a_member_whose_network_gives_nan_has_nan_fitness_and_harms_no_other():
    problem = Control(Levers(), Constant(3))
    population = jnp.array([[0.0, 1.0, 0.0], [jnp.nan, 0.0, 0.0], [1.0, 0.0, 0.0]])
    fitness, _, _ = evaluate(problem, population)
    assert np.isnan(fitness).tolist() == [False, True, False]


def test_equal_problems_share_a_compilation():
    traces = []

    def count(problem, population):
        traces.append(problem)
        return problem.eval(KEY, population, ())[0]

    jitted = jax.jit(count, static_argnums=0)
    for _ in range(2):
        problem = Control(Gymnax("CartPole-v1"), MLP((4, 2)), max_steps=5)
        jitted(problem, jax.vmap(MLP((4, 2)).init)(jax.random.split(KEY, 3)))
    assert len(traces) == 1


def test_continuous_actions_reach_the_goal_of_the_pendulum_upright():
    """No torque leaves the fee at angle and speed; full torque costs more here."""
    environment = Gymnax("Pendulum-v1")
    problem = Control(environment, Constant(1), max_steps=1)
    population = jnp.array([[0.0], [9.0]])
    # Not jitted: eager evaluation is one of the ways to call it.
    fitness, _, _ = problem.eval(KEY, population, ())
    np.testing.assert_allclose(fitness[1] - fitness[0], 0.001 * 2.0**2, atol=1e-5)


def test_no_episodes_are_refused():
    with pytest.raises(
        ValueError, match="num_episodes=0 must be an integer at least 1"
    ):
        Control(Levers(), Constant(3), num_episodes=0)


def test_max_steps_out_of_range_are_refused():
    with pytest.raises(ValueError, match=r"max_steps=9 must be at most 7.*option"):
        Control(Levers(), Constant(3), max_steps=9)


def test_network_with_too_many_outputs_is_refused():
    with pytest.raises(ValueError, match=r"shape \(5,\).*give the network 3 outputs"):
        Control(Levers(), Constant(5))


def test_network_for_other_observations_is_refused():
    with pytest.raises(ValueError, match=r"CartPole.*shape is \(4,\).*inputs"):
        Control(Gymnax("CartPole-v1"), MLP((3, 5, 2)))


def test_drawing_continuous_actions_is_refused():
    with pytest.raises(ValueError, match="greedy=False.*continuous.*greedy=True"):
        Control(Gymnax("Pendulum-v1"), Constant(1), greedy=False)


def test_population_without_a_member_axis_is_refused():
    with pytest.raises(ValueError, match="leading axes.*vmap"):
        Control(Levers(), Constant(3)).eval(KEY, jnp.float32(1), ())


def test_an_integer_is_no_key(unchecked):
    with pytest.raises(ValueError, match="key=0 must be one typed key"):
        unchecked(Control(Levers(), Constant(3)).eval, 0, jnp.eye(3), ())


SCALED = Gymnax("MountainCar-v0")  # its observations are about -0.5 and 0.01


def test_moments_are_those_of_what_all_members_saw_before_their_ends():
    network = MLP((4, 5, 2))
    problem = Control(
        Gymnax("CartPole-v1"), network, num_episodes=2, normalize_observations=True
    )
    population = jax.vmap(network.init)(jax.random.split(KEY, 5))
    _, state, metrics = evaluate(problem, population)
    seen = []
    for member in range(5):
        weights = jax.tree.map(lambda leaf, m=member: leaf[m], population)
        weights = problem.solution(weights, problem.init(KEY))
        for key in jax.random.split(KEY, 2):
            steps = rollout(problem.environment, problem.player, weights, key)
            seen.append(steps.observation[steps.is_alive])
    seen = np.concatenate(seen)
    assert state.count == len(seen) == 2 * metrics["length"].sum()
    np.testing.assert_allclose(state.mean, seen.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(state.std, seen.std(axis=0), rtol=1e-3)


def test_a_solution_carries_the_moments_that_it_was_evaluated_with():
    network = MLP((2, 4, 3))
    problem = Control(SCALED, network, normalize_observations=True, max_steps=50)
    population = jax.vmap(network.init)(jax.random.split(KEY, 3))
    _, state, _ = evaluate(problem, population)
    weights = problem.solution(jax.tree.map(lambda leaf: leaf[0], population), state)
    observation = state.mean + 0.5 * state.std
    _, output = problem.player.apply(weights, (), observation)
    _, expected = network.apply(weights.network, (), jnp.full(2, 0.5))
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-6)
    # Two standard deviations of the velocity are .02: unseen without normalisation.
    second, _, _ = problem.eval(KEY, population, state)
    alone = Control(SCALED, problem.player, max_steps=50)
    solutions = jax.vmap(lambda weights: problem.solution(weights, state))(population)
    np.testing.assert_array_equal(second, alone.eval(KEY, solutions, ())[0])


def test_moments_leave_out_members_that_became_nan():
    environment, network = Gymnax("Pendulum-v1"), MLP((3, 4, 1))
    problem = Control(environment, network, normalize_observations=True, max_steps=20)
    population = jax.vmap(network.init)(jax.random.split(KEY, 3))
    broken = jax.tree.map(lambda leaf: leaf.at[1].set(jnp.nan), population)
    others = jax.tree.map(lambda leaf: leaf[jnp.array([0, 2])], population)
    fitness, state, _ = evaluate(problem, broken)
    assert np.isnan(fitness).tolist() == [False, True, False]
    np.testing.assert_allclose(state.mean, evaluate(problem, others)[1].mean, rtol=1e-5)


def test_fewer_members_at_once_do_not_change_the_result():
    network = MLP((4, 5, 2))
    population = jax.vmap(network.init)(jax.random.split(KEY, 11))
    options = {"normalize_observations": True, "max_steps": 60}
    results = [
        evaluate(Control(Gymnax("CartPole-v1"), network, **chosen), population)
        for chosen in (options, options | {"max_members_at_once": 4})
    ]
    for one, other in zip(*map(jax.tree.leaves, results), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_no_members_at_once_are_refused():
    with pytest.raises(
        ValueError, match="max_members_at_once=0 must be an integer at least 1"
    ):
        Control(Levers(), Constant(3), max_members_at_once=0)


@dataclass(frozen=True)
class Exploding(Levers):
    """Its second lever breaks the simulation."""

    def step(self, key, state, action):
        observation, state, reward, *ends = super().step(key, state, action)
        return observation, state, jnp.where(action == 1, jnp.nan, reward), *ends


def test_a_nan_reward_is_the_fitness_of_its_member_alone():
    fitness, _, _ = evaluate(Control(Exploding(), Constant(3)), jnp.eye(3))
    assert np.isnan(fitness).tolist() == [False, True, False]
