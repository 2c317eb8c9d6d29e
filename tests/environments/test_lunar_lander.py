"""LunarLander behaves as gymnasium's does, and as an environment should."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from lunar_landers import (
    KEY,
    batch_step,
    fall,
    fall_in_gymnasium,
    fly,
    heuristic,
    play_gymnasium,
    play_ours,
)

from neurojax.environments import LunarLander, gymnasium_starts
from neurojax.environments.lunar_lander.draws import noise_of_step
from neurojax.types import Environment

LANDER = LunarLander()
SEEDS = range(30)


def random_actions(num_steps):
    draws = np.random.default_rng(0)
    return draws.integers(4, size=(len(SEEDS), num_steps))


@pytest.mark.slow
def test_free_flight_is_gymnasiums():
    assert fly(LANDER, SEEDS, random_actions(110), atol=1e-5) > 2000


def test_the_heuristic_lands_as_in_gymnasium():
    policy = partial(lambda o, _: heuristic(o, continuous=False))
    seeds = [*range(10), *range(200, 220)]
    ours = play_ours(LANDER, seeds, policy)
    wanted = play_gymnasium(LANDER, seeds[:10], policy)
    found = np.abs(ours.returns[:10] - wanted.returns)
    np.testing.assert_array_less(np.median(found), 0.02)
    same = (ours.returns[:10] > 200) == (wanted.returns > 200)
    assert same.all()
    assert np.mean(ours.lengths[:10] == wanted.lengths) >= 0.8


def test_episodes_of_keys_differ_and_repeat():
    starts = jax.jit(jax.vmap(LANDER.reset))
    first, states = starts(jax.random.split(KEY, 30))
    again, _ = starts(jax.random.split(KEY, 30))
    np.testing.assert_array_equal(first, again)
    assert len(np.unique(states.terrain[:, 0])) == 30
    # A push of up to 1000 N for 1/50 s on the lander's mass of 4.8 kg.
    assert np.abs(np.array(first[:, 2])).max() < 10 / 50 * 1000 / 50 / 4.7
    assert np.std(np.array(first[:, 2])) > 0.2
    np.testing.assert_allclose(states.terrain[:, 4:7], 0.99 * 400 / 30 / 4, rtol=1e-6)


def test_engines_have_the_noise_of_the_seed_or_of_the_key():
    rows = jnp.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(noise_of_step(KEY, rows, jnp.int32(1)), [4, 5])
    draw = jax.vmap(noise_of_step, (0, None, None))
    found = draw(jax.random.split(KEY, 500), rows[:0], jnp.int32(1))
    assert found.shape == (500, 2)
    assert (found.min() < -0.98) & (found.max() > 0.98) & (np.abs(found).max() < 1)


def test_a_fall_ends_in_a_crash():
    _, states = gymnasium_starts(LANDER, SEEDS)
    for _ in range(200):
        _, states, rewards, ended, _ = batch_step(
            LANDER, states, jnp.zeros(len(SEEDS), jnp.int32)
        )
        if ended[0]:
            break
    assert ended[0]
    assert rewards[0] == -100


@pytest.mark.slow
def test_a_crash_comes_in_gymnasiums_step_and_stops_the_hull_as_there():
    wanted_lengths, wanted = fall_in_gymnasium(LANDER, SEEDS)
    lengths, found, touched = fall(LANDER, SEEDS)
    np.testing.assert_array_equal(lengths, wanted_lengths)
    # A hull that touches when the last step begins is stopped a little differently.
    is_near = (np.abs(found - wanted) < 1e-3).all(1)[~touched]
    assert len(is_near) >= 20
    assert np.mean(is_near) >= 0.9


def test_the_step_limit_truncates():
    _, states = gymnasium_starts(LANDER, SEEDS)
    nothing = jnp.zeros(len(SEEDS), jnp.int32)
    for time, is_cut in ((997, False), (998, False), (999, True)):
        late = states._replace(time=jnp.full(len(SEEDS), time, jnp.int32))
        truncated = batch_step(LANDER, late, nothing)[4]
        assert truncated.all() == is_cut, time


def test_it_is_an_environment():
    assert isinstance(LANDER, Environment)
    assert (LANDER.max_steps, LANDER.observation_shape) == (1000, (8,))
    assert (LANDER.num_actions, LANDER.action_size, LANDER.action_bounds) == (
        4,
        None,
        None,
    )
    assert hash(LANDER) == hash(LunarLander()) and LunarLander() == LANDER


def test_continuous_actions_have_bounds():
    continuous = LunarLander(continuous=True)
    assert (continuous.num_actions, continuous.action_size) == (None, 2)
    low, high = continuous.action_bounds
    np.testing.assert_array_equal([low, high], [[-1, -1], [1, 1]])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"solver": "exakt"}, "solver='exakt'.*did you mean 'exact'"),
        ({"gravity": 0.0}, "gravity=0.0"),
        ({"gravity": -12.0}, "gravity=-12.0"),
        ({"gravity": float("nan")}, "gravity=nan"),
        ({"wind_power": 20.5}, "wind_power=20.5"),
        ({"wind_power": -0.1}, "wind_power=-0.1"),
        ({"turbulence_power": 2.1}, "turbulence_power=2.1"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        LunarLander(**options)


def test_no_seeds_are_refused():
    with pytest.raises(ValueError, match="seeds is empty"):
        gymnasium_starts(LANDER, ())
