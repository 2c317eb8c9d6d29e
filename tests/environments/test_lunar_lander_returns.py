"""Policies of any quality earn the same returns in LunarLander as in gymnasium's.

Two samples of 1000 episodes each, of different seeds, are compared by Kolmogorov and
Smirnov's test and by a permutation test of their means. There are ten tests of a family
whose level is .05, so that each has .005 (Bonferroni). The first would then tell a
largest distance of .077 between the two distribution functions from none.

`-rP` shows the p-values.
"""

import jax
import numpy as np
import optax
import pytest
from lunar_landers import heuristic, play_gymnasium, play_ours
from scipy.stats import ks_2samp, permutation_test

from neurojax.data.experts.expert import expert
from neurojax.data.experts.policy import greedy_actions
from neurojax.environments import LunarLander
from neurojax.networks import MLP
from neurojax.networks.initializers import Layer
from neurojax.problems import Imitation
from neurojax.strategies import GradientDescent
from neurojax.systems import Evolution
from neurojax.training import train

pytestmark = pytest.mark.slow

LEVEL = 0.05 / 10
OURS, THEIRS = range(1000, 2000), range(1000)
BATCH = 125  # episodes at a time: all at once would wait for the longest
# Clones of the expert after so many steps of Adam, from those that crash to good ones.
NUM_STEPS = (30, 100, 300, 3000)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("expert")
    return expert("LunarLander-v3", num_transitions=20_000, cache_dir=folder)


def clone(data, num_steps):
    network = MLP((8, 50, 4))
    problem = Imitation(network, data.observations, data.actions, batch_size=32)
    strategy = GradientDescent(optax.adam(3e-3))
    system = Evolution(strategy, problem, network.init)
    state, _ = train(system, jax.random.key(num_steps), num_steps)
    weights = strategy.best(state.strategy)
    return tuple(Layer(*(np.asarray(leaf) for leaf in layer)) for layer in weights)


def play(player, seeds, policy):
    """Returns in batches of episodes, so that the last of few keeps few waiting."""
    batches = [seeds[start : start + BATCH] for start in range(0, len(seeds), BATCH)]
    played = [player(LunarLander(), batch, policy).returns for batch in batches]
    return np.concatenate(played)


@pytest.mark.parametrize("name", ["heuristic", *NUM_STEPS])
def test_returns_are_not_told_from_gymnasiums(name, data):
    def act(observations, _):
        if name == "heuristic":
            return heuristic(observations, continuous=False)
        return greedy_actions(policy, observations.astype(np.float32))

    policy = None if name == "heuristic" else clone(data, name)
    found, wanted = play(play_ours, OURS, act), play(play_gymnasium, THEIRS, act)
    # The exact method gives up on equal samples, which these may well be.
    shape = ks_2samp(found, wanted, method="asymp")
    means = permutation_test(
        (found, wanted),
        lambda a, b, axis: a.mean(axis) - b.mean(axis),
        n_resamples=9999,
        batch=500,
        vectorized=True,
        random_state=0,
    )
    print(
        f"{name}: ours {found.mean():.1f} +- {found.std():.1f}, gymnasium's "
        f"{wanted.mean():.1f} +- {wanted.std():.1f}; distance {shape.statistic:.3f}, "
        f"p {shape.pvalue:.3f}; means, p {means.pvalue:.3f}"
    )
    assert shape.pvalue > LEVEL
    assert means.pvalue > LEVEL
