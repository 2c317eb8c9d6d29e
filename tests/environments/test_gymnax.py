import sys

import gymnasium
import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurojax.environments import Gymnax
from neurojax.networks import CNN
from neurojax.problems import Control
from neurojax.testing import check_environment
from neurojax.testing.environment import check_types

# One step from the same float32 state: four times the errors measured on 10,000 steps.
# (observation, reward)
TOLERANCES = {
    "CartPole-v1": (5e-7, 1e-7),
    "MountainCar-v0": (5e-7, 1e-7),
    "Acrobot-v1": (3e-6, 1e-7),
    "Pendulum-v1": (8e-6, 6e-5),
    "MountainCarContinuous-v0": (5e-7, 2e-5),
}
FIELDS = {
    "CartPole-v1": ("x", "x_dot", "theta", "theta_dot"),
    "MountainCar-v0": ("position", "velocity"),
    "Acrobot-v1": ("joint_angle1", "joint_angle2", "velocity_1", "velocity_2"),
    "Pendulum-v1": ("theta", "theta_dot"),
    "MountainCarContinuous-v0": ("position", "velocity"),
}
KEY = jax.random.key(0)
# Needs the network on its first use.
DOWNLOADS = "MNISTBandit-bsuite"
MINATAR = sorted(name for name in gymnax.registered_envs if name.endswith("MinAtar"))
FEW = ("Breakout-MinAtar", "UmbrellaChain-bsuite", "FrozenLake-misc", "Reacher-misc")


def stepper(environment):
    return jax.jit(lambda state, action: environment.step(KEY, state, action))


def actions_of(name, number):
    space = gymnasium.make(name).action_space
    space.seed(0)
    return [space.sample() for _ in range(number)]


@pytest.mark.parametrize("name", TOLERANCES)
def test_each_step_equals_gymnasium_from_the_same_state(name):
    environment, reference = Gymnax(name), gymnasium.make(name).unwrapped
    step, (_, state) = stepper(environment), environment.reset(KEY)
    reference.reset(seed=0)
    observation_error, reward_error = TOLERANCES[name]
    for action in actions_of(name, 300):
        reference.state = np.array([getattr(state, f) for f in FIELDS[name]], float)
        if hasattr(reference, "steps_beyond_terminated"):
            reference.steps_beyond_terminated = None
        expected, reward_expected, terminated_expected, _, _ = reference.step(action)
        observation, state, reward, terminated, _ = step(state, action)
        np.testing.assert_allclose(observation, expected, atol=observation_error)
        np.testing.assert_allclose(reward, reward_expected, atol=reward_error)
        assert bool(terminated) == terminated_expected
        if terminated:
            _, state = environment.reset(jax.random.key(int(state.time)))


def test_continuous_car_stops_at_the_left_wall_as_in_gymnasium():
    environment = Gymnax("MountainCarContinuous-v0")
    reference = gymnasium.make("MountainCarContinuous-v0").unwrapped
    reference.reset(seed=0)
    _, state = environment.reset(KEY)
    step = stepper(environment)
    touched = False
    # Rocking with the velocity, but never enough to the right: it hits the wall.
    reference.state = np.array([state.position, state.velocity], float)
    for _ in range(150):
        action = np.array([1.0 if state.velocity > 0 else -1.0], np.float32)
        if state.velocity > 0:
            action *= 0.3
        observation, state, *_ = step(state, action)
        expected, *_ = reference.step(action)
        np.testing.assert_allclose(observation, expected, atol=2e-5)
        touched |= expected[0] <= np.float32(-1.2) and expected[1] == 0
    assert touched


def test_continuous_car_rolls_back_over_a_goal_it_passed_too_slowly():
    options = (("goal_velocity", 0.05),)
    environment = Gymnax("MountainCarContinuous-v0", options)
    reference = gymnasium.make("MountainCarContinuous-v0", goal_velocity=0.05).unwrapped
    reference.reset(seed=0)
    _, state = environment.reset(KEY)
    state = state.replace(position=jnp.float32(0.47), velocity=jnp.float32(0.001))
    reference.state = np.array([state.position, state.velocity], float)
    step, action = stepper(environment), np.array([-1.0], np.float32)
    for _ in range(5):
        observation, state, *_ = step(state, action)
        expected, *_ = reference.step(action)
        np.testing.assert_allclose(observation, expected, atol=1e-6)
    assert observation[0] < 0.47


def test_falling_terminates_and_the_time_limit_truncates():
    environment = Gymnax("CartPole-v1", (("max_steps_in_episode", 5),))
    step, (_, state) = stepper(environment), environment.reset(KEY)
    ends = []
    for time in range(5):
        _, state, _, terminated, truncated = step(state, time % 2)
        ends.append((bool(terminated), bool(truncated)))
    assert ends == [(False, False)] * 4 + [(False, True)]

    fallen = environment.reset(KEY)[1].replace(theta=jnp.float32(0.3))
    _, after, reward, terminated, truncated = step(fallen, 1)
    assert bool(terminated) and not bool(truncated)
    assert int(after.time) == 1  # it has not started anew


def test_options_set_parameters_and_constructor_arguments():
    environment = Gymnax(
        "Breakout-MinAtar",
        (("use_minimal_action_set", False), ("max_steps_in_episode", 13)),
    )
    assert environment.max_steps == 13
    assert environment.num_actions == 6
    assert Gymnax("Breakout-MinAtar").num_actions == 3


def test_spaces_are_told():
    assert Gymnax("Breakout-MinAtar").observation_shape == (10, 10, 4)
    assert Gymnax("CartPole-v1").action_size is None
    assert Gymnax("CartPole-v1").action_bounds is None
    robot = Gymnax("PointRobot-misc")
    assert robot.num_actions is None and robot.action_size == 2
    low, high = robot.action_bounds
    np.testing.assert_allclose(low, [-0.1, -0.1])
    np.testing.assert_allclose(high, [0.1, 0.1])
    low, high = Gymnax("Pendulum-v1").action_bounds
    assert (low.tolist(), high.tolist()) == ([-2.0], [2.0])


@pytest.mark.parametrize("name", FEW)
def test_types_are_kept(name):
    check_types(Gymnax(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({*gymnax.registered_envs} - {DOWNLOADS}))
def test_every_environment_conforms(name):
    check_environment(Gymnax(name))


def test_control_ranks_a_convolutional_network_that_follows_the_ball_first():
    environment = Gymnax("Breakout-MinAtar")
    network = CNN(
        environment.observation_shape,
        environment.num_actions,
        channels=(2,),
        kernel_sizes=(1,),
        hidden_sizes=(),
    )
    convolution, dense = jax.tree.map(jnp.zeros_like, network.init(KEY))
    # Of paddle, ball, trail and bricks the first two pass; the outputs of nothing, left
    # and right are 0, paddle - ball and ball - paddle, in columns.
    column = jnp.tile(jnp.arange(10.0), 10)
    kernel = jnp.zeros((100, 2, 3)).at[:, 0, 1].set(column).at[:, 1, 2].set(column)
    kernel = kernel.at[:, 0, 2].set(-column).at[:, 1, 1].set(-column).reshape(200, 3)
    follower = convolution._replace(kernel=jnp.eye(4, 2)), dense._replace(kernel=kernel)
    population = jax.tree.map(
        lambda *leaves: jnp.stack(leaves), follower, (convolution, dense)
    )
    problem = Control(environment, network, num_episodes=3, max_steps=200)
    fitness, _, metrics = jax.jit(problem.eval)(KEY, population, ())
    np.testing.assert_array_equal(fitness, -metrics["return"])
    assert metrics["return"][0] > 10 > 2 > metrics["return"][1]
    assert metrics["length"][0] > 100 > metrics["length"][1]


@pytest.mark.slow
@pytest.mark.parametrize("name", MINATAR)
def test_convolutional_networks_play_all_images(name):
    environment = Gymnax(name)
    network = CNN(environment.observation_shape, environment.num_actions)
    population = jax.vmap(network.init)(jax.random.split(KEY, 3))
    problem = Control(environment, network, num_episodes=2, max_steps=50)
    fitness, _, metrics = jax.jit(problem.eval)(KEY, population, ())
    assert np.isfinite(fitness).all()
    assert (metrics["length"] >= 1).all() and (metrics["length"] <= 50).all()


def test_options_in_any_order_are_equal():
    options = (("max_steps_in_episode", 7), ("gravity", 5.0))
    one, other = Gymnax("CartPole-v1", options), Gymnax("CartPole-v1", options[::-1])
    assert one == other and hash(one) == hash(other)
    assert one != Gymnax("CartPole-v1")


def test_first_use_inside_jit_leaves_no_tracer_behind():
    def reset(key):
        options = (("max_steps_in_episode", 17),)
        return Gymnax("Breakout-MinAtar", options).reset(key)[0]

    inside = jax.jit(reset)(KEY)
    np.testing.assert_array_equal(inside, reset(KEY))
    environment = Gymnax("Breakout-MinAtar", (("max_steps_in_episode", 17),))
    environment.step(KEY, environment.reset(KEY)[1], jnp.int32(2))


def test_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="'cartpole'.*did you mean 'CartPole-v1'"):
        Gymnax("cartpole")


def test_name_like_nothing_is_refused_with_all_names():
    with pytest.raises(ValueError, match="'zzzz'.*must be one of.*Acrobot-v1"):
        Gymnax("zzzz")


def test_unknown_option_is_refused_with_the_parameters():
    with pytest.raises(ValueError, match="max_steps.*max_steps_in_episode.*cartpole"):
        Gymnax("CartPole-v1", (("max_steps", 5),))


def test_options_that_cannot_be_hashed_are_refused():
    with pytest.raises(ValueError, match=r"options=.*\[1, 2\].*lists as tuples"):
        Gymnax("FourRooms-misc", (("goal_fixed", [1, 2]),))


def test_option_given_twice_is_refused():
    with pytest.raises(ValueError, match="options=.*twice"):
        Gymnax("CartPole-v1", (("gravity", 1.0), ("gravity", 2.0)))


def test_missing_gymnax_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "gymnax", None)
    with pytest.raises(ImportError, match=r"pip install neurojax\[envs\]"):
        Gymnax("CartPole-v1", (("max_steps_in_episode", 19),))
