"""Observation-action pairs in the likeness of CartPole's, made and not downloaded."""

import numpy as np

Pairs = tuple[np.ndarray, np.ndarray]

NUM_PAIRS = 100_000
NUM_TEST_PAIRS = 50_000
# A balancing rule: push towards the side to which the pole falls.
RULE = np.array([0.1, 0.5, 1.0, 0.8], np.float32)


def cartpole_pairs(num_pairs: int = NUM_PAIRS) -> Pairs:
    """Observations float32 `(num_pairs, 4)` and labels int64 `(num_pairs,)`, 0 or 1."""
    generator = np.random.default_rng(42)
    observations = generator.standard_normal((num_pairs, 4), np.float32)
    return observations, (observations @ RULE > 0).astype(np.int64)


def train_and_test(num_pairs: int) -> tuple[Pairs, Pairs]:
    """`num_pairs` pairs to train on and 50 000 others to test on."""
    observations, labels = cartpole_pairs(num_pairs + NUM_TEST_PAIRS)
    train, test = slice(num_pairs), slice(num_pairs, None)
    return (observations[train], labels[train]), (observations[test], labels[test])
