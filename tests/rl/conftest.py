"""One learner for all tests: what it compiles, it compiles once."""

import jax
import pytest

from neurojax.environments import Gymnax
from neurojax.rl import PPO, Learner, actor_and_critic


@pytest.fixture(scope="session")
def ppo() -> PPO:
    """For CartPole, and for 53 steps in 5 environments."""
    cartpole = Gymnax("CartPole-v1")
    networks = actor_and_critic(cartpole, (5,))
    return PPO(cartpole, *networks, num_updates=3, num_minibatches=5)


@pytest.fixture(scope="session")
def learner(ppo) -> Learner:
    return ppo.init(jax.random.key(0))
