"""The continual study's numbers as tables."""

from typing import Any

from benchmarks.continual.measures import label, least_unpaired, mark
from benchmarks.shared.intervals import Interval, mean_interval
from benchmarks.shared.paired import LEVEL, least_p, p_note, show_p
from benchmarks.shared.rows import Row
from benchmarks.shared.tables import Frame, Table
from neurojax.data.recordings.recording import Recording

FINAL = {
    "final_cross_entropy": ("cross-entropy", 3),
    "final_macro_f1": ("macro-F1", 3),
    "final_match": ("match", 3),
}


def prediction_table(runs: Frame, which: str) -> Table:
    """Cross-entropy, macro-F1 and match of some networks on held-out episodes."""
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
    return Table(f"on held-out episodes, {which}", header, rows)


def play_table(frame: Frame) -> Table:
    """What the models' play came to, beside the subject's."""
    rows = []
    for row in frame.itertuples():
        interval = Interval(row.model, row.model_low, row.model_high)
        share = Interval(row.share, row.share_low, row.share_high)
        percent = Interval(row.percent, row.percent_low, row.percent_high)
        least, unpaired = least_p(row.episodes), least_unpaired(row.episodes)
        rows.append(
            [
                row.task,
                row.subject,
                label(row.method, row.inputs),
                row.episodes,
                f"{row.human:.1f}",
                f"{interval:.1f}",
                f"{share:+.0f}",
                f"{percent:+.0f} (sd {row.percent_sd:.0f})",
                f"{row.median_percent:.0f}",
                f"{show_p(row.p_unpaired, unpaired)} {mark(row.p_unpaired)}".strip(),
                show_p(row.p_holm, least, is_marked=True),
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
        "in an episode in %",
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
        "The same seeds played by models and subject. Difference in %: of the mean "
        "returns, against the subject's mean. In an episode: against the subject's "
        "return there (0 counts as 1), the mean over episodes, which a few short ones "
        "of the subject can make large where the means agree. Unpaired: ** p < .005, "
        "*** p < .001. Paired over episodes: * p < .05 after Holm, among one subject's "
        "models; "
        "not different is not the same as equal. Wasserstein: distance of the "
        "distributions of returns. By session: mean gap of the sessions' mean returns. "
        "Switches: share of steps with another action than the one before. Holds: mean "
        "number of steps that an action is kept. "
    ) + p_note(frame.episodes)
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
            show_p(row.p_holm, least_p(row.n), is_marked=True),
        ]
        for row in shown.itertuples()
    ]
    header = ["task", "subject", "method", "metric", "change", "p (Holm)"]
    few = ", too few for a p" if least_p(max(shown.n)) >= LEVEL else ""
    title = f"{what}, training by training{few}"
    return Table(title, header, rows, p_note(shown.n))


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


def held_out_table(rows: list[Row]) -> Table:
    """Which episodes no network was trained on."""
    header = ["task", "subject", "part", "for", "episode", "seed", "return"]
    lines = [[*(row[n] for n in header[:-1]), f"{row['return']:g}"] for row in rows]
    return Table("held-out episodes", header, lines)


def sources_table(recordings: dict[tuple[str, str], Recording]) -> Table:
    """What was recorded."""
    rows = [
        [task, subject, len(recording.episodes), recording.source]
        for (task, subject), recording in recordings.items()
    ]
    return Table("data", ["task", "subject", "episodes", "source"], rows)
