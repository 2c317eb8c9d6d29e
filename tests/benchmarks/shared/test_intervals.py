"""Means with their intervals, and values at a budget."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from benchmarks.shared.intervals import Interval, at_budget, mean_interval


def test_a_budget_between_points_is_read_in_log_x():
    assert at_budget(np.array([10, 1000]), [0.0, 1.0], 100) == pytest.approx(0.5)
    assert at_budget(np.array([10, 1000]), [0.2, 1.0], 1) == pytest.approx(0.2)


def test_the_interval_stays_inside_the_range_of_the_values():
    interval = mean_interval(np.array([0.9, 1.0, 1.0, 0.99]))
    assert 0.9 <= interval.low <= interval.mean <= interval.high <= 1.0


def test_the_interval_is_bca_and_repeats_itself():
    values = np.random.default_rng(3).exponential(size=11)
    found = bootstrap((values,), np.mean, n_resamples=20_000, method="BCa", rng=1)
    interval = mean_interval(values)
    low, high = found.confidence_interval
    assert interval.low == pytest.approx(low, abs=(high - low) / 15)
    assert interval.high == pytest.approx(high, abs=(high - low) / 15)
    assert interval == mean_interval(values)
    # Skewed to the right: the upper limit is the farther one.
    assert interval.high - interval.mean > interval.mean - interval.low


@pytest.mark.parametrize(
    "values", [[0.7], [500.0] * 10, [0.1 + 0.2, 0.3, 0.3], [0.0, 0.0], [-1.5] * 3]
)
def test_one_value_or_equal_ones_have_no_width(values):
    mean = float(np.mean(values))
    assert mean_interval(np.array(values)) == (mean, mean, mean)


@pytest.mark.parametrize("values", [[1.0, 2.0], [0, 0, 1], [500.0] * 9 + [499.9]])
def test_few_and_nearly_equal_values_have_an_interval(values):
    interval = mean_interval(np.array(values))
    assert min(values) <= interval.low < interval.mean < interval.high <= max(values)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_value_that_is_not_finite_leaves_no_interval(bad):
    interval = mean_interval(np.array([1.0, bad, 2.0]))
    assert not np.isfinite(interval).any()


def test_an_interval_is_printed_one_way():
    assert f"{Interval(0.5, 0.25, 0.75):.2f}" == "0.50 [0.25, 0.75]"
    assert f"{Interval(-3.0, -4.0, 2.0):+.0f}" == "-3 [-4, +2]"
    assert f"{Interval(np.nan, np.nan, np.nan):.2f}" == "NaN"
