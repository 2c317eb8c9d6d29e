"""Saturating laws fitted to errors."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import curve_fit

from benchmarks.shared.intervals import Interval
from benchmarks.shared.tables import Frame, Table

Array = np.ndarray
NUM_RESAMPLES = 1000
BUDGET_COLUMNS = {"updates": "generation", "flops": "flops", "seconds": "seconds"}


class Law(NamedTuple):
    """error = a * x**-b + c, with limits (2.5 % and 97.5 %) over seeds by the
    percentile bootstrap, as b and c often lie at the bound 0.

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


def error_of(match: Frame) -> Frame:
    """The same frame with value replaced by 1 - value."""
    return match.assign(value=1.0 - match.value)


def laws_of(error: Frame) -> dict[str, Law | None]:
    """One fitted law for each method."""
    result = {}
    for method, frame in error.groupby("method"):
        wide = frame.pivot(index="seed", columns="x", values="value")
        result[str(method)] = fit_law(wide.columns.to_numpy(), wide.to_numpy())
    return result


def laws_table(laws: dict[str, Law | None], labels: dict[str, str], x: str) -> Table:
    """Fitted laws with their bootstrap intervals."""
    rows = []
    for name, label in labels.items():
        law = laws.get(name)
        if law is None:
            continue
        # A curve that does not fall says nothing of how steeply it would.
        is_flat = law.b_limits[0] < 0.01
        rows.append(
            [
                label,
                "flat" if is_flat else f"{Interval(law.a, *law.a_limits):.3g}",
                "flat" if is_flat else f"{Interval(law.b, *law.b_limits):.2f}",
                f"{Interval(law.c, *law.c_limits):.4f}",
                law.saturates,
            ]
        )
    header = ["method", "a", "b", "c", "saturates"]
    return Table(f"error = a * {x}^-b + c", header, rows)
