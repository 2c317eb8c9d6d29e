import numpy as np
import pytest

from neurojax.data import Dataset, by_episode, by_transition, first_rows, subset


@pytest.fixture
def many(fields) -> Dataset:
    """17 episodes of 7 transitions."""
    rows = 17 * 7
    return Dataset(
        np.arange(rows, dtype=np.float32)[:, None],
        np.zeros(rows, np.int32),
        np.zeros(rows, np.float32),
        np.arange(rows) % 7 == 0,
        num_actions=2,
        name="Many-v0",
    )


SPLITS = {
    "by_episode": lambda data, seed: by_episode(data, 0.2, seed),
    "by_episode with validation": lambda data, seed: by_episode(data, 0.2, seed, 0.3),
    "by_transition": lambda data, seed: by_transition(data, 0.1, seed),
    "first_rows": lambda data, seed: first_rows(data, 14 + seed),
}


@pytest.mark.parametrize("split", SPLITS.values(), ids=SPLITS)
def test_every_row_is_in_exactly_one_part(many, split):
    rows = np.concatenate(split(many, 0))
    np.testing.assert_array_equal(np.sort(rows), np.arange(many.num_transitions))


@pytest.mark.parametrize("split", SPLITS.values(), ids=SPLITS)
def test_same_seed_same_rows_and_other_seed_other_rows(many, split):
    first, again, other = split(many, 0), split(many, 0), split(many, 1)
    for part in range(3):
        np.testing.assert_array_equal(first[part], again[part])
    assert not np.array_equal(first.test, other.test)


@pytest.mark.parametrize("seed", range(5))
def test_no_episode_is_shared_between_parts_split_by_episode(many, seed):
    split = by_episode(many, 0.2, seed, validation_fraction=0.3)
    parts = [set(many.episode_of_row[rows]) for rows in split]
    assert [len(part) for part in parts] == [17 - 5 - 3, 5, 3]
    assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])


def test_transitions_split_by_transition_share_episodes(many):
    split = by_transition(many, 0.1, 0)
    assert len(split.test) == round(0.1 * 17 * 7)
    in_train = set(many.episode_of_row[split.train])
    assert in_train & set(many.episode_of_row[split.test])


def test_first_rows_are_those_tested(many):
    split = first_rows(many, 14)
    np.testing.assert_array_equal(split.test, np.arange(14))
    np.testing.assert_array_equal(split.train, np.arange(14, 17 * 7))


def test_smaller_subsets_are_the_start_of_larger_ones():
    rows = np.arange(100, 200)
    sizes = (3, 11, 53, 100)
    drawn = [subset(rows, size, seed=0) for size in sizes]
    for smaller, larger in zip(drawn[:-1], drawn[1:], strict=True):
        np.testing.assert_array_equal(smaller, larger[: len(smaller)])
    np.testing.assert_array_equal(np.sort(drawn[-1]), rows)
    assert not np.array_equal(subset(rows, 11, seed=1), drawn[1])


BAD_SPLITS = {
    "zero": (
        lambda data: by_episode(data, 0.0, 0),
        "test_fraction=0.0.*between 0 and 1",
    ),
    "one": (lambda data: by_episode(data, 1.0, 0), "test_fraction=1.0.*such as 0.1"),
    "negative": (lambda data: by_transition(data, -0.1, 0), "test_fraction=-0.1"),
    "NaN": (lambda data: by_transition(data, float("nan"), 0), "test_fraction=nan"),
    "bad validation": (
        lambda data: by_episode(data, 0.1, 0, 1.5),
        r"validation_fraction=1.5.*\[0, 1\)",
    ),
    "no episode left": (
        lambda data: by_episode(data, 0.5, 0, 0.5),
        r"2 \+ 2 of 3 episodes.*by_transition",
    ),
    "no transition left": (
        lambda data: by_transition(data, 0.99, 0),
        "test_fraction=0.99 takes all 11.*smaller fraction",
    ),
    "no test rows": (lambda data: first_rows(data, 0), r"num_test=0.*\[1, 10\]"),
    "all test rows": (lambda data: first_rows(data, 11), r"num_test=11.*\[1, 10\]"),
    "empty subset": (lambda data: subset(np.arange(5), 0, 0), r"size=0.*\[1, 5\]"),
    "too large": (lambda data: subset(np.arange(5), 7, 0), r"size=7.*\[1, 5\]"),
}


@pytest.mark.parametrize(("split", "words"), BAD_SPLITS.values(), ids=BAD_SPLITS)
def test_an_impossible_split_is_refused(dataset, split, words):
    with pytest.raises(ValueError, match=words):
        split(dataset)


def test_one_episode_cannot_be_split_by_episode(dataset):
    with pytest.raises(ValueError, match="of 1 episodes.*record more"):
        by_episode(dataset.first_episodes(1), 0.1, 0)
