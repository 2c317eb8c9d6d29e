"""The continual study's numbers as tables."""

from typing import Any

from benchmarks.continual.measures import label, mark
from benchmarks.shared.intervals import Interval, mean_interval
from benchmarks.shared.paired import show_p
from benchmarks.shared.tables import Frame, Table
from neurojax.data.recordings.recording import Recording

FINAL = {
    "final_cross_entropy": ("cross-entropy", 3),
    "final_macro_f1": ("macro-F1", 3),
    "final_match": ("match", 3),
}


def prediction_table(runs: Frame) -> Table:
    """Final cross-entropy, macro-F1 and match on held-out episodes, over seeds."""
    ends: Any = runs[runs.metric.isin(list(FINAL))]
    rows = []
    for (task, subject, method, inputs), group in ends.groupby(
        ["task", "subject", "method", "inputs"], sort=False
    ):
        cells = []
        for metric, (_, digits) in FINAL.items():
            values = group[group.metric == metric].groupby("seed").value.mean()
            cells.append(f"{mean_interval(values.to_numpy()):.{digits}f}")
        rows.append([task, subject, label(method, inputs), *cells])
    header = ["task", "subject", "model", *(name for name, _ in FINAL.values())]
    return Table("on held-out episodes", header, rows)


def play_table(frame: Frame) -> Table:
    """What the models' play came to, beside the subject's."""
    rows = []
    for row in frame.itertuples():
        interval = Interval(row.model, row.model_low, row.model_high)
        share = Interval(row.percent, row.percent_low, row.percent_high)
        rows.append(
            [
                row.task,
                row.subject,
                label(row.method, row.inputs),
                row.episodes,
                f"{row.human:.1f}",
                f"{interval:.1f}",
                f"{share:+.0f} (sd {row.percent_sd:.0f})",
                f"{row.median_percent:.0f}",
                f"{show_p(row.p_unpaired)} {mark(row.p_unpaired)}".strip(),
                show_p(row.p_holm, is_marked=True),
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
        "number of steps that an action is kept."
    )
    return Table("the same episodes, played by models and subject", header, rows, note)


def impact_table(frame: Frame, what: str) -> Table:
    """Changes that inputs make, with Holm's correction."""
    shown: Any = frame[frame.metric.isin([*FINAL, "final_return"])]
    names = {name: heading for name, (heading, _) in FINAL.items()}
    rows = [
        [
            row.task,
            row.subject,
            label(row.method, "plain"),
            names.get(row.metric, "return"),
            f"{Interval(row.difference, row.low, row.high):+.3g}",
            show_p(row.p_holm, is_marked=True),
        ]
        for row in shown.itertuples()
    ]
    header = ["task", "subject", "method", "metric", "change", "p (Holm)"]
    return Table(f"{what}, training by training", header, rows)


def overfitting_table(runs: Frame) -> Table:
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
    return Table("test cross-entropy along training", header, rows)


def sources_table(recordings: dict[tuple[str, str], Recording]) -> Table:
    """What was recorded."""
    rows = [
        [task, subject, len(recording.episodes), recording.source]
        for (task, subject), recording in recordings.items()
    ]
    return Table("data", ["task", "subject", "episodes", "source"], rows)
