"""Atari games, against gymnasium's own preprocessing."""

import sys

import numpy as np
import pytest

pytest.importorskip("ale_py")

import ale_py
import gymnasium

from neurojax.environments.atari import Atari
from neurojax.types import HostEnvironment


def reference(game, **options):
    """ALE's environment behind gymnasium's wrappers, its frames on the last axis."""
    from gymnasium.wrappers import AtariPreprocessing, FrameStackObservation

    gymnasium.register_envs(ale_py)
    made = gymnasium.make(
        f"ALE/{game}-v5",
        frameskip=1,
        repeat_action_probability=0.0,
        disable_env_checker=True,
        **options,
    )
    made = AtariPreprocessing(made, noop_max=0, frame_skip=4)
    return FrameStackObservation(made, 4, padding_type="zero")


@pytest.mark.parametrize(
    ("game", "name"),
    [("pong", "Pong"), ("breakout", "Breakout"), ("ms_pacman", "MsPacman")],
)
def test_pixels_rewards_and_ends_are_those_of_gymnasiums_wrappers(game, name):
    pytest.importorskip("cv2")  # what gymnasium's wrapper scales frames with
    expected, environment = reference(name), Atari(game, max_noops=0)
    assert environment.num_actions == expected.action_space.n
    vector, rng = environment.vector(1), np.random.default_rng(0)
    seen, observations = expected.reset(seed=7)[0], vector.reset(seed=[7])[0]
    assert observations.shape == (1, *environment.observation_shape)
    paid = 0.0
    for _ in range(250):
        np.testing.assert_array_equal(observations[0], np.moveaxis(seen, 0, -1))
        action = rng.integers(environment.num_actions)
        seen, reward, *ends, _ = expected.step(action)
        observations, rewards, terminated, truncated, _ = vector.step(
            np.array([action], np.int32)
        )
        assert rewards[0] == reward
        assert [terminated[0], truncated[0]] == ends
        paid += abs(float(reward))
        if any(ends):
            break
    assert paid > 0
    vector.close()


def test_the_newest_frame_is_the_last_and_the_first_ones_are_black():
    vector = Atari("pong", max_noops=0).vector(1)
    first, _ = vector.reset(seed=[0])
    assert not first[0, ..., :3].any() and first[0, ..., 3].any()
    second = vector.step(np.array([0]))[0]
    np.testing.assert_array_equal(second[0, ..., 2], first[0, ..., 3])
    assert first.dtype == np.uint8


def test_a_game_depends_on_its_seed_and_actions_alone():
    environment = Atari("breakout", repeat_action_probability=0.25)
    actions = np.random.default_rng(0).integers(0, 4, (60, 2))

    def played(vector, seeds):
        steps = [vector.reset(seed=seeds)[0]]
        return [*steps, *(vector.step(row)[0] for row in actions)]

    used = environment.vector(2)
    first, others = played(used, [5, 6]), played(used, [8, 9])
    again, fresh = played(used, [5, 6]), played(environment.vector(2), [5, 6])
    for one, two, three in zip(first, again, fresh, strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one, three)
    assert any((a != b).any() for a, b in zip(first, others, strict=True))


def test_a_game_that_ended_rests_while_the_others_go_on():
    environment = Atari("breakout", max_noops=0, max_frames=20)
    assert environment.max_steps == 5
    vector = environment.vector(2)
    vector.reset(seed=[0, 1])
    for _ in range(4):
        assert not vector.step(np.array([0, 1]))[3].any()
    last, _, _, truncated, _ = vector.step(np.array([0, 1]))
    assert truncated.all()
    after, rewards, terminated, truncated, _ = vector.step(np.array([1, 1]))
    np.testing.assert_array_equal(after, last)
    assert truncated.all() and not terminated.any() and not rewards.any()
    vector.reset(seed=[0, 1])
    assert not vector.step(np.array([0, 1]))[3].any()


def test_settings_reach_the_console():
    assert isinstance(Atari("pong"), HostEnvironment)
    assert Atari("pong").max_steps == 27_000
    assert Atari("pong", action_repeat=3).max_steps == 36_000
    assert Atari("breakout").num_actions == 4
    assert Atari("breakout", full_action_space=True).num_actions == 18
    assert Atari("pong") == Atari("pong") != Atari("pong", clip_rewards=True)


def test_clipped_rewards_are_signs():
    """The first ghost-free pellets of Ms. Pacman pay 10 each."""
    paid = {}
    for clip in (False, True):
        vector = Atari("ms_pacman", max_noops=0, clip_rewards=clip).vector(1)
        vector.reset(seed=[0])
        paid[clip] = [vector.step(np.array([3]))[1][0] for _ in range(120)]
    assert max(paid[False]) >= 10
    np.testing.assert_array_equal(np.sign(paid[False]), paid[True])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"game": "pongg"}, "game='pongg'.*did you mean 'pong'"),
        ({"action_repeat": 0}, "action_repeat=0 must be an integer at least 1"),
        ({"max_noops": -1}, "max_noops=-1 must be an integer at least 0"),
        ({"repeat_action_probability": 1.0}, r"=1.0 must lie in \[0, 1\)"),
        ({"max_frames": 3}, "max_frames=3 must be at least action_repeat=4"),
    ],
)
def test_what_no_console_can_do_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Atari(**{"game": "pong", **options})


def test_a_missing_library_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "ale_py", None)
    with pytest.raises(ImportError, match=r"neurojax\[atari\]"):
        Atari("pong")
