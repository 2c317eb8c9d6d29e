"""The study's numbers as tables: final values at each budget, and fitted laws."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.shared.intervals import (
    Interval,
    Law,
    at_budget,
    fit_law,
    mean_interval,
)

# A pandas DataFrame; pandas is too loosely typed for a checker to follow.
Frame = Any
BUDGET_COLUMNS = {"updates": "generation", "flops": "flops", "seconds": "seconds"}


def curves(runs: Frame, metric: str, x: str) -> Frame:
    """Columns method, x, seed, value: a metric along every run."""
    frame = runs[runs.metric == metric].rename(columns={x: "x"})
    return frame[["method", "x", "seed", "value"]]


def at_end(runs: Frame, metric: str, x: str, budget: tuple[str, float] | None) -> Frame:
    """Columns method, x, seed, value: a metric where each run meets its budget.

    `budget` is a column and a number; None takes the last point of each run.
    """
    frame = runs[runs.metric == metric]
    rows = []
    for (method, position, seed), run in frame.groupby(["method", x, "seed"]):
        run = run.sort_values("generation")
        value = run.value.iloc[-1]
        if budget is not None:
            value = at_budget(run[budget[0]], run.value, budget[1])
        rows.append({"method": method, "x": position, "seed": seed, "value": value})
    return pd.DataFrame(rows)


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


def markdown(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def values_table(
    frame: Frame, labels: dict[str, str], digits: int, heading: str
) -> str:
    """Methods by x, each cell a mean and its 95 % interval."""
    positions = sorted(frame.x.unique())
    rows = []
    for name, label in labels.items():
        of_method = frame[frame.method == name]
        cells = [
            _cell(mean_interval(of_method[of_method.x == x].value.to_numpy()), digits)
            if (of_method.x == x).any()
            else ""
            for x in positions
        ]
        rows.append([label, *cells])
    return markdown([heading, *(f"{x:g}" for x in positions)], rows)


def laws_table(laws: dict[str, Law | None], labels: dict[str, str], x: str) -> str:
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
                "flat" if is_flat else _limits(law.a, law.a_limits, "3g"),
                "flat" if is_flat else _limits(law.b, law.b_limits, "2f"),
                _limits(law.c, law.c_limits, "4f"),
                law.saturates,
            ]
        )
    header = [f"error = a * {x}^-b + c", "a", "b", "c", "saturates"]
    return markdown(header, rows)


def _limits(number: float, limits: tuple[float, float], digits: str) -> str:
    return f"{number:.{digits}} [{limits[0]:.{digits}}, {limits[1]:.{digits}}]"


def _cell(interval: Interval, digits: int) -> str:
    if not np.isfinite(interval.mean):
        return "NaN"
    return (
        f"{interval.mean:.{digits}f} "
        f"[{interval.low:.{digits}f}, {interval.high:.{digits}f}]"
    )
