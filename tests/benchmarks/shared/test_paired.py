"""Paired comparisons: p values by hand, their properties, their size and power."""

import itertools

import numpy as np
import pandas as pd
import pytest

from benchmarks.shared.intervals import mean_interval
from benchmarks.shared.paired import comparisons, comparisons_table, holm, sign_flip_p


def runs(values: dict[tuple[str, int], list[float]]) -> pd.DataFrame:
    """One row for each method, x and seed; `values[method, x]` is by seed."""
    rows = [
        {"method": method, "x": x, "seed": seed, "value": value}
        for (method, x), by_seed in values.items()
        for seed, value in enumerate(by_seed)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    "differences, p",
    [
        ([1.0, 2.0, 3.0], 2 / 8),  # only +++ and --- reach 6
        ([1.0, 2.0, -1.0], 6 / 8),  # sums 4, 2, 2, 0, 0, -2, -2, -4 against 2
        ([3.0, -1.0, -2.0], 1.0),  # the observed sum is 0
        ([-5.0], 1.0),
        ([0.0, 0.0, 0.0, 0.0], 1.0),
        (np.arange(1.0, 11.0), 2 / 1024),
        (-np.arange(1.0, 15.0), 2 / 2**14),
        (np.arange(1.0, 41.0), 1 / 20_001),  # no random flip of 40 is as extreme
        (np.zeros(20), 1.0),
    ],
)
def test_the_p_value_worked_by_hand(differences, p):
    assert sign_flip_p(np.asarray(differences)) == pytest.approx(p, rel=1e-12)


def test_rounding_does_not_part_ties():
    tenths = np.array([-4, -8, -2, 2, 8, 4])
    assert sign_flip_p(tenths * 0.1) == sign_flip_p(tenths) == 1.0
    rng = np.random.default_rng(0)
    for _ in range(50):
        tenths = rng.integers(-9, 10, 7)
        sums = [abs(np.dot(s, tenths)) for s in itertools.product((1, -1), repeat=7)]
        exact = np.mean(np.array(sums) >= abs(tenths.sum()))
        assert sign_flip_p((0.9 + tenths * 0.1) - 0.9) == pytest.approx(exact)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_difference_that_is_not_finite_has_no_p_value(bad):
    assert np.isnan(sign_flip_p(np.array([1.0, bad, 2.0])))


@pytest.mark.parametrize("n", [2, 9, 14, 15, 40])
def test_the_p_value_is_a_probability_that_ignores_order_and_side(n):
    rng = np.random.default_rng(n)
    differences = rng.normal(0.3, 1.0, n)
    p = sign_flip_p(differences)
    assert 0 < p <= 1
    assert sign_flip_p(rng.permutation(differences)) == pytest.approx(p, abs=1e-12)
    assert sign_flip_p(-differences) == pytest.approx(p, abs=1e-12)


def test_random_flips_come_near_the_exact_value(monkeypatch):
    differences = np.random.default_rng(4).normal(0.4, 1.0, 12)
    exact = sign_flip_p(differences)
    assert 0.01 < exact < 0.9
    monkeypatch.setattr("benchmarks.shared.paired.MAX_EXACT", 11)
    # Four standard errors of 20 000 draws.
    error = 4 * np.sqrt(exact * (1 - exact) / 20_000)
    assert sign_flip_p(differences) == pytest.approx(exact, abs=error)


def test_size_and_power_are_those_of_an_exact_test():
    rng = np.random.default_rng(7)

    def rejected(shift: float, n: int) -> float:
        draws = rng.normal(shift, 1.0, (1000, n))
        return float(np.mean([sign_flip_p(draw) < 0.05 for draw in draws]))

    # The largest p below 0.05 is 12 / 256; three standard errors are 0.02.
    assert rejected(0.0, 8) == pytest.approx(12 / 256, abs=0.02)
    # Student's t test with ten pairs and a shift of one std has power 0.80.
    assert rejected(1.0, 10) == pytest.approx(0.80, abs=0.05)


def test_holm_worked_by_hand():
    # Ascending: 4 * .005, 3 * .01, 2 * .03, then .04, which may not fall below .06.
    np.testing.assert_allclose(
        holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]
    )


def test_holm_leaves_nan_out_and_stops_at_1():
    np.testing.assert_allclose(holm([0.9, np.nan, 0.02, 0.6]), [1.0, np.nan, 0.06, 1.0])
    assert np.isnan(holm([np.nan, np.nan])).all()
    assert holm([]).shape == (0,)


def test_holm_keeps_the_order_of_the_p_values():
    p = np.random.default_rng(0).uniform(0, 0.3, 9)
    adjusted = holm(p)
    assert (adjusted >= p).all() and (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(p)]) >= 0).all()
    shuffled = np.random.default_rng(1).permutation(9)
    np.testing.assert_array_equal(holm(p[shuffled]), adjusted[shuffled])


def test_a_comparison_pairs_by_seed_and_adjusts_at_each_x():
    base = np.array([5.0, 1.0, 9.0, 2.0, 7.0, 3.0])
    frame = runs(
        {
            ("adam", 10): list(base),
            ("ga", 10): list(base + 1),
            ("es", 10): list(base + [1, -1, 1, -1, 1, -1]),
            ("adam", 20): list(base),
            ("ga", 20): list(base - [1, 2, 3, 4, 5, 6]),
        }
    )
    found = comparisons(frame.sample(frac=1, random_state=0), "adam")
    assert found.columns.tolist() == [
        *("x", "method", "reference", "n", "difference", "low", "high", "p", "p_holm")
    ]
    found = found.set_index(["x", "method"])
    assert len(found) == 3 and (found.reference == "adam").all()
    sure = found.loc[10, "ga"]
    assert (sure.n, sure.difference, sure.low, sure.high) == (6, 1.0, 1.0, 1.0)
    assert (sure.p, sure.p_holm) == (2 / 64, 4 / 64)
    assert (found.loc[10, "es"].p, found.loc[10, "es"].p_holm) == (1.0, 1.0)
    below = found.loc[20, "ga"]
    expected = mean_interval(-np.arange(6.0, 0.0, -1.0))
    assert (below.difference, below.low, below.high) == expected
    assert below.p == below.p_holm == 2 / 64


def test_swapping_the_sides_changes_the_sign_alone():
    rng = np.random.default_rng(0)
    frame = runs({(m, 1): list(rng.normal(0, 1, 17)) for m in ("a", "b")})
    one, other = comparisons(frame, "a").iloc[0], comparisons(frame, "b").iloc[0]
    assert one.difference == pytest.approx(-other.difference)
    assert one.p == other.p
    assert one.low < one.difference < one.high


def test_what_one_side_lacks_is_left_out():
    frame = runs(
        {
            ("adam", 10): [1.0, 2.0, 3.0],
            ("ga", 10): [2.0, 4.0, 6.0, 100.0],
            ("es", 10): [5.0],
            ("ga", 20): [1.0, 2.0],  # no reference here
        }
    )
    found = comparisons(frame, "adam").set_index("method")
    assert found.index.tolist() == ["es", "ga"]
    assert (found.n["ga"], found.difference["ga"]) == (3, 2.0)
    assert (found.n["es"], found.difference["es"]) == (1, 4.0)
    assert found.loc["es", ["low", "high", "p", "p_holm"]].isna().all()
    assert found.p_holm["ga"] == found.p["ga"] == 0.25
    only = comparisons(frame[frame.method == "adam"], "adam")
    assert len(only) == 0 and "p_holm" in only


def test_a_run_that_diverged_has_no_p_value_and_does_not_hide():
    frame = runs({("a", 1): [1.0, 2.0, 3.0], ("b", 1): [1.0, np.nan, 3.0]})
    found = comparisons(frame, "a")
    assert found.loc[0, ["difference", "low", "high", "p", "p_holm"]].isna().all()
    (row,) = comparisons_table(found, {"a": "A", "b": "B"}, 2, "title").rows
    assert row[3:] == ["NaN", "nan", "nan"]


def test_an_unknown_reference_and_a_run_given_twice_are_refused():
    frame = runs({("adam", 1): [1.0, 2.0], ("ga", 1): [1.0, 2.0]})
    with pytest.raises(ValueError, match="adan.*did you mean 'adam'"):
        comparisons(frame, "adan")
    with pytest.raises(ValueError, match="twice"):
        comparisons(pd.concat([frame, frame]), "adam")


def test_the_table_sorts_and_stars():
    base = np.arange(12.0)
    frame = runs(
        {
            ("adam", 10): list(base),
            ("ga", 10): list(base + 0.5),
            ("es", 10): list(base - 0.25 * (-1) ** base),
            ("adam", 9): list(base[:2]),
            ("ga", 9): list(base[:2] - 1),
        }
    )
    labels = {"adam": "Adam", "ga": "GA", "es": "ES"}
    rows = comparisons_table(comparisons(frame, "adam"), labels, 2, "title").rows
    assert rows[0] == [*("9", "GA - Adam", 2, "-1.00 [-1.00, -1.00]", ".500", ".500")]
    assert rows[1][:3] == ["10", "ES - Adam", 12] and rows[1][3].startswith("+0.00 [-")
    assert rows[1][4:] == ["1.000", "1.000"]
    assert rows[2] == [
        *("10", "GA - Adam", 12, "+0.50 [+0.50, +0.50]", "<.001", "<.001 *")
    ]
