"""Networks made for an environment."""

import jax
import jax.numpy as jnp
import pytest

from neurojax.environments import Atari, CartPoleSwingUp, Gymnasium, Gymnax
from neurojax.networks import CNN, GRU, MLP
from neurojax.problems import Control, HostControl


def test_an_mlp_has_the_environments_sizes():
    assert MLP.fitting(Gymnax("CartPole-v1")) == MLP((4, 64, 64, 2))
    swing_up = MLP.fitting(CartPoleSwingUp(), hidden=(7,), activation=jax.nn.relu)
    assert swing_up == MLP((5, 7, 1), jax.nn.relu)
    assert MLP.fitting(Gymnax("FrozenLake-misc"), hidden=()).sizes[0] == 1


def test_a_recurrent_and_a_convolutional_network_fit_too():
    assert GRU.fitting(Gymnax("Pendulum-v1"), units=5) == GRU((3, 5, 1))
    breakout = Gymnax("Breakout-MinAtar")
    actions = breakout.num_actions
    expected = CNN((10, 10, 4), actions, hidden_sizes=(7,))
    assert CNN.fitting(breakout, hidden_sizes=(7,)) == expected


def test_drawn_continuous_actions_take_twice_the_outputs():
    swing_up, cartpole = CartPoleSwingUp(), Gymnax("CartPole-v1")
    assert MLP.fitting(swing_up, (3,), greedy=False).sizes == (5, 3, 2)
    assert MLP.fitting(cartpole, (3,), greedy=False).sizes == (4, 3, 2)
    Control(swing_up, GRU.fitting(swing_up, greedy=False), greedy=False)


def test_it_plays_on_the_host():
    lander = Gymnasium("Pendulum-v1")
    HostControl(lander, MLP.fitting(lander, hidden=(3,)))
    pong = Atari("pong")
    HostControl(pong, CNN.fitting(pong, hidden_sizes=(3,), strides=(9,)))


def test_continuous_actions_without_bounds_are_refused():
    class Unbounded:
        max_steps = 5
        observation_shape = (3,)
        num_actions = None

        def reset(self, key):
            return jnp.zeros(3), ()

        def step(self, key, state, action):
            return jnp.zeros(3), (), jnp.float32(0), jnp.bool_(False), jnp.bool_(False)

    with pytest.raises(ValueError, match="action_bounds.*give it that property"):
        MLP.fitting(Unbounded())
