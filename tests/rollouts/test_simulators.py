"""What simulators outside JAX answer, and must not."""

from dataclasses import dataclass

import numpy as np
import pytest

from neurojax.rollouts import simulators


@dataclass(frozen=True)
class World:
    max_steps: int = 3
    observation_shape = (2,)
    num_actions = 2

    def vector(self, num_envs):
        return Answering(None)


class Answering:
    """Returns what it is given."""

    def __init__(self, answer):
        self.answer = answer

    def reset(self, *, seed):
        return self.answer

    def step(self, actions):
        return self.answer


SEEN, ENDS = np.zeros((3, 2)), np.zeros(3, bool)


class Empty(World):
    def vector(self, num_envs):
        return None


def test_what_can_not_be_played_is_refused():
    assert isinstance(simulators.made(World(), 3), Answering)
    with pytest.raises(ValueError, match=r"vector\(3\) of Empty.*returned None"):
        simulators.made(Empty(), 3)


def test_what_is_right_is_passed_on():
    assert simulators.begin(World(), Answering((SEEN, {})), [0, 1, 2]) is SEEN
    answer = (SEEN, [[1], [2], [3]], ENDS, ENDS, {})
    seen, rewards, *_ = simulators.step(World(), Answering(answer), None, 3)
    assert seen is SEEN and rewards.tolist() == [1, 2, 3]


@pytest.mark.parametrize("answer", [SEEN, (SEEN,), None])
def test_a_reset_returns_a_pair(answer):
    with pytest.raises(ValueError, match=r"reset of the simulators of World\(.*info"):
        simulators.begin(World(), Answering(answer), [0, 1, 2])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            (SEEN, ENDS, ENDS, {}),
            "step of.*World.*a tuple of 4.*rewards",
        ),
        (None, "step of the simulators.*World.*NoneType"),
        (
            (SEEN, 1.0, ENDS, ENDS, {}),
            r"World.*rewards of the shape \(\) instead",
        ),
        ((SEEN, None, ENDS, ENDS, {}), "World.*rewards=None, which must be"),
        ((SEEN, ["1"] * 3, ENDS, ENDS, {}), "World.*rewards=.*which must be"),
        ((SEEN, [1, [2], 3], ENDS, ENDS, {}), "World.*rewards=.*which must be"),
        ((SEEN, ENDS, ENDS[:2], ENDS, {}), r"terminated of the shape \(2,\)"),
        ((SEEN, ENDS, ENDS, [None] * 3, {}), "World.*truncated="),
    ],
)
def test_a_step_returns_five_things_one_for_each_simulator(answer, words):
    with pytest.raises(ValueError, match=words):
        simulators.step(World(), Answering(answer), None, 3)


@pytest.mark.parametrize(
    ("observations", "words"),
    [
        (np.zeros((3, 1)), r"of the shape \(3, 1\) instead of \(3, 2\)"),
        (np.array([["a", "b"]] * 3), "observations=.*array of numbers"),
        (None, "observations=None, which must be an array of numbers"),
    ],
)
def test_observations_are_numbers_of_the_shape_that_is_told(observations, words):
    with pytest.raises(ValueError, match=f"World.*{words}"):
        simulators.seen(World(), (3, 1), observations)
