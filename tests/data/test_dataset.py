import numpy as np
import pytest

from neurojax.data import Dataset


def test_counts_and_returns_match_those_worked_by_hand(dataset):
    assert dataset.num_transitions == 11
    assert dataset.num_episodes == 3
    assert dataset.observation_shape == (3,)
    np.testing.assert_array_equal(
        dataset.episode_returns, [0 + 1, 2 + 3 + 4 + 5 + 6, 34]
    )
    np.testing.assert_array_equal(
        dataset.episode_of_row, [0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2]
    )


def test_take_returns_the_pairs_of_the_rows_in_their_order(dataset):
    rows = np.array([7, 0, 3])
    taken = dataset.take(rows)
    np.testing.assert_array_equal(taken.observations, dataset.observations[[7, 0, 3]])
    np.testing.assert_array_equal(taken.actions, [2, 0, 3])


@pytest.mark.parametrize(
    ("num_transitions", "expected"),
    [(1, 2), (2, 2), (3, 7), (7, 7), (8, 11), (11, 11)],
)
def test_first_episodes_are_whole_and_as_few_as_will_do(
    dataset, num_transitions, expected
):
    first = dataset.first_episodes(num_transitions)
    assert first.num_transitions == expected
    np.testing.assert_array_equal(first.actions, dataset.actions[:expected])


@pytest.mark.parametrize("num_transitions", [-1, 0, 12])
def test_first_episodes_refuse_a_size_there_is_not(dataset, num_transitions):
    with pytest.raises(
        ValueError, match=rf"num_transitions={num_transitions} must.*11"
    ):
        dataset.first_episodes(num_transitions)


def test_a_digest_tells_data_apart_and_knows_equal_ones(fields):
    digest = Dataset(**fields).digest()
    assert digest == Dataset(**{**fields, "name": "b", "source": "c"}).digest()
    flipped = fields["actions"].copy()
    flipped[4] = 5
    others = [
        {"actions": flipped},
        {"num_actions": 8},
        {"observations": fields["observations"].reshape(11, 3, 1)},
        {"rewards": fields["rewards"] + 1},
        {"episode_starts": np.arange(11) == 0},
    ]
    digests = {digest, *(Dataset(**{**fields, **other}).digest() for other in others)}
    assert len(digests) == 1 + len(others)


def nan_in_row_5(observations):
    observations[5, 1] = np.nan
    return observations


def label_in_row_3(label):
    def spoil(actions):
        actions[3] = label
        return actions

    return spoil


BAD_FIELDS = {
    "float64 observations": (
        "observations",
        lambda x: x.astype(float),
        "float64.*float32",
    ),
    "observations as a list": ("observations", lambda x: x.tolist(), "dtype list"),
    "flat observations": ("observations", lambda x: x[:, 0], r"\(11,\).*\[:, None\]"),
    "NaN observation": ("observations", nan_in_row_5, r"\[5\]=.*nan.*drop"),
    "one observation short": ("observations", lambda x: x[:-1], "10.*'actions': 11"),
    "int64 actions": ("actions", lambda x: x.astype(np.int64), "int64.*int32"),
    "actions as a column": ("actions", lambda x: x[:, None], r"\(11, 1\).*reshape"),
    "one-hot actions": (
        "actions",
        lambda x: np.eye(7, dtype=np.int32)[x],
        r"\(11, 7\).*one-hot.*actions.argmax\(1\)\.$",
    ),
    "several actions a row": (
        "actions",
        lambda x: np.stack([x, x + 1], 1),
        r"\(11, 2\).*several actions a row are no labels",
    ),
    "two rewards a row": (
        "rewards",
        lambda x: np.stack([x, x + 1], 1),
        r"\(11, 2\).*one number of each row.*would add rows",
    ),
    "too large a label": ("actions", label_in_row_3(7), r"\[3\]=7.*num_actions=7\)"),
    "negative label": ("actions", label_in_row_3(-1), r"\[3\]=-1 must lie in \[0"),
    "infinite reward": ("rewards", lambda x: x + np.float32(np.inf), r"\[0\]=inf"),
    "float64 rewards": ("rewards", lambda x: x.astype(float), "float64.*float32"),
    "integer starts": ("episode_starts", lambda x: x.astype(int), "int64.*bool"),
    "no start on row 0": (
        "episode_starts",
        lambda x: np.roll(x, 1),
        r"\[0\]=False.*before the first start",
    ),
    "no actions": ("num_actions", lambda x: 0, "=0 must be an integer in"),
    "2**31 actions": (
        "num_actions",
        lambda x: 2**31 - 1,
        "=2147483647 must be an integer",
    ),
}


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize("case", BAD_FIELDS)
def test_a_spoiled_field_is_refused_by_name_and_value(fields, case):
    field, spoil, words = BAD_FIELDS[case]
    with pytest.raises(ValueError, match=f"{field}.*{words}"):
        Dataset(**{**fields, field: spoil(fields[field])})


def test_a_data_set_without_rows_is_refused(fields):
    empty = {
        field: value[:0] if isinstance(value, np.ndarray) else value
        for field, value in fields.items()
    }
    with pytest.raises(ValueError, match="observations is empty.*1 transition"):
        Dataset(**empty)
