"""Synthetic subjects: like the people they stand in for, replayable, and named so."""

from functools import cache

import numpy as np
import pytest

from neurojax.data.recordings.recording import sessions_and_runs
from neurojax.data.recordings.synthetic import PROFILES, synthetic
from neurojax.data.tasks import TASKS
from neurojax.environments.gymnasium import make

# Mean and standard deviation of the returns of two recorded people, and the share of
# steps that repeat the last action (published for CartPole and the first MountainCar,
# assumed elsewhere).
PEOPLE = {
    ("synthetic01", "CartPole-v1"): (109.3, 126.2, 0.74),
    ("synthetic02", "CartPole-v1"): (55.2, 65.5, 0.83),
    ("synthetic01", "MountainCar-v0"): (-121.6, 21.5, 0.96),
    ("synthetic02", "MountainCar-v0"): (-124.3, 26.6, 0.96),
    ("synthetic01", "Acrobot-v1"): (-288, 157, 0.9),
    ("synthetic02", "Acrobot-v1"): (-284, 134, 0.9),
    ("synthetic01", "LunarLander-v3"): (-135, 116, 0.85),
    ("synthetic02", "LunarLander-v3"): (-179, 123, 0.85),
}


recorded = cache(synthetic)  # plays for a second or two


@pytest.mark.parametrize(("subject", "task"), PEOPLE)
def test_subjects_play_like_the_people_they_stand_in_for(subject, task):
    mean, deviation, repeated = PEOPLE[subject, task]
    played = recorded(task, subject)
    returns = np.array([episode.episode_return for episode in played.episodes])
    assert abs(returns.mean() - mean) < 0.35 * deviation
    assert 1 / 1.6 < returns.std() / deviation < 1.6
    same = [np.diff(episode.actions) == 0 for episode in played.episodes]
    assert abs(np.concatenate(same).mean() - repeated) < 0.08


@pytest.mark.parametrize("task", TASKS)
def test_sessions_are_those_of_the_profile(task):
    played = recorded(task, "synthetic01")
    sessions, _ = sessions_and_runs(played)
    assert tuple(np.bincount(sessions)) == PROFILES["synthetic01"][task].runs


@pytest.mark.parametrize("task", TASKS)
def test_episodes_replay_exactly_in_gymnasium(task):
    simulator = make(task)
    for episode in recorded(task, "synthetic01").episodes[::20]:
        observation, _ = simulator.reset(seed=episode.seed)
        for index, action in enumerate(episode.actions):
            np.testing.assert_array_equal(observation, episode.observations[index])
            observation, reward, terminated, truncated, _ = simulator.step(int(action))
            assert reward == episode.rewards[index]
        assert (terminated, truncated) == (episode.terminated, episode.truncated)


def test_one_seed_is_one_recording():
    first, again, other = (synthetic("CartPole-v1", seed=seed) for seed in (0, 0, 1))
    for ours, theirs in zip(first.episodes, again.episodes, strict=True):
        np.testing.assert_array_equal(ours.actions, theirs.actions)
    lengths = [[e.length for e in played.episodes] for played in (first, other)]
    assert lengths[0] != lengths[1]


@pytest.mark.slow
def test_subjects_get_better():
    for task in ("MountainCar-v0", "Acrobot-v1"):
        returns = [
            [e.episode_return for e in synthetic(task, seed=seed).episodes]
            for seed in range(5)
        ]
        halves = np.array_split(np.mean(returns, axis=0), 2)
        assert halves[1].mean() > halves[0].mean()


def test_the_source_says_that_nobody_played():
    assert "SYNTHETIC" in synthetic("CartPole-v1").source


def test_unknown_names_meet_the_nearest():
    with pytest.raises(ValueError, match="synthetic01"):
        synthetic("CartPole-v1", "synthetic1")
    with pytest.raises(ValueError, match="Acrobot-v1"):
        synthetic("Acrobat")
