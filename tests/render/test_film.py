"""Films show the episode that is played without a camera."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from film_toys import NEVER, Waver

from neurojax.environments import Atari, CartPoleSwingUp, Gymnasium, Gymnax
from neurojax.problems import HostControl
from neurojax.render.film import episode_states, filmed
from neurojax.rollouts import episode_return

KEY = jax.random.key(4)


def film_of(environment, network, weights, most_per_second=1000.0, **settings):
    settings = {"greedy": True, "max_steps": None} | settings
    with filmed(
        environment, network, weights, KEY, most_per_second=most_per_second, **settings
    ) as film:
        return film, list(film.shots)


@pytest.mark.parametrize(
    "environment, outputs, settings",
    [
        (Gymnax("CartPole-v1"), 2, {}),
        (Gymnax("CartPole-v1"), 2, {"greedy": False}),
        (Gymnax("Pendulum-v1"), 1, {"max_steps": 30}),
        (CartPoleSwingUp(), 1, {"max_steps": 50}),
        (Gymnax("Breakout-MinAtar"), 3, {}),
    ],
    ids=str,
)
def test_it_is_the_episode_of_episode_return(environment, outputs, settings):
    network = Waver(outputs)
    _, shots = film_of(environment, network, NEVER, **settings)
    expected = episode_return(environment, network, NEVER, KEY, **settings)
    length = int(expected.length)
    assert [shot.step for shot in shots] == list(range(length + 1))
    np.testing.assert_allclose(
        shots[-1].so_far.total_reward, expected.total_reward, rtol=1e-5
    )
    assert shots[-1].so_far.length == length and shots[0].so_far == (0, 0)
    changes = [
        np.any(a.frame != b.frame) for a, b in zip(shots, shots[1:], strict=False)
    ]
    assert np.mean(changes) > 0.5


def test_states_are_those_of_the_steps():
    environment, network = Gymnax("CartPole-v1"), Waver(2)
    states, sums = episode_states(
        environment, network, NEVER, KEY, greedy=True, num_steps=6
    )
    key_reset = jax.random.split(KEY, 3)[0]
    observation, state = environment.reset(key_reset)
    carry = network.reset(KEY, NEVER)
    for index in range(6):
        np.testing.assert_allclose(states.x[index], state.x, rtol=1e-5)
        np.testing.assert_allclose(states.theta[index], state.theta, rtol=1e-5)
        assert sums.length[index] == index
        carry, output = network.apply(NEVER, carry, observation)
        observation, state, *_ = environment.step(KEY, state, jnp.argmax(output))


def test_steps_are_left_out_but_the_last_one_never_is():
    environment = CartPoleSwingUp(max_steps=30)
    film, shots = film_of(environment, Waver(1), NEVER, 25.0)
    assert (film.every, film.steps_per_second) == (4, 100.0)
    assert [shot.step for shot in shots] == [0, 4, 8, 12, 16, 20, 24, 28, 30]
    film, _ = film_of(environment, Waver(1), NEVER, 49.0)
    assert film.every == 3


@pytest.mark.parametrize(
    "environment", [Gymnax("Pendulum-v1"), Gymnasium("Pendulum-v1")], ids=str
)
def test_the_film_of_a_broken_network_ends_before_the_nan(environment):
    _, shots = film_of(environment, Waver(1), jnp.float32(7.0), 10.0)
    assert [shot.step for shot in shots] == [0, 3, 6, 7]
    assert np.isnan(shots[-1].so_far.total_reward)
    assert not np.isnan(shots[-2].so_far.total_reward)
    _, shots = film_of(environment, Waver(1), jnp.float32(0.0))
    assert [shot.step for shot in shots] == [0]


@pytest.mark.parametrize(
    "environment, outputs, greedy",
    [
        (Gymnasium("CartPole-v1"), 2, True),
        (Gymnasium("CartPole-v1"), 2, False),
        (Gymnasium("MountainCarContinuous-v0", (("max_episode_steps", 40),)), 1, True),
    ],
    ids=str,
)
def test_it_is_the_episode_of_host_control(environment, outputs, greedy):
    network = Waver(outputs)
    problem = HostControl(environment, network, greedy=greedy)
    _, _, expected = problem.eval(KEY, NEVER[None], ())
    _, shots = film_of(environment, network, NEVER, greedy=greedy)
    assert shots[-1].so_far.total_reward == expected["return"][0]
    assert shots[-1].so_far.length == expected["length"][0] == len(shots) - 1
    assert np.any(shots[0].frame != shots[-1].frame)


def test_atari_is_filmed_in_colour_while_the_network_sees_it_in_grey():
    environment = Atari("breakout", repeat_action_probability=0.25, max_frames=160)
    network = Waver(4)
    expected = HostControl(environment, network).eval(KEY, NEVER[None], ())[2]
    film, shots = film_of(environment, network, NEVER)
    assert film.steps_per_second == 15.0
    assert shots[-1].so_far.total_reward == expected["return"][0]
    assert shots[-1].so_far.length == expected["length"][0] == len(shots) - 1
    assert shots[0].frame.shape == (420, 320, 3)
    assert len({tuple(pixel) for pixel in shots[0].frame[110:200, 160]}) > 4


def test_both_consoles_play_the_same_game():
    from neurojax.render.host_film import camera

    environment = Atari("ms_pacman", repeat_action_probability=0.25)
    with camera(environment) as made:
        seen, _ = made.simulator.reset(seed=[5])
        for action in [1, 2, 3, 4, 5, 6, 7, 8] * 12:
            seen = made.simulator.step(np.array([action]))[0]
        grey = made.picture()[::2, ::2] @ np.array([0.299, 0.587, 0.114])
    # 84 rows of 2.5, a mean of whole blocks of which is all that both share.
    blocks = grey.reshape(7, 30, 4, 40).mean(axis=(1, 3))
    expected = seen[0, :, :, -1].reshape(7, 12, 4, 21).mean(axis=(1, 3))
    np.testing.assert_allclose(blocks, expected, atol=2.0)


def test_a_simulator_without_pictures_is_named():
    import gymnasium
    from gymnasium.envs.classic_control import CartPoleEnv

    class Blind(CartPoleEnv):
        metadata = {"render_modes": [], "render_fps": 50}

    gymnasium.register("Blind-v0", Blind, max_episode_steps=5)
    try:
        with pytest.raises(ValueError, match="Blind-v0.*'rgb_array' is needed"):
            film_of(Gymnasium("Blind-v0"), Waver(2), NEVER)
    finally:
        gymnasium.registry.pop("Blind-v0")
