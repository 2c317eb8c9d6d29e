"""Methods compared with a reference, seed by seed.

Runs of one seed share their data, so the difference of two methods varies less over
seeds than either value; its interval is `mean_interval` of the differences.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.shared.intervals import Interval, mean_interval
from benchmarks.shared.tables import Frame, Table
from neurojax.names import unknown_name

Array = np.ndarray

MAX_EXACT = 14  # differences up to which every combination of signs is tried
NUM_FLIPS = 20_000  # random combinations beyond
LEVEL = 0.05  # of significance
NO_P = "-"
COLUMNS = ["x", "method", "reference", "n", "difference", "low", "high", "p"]


def sign_flip_p(differences: Array) -> float:
    """Two-sided p value of the mean of paired differences, by flipping their signs.

    The share of sign combinations whose mean is at least as far from 0 as the observed
    one (Fisher's randomisation test): exact up to 14 differences, then 20 000 random
    combinations and the observed one. With n differences it is at least 2 / 2**n, so
    fewer than six never reach 0.05. NaN if a difference is not finite.
    """
    differences = np.asarray(differences, float)
    # Sorted, so that the random combinations do not depend on the order of the seeds.
    sizes = np.sort(np.abs(differences))
    if not np.isfinite(sizes).all():
        return float("nan")
    n = len(sizes)
    is_exact = n <= MAX_EXACT
    if is_exact:
        is_flipped = np.arange(2**n)[:, None] >> np.arange(n) & 1
    else:
        is_flipped = np.random.default_rng(0).integers(0, 2, (NUM_FLIPS, n))
    sums = np.abs((1 - 2 * is_flipped) @ sizes)
    # Rounding must not part ties, which scipy's permutation_test lets it do where the
    # differences cancel.
    is_extreme = sums >= abs(differences.sum()) - 1e-12 * sizes.sum()
    if is_exact:
        return float(is_extreme.mean())
    return float((is_extreme.sum() + 1) / (NUM_FLIPS + 1))


def least_p(n: int) -> float:
    """The least that `sign_flip_p` can give for so many differences."""
    return 2 / 2**n if n <= MAX_EXACT else 1 / (NUM_FLIPS + 1)


def holm(p_values: Array) -> Array:
    """Holm's step-down adjusted p values, in the order given (Holm, 1979).

    Where all below 0.05 are called different, the chance that any call is wrong is 0.05
    at most. NaN stays NaN and does not count as a test.
    """
    p_values = np.asarray(p_values, float)
    adjusted = np.full_like(p_values, np.nan)
    count = int(np.sum(~np.isnan(p_values)))
    order = np.argsort(p_values)[:count]  # NaN sorts last
    scaled = p_values[order] * np.arange(count, 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted


def comparisons(frame: Frame, reference: str) -> Frame:
    """Every other method minus the reference, at each x.

    Only seeds that both have at an x count (`n`); a method without any has no row. With
    one seed the limits and p values are NaN, as they are where a value is not finite.

    Args:
        frame: columns method, x, seed, value; one row for each method, x and seed.
        reference: the method that is subtracted.

    Returns:
        Columns x, method, reference, n, difference (a mean), low, high (its 95 %
        limits), p and p_holm, whose family is all methods at one x.

    Raises:
        ValueError: if the reference is not in the frame, or a run is there twice.
    """
    is_reference = frame.method == reference
    if not is_reference.any():
        raise unknown_name("reference", reference, frame.method.unique())
    if frame.duplicated(["method", "x", "seed"]).any():
        raise ValueError("frame has a method, x and seed twice; keep one row of each.")
    pairs = frame[~is_reference].merge(
        frame[is_reference], on=["x", "seed"], suffixes=("", "_reference")
    )
    rows = []
    for (x, method), pair in pairs.groupby(["x", "method"]):
        values = _compared((pair.value - pair.value_reference).to_numpy(float))
        rows.append([x, method, reference, len(pair), *values])
    result: Any = pd.DataFrame(rows, columns=COLUMNS)
    return result.assign(p_holm=result.groupby("x").p.transform(holm))


def _compared(differences: Array) -> tuple[float, float, float, float]:
    """Mean, lower limit, upper limit and p value."""
    # Sorted: resampling must not depend on the order of the seeds.
    differences = np.sort(differences)
    mean, nan = float(differences.mean()), float("nan")
    if len(differences) < 2 or not np.isfinite(mean):
        return mean, nan, nan, nan
    interval = mean_interval(differences)
    return mean, interval.low, interval.high, sign_flip_p(differences)


def comparisons_table(
    frame: Frame, labels: dict[str, str], digits: int, title: str
) -> Table:
    """Comparisons by x and then by difference; * marks p_holm < 0.05.

    Args:
        frame: what `comparisons` returns.
        labels: names of the methods for a reader.
        digits: of differences and limits, behind the point.
        title: of the table.
    """
    rows = [
        [
            f"{row.x:g}",
            f"{labels[row.method]} - {labels[row.reference]}",
            row.n,
            f"{Interval(row.difference, row.low, row.high):+.{digits}f}",
            show_p(row.p),
            show_p(row.p_holm, is_marked=True),
        ]
        for row in frame.sort_values(["x", "difference"]).itertuples()
    ]
    header = ["x", "difference", "seeds", "mean [95 % interval]", "p", "p (Holm)"]
    return Table(title, header, rows, p_note(frame.n))


def p_note(counts: Iterable[int]) -> str:
    """What a reader is told where there are too few differences for any p."""
    few = sorted({n for n in counts if least_p(n) >= LEVEL})
    if not few:
        return ""
    told = ", ".join(f"with {n} the least is {min(least_p(n), 1.0):.3g}" for n in few)
    return f"No p can be below {LEVEL} with so few: {told}."


def show_p(p: float, least: float = 0.0, is_marked: bool = False) -> str:
    """A p value with three digits and no leading zero, if asked * below 0.05.

    `least` is what the test can give at best: if that tells nothing, no p does.
    """
    if least >= LEVEL:
        return NO_P
    shown = "<.001" if p < 0.001 else f"{p:.3f}".removeprefix("0")
    return f"{shown} *" if is_marked and p < LEVEL else shown
