import itertools

import numpy as np
import pytest

from neurojax.data.experts.episodes import episodes
from neurojax.data.experts.policy import load_policy
from neurojax.data.experts.train import main, mean_return
from neurojax.data.tasks import EXPERT_TASKS
from neurojax.networks.initializers import Layer


def test_mean_return_is_that_of_the_episodes():
    policy = (Layer(np.zeros((4, 2), np.float32), np.array([0, 1], np.float32)),)
    task = EXPERT_TASKS["CartPole-v1"]
    played = itertools.islice(episodes(task, policy, 0), 7)
    expected = np.mean([episode.total_reward for episode in played])
    assert mean_return(task, policy, 7, 0) == (expected, 0.0)
    assert 7 < expected < 12  # always pushing right drops the pole in about 9 steps


@pytest.mark.slow
def test_ppo_learns_to_balance_the_pole(tmp_path):
    output = tmp_path / "policy.safetensors"
    main(["--task", "CartPole-v1", "--seed", "1", "--output", str(output)])
    policy, metadata = load_policy(output)
    assert mean_return(EXPERT_TASKS["CartPole-v1"], policy, 100, 0)[0] >= 475
    assert metadata["seed"] == "1"
