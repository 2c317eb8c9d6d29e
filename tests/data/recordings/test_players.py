"""Good players are good, in gymnasium itself."""

import numpy as np
import pytest

from neurojax.data.recordings.players import good_player
from neurojax.environments.gymnasium import make

LEAST = {
    "Acrobot-v1": -95.0,
    "CartPole-v1": 500.0,
    "MountainCar-v0": -125.0,
    "LunarLander-v3": 200.0,
}


@pytest.mark.parametrize("task", LEAST)
def test_good_players_are_good(task):
    environment, act = make(task), good_player(task)
    returns = []
    for seed in range(10):
        observation, _ = environment.reset(seed=seed)
        returns.append(0.0)
        over = False
        while not over:
            observation, reward, terminated, truncated, _ = environment.step(
                act(np.asarray(observation, np.float32))
            )
            returns[-1] += float(reward)
            over = terminated or truncated
    assert np.mean(returns) >= LEAST[task]


def test_an_unknown_task_meets_the_nearest_name():
    with pytest.raises(ValueError, match="MountainCar-v0"):
        good_player("MountainCart")
