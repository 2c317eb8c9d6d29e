"""A mean over seeds with its interval, and values at a budget."""

from typing import NamedTuple

import numpy as np
from scipy.stats import bootstrap

Array = np.ndarray
NUM_RESAMPLES = 1000
ROUNDING = 1e-12  # relative: values that differ by less are equal


class Interval(NamedTuple):
    """A mean and its 95 % confidence limits; `f"{interval:.2f}"` shows all three."""

    mean: float
    low: float
    high: float

    def __format__(self, form: str) -> str:
        """`mean [low, high]`, each number in this form; NaN if there is no mean."""
        if not np.isfinite(self.mean):
            return "NaN"
        return f"{self.mean:{form}} [{self.low:{form}}, {self.high:{form}}]"


def mean_interval(values: Array) -> Interval:
    """Bias-corrected and accelerated bootstrap (BCa; Efron, 1987) of the mean.

    Unlike Student's interval it stays inside the range of a bounded metric. So does the
    percentile bootstrap, which is too narrow with few seeds: of ten exponential values
    it covers the mean in 85 % of cases, BCa in 88 %; of ten normal ones both in 89 %.

    Both limits are the mean where there is one value or all are equal, and NaN where a
    value is not finite.
    """
    values = np.asarray(values, float)
    mean = float(values.mean())
    if not np.isfinite(mean):
        return Interval(mean, float("nan"), float("nan"))
    if np.ptp(values) <= ROUNDING * np.abs(values).max():
        return Interval(mean, mean, mean)
    found = bootstrap(
        (values,), np.mean, n_resamples=NUM_RESAMPLES, method="BCa", rng=0
    )
    low, high = found.confidence_interval
    return Interval(mean, float(low), float(high))


def at_budget(x: Array, values: Array, budget: float) -> float:
    """The value of a curve where `x` reaches the budget, between points in log x.

    Before the first point the first value counts, after the last the last.
    """
    return float(np.interp(np.log(budget), np.log(np.asarray(x, float)), values))
