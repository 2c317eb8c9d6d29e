"""A small data set of a made-up task, for tests of studies."""

import numpy as np

from neurojax.data import Dataset


def toy_dataset(rows: int, episode: int = 50) -> Dataset:
    rng = np.random.default_rng(3)
    observations = rng.standard_normal((rows, 4)).astype(np.float32)
    actions = (observations @ [0.5, 1.0, 2.0, 1.0] > 0).astype(np.int32)
    starts = np.arange(rows) % episode == 0
    rewards = np.ones(rows, np.float32)
    return Dataset(observations, actions, rewards, starts, 2, "CartPole-v1")
