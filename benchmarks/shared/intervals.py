"""Intervals over seeds, and saturating laws fitted to them."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import curve_fit

Array = np.ndarray
NUM_RESAMPLES = 1000


class Interval(NamedTuple):
    """A mean and its 95 % confidence limits."""

    mean: float
    low: float
    high: float


def mean_interval(values: Array) -> Interval:
    """Percentile bootstrap of the mean over seeds.

    Unlike Student's interval it stays inside the range of a bounded metric. With few
    seeds it is too narrow: by about a tenth with ten.
    """
    values = np.asarray(values, float)
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(values), (NUM_RESAMPLES, len(values)))
    low, high = np.percentile(values[draws].mean(1), [2.5, 97.5])
    return Interval(float(values.mean()), float(low), float(high))


class Law(NamedTuple):
    """error = a * x**-b + c, with bootstrap limits (2.5 % and 97.5 %) over seeds.

    `saturates` tells whether the curve ends at perfection (c compatible with 0): "at
    perfection" if the limits of c are near 0 and below half the smallest mean error
    seen, "at a floor" if the lower limit is above a tenth of it, and else "undecided".
    """

    a: float
    b: float
    c: float
    a_limits: tuple[float, float]
    b_limits: tuple[float, float]
    c_limits: tuple[float, float]
    saturates: str


def fit_law(x: Array, errors: Array, seed: int = 0) -> Law | None:
    """Fit the law to errors `(seeds, sizes)`; None if fewer than four sizes.

    Least squares in the logarithm of the error, so that small errors count as much as
    large ones; seeds are resampled whole.
    """
    x, errors = np.asarray(x, float), np.asarray(errors, float)
    if len(x) < 4:
        return None
    best = _fit(x, errors.mean(0))
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, len(errors), (NUM_RESAMPLES, len(errors)))
    resampled = np.array([_fit(x, errors[rows].mean(0)) for rows in draws])
    low, high = np.percentile(resampled, [2.5, 97.5], axis=0)
    limits = [(float(lo), float(hi)) for lo, hi in zip(low, high, strict=True)]
    return Law(
        *(float(number) for number in best),
        a_limits=limits[0],
        b_limits=limits[1],
        c_limits=limits[2],
        saturates=_verdict(limits[2], float(errors.mean(0).min())),
    )


def _verdict(c_limits: tuple[float, float], smallest_error: float) -> str:
    if c_limits[0] > 0.1 * smallest_error:
        return "at a floor"
    return "at perfection" if c_limits[1] < 0.5 * smallest_error else "undecided"


def _fit(x: Array, error: Array) -> Array:
    """a, b, c of one curve; a is the error at the smallest x beyond c."""
    error = np.maximum(error, 1e-6)
    scaled = x / x[0]

    def law(scaled: Array, a: float, b: float, c: float) -> Array:
        return np.log(a * scaled**-b + c + 1e-9)

    start = (error[0], 0.5, 0.5 * error.min())
    bounds = ([1e-9, 0.0, 0.0], [10.0, 5.0, 1.0])
    start = np.clip(start, np.array(bounds[0]) + 1e-9, np.array(bounds[1]) - 1e-9)
    a, b, c = curve_fit(
        law, scaled, np.log(error), p0=start, bounds=bounds, max_nfev=5000
    )[0]
    return np.array([a * x[0] ** b, b, c])


def at_budget(x: Array, values: Array, budget: float) -> float:
    """The value of a curve where `x` reaches the budget, between points in log x.

    Before the first point the first value counts, after the last the last.
    """
    return float(np.interp(np.log(budget), np.log(np.asarray(x, float)), values))
