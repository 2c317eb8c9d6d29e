"""The imitation study's figure: what is drawn where."""

from typing import get_args

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from benchmarks.imitation.args import X
from benchmarks.imitation.figures import X_LABELS, draw
from benchmarks.imitation.tables import with_percent
from benchmarks.shared.tables import at_end

LABELS = {"sgd": "SGD", "simple_ga_fixed_f1": "Fixed GA (F1)"}


@pytest.fixture(scope="module")
def runs():
    """Two methods, sizes and seeds, three points; SGD is the better."""
    rows = []
    for name, best in (("sgd", 0.9), ("simple_ga_fixed_f1", 0.6)):
        for size in (100, 1000):
            for seed in (0, 1):
                for step in (1, 2, 3):
                    row = {"method": name, "size": size, "seed": seed}
                    row |= {"generation": step, "samples": 32 * step}
                    row |= {"flops": 1e6 * step, "seconds": 0.1 * step}
                    value = best - 0.1 / step + 0.01 * seed
                    rows.append({**row, "metric": "macro_f1", "value": value})
                    rows.append({**row, "metric": "cross_entropy", "value": 0.5})
    return with_percent(pd.DataFrame(rows))


@pytest.mark.parametrize("x", get_args(X))
def test_curves_are_drawn_against_every_x(runs, x):
    figure = draw(runs, LABELS, x, None, "title", at_end(runs, "return", "size"))
    figure.canvas.draw()
    entropy, f1 = figure.axes[0], figure.axes[2]
    assert entropy.get_xlabel() == f1.get_xlabel() == X_LABELS[x]
    assert len(entropy.lines) == 1  # of the method that minimises it
    assert len(f1.lines) == 2
    assert f1.get_yscale() == "log"
    assert f1.get_xscale() == ("linear" if x == "percent" else "log")
    plt.close(figure)


def test_bars_are_sorted_best_first_with_their_values_above(runs):
    figure = draw(
        runs, LABELS, "updates", None, "title", at_end(runs, "return", "size")
    )
    bars = figure.axes[4]
    assert [tick.get_text() for tick in bars.get_xticklabels()] == [
        "SGD",
        "Fixed GA (F1)",
    ]
    # Error of the better: 1 - (0.9 - 0.1 / 3 + 0.005).
    assert bars.texts[0].get_text() == "0.128"
    plt.close(figure)
