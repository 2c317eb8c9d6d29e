"""Each thing that a simulator on the host can do wrong is told by name."""

from dataclasses import dataclass

import numpy as np
import pytest

from neurojax.testing import ConformanceError, check_host_environment


@dataclass(frozen=True)
class Drift:
    """Numbers that drift by draws of their seed; `fault` says what is wrong."""

    fault: str = ""
    num_actions: int | None = None

    max_steps = 5
    observation_shape = (2,)
    action_bounds = (-np.ones(3), np.ones(3))

    def vector(self, num_envs):
        return Drifting(self, num_envs)


class Drifting:
    def __init__(self, environment, num_envs):
        self.fault, self.num_envs = environment.fault, num_envs
        self.runs = 0

    def reset(self, *, seed):
        self.runs += 1
        self.draws = [np.random.default_rng(number) for number in seed]
        self.time = 0
        return self.observed(), {}

    def observed(self):
        size = 3 if self.fault == "shape" else 2
        drawn = np.stack([draw.normal(size=size) for draw in self.draws])
        drawn += self.runs if self.fault == "used" else 0
        return drawn.mean(0) + 0 * drawn if self.fault == "beside" else drawn

    def step(self, actions):
        assert actions.shape == (self.num_envs, 3) and actions.dtype == np.float32
        self.time += 1
        rewards = actions.sum(axis=1)
        if self.fault == "NaN":
            rewards[0] = np.nan
        ends = np.full(self.num_envs, self.time == 3)
        if self.fault == "end":
            ends = ends[0]
        return self.observed(), rewards, ends, ~ends & False, {}


def test_one_that_is_right_passes():
    check_host_environment(Drift())


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            "shape",
            r"observations \(3, 3\) of 3 simulators; observation_shape says \(3, 2",
        ),
        ("used", "reset with the same seeds, differs; .*seed"),
        ("beside", "differs beside other simulators"),
        ("NaN", "rewards are finite"),
        ("end", r"terminated have shape \(\); return \(3,\)"),
    ],
)
def test_what_is_wrong_is_told(fault, words):
    with pytest.raises(ConformanceError, match=words):
        check_host_environment(Drift(fault))


def test_what_is_missing_is_told():
    with pytest.raises(ConformanceError, match="lacks max_steps, .*vector"):
        check_host_environment(object())
