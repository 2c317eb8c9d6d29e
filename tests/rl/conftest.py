"""One learner for all tests: what it compiles, it compiles once."""

import jax
import pytest

from neurojax.rl import PPO, Learner


@pytest.fixture(scope="session")
def ppo() -> PPO:
    """For CartPole and for trajectories of 53 steps in 5 environments."""
    return PPO(4, 2, num_updates=3, hidden_sizes=(5,), num_minibatches=5)


@pytest.fixture(scope="session")
def learner(ppo) -> Learner:
    return ppo.init(jax.random.key(0))
