"""Pictures of states, against gymnasium's own and worked by hand."""

from contextlib import closing

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurojax.environments import (
    CartPoleSwingUp,
    Gymnax,
    LunarLander,
    gymnasium_starts,
)
from neurojax.environments.gymnasium import make
from neurojax.environments.lunar_lander import draws_of_seed
from neurojax.environments.lunar_lander.terrain import heights_of
from neurojax.environments.lunar_lander.vector import Vector
from neurojax.environments.swing_up import FRICTION, POLE_LENGTH, SwingUpState
from neurojax.render import frames
from neurojax.render.painters.minatar import COLORS, PALETTE, PIXELS, colored

# What gymnasium holds after the same actions from the same seed.
ACTIONS = {
    "CartPole-v1": [0, 1] + [0] * 6,
    "MountainCar-v0": [2, 0, 1] + [2] * 9,
    "Acrobot-v1": [0, 2, 2, 1, 0],
}


def played(environment, start, actions):
    """States before and after each action."""
    state, states = start, [start]
    for action in jnp.asarray(actions):
        _, state, *_ = environment.step(jax.random.key(0), state, action)
        states.append(state)
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *states)


@pytest.mark.parametrize("name", ACTIONS)
def test_classic_control_is_drawn_as_gymnasium_draws_it(name):
    environment = Gymnax(name)
    _, start = gymnasium_starts(environment, [3])
    start = jax.tree.map(lambda leaf: leaf[0], start)
    pictures = frames(environment, played(environment, start, ACTIONS[name]))
    with closing(make(name, "rgb_array")) as simulator:
        simulator.reset(seed=3)
        expected = [simulator.render()]
        for action in ACTIONS[name]:
            simulator.step(action)
            expected.append(simulator.render())
    for ours, theirs in zip(pictures, expected, strict=True):
        assert np.mean(np.any(ours != theirs, axis=-1)) < 1e-4  # float32
    assert not np.array_equal(expected[0], expected[-1])


@pytest.mark.parametrize("name", ["Pendulum-v1", "MountainCarContinuous-v0"])
def test_continuous_ones_too(name):
    environment = Gymnax(name)
    _, start = environment.reset(jax.random.key(5))
    states = played(environment, start, [[0.7], [-1.0], [0.4]] + [[1.0]] * 9)
    pictures = list(frames(environment, states))
    first, second = ("theta", "theta_dot") if "Pend" in name else ("position",) * 2
    with closing(make(name, "rgb_array")) as simulator:
        simulator.reset(seed=0)
        for index, ours in enumerate(pictures):
            numbers = [float(getattr(states, n)[index]) for n in (first, second)]
            simulator.unwrapped.state = np.array(numbers)
            if "Pend" in name:
                torque = float(states.last_u[index])
                simulator.unwrapped.last_u = torque if index else None
            assert np.array_equal(ours, simulator.render())
    assert not np.array_equal(pictures[0], pictures[-1])


def lander_of(simulator, empty, heights):
    """Our state with gymnasium's bodies."""

    def body(bodies):
        centers = np.array([each.worldCenter for each in bodies], np.float32)
        angles = np.array([each.angle for each in bodies], np.float32)
        return {"position": Vector(*centers.T), "angle": angles}

    lander = {
        k: jax.tree.map(np.squeeze, v) for k, v in body([simulator.lander]).items()
    }
    return empty._replace(
        lander=empty.lander._replace(**lander),
        legs=empty.legs._replace(**body(simulator.legs)),
        terrain=heights,
    )


def test_lunar_lander_is_drawn_as_gymnasium_draws_it():
    simulator = make("LunarLander-v3", "rgb_array")
    simulator.reset(seed=11)
    empty = jax.eval_shape(LunarLander().reset, jax.random.key(0))[1]
    empty = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), empty)
    heights = np.asarray(heights_of(draws_of_seed(11, False, 0).heights))
    states, expected = [], []
    for action in [0, 2, 3, 2] * 20:
        simulator.step(action)
        simulator.unwrapped.particles = []  # flames, which we leave out
        states.append(lander_of(simulator.unwrapped, empty, heights))
        expected.append(simulator.render())
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *states)
    for ours, theirs in zip(frames(LunarLander(), stacked), expected, strict=True):
        assert np.mean(np.any(ours != theirs, axis=-1)) < 1e-4
    assert np.mean(np.any(expected[0] != expected[-1], axis=-1)) > 1e-3


@pytest.mark.slow
def test_a_flight_in_jax_looks_as_in_gymnasium():
    environment, actions = LunarLander(), [0, 0, 2, 2, 3, 2, 1, 0] * 5
    _, start = gymnasium_starts(environment, [11])
    start = jax.tree.map(lambda leaf: leaf[0], start)
    step = jax.jit(environment.step)
    state, states = start, [start]
    for action in actions:
        state = step(jax.random.key(0), state, jnp.int32(action))[1]
        states.append(state)
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *states)
    simulator = make("LunarLander-v3", "rgb_array")
    simulator.reset(seed=11)
    for ours, action in zip(frames(environment, stacked), [*actions, 0], strict=True):
        simulator.unwrapped.particles = []
        assert np.mean(np.any(ours != simulator.render(), axis=-1)) < 1e-3
        simulator.step(action)


def swing_up_state(x, angle, velocity=0.0, spin=0.0):
    angle = jnp.float32(angle)
    rest = jnp.cos(angle), jnp.sin(angle), jnp.float32(spin), jnp.int32(0)
    return SwingUpState(jnp.float32(x), jnp.float32(velocity), angle, *rest)


def test_the_pole_of_the_swing_up_leans_as_its_physics_say():
    # Without a force from outside the momentum of cart and pole stays: that tells on
    # which side a pole with a positive angle is.
    environment = CartPoleSwingUp()
    momenta = {-1: [], 1: []}
    state = swing_up_state(0.0, 0.8, velocity=0.3, spin=2.0)
    for _ in range(30):
        for side, found in momenta.items():
            sway = side * POLE_LENGTH / 2 * state.cosine * state.spin
            found.append(float(0.5 * state.velocity + 0.5 * (state.velocity + sway)))
        push = FRICTION * state.velocity[None]
        state = environment.step(jax.random.key(0), state, push)[1]
    spread = {side: np.ptp(found) for side, found in momenta.items()}
    assert 5 * spread[-1] < spread[1], spread
    states = jax.tree.map(lambda leaf: leaf[None], swing_up_state(0.0, 0.8))
    (picture,) = frames(environment, states)
    pole = np.all(picture == (202, 152, 101), axis=-1)
    rows, columns = np.nonzero(pole)
    tip_row, tip_column = rows.min(), columns.min()
    scale = 600 / 4.8  # pixels a metre
    assert columns.max() <= 300 + 8 and tip_row < 300
    assert abs(300 - tip_column - scale * POLE_LENGTH * np.sin(0.8)) < 8


def test_the_swing_up_hangs_below_its_cart_and_stands_where_it_is():
    states = [swing_up_state(1.2, np.pi), swing_up_state(-1.2, 0.0)]
    states = jax.tree.map(lambda *leaves: jnp.stack(leaves), *states)
    below, above = (
        np.nonzero(np.all(picture == (202, 152, 101), axis=-1))
        for picture in frames(CartPoleSwingUp(), states)
    )
    assert abs(below[1].mean() - 450) < 2 and abs(above[1].mean() - 150) < 2
    assert below[0].min() > 280 and above[0].max() < 305


def test_boards_show_the_last_channel_that_is_set():
    channels = np.zeros((10, 10, 4), bool)
    channels[2, 3, 0] = channels[9, 0, 1] = channels[9, 0, 3] = True
    picture = colored(channels)
    assert picture.shape == (10 * PIXELS, 10 * PIXELS, 3) and picture.dtype == np.uint8
    cells = picture[PIXELS // 2 :: PIXELS, PIXELS // 2 :: PIXELS]
    assert tuple(cells[2, 3]) == COLORS[0] and tuple(cells[9, 0]) == COLORS[3]
    assert (picture != 0).any(axis=-1).sum() == 2 * PIXELS**2


def test_there_is_a_color_for_each_channel_of_every_game():
    assert len(np.unique(PALETTE, axis=0)) == len(PALETTE) == 11
    environment = Gymnax("Breakout-MinAtar")
    _, state = environment.reset(jax.random.key(0))
    (picture,) = frames(environment, jax.tree.map(lambda leaf: leaf[None], state))
    assert tuple(picture[9 * PIXELS, 4 * PIXELS]) == COLORS[0]  # the paddle
    assert tuple(picture[PIXELS, 0]) == COLORS[3]  # a brick


def test_an_environment_without_pictures_is_named():
    environment = Gymnax("Catch-bsuite")
    _, state = environment.reset(jax.random.key(0))
    with pytest.raises(ValueError, match="Catch-bsuite.* has no pictures; there are"):
        list(frames(environment, jax.tree.map(lambda leaf: leaf[None], state)))
