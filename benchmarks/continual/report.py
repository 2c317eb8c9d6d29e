"""What the continual study leaves in its folder: runs, figures, tables, record."""

from typing import Any

import pandas as pd

from benchmarks.continual import figures
from benchmarks.continual.measures import (
    Returns,
    impact,
    nearness,
    returns_of,
    summary,
)
from benchmarks.continual.study import Study
from benchmarks.continual.tables import (
    held_out_table,
    impact_table,
    overfitting_table,
    play_table,
    prediction_table,
    sources_table,
)
from benchmarks.shared.figures import save_figure
from benchmarks.shared.intervals import Interval
from benchmarks.shared.report import spent_by, write_results
from benchmarks.shared.store import Row, write_parquet

SUMMARY = (
    *("task", "subject", "model", "subject's return", "model's return"),
    *("difference in %", "paired p (Holm)"),
)
CHANGES = {
    "info": "what knowing session and run changes",
    "shuffled": "what session and run of another episode change (control)",
    "previous": "what knowing the last action changes",
    "recurrent": "what a memory changes",
}


def write_report(study: Study, rows: list[Row], wall_seconds: float) -> None:
    """Write every file of the folder; print what was predicted and played."""
    runs, played = pd.DataFrame(rows), summary(study)
    write_parquet(study.args.out / "play.parquet", played.to_dict("records"))
    names: list[str] = []
    for task, subject in study.recordings:
        names += _draw(study, runs, played, task, subject)
    predicted, at_play = prediction_table(runs, study.which), play_table(played)
    changes = [
        impact_table(frame, what)
        for inputs, what in CHANGES.items()
        if len(frame := impact(study, rows, inputs))
    ]
    sources = sources_table(study.recordings)
    rest = [overfitting_table(runs), held_out_table(study.held_out)]
    data = {
        f"{task} {subject}": recording.source
        for (task, subject), recording in study.recordings.items()
    }
    write_results(
        study.store,
        study.args,
        rows,
        [sources, predicted, at_play, *changes, *rest],
        wall_seconds,
        shown=[predicted, at_play.only(*SUMMARY), *changes],
        about={"data": data, "held_out": study.held_out, **spent_by(rows)},
        also=("play.parquet", f"{len(names)} figures such as {names[0]}.png"),
    )


def _draw(study: Study, runs: Any, played: Any, task: str, subject: str) -> list[str]:
    """All figures of one task and subject; their names."""
    args = study.args
    is_here = (played.task == task) & (played.subject == subject)
    here = played[is_here]
    returns = {}
    for row in here.itertuples():
        key = task, subject, row.method, row.inputs
        specs = [
            s for s in study.specs if (s.task, s.subject, s.method, s.inputs) == key
        ]
        returns[row.method, row.inputs] = returns_of(study, specs)
    human = next(iter(returns.values())).human
    title = _title(study, task, subject, len(human), args.rollouts)
    along = _title(study, task, subject, len(human), args.progress_rollouts)
    curves = runs[(runs.task == task) & (runs.subject == subject)]
    drawn = {
        "aggregate": figures.aggregate(here, title),
        "violins": figures.violins(returns, title),
        "progress": figures.progress(curves, here.human.iloc[0], along),
    }
    if {"plain", "info"} <= set(here.inputs):
        drawn["impact"] = figures.impact_bars(here, _changes(returns), title)
    for name, figure in drawn.items():
        save_figure(figure, study.args.out, f"{name}_{task}_{subject}")
    return [f"{name}_{task}_{subject}" for name in drawn]


def _changes(returns: dict[tuple[str, str], Returns]) -> dict[str, Interval]:
    """How much nearer to the subject each method comes by session and run."""
    found = {}
    for method in dict.fromkeys(method for method, _ in returns):
        keys = (method, "plain"), (method, "info")
        if all(key in returns for key in keys):
            before, after = (returns[key].models.mean(2) for key in keys)
            found[method] = nearness(before, after, returns[keys[0]].human)
    return found


def _title(study: Study, task: str, subject: str, episodes: int, rollouts: int) -> str:
    args = study.args
    split = args.split or args.protocol
    source = study.recordings[task, subject].source
    kind = "synthetic subject" if "SYNTHETIC" in source else "subject"
    return (
        f"{task}, {kind} {subject}: {episodes} held-out episodes ({split} split),\n"
        f"{args.seeds} trainings, {rollouts} rollouts of each"
    )
