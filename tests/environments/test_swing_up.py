from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurojax.environments import CartPoleSwingUp
from neurojax.environments.swing_up import SwingUpState
from neurojax.networks import MLP
from neurojax.rollouts import choose_action, episode_return

KEY = jax.random.key(0)
BOTH = pytest.mark.parametrize("hard", [False, True], ids=["easy", "hard"])


def state_of(x, velocity, angle, spin, time=0):
    numbers = (x, velocity, angle, spin)
    x, velocity, angle, spin = (jnp.asarray(n, jnp.float32) for n in numbers)
    return SwingUpState(
        x, velocity, angle, jnp.cos(angle), jnp.sin(angle), spin, jnp.int32(time)
    )


def step(state, force, **options):
    environment = CartPoleSwingUp(**options)
    return environment.step(KEY, state, jnp.array([force], jnp.float32))


def evojax_task(hard, max_steps=1000):
    pytest.importorskip("evojax")
    from evojax.task.cartpole import CartPoleSwingUp as Task

    return Task(max_steps=max_steps, harder=hard)


def raw_keys(number):
    return jax.vmap(jax.random.key_data)(jax.random.split(KEY, number))


@BOTH
def test_each_of_1000_steps_equals_evojax_from_the_same_state(hard):
    task = evojax_task(hard)
    # Some beyond the bounds, where both clip.
    actions = jax.random.uniform(KEY, (1000, 8, 1), minval=-1.2, maxval=1.2)

    def play(state, action):
        after, reward, done = task.step(state, action)
        return after, (state, after, reward, done)

    first = task.reset(raw_keys(8))
    played = jax.jit(partial(jax.lax.scan, play))(first, actions)[1]
    before, after, rewards, dones = played

    def ours(state, steps, action):
        before = state_of(*state, time=steps)
        return CartPoleSwingUp(hard).step(KEY, before, 10 * action)

    observation, _, reward, terminated, truncated = jax.jit(jax.vmap(jax.vmap(ours)))(
        before.state, before.steps, actions
    )
    np.testing.assert_array_equal(terminated | truncated, dones)
    np.testing.assert_allclose(reward, rewards, atol=1e-6)
    # EvoJAX shows the next episode's first observation where one ends.
    goes_on = ~np.array(dones, bool)
    assert 0.5 < goes_on.mean() < 1
    np.testing.assert_allclose(
        observation[goes_on], after.obs[goes_on], rtol=2e-6, atol=2e-5
    )


def test_an_episode_of_the_same_network_comes_to_evojaxs_return():
    task, network = evojax_task(False, max_steps=100), MLP((5, 8, 1))
    environment = CartPoleSwingUp(max_steps=100)
    population = jax.jit(jax.vmap(network.init))(jax.random.split(KEY, 16))

    def act(weights, observation):
        return jnp.tanh(network.apply(weights, (), observation)[1])

    def play(carry, _):
        state, total, is_alive = carry
        actions = jax.vmap(act)(population, state.obs)
        state, reward, done = task.step(state, actions)
        return (state, total + reward * is_alive, is_alive * (1 - done)), None

    state = task.reset(raw_keys(16))
    starts = state.obs, jax.vmap(lambda numbers: state_of(*numbers))(state.state)
    carry = state, jnp.zeros(16), jnp.ones(16)
    expected = jax.jit(partial(jax.lax.scan, play, length=100))(carry)[0][1]

    def ours(weights, start):
        return episode_return(environment, network, weights, KEY, start=start)

    found = jax.jit(jax.vmap(ours))(population, starts).total_reward
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@BOTH
def test_starts_are_evojaxs(hard):
    keys = jax.random.split(KEY, 5)
    task = evojax_task(hard)
    # EvoJAX draws from the second half of its key.
    expected = task.reset(raw_keys(5))
    drawn_from = jax.vmap(lambda key: jax.random.split(key)[1])(keys)
    observation, state = jax.jit(jax.vmap(CartPoleSwingUp(hard).reset))(drawn_from)
    np.testing.assert_allclose(observation, expected.obs, rtol=1e-6, atol=1e-6)
    numbers = jnp.stack([state.x, state.velocity, state.angle, state.spin], axis=1)
    np.testing.assert_allclose(numbers, expected.state, rtol=1e-6, atol=1e-6)


def test_a_step_from_a_horizontal_pole_worked_by_hand():
    # cos 0, sin 1: mass 4, so acceleration (-0.6 * 2^2 + 4 * (5 - 0.1 * 1)) / 4 = 4.3
    # and angular acceleration 2.5 * 9.82 = 24.55. Positions move at the old velocities.
    observation, state, reward, terminated, truncated = step(
        state_of(0.5, 1.0, np.pi / 2, 2.0), 5.0
    )
    np.testing.assert_allclose(state.x, 0.51, rtol=1e-6)
    np.testing.assert_allclose(state.velocity, 1.043, rtol=1e-6)
    np.testing.assert_allclose(state.angle, 1.5907963, rtol=1e-6)
    np.testing.assert_allclose(state.spin, 2.2455, rtol=1e-6)
    assert state.time == 1
    # cos(pi/2 + 0.02) = -sin(0.02) = -0.0199987 and cos(pi/2 * 0.51 / 2.4) = 0.9448060
    np.testing.assert_allclose(
        observation, [0.51, 1.043, -0.0199987, 0.9998000, 2.2455], rtol=1e-5
    )
    np.testing.assert_allclose(reward, (1 - 0.0199987) / 2 * 0.9448060, rtol=1e-5)
    assert not terminated and not truncated


def test_an_upright_pole_in_the_middle_stays_and_earns_1():
    _, state, reward, _, _ = step(state_of(0.0, 0.0, 0.0, 0.0), 0.0)
    assert (state.x, state.velocity, state.angle, state.spin) == (0, 0, 0, 0)
    assert reward == 1
    assert step(state_of(0.0, 0.0, np.pi, 0.0), 0.0)[2] < 1e-6


def test_energy_changes_by_the_work_of_force_and_friction():
    def energy(velocity, spin, angle):
        """Kinetic and potential, of a pole that leans to the left at angles above 0."""
        of_pole = 0.5 * 0.5 * 0.6**2 / 3 * spin**2 + 0.5 * 9.82 * 0.3 * jnp.cos(angle)
        together = -0.5 * 0.3 * velocity * spin * jnp.cos(angle)
        return 0.5 * 1.0 * velocity**2 + of_pole + together

    def check(numbers, force):
        before = state_of(*numbers)
        after = step(before, force)[1]
        rates = [(a - b) / 0.01 for a, b in zip(after, before, strict=True)]
        point = before.velocity, before.spin, before.angle
        slopes = jax.grad(energy, argnums=(0, 1, 2))(*point)
        changed = sum(
            slope * rate
            for slope, rate in zip(slopes, (rates[1], rates[5], rates[2]), strict=True)
        )
        return changed, (force - 0.1 * before.velocity) * before.velocity

    key_state, key_force = jax.random.split(KEY)
    numbers = 3 * jax.random.normal(key_state, (200, 4))
    forces = jax.random.uniform(key_force, (200,), minval=-10, maxval=10)
    changed, work = jax.jit(jax.vmap(check))(numbers, forces)
    assert np.abs(work).max() > 30
    np.testing.assert_allclose(changed, work, atol=0.02)


def test_left_and_right_are_alike():
    numbers = np.array([0.3, -1.0, 2.0, 4.0], np.float32)
    mirrored = jnp.array([-1, -1, 1, -1, -1])
    right, left = step(state_of(*numbers), 7.0), step(state_of(*-numbers), -7.0)
    np.testing.assert_allclose(left[0], right[0] * mirrored, rtol=1e-6)
    assert left[2] == right[2]


def many_starts(environment):
    return jax.jit(jax.vmap(environment.reset))(jax.random.split(KEY, 4000))[1]


def test_easy_starts_hang_at_rest_in_the_middle_with_noise():
    state = many_starts(CartPoleSwingUp())
    numbers = np.stack([state.x, state.velocity, state.angle - np.pi, state.spin])
    np.testing.assert_allclose(numbers.mean(axis=1), 0, atol=0.02)
    np.testing.assert_allclose(numbers.std(axis=1), 0.2, rtol=0.05)
    assert (np.abs(numbers) > 0.4).mean() == pytest.approx(0.0455, abs=0.006)


def test_hard_starts_are_uniform():
    state = many_starts(CartPoleSwingUp(True))
    numbers = np.stack([state.x, state.velocity, state.angle - np.pi, state.spin])
    spread = np.array([2.4, 10, np.pi / 2, 10])
    assert (np.abs(numbers) <= spread[:, None] + 1e-6).all()
    np.testing.assert_allclose(np.abs(numbers).max(axis=1), spread, rtol=0.01)
    np.testing.assert_allclose(np.abs(numbers).mean(axis=1), spread / 2, rtol=0.05)
    np.testing.assert_allclose(numbers.mean(axis=1) / spread, 0, atol=0.03)


@pytest.mark.parametrize("side", [-1, 1])
def test_leaving_the_track_terminates_with_a_reward(side):
    _, state, _, terminated, _ = step(state_of(side * 2.39, side, 0.0, 0.0), 0.0)
    assert abs(state.x) <= 2.4 and not terminated
    _, state, reward, terminated, truncated = step(
        state_of(side * 2.395, side, 0.0, 0.0), 0.0
    )
    assert abs(state.x) > 2.4 and terminated and not truncated
    # A little below nothing: cos(pi / 2 * 2.405 / 2.4).
    np.testing.assert_allclose(reward, -0.0032725, rtol=1e-3)


def test_the_time_limit_truncates():
    state, ends = state_of(0.0, 0.0, np.pi, 0.0), []
    for _ in range(3):
        _, state, _, terminated, truncated = step(state, 0.0, max_steps=3)
        ends.append((bool(terminated), bool(truncated)))
    assert ends == [(False, False)] * 2 + [(False, True)]


def test_an_output_means_the_force_that_evojax_makes_of_it():
    environment = CartPoleSwingUp()
    for output in (-3.0, -0.2, 0.0, 0.7, 30.0):
        force = choose_action(environment, jnp.array([output]))
        np.testing.assert_allclose(force, [10 * np.tanh(output)], rtol=1e-5)
    low, high = environment.action_bounds
    assert (low.tolist(), high.tolist()) == ([-10.0], [10.0])


def test_a_force_beyond_the_bounds_counts_as_the_bound():
    state = state_of(0.1, 0.2, 3.0, 0.4)
    for force in (10.0, -10.0):
        most, more = step(state, force), step(state, 1.5 * force)
        jax.tree.map(np.testing.assert_array_equal, most, more)


def test_spaces_are_told():
    environment = CartPoleSwingUp(True, max_steps=7)
    assert (environment.max_steps, environment.observation_shape) == (7, (5,))
    assert (environment.num_actions, environment.action_size) == (None, 1)


@pytest.mark.parametrize("max_steps", [0, -1])
def test_impossible_limits_are_refused(max_steps):
    with pytest.raises(
        ValueError, match=f"max_steps={max_steps} must be an integer at least 1"
    ):
        CartPoleSwingUp(max_steps=max_steps)
