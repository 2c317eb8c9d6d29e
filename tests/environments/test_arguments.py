"""What environments are not built of; the test run's own checks of types aside."""

import math

import numpy as np
import pytest

from neurojax.environments import (
    Atari,
    CartPoleSwingUp,
    Gymnasium,
    Gymnax,
    LunarLander,
    gymnasium_starts,
)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: CartPoleSwingUp(max_steps=2.5), "max_steps=2.5 must be an integer"),
        (lambda: CartPoleSwingUp(max_steps="9"), "max_steps='9' must be an integer"),
        (lambda: CartPoleSwingUp(max_steps=True), "max_steps=True must be an integer"),
        (lambda: CartPoleSwingUp(hard="no"), "hard='no' must be True or False"),
        (lambda: LunarLander(wind_power="x"), "wind_power='x' must be a.* number"),
        (lambda: LunarLander(gravity=math.nan), "gravity=nan must be a finite number"),
        (lambda: LunarLander(gravity=3.0), "gravity=3.0 must lie between -12 and 0"),
        (lambda: LunarLander(continuous=1), "continuous=1 must be True or False"),
        (lambda: LunarLander(solver=None), "solver=None must be one of"),
        (lambda: Atari("pong", max_noops=2.5), "max_noops=2.5 must be an integer"),
        (lambda: Atari("pong", clip_rewards=None), "clip_rewards=None must be True"),
        (lambda: Atari("pong", max_frames="9"), "max_frames='9' must be an integer"),
        (
            lambda: Atari("pong", repeat_action_probability="0"),
            "repeat_action_probability='0' must be a number",
        ),
    ],
)
def test_settings_of_another_type_are_refused(make, words, unchecked):
    with pytest.raises(ValueError, match=words):
        unchecked(make)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (("max_steps_in_episode", 0), "max_steps_in_episode=0 must be an integer"),
        (("max_steps_in_episode", -5), "max_steps_in_episode=-5 must be an integer"),
        (("max_steps_in_episode", "9"), "max_steps_in_episode='9' must be an integer"),
        (("max_steps_in_episode", math.nan), "max_steps_in_episode=nan must be an"),
        (("gravity", math.nan), "options: gravity=nan must be a finite number"),
        (("gravity", "5"), "options: gravity='5' must be a finite number"),
    ],
)
def test_options_that_no_episode_can_be_played_with_are_refused(option, words):
    with pytest.raises(ValueError, match=words):
        Gymnax("CartPole-v1", (option,))


def test_numbers_of_numpy_are_settings(unchecked):
    pole = Gymnax("CartPole-v1", (("max_steps_in_episode", np.int64(9)),))
    assert pole.max_steps == 9
    assert unchecked(CartPoleSwingUp, max_steps=np.int64(9)).max_steps == 9
    options = (("max_episode_steps", np.int64(9)),)
    assert Gymnasium("CartPole-v1", options).max_steps == 9


def test_seeds_may_be_larger_than_jax_has_integers():
    observation, _ = gymnasium_starts(Gymnax("CartPole-v1"), [2**40])
    assert observation.shape == (1, 4)


@pytest.mark.parametrize(
    ("seeds", "words"),
    [
        (["a"], "a seed='a' must be an integer"),
        ([1.7], "a seed=1.7 must be an integer"),
        ([-1], "a seed=-1 must be an integer at least 0"),
        (5, "seeds=5 must be a sequence of integers"),
    ],
)
@pytest.mark.parametrize("environment", [Gymnax("CartPole-v1"), LunarLander()])
def test_seeds_are_integers_from_0_on(environment, seeds, words, unchecked):
    with pytest.raises(ValueError, match=words):
        unchecked(gymnasium_starts, environment, seeds)


@pytest.mark.parametrize("environment", [CartPoleSwingUp(), Gymnasium("CartPole-v1")])
def test_starts_are_those_of_named_environments(environment, unchecked):
    with pytest.raises(ValueError, match="environment=.*must be a LunarLander or"):
        unchecked(gymnasium_starts, environment, [0])
