"""Which rows of a data set train a model, which choose between models, which test them.

All draws come from numpy's `default_rng(seed)` (PCG64): the same seed gives the same
rows on every machine.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from neurojax import checks
from neurojax.data.dataset import Dataset, check_rows

__all__ = ["Split", "by_episode", "by_transition", "first_rows", "subset"]


class Split(NamedTuple):
    """Rows of one data set; no row is in two parts, every row is in one."""

    train: Int[np.ndarray, " train_rows"]
    validation: Int[np.ndarray, " validation_rows"]
    test: Int[np.ndarray, " test_rows"]


def by_episode(
    dataset: Dataset,
    test_fraction: float,
    seed: int,
    validation_fraction: float = 0.0,
) -> Split:
    """Give whole episodes to each part, drawn without replacement; rows stay in order.

    The default: neighbouring transitions are nearly equal, so a test on rows from the
    middle of training episodes would mostly measure memory. Fractions are of episodes,
    rounded, and at least one episode.
    """
    _check(dataset, test_fraction, seed)
    rule = (lambda x: 0 <= x < 1, "a number in [0, 1)")
    checks.number_where("validation_fraction", validation_fraction, rule)
    num_episodes = dataset.num_episodes
    num_test = max(1, round(test_fraction * num_episodes))
    num_validation = _rounded(validation_fraction, num_episodes)
    if num_test + num_validation >= num_episodes:
        raise ValueError(
            f"test_fraction={test_fraction} and validation_fraction="
            f"{validation_fraction} take {num_test} + {num_validation} of "
            f"{num_episodes} episodes and leave none to train on: record more "
            "episodes, or split by_transition."
        )
    order = np.random.default_rng(seed).permutation(num_episodes)
    part_of_episode = np.zeros(num_episodes, int)
    part_of_episode[order[:num_test]] = 2
    part_of_episode[order[num_test : num_test + num_validation]] = 1
    part_of_row = part_of_episode[dataset.episode_of_row]
    return Split(*(np.flatnonzero(part_of_row == part) for part in range(3)))


def by_transition(dataset: Dataset, test_fraction: float, seed: int) -> Split:
    """Cut one random order of all transitions: the training rows, then the test's.

    What the `reference` protocol of the studies does, kept for comparison: transitions
    of one episode are in both parts, so the test error comes out too small. Rows stay
    in the drawn order.
    """
    _check(dataset, test_fraction, seed)
    order = np.random.default_rng(seed).permutation(dataset.num_transitions)
    num_test = max(1, round(test_fraction * len(order)))
    if num_test == len(order):
        raise ValueError(
            f"test_fraction={test_fraction} takes all {len(order)} transitions and "
            "leaves none to train on: use a smaller fraction or more data."
        )
    return Split(order[:-num_test], np.empty(0, int), order[-num_test:])


def first_rows(dataset: Dataset, num_test: int) -> Split:
    """Test on the first `num_test` rows in file order, train on the others.

    5000 rows of the CartPole experts are ten whole episodes; other numbers may cut one.
    """
    _check_dataset(dataset)
    # Below the size of the data set, so that rows are left to train on.
    checks.integer_between("num_test", num_test, 1, dataset.num_transitions - 1)
    rows = np.arange(dataset.num_transitions)
    return Split(rows[num_test:], np.empty(0, int), rows[:num_test])


def subset(
    rows: Int[np.ndarray, " rows"], size: int, seed: int
) -> Int[np.ndarray, "_"]:
    """Draw `size` of `rows` without replacement.

    With one seed, a smaller subset is the start of a larger one.
    """
    check_rows("rows", rows)
    checks.integer_between("size", size, 1, len(rows))
    checks.seed("seed", seed)
    return np.random.default_rng(seed).permutation(rows)[:size]


def _check(dataset: Dataset, test_fraction: float, seed: int) -> None:
    _check_dataset(dataset)
    checks.fraction("test_fraction", test_fraction)
    checks.seed("seed", seed)


def _check_dataset(dataset: Dataset) -> None:
    remedy = "must be a data set, such as data.load(file, task)."
    checks.instance("dataset", dataset, Dataset, remedy)


def _rounded(fraction: float, num_episodes: int) -> int:
    return max(1, round(fraction * num_episodes)) if fraction else 0
