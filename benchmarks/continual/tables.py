"""The continual study's numbers in markdown."""

from typing import Any

import pandas as pd

from benchmarks.continual.measures import label, mark
from benchmarks.shared.intervals import mean_interval
from benchmarks.shared.paired import LEVEL, show_p
from benchmarks.shared.tables import Frame, markdown

FINAL = {
    "final_cross_entropy": ("cross-entropy", 3),
    "final_macro_f1": ("macro-F1", 3),
    "final_match": ("match", 3),
}


def prediction_table(runs: Frame) -> str:
    """Final cross-entropy, macro-F1 and match on held-out episodes, over seeds."""
    ends: Any = runs[runs.metric.isin(list(FINAL))]
    rows = []
    for (task, subject, method, inputs), group in ends.groupby(
        ["task", "subject", "method", "inputs"], sort=False
    ):
        cells = []
        for metric, (_, digits) in FINAL.items():
            values = group[group.metric == metric].groupby("seed").value.mean()
            mean, low, high = mean_interval(values.to_numpy())
            cells.append(f"{mean:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]")
        rows.append([task, subject, label(method, inputs), *cells])
    header = ["task", "subject", "model", *(name for name, _ in FINAL.values())]
    return "On held-out episodes:\n\n" + markdown(header, rows)


def play_table(frame: Frame) -> str:
    """What the models' play came to, beside the subject's."""
    rows = []
    for row in frame.itertuples():
        interval = f"{row.model:.1f} [{row.model_low:.1f}, {row.model_high:.1f}]"
        share = f"{row.percent:+.0f} [{row.percent_low:+.0f}, {row.percent_high:+.0f}]"
        rows.append(
            [
                row.task,
                row.subject,
                label(row.method, row.inputs),
                row.episodes,
                f"{row.human:.1f}",
                interval,
                f"{share} (sd {row.percent_sd:.0f})",
                f"{row.median_percent:.0f}",
                f"{show_p(row.p_unpaired)} {mark(row.p_unpaired)}".strip(),
                f"{show_p(row.p_holm)} {'*' if row.p_holm < LEVEL else ''}".strip(),
                f"{row.wasserstein:.1f}",
                f"{row.curve_distance:.1f}",
                f"{row.human_switches:.2f}",
                f"{row.switches:.2f}",
                f"{row.human_hold:.1f}",
                f"{row.hold:.1f}",
            ]
        )
    header = [
        "task",
        "subject",
        "model",
        "episodes",
        "subject's return",
        "model's return",
        "difference in %",
        "median of its size",
        "Mann-Whitney p",
        "paired p (Holm)",
        "Wasserstein",
        "by session",
        "subject's switches",
        "model's",
        "subject's holds",
        "model's",
    ]
    note = (
        "The same seeds played by models and subject. % is of the subject's return in "
        "each episode (a return of 0 counts as 1). Unpaired: ** p < .005, *** p < "
        ".001. Paired over episodes: * p < .05 after Holm, among one subject's models; "
        "not different is not the same as equal. Wasserstein: distance of the "
        "distributions of returns. By session: mean gap of the sessions' mean returns. "
        "Switches: share of steps with another action than the one before. Holds: mean "
        "number of steps that an action is kept.\n\n"
    )
    return note + markdown(header, rows)


def impact_table(frame: Frame, what: str) -> str:
    """Changes that inputs make, with Holm's correction."""
    shown: Any = frame[frame.metric.isin([*FINAL, "final_return"])]
    names = {name: heading for name, (heading, _) in FINAL.items()}
    rows = [
        [
            row.task,
            row.subject,
            label(row.method, "plain"),
            names.get(row.metric, "return"),
            f"{row.difference:+.3g} [{row.low:+.3g}, {row.high:+.3g}]",
            f"{show_p(row.p_holm)} {'*' if row.p_holm < LEVEL else ''}".strip(),
        ]
        for row in shown.itertuples()
    ]
    header = ["task", "subject", "method", "metric", "change", "p (Holm)"]
    return f"{what}, training by training:\n\n" + markdown(header, rows)


def overfitting_table(runs: Frame) -> str:
    """Where test cross-entropy is lowest along training, and where it ends."""
    frame: Any = runs[runs.metric == "cross_entropy"]
    rows = []
    for (task, subject, method, inputs), group in frame.groupby(
        ["task", "subject", "method", "inputs"], sort=False
    ):
        curve = group.groupby("generation").value.mean()
        share = 100 * curve.idxmin() / curve.index.max()
        model = label(str(method), str(inputs))
        rows.append(
            [
                task,
                subject,
                model,
                f"{curve.min():.3f}",
                f"{share:.0f}",
                f"{curve.iloc[-1]:.3f}",
            ]
        )
    header = ["task", "subject", "model", "lowest", "at % of training", "at the end"]
    return "Test cross-entropy along training:\n\n" + markdown(header, rows)


def as_frame(rows: list[dict[str, Any]]) -> Frame:
    """Rows as a pandas frame."""
    return pd.DataFrame(rows)
