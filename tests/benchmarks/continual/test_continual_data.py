"""Splits and inputs of the continual study, against the reference's own numbers."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from benchmarks.continual.inputs import WINDOW, examples, features, information
from benchmarks.continual.parts import held_out, parts
from neurojax.data.recordings.recording import Episode, Recording

# Runs in each session of the people recorded for the reference study, and the episodes
# that its split held out.
HELD_OUT = {
    "sub01 CartPole": (
        (17, 21, 12, 6, 7, 5, 5),
        [0, 24, 30, 47, 54, 59, 63, 69],
    ),
    "sub02 CartPole": (
        (32, 37, 32, 23),
        [15, 24, 29, 36, 44, 67, 71, 74, 96, 106, 114],
    ),
    "sub01 MountainCar": ((21, 22, 13, 9, 10, 5), [0, 17, 34, 42, 45, 64, 67, 75]),
    "sub02 MountainCar": ((10, 19, 29, 1, 13), [8, 18, 39, 48, 58, 71]),
    "sub01 Acrobot": ((5, 6, 8, 6, 15, 11), [1, 8, 11, 19, 32, 41]),
    "sub02 Acrobot": ((3, 8, 13, 16), [0, 6, 11, 31]),
    "sub01 LunarLander": ((21, 14, 6, 13, 10, 15), [0, 17, 34, 35, 50, 56, 74]),
    "sub02 LunarLander": (
        (39, 55, 27, 18),
        [4, 33, 36, 41, 68, 72, 82, 87, 99, 106, 133],
    ),
}


def recording(*runs, length=3):
    """Sessions of so many runs; observations hold episode and step."""
    episodes = []
    for session, number in enumerate(runs):
        for run in range(number):
            index = len(episodes)
            steps = np.arange(length + 1, dtype=np.float32)
            episodes.append(
                Episode(
                    index,
                    index,
                    datetime(2026, 1, 1 + session, 12, run, tzinfo=UTC),
                    np.stack([np.full(length + 1, index, np.float32), steps], 1),
                    (np.arange(length) % 3).astype(np.int32),
                    -np.ones(length),
                    np.arange(length) / 15,
                    True,
                    False,
                    True,
                    {},
                )
            )
    return Recording("MountainCar-v0", "sub01", tuple(episodes), "made for a test")


@pytest.mark.parametrize("name", HELD_OUT)
def test_held_out_episodes_are_the_references(name):
    runs, wanted = HELD_OUT[name]
    sessions = np.repeat(np.arange(len(runs)), runs)
    assert held_out(sessions).tolist() == wanted


@pytest.mark.parametrize(
    ("runs", "values"),
    [
        ((1, 1, 1, 1, 1), [[-1, 0], [-0.5, 0], [0, 0], [0.5, 0], [1, 0]]),
        ((1, 3), [[-1, 0], [1, -1], [1, 0], [1, 1]]),
        ((2,), [[0, -1], [0, 1]]),
    ],
)
def test_features_lie_evenly_in_order(runs, values):
    np.testing.assert_allclose(features(recording(*runs)), values)


@pytest.mark.parametrize("split", ["reference", "fair"])
def test_every_episode_is_in_one_part(split):
    (found,) = parts(recording(12, 5, 1, 20), split)
    together = np.concatenate(found[1:])
    assert sorted(together) == list(range(38))
    assert found.test.tolist() == held_out(np.repeat(range(4), (12, 5, 1, 20))).tolist()
    # One of eleven, four and eighteen training runs each; none of the run alone.
    assert len(found.validation) == (3 if split == "fair" else 0)


def test_the_chain_trains_on_the_past_only():
    chain = parts(recording(4, 5, 3), "forward")
    assert [part.name for part in chain] == ["session1", "session2"]
    for part, first, last in zip(chain, (4, 9), (9, 12), strict=True):
        assert part.test.tolist() == list(range(first, last))
        assert max(*part.train, *part.validation) < first
        assert sorted([*part.train, *part.validation]) == list(range(first))


def test_shuffled_information_is_the_same_in_another_order():
    played = recording(6, 7, 8)
    true, shuffled = (information(played, name) for name in ("info", "shuffled"))
    assert sorted(map(tuple, true)) == sorted(map(tuple, shuffled))
    assert (true != shuffled).any(axis=1).mean() > 0.8


def test_pairs_tell_session_and_run():
    played = recording(2, 3)
    found = examples(played, [3], "info")
    np.testing.assert_allclose(found.observations[:, :2], [[3, 0], [3, 1], [3, 2]])
    np.testing.assert_allclose(found.observations[:, 2:], [[1, 0]] * 3)
    assert found.actions.tolist() == [0, 1, 2]


def test_previous_actions_begin_with_none():
    found = examples(recording(2), [1], "previous")
    np.testing.assert_allclose(
        found.observations[:, 2:], [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    )


def test_windows_cover_an_episode_in_order():
    played = recording(1, length=WINDOW + 4)
    found = examples(played, [0], "recurrent")
    assert found.observations.shape == (2, WINDOW, 2)
    assert found.observations[1, :4, 1].tolist() == [WINDOW + i for i in range(4)]
    assert (found.actions[1, 4:] == -1).all()
    assert found.actions[found.actions >= 0].tolist() == [
        i % 3 for i in range(WINDOW + 4)
    ]


def test_sessions_of_one_run_leave_nothing_to_train_on():
    with pytest.raises(ValueError, match=r"sub01's MountainCar-v0.*leaves no episode"):
        parts(recording(1, 1), "fair")


def test_one_session_cannot_be_chained():
    with pytest.raises(ValueError, match="has one session"):
        parts(recording(5), "forward")


def test_two_runs_a_session_leave_nothing_to_validate():
    with pytest.raises(ValueError, match="no session with three training runs"):
        parts(recording(2, 2), "fair")


def test_the_gap_is_half_an_hour():
    played = recording(2)
    first, second = played.episodes
    later = second._replace(start=first.start + timedelta(minutes=30))
    found = features(played._replace(episodes=(first, later)))
    np.testing.assert_allclose(found, [[-1, 0], [1, 0]])
