"""Control in simulators outside JAX: hand-written ones, and gymnasium's."""

import os
from dataclasses import dataclass, replace

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from lever_players import Alternating
from players import Constant

from neurojax.encodings import Gaussian
from neurojax.environments.gymnasium import Gymnasium, make
from neurojax.networks import GRU, MLP
from neurojax.parallel.workers import Workers
from neurojax.problems.control import Control
from neurojax.problems.host_control import HostControl
from neurojax.rollouts.host_program import traced
from neurojax.strategies import SimpleGA
from neurojax.systems import Evolution
from neurojax.training import Checkpoint, restore, train
from neurojax.tree import spawn
from neurojax.types import HostEnvironment, Problem

KEY = jax.random.key(0)
PAY = np.array([1.0, 2.0, 5.0])


@dataclass(frozen=True)
class Levers:
    """Three levers pay 1, 2 and 5, times the episode's worth, which is seen.

    Lever 0 ends an episode at `quit_at`. What is returned after an end is `after`.
    """

    max_steps: int = 7
    quit_at: int = 10
    after: float = 0.0
    dtype: str = "float64"
    most_worth: int = 16
    observation_shape = (1,)
    num_actions = 3

    def vector(self, num_envs):
        return LeverRow(self)


class LeverRow:
    def __init__(self, levers):
        self.levers = levers

    def reset(self, *, seed):
        self.worth = np.array([worth_of(s, self.levers.most_worth) for s in seed])
        self.time = 0
        self.ended = np.zeros(len(seed), bool)
        return self.seen(), {}

    def seen(self):
        seen = np.where(self.ended, self.levers.after, self.worth)
        return seen[:, None].astype(self.levers.dtype)

    def step(self, actions):
        assert actions.dtype == np.int32 and actions.shape == self.worth.shape
        self.time += 1
        rewards = np.where(self.ended, self.levers.after, self.worth * PAY[actions])
        terminated = (actions == 0) & (self.time >= self.levers.quit_at)
        self.ended |= terminated
        truncated = np.full(len(actions), self.time >= self.levers.max_steps)
        return self.seen(), rewards, terminated, truncated, {}


def worth_of(seed, most=16):
    return 1 + seed % most


@dataclass(frozen=True)
class JaxLevers:
    """The same levers, all worth 1, for `Control`."""

    max_steps = 7
    observation_shape = (1,)
    num_actions = 3

    def reset(self, key):
        return jnp.ones(1), jnp.int32(0)

    def step(self, key, time, action):
        reward = jnp.array(PAY, jnp.float32)[action]
        return jnp.ones(1), time + 1, reward, jnp.bool_(False), time >= 6


@dataclass(frozen=True)
class Threshold(Constant):
    """Pulls lever 2 where it sees at least its weight, lever 1 where less."""

    def init(self, key):
        return jnp.float32(0.0)

    def apply(self, weights, carry, observation):
        return carry, jax.nn.one_hot(1 + (observation[0] >= weights), 3)


def seeds_of(key, number):
    keys = [jax.random.split(k, 3)[0] for k in jax.random.split(key, number)]
    return [int(jax.random.bits(k, dtype=jnp.uint32)) >> 1 for k in keys]


def mean_worth(key, number):
    return np.mean([worth_of(seed) for seed in seeds_of(key, number)])


def evaluate(problem, population, key=KEY, state=None):
    state = problem.init(key) if state is None else state
    return problem.eval(key, population, state)


def assert_same(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


def test_draws_are_those_from_before_lives_had_keys():
    problem = HostControl(Levers(), Constant(3), num_episodes=5, greedy=False)
    members = jnp.array([[0.0, 0.0, 0.0], [0.0, 1.0, 2.0], [2.0, 1.0, 0.0]])
    fitness, _, metrics = evaluate(problem, members, jax.random.key(7))
    np.testing.assert_allclose(fitness, [-143.4, -185.8, -85.6], rtol=1e-6)
    np.testing.assert_array_equal(metrics["length"], [7.0, 7.0, 7.0])


@pytest.fixture(scope="module")
def one_worker():
    return Workers(1)


@pytest.fixture(scope="module")
def two_workers():
    return Workers(2)


def test_it_is_a_problem_and_equal_whoever_works():
    problem = HostControl(Levers(), Constant(3))
    assert isinstance(Levers(), HostEnvironment) and isinstance(problem, Problem)
    twin = replace(problem, workers=Workers(2))
    assert problem == twin and hash(problem) == hash(twin)
    assert problem != replace(problem, num_episodes=2)


def test_returns_are_those_worked_by_hand():
    problem = HostControl(Levers(quit_at=4, after=99.0), Constant(3), num_episodes=5)
    fitness, state, metrics = evaluate(problem, jnp.eye(3))
    # Lever 0 is pulled four times, the others seven; 99 is paid after the end.
    expected = np.array([4 * 1, 7 * 2, 7 * 5]) * mean_worth(KEY, 5)
    np.testing.assert_allclose(fitness, -expected, rtol=1e-6)
    np.testing.assert_array_equal(metrics["return"], -fitness)
    np.testing.assert_array_equal(metrics["length"], [4, 7, 7])
    assert state == () and fitness.dtype == jnp.float32


def test_members_play_the_same_episodes_and_generations_others():
    problem = HostControl(Levers(), Constant(3), num_episodes=3, chunk_size=2)
    population = jnp.tile(jnp.array([0.0, 1.0, 0.0]), (5, 1))
    first, _, _ = evaluate(problem, population)
    second, _, _ = evaluate(problem, population, jax.random.key(1))
    assert len(np.unique(first)) == len(np.unique(second)) == 1
    assert first[0] != second[0]


def test_actions_are_drawn_with_the_random_numbers_of_control():
    options = {"num_episodes": 3, "greedy": False}
    host = HostControl(Levers(most_worth=1), Constant(3), chunk_size=2, **options)
    control = Control(JaxLevers(), Constant(3), **options)
    population = jax.random.normal(KEY, (5, 3))
    fitness, _, _ = evaluate(host, population)
    expected = evaluate(control, population)[0]
    np.testing.assert_allclose(fitness, expected, rtol=1e-6)
    assert len(np.unique(fitness)) > 2


def test_memory_is_kept_within_and_reset_between_episodes():
    problem = HostControl(Levers(), Alternating(), num_episodes=5)
    fitness, _, _ = evaluate(problem, jnp.zeros((2, 3)))
    expected = (1 + 2 + 5) * 2 + 1
    np.testing.assert_allclose(fitness, -expected * mean_worth(KEY, 5), rtol=1e-6)


def test_max_steps_ends_episodes_early():
    _, _, metrics = evaluate(
        HostControl(Levers(), Constant(3), max_steps=3), jnp.eye(3)
    )
    np.testing.assert_array_equal(metrics["length"], [3, 3, 3])
    paid = np.float32(3 * PAY * mean_worth(KEY, 1))
    np.testing.assert_array_equal(metrics["return"], paid)


@pytest.mark.parametrize("network", [MLP((4, 5, 2)), GRU((4, 3, 2))])
def test_results_do_not_depend_on_the_number_of_workers(
    network, one_worker, two_workers
):
    problem = HostControl(
        Gymnasium("CartPole-v1"),
        network,
        num_episodes=5,
        max_steps=40,
        normalize_observations=True,
        chunk_size=9,
    )
    population = jax.tree.map(lambda x: 3 * x, spawn(KEY, network.init, 7))
    alone = evaluate(problem, population)
    for workers in (one_worker, two_workers):
        assert_same(evaluate(replace(problem, workers=workers), population), alone)
    # Another cut may round otherwise, but means the same.
    whole = evaluate(replace(problem, chunk_size=100), population)
    np.testing.assert_allclose(whole[0], alone[0], rtol=1e-5)
    np.testing.assert_allclose(whole[1].mean, alone[1].mean, atol=1e-5)
    assert len(np.unique(alone[0])) > 1


def test_simulators_of_this_module_are_played_by_workers(one_worker):
    problem = HostControl(Levers(), Alternating(), num_episodes=3, chunk_size=2)
    alone = evaluate(problem, jnp.zeros((3, 3)))
    worked = evaluate(replace(problem, workers=one_worker), jnp.zeros((3, 3)))
    assert_same(worked, alone)


def test_constant_policies_play_gymnasium_as_a_plain_loop_does():
    problem = HostControl(Gymnasium("CartPole-v1"), Constant(2), num_episodes=4)
    fitness, _, metrics = evaluate(problem, jnp.eye(2))
    for action in range(2):
        lengths = []
        for seed in seeds_of(KEY, 4):
            pole, ended, length = make("CartPole-v1"), False, 0
            pole.reset(seed=seed)
            while not ended:
                _, _, terminated, truncated, _ = pole.step(action)
                ended, length = terminated or truncated, length + 1
            lengths.append(length)
        assert metrics["length"][action] == np.mean(lengths) == -fitness[action]


@dataclass(frozen=True)
class Restarting(Gymnasium):
    """Gymnasium's own vector environment, which begins again after an end."""

    def vector(self, num_envs):
        return gymnasium.vector.SyncVectorEnv([lambda: make(self.name)] * num_envs)


def test_simulators_may_restart_by_themselves():
    network = MLP((4, 5, 2))
    population = spawn(KEY, network.init, 6)
    options = {"num_episodes": 3, "normalize_observations": True}
    ours = HostControl(Gymnasium("CartPole-v1"), network, **options)
    theirs = HostControl(Restarting("CartPole-v1"), network, **options)
    assert_same(evaluate(ours, population), evaluate(theirs, population))


def test_a_member_whose_network_gives_nan_has_nan_fitness_and_harms_no_other():
    population = jnp.array([[0.0, 1.0, 0.0], [jnp.nan, 0.0, 0.0], [1.0, 0.0, 0.0]])
    fitness, _, metrics = evaluate(HostControl(Levers(), Constant(3)), population)
    assert np.isnan(fitness).tolist() == [False, True, False]
    assert metrics["length"].tolist() == [7, 1, 7]
    torque = HostControl(Gymnasium("Pendulum-v1"), Constant(1), max_steps=3)
    fitness, _, _ = evaluate(torque, jnp.array([[0.0], [jnp.nan], [9.0]]))
    assert np.isnan(fitness).tolist() == [False, True, False]
    assert fitness[0] != fitness[2]


@dataclass(frozen=True)
class Broken(Levers):
    """Lever 2 pays NaN."""

    def vector(self, num_envs):
        return BrokenRow(self)


class BrokenRow(LeverRow):
    def step(self, actions):
        seen, rewards, *rest = super().step(actions)
        return seen, np.where(actions == 2, np.nan, rewards), *rest


def test_a_nan_reward_is_a_nan_fitness():
    fitness, _, _ = evaluate(HostControl(Broken(), Constant(3)), jnp.eye(3))
    assert np.isnan(fitness).tolist() == [False, False, True]


def test_moments_are_those_of_all_observations_before_the_end():
    problem = HostControl(
        Levers(quit_at=4, after=np.inf),
        Constant(3),
        num_episodes=3,
        normalize_observations=True,
    )
    _, state, _ = evaluate(problem, jnp.eye(3))
    worth = [worth_of(seed) for seed in seeds_of(KEY, 3)]
    seen = np.repeat(worth, 4 + 7 + 7)  # each is constant over an episode
    assert state.count == 54
    np.testing.assert_allclose(state.mean, [seen.mean()], rtol=1e-6)
    np.testing.assert_allclose(state.variance, [seen.var()], rtol=1e-5)
    # A second generation adds its own.
    _, after, _ = evaluate(problem, jnp.eye(3), jax.random.key(1), state)
    both = np.append(
        seen, np.repeat([worth_of(s) for s in seeds_of(jax.random.key(1), 3)], 18)
    )
    np.testing.assert_allclose(after.mean, [both.mean()], rtol=1e-6)
    np.testing.assert_allclose(after.variance, [both.var()], rtol=1e-5)


def test_networks_see_observations_by_the_moments_and_so_does_the_solution():
    problem = HostControl(Levers(), Threshold(3), 16, normalize_observations=True)
    # As it is, every worth is at least 1; by the moments, some are below 0.
    plain = replace(problem, normalize_observations=False)
    zero = jnp.zeros(1)
    _, state, first = evaluate(problem, zero)
    assert_same(first, evaluate(plain, zero)[2])
    fitness, _, _ = evaluate(problem, zero, state=state)
    worth = np.array([worth_of(seed) for seed in seeds_of(KEY, 16)])
    paid = 7 * worth * np.where(worth >= worth.mean(), 5, 2)
    np.testing.assert_allclose(fitness[0], -paid.mean(), rtol=1e-6)
    weights = problem.solution(jnp.float32(0.0), state)
    played = HostControl(Levers(), problem.player, 16)
    again, _, _ = evaluate(played, jax.tree.map(lambda x: x[None], weights))
    assert again[0] == fitness[0]


def test_bytes_are_seen_as_brightnesses():
    network, key = Threshold(3), KEY
    (seed,) = seeds_of(key, 1)
    brightness = worth_of(seed) / 255
    population = jnp.float32([brightness * 0.99, brightness * 1.01])
    _, _, metrics = evaluate(HostControl(Levers(dtype="uint8"), network), population)
    assert metrics["return"].tolist() == [7 * worth_of(seed) * pay for pay in (5, 2)]


def test_a_second_generation_traces_nothing():
    problem = HostControl(Levers(), Constant(3), num_episodes=2)
    evaluate(problem, jnp.eye(3))
    before = traced.cache_info().misses
    twin = HostControl(Levers(), Constant(3), num_episodes=2)
    evaluate(twin, 2 * jnp.eye(3), jax.random.key(1))
    assert traced.cache_info().misses == before


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path):
    network = MLP((1, 4, 3))
    problem = HostControl(Levers(), network, 2, normalize_observations=True)
    system = Evolution(SimpleGA(8, variation=Gaussian(0.5)), problem, network.init)
    assert not system.jittable
    state, history = train(system, KEY, 6)
    train(system, KEY, 3, callbacks=[Checkpoint(tmp_path)])
    saved, before = restore(tmp_path, jax.eval_shape(system.init, KEY))
    assert int(saved.generation) == 3
    resumed, whole = train(system, KEY, 6, state=saved, history=before)
    assert_same(jax.tree.leaves(resumed), jax.tree.leaves(state))
    assert_same(whole.metrics, history.metrics)
    assert history.metrics["return"][-1] >= history.metrics["return"].min()


@dataclass(frozen=True)
class Deadly(Levers):
    def vector(self, num_envs):
        os._exit(1)


def test_a_worker_that_dies_is_reported():
    problem = HostControl(Deadly(), Constant(3), workers=Workers(1))
    with pytest.raises(RuntimeError, match="worker.*died.*exit code 1") as told:
        evaluate(problem, jnp.eye(3))
    assert "while Deadly(" in told.value.__notes__[0]


@dataclass(frozen=True)
class Misshapen(Levers):
    observation_shape = (2,)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_episodes": 0}, "num_episodes=0 must be an integer at least 1"),
        ({"chunk_size": 0}, "chunk_size=0 must be an integer at least 1"),
        ({"max_steps": 0}, "max_steps=0 must be an integer at least 1"),
        ({"network": Constant(5)}, r"shape \(5,\).*give the network 3 outputs"),
        ({"network": MLP((4, 3))}, r"Levers.*shape is \(1,\).*number of inputs"),
    ],
)
def test_what_does_not_fit_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        HostControl(**{"environment": Levers(), "network": Constant(3), **options})


def test_a_number_of_workers_is_no_pool_of_them():
    problem = HostControl(Levers(), Constant(3))
    object.__setattr__(problem, "workers", 2)  # the tests' own checks of types aside
    with pytest.raises(ValueError, match=r"workers=2 must be .*map.*Workers\(2\)"):
        problem.__post_init__()


def test_drawing_continuous_actions_is_refused():
    with pytest.raises(ValueError, match="greedy=False.*continuous.*greedy=True"):
        HostControl(Gymnasium("Pendulum-v1"), Constant(1), greedy=False)


def test_a_population_without_a_member_axis_is_refused():
    with pytest.raises(ValueError, match="leading axes.*vmap"):
        evaluate(HostControl(Levers(), Constant(3)), jnp.float32(1))


def test_an_integer_is_no_key(unchecked):
    with pytest.raises(ValueError, match="key=0 must be one typed key"):
        unchecked(HostControl(Levers(), Constant(3)).eval, 0, jnp.eye(3), ())


def test_observations_of_another_shape_than_told_are_refused():
    problem = HostControl(Misshapen(), Constant(3))
    with pytest.raises(ValueError, match=r"shape \(3, 1\) instead of \(3, 2\)"):
        evaluate(problem, jnp.eye(3))
