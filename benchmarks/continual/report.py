"""What the continual study leaves in its folder: runs, figures, tables, record."""

import dataclasses
from typing import Any

from benchmarks.continual import figures
from benchmarks.continual.measures import impact, returns_of, summary
from benchmarks.continual.study import Study
from benchmarks.continual.tables import (
    as_frame,
    impact_table,
    overfitting_table,
    play_table,
    prediction_table,
)
from benchmarks.shared.figures import save_figure
from benchmarks.shared.record import record
from benchmarks.shared.store import Row, write_parquet
from neurojax.atomic import write_atomically


def write_report(study: Study, rows: list[Row], wall_seconds: float) -> None:
    """Write every file of the folder and print the tables."""
    folder = study.args.out
    write_parquet(folder / "runs.parquet", rows)
    runs, played = as_frame(rows), summary(study)
    write_parquet(folder / "play.parquet", played.to_dict("records"))
    names = []
    for task, subject in study.recordings:
        names += _draw(study, runs, played, task, subject)
    text = "\n".join([_sources(study), *_tables(study, rows, runs, played)])
    write_atomically(folder / "table.md", text.encode())
    study.store.write_json("run.json", _record(study, wall_seconds))
    print("\n" + text)
    print(
        f"Wrote {len(names)} figures (such as {folder}/{names[0]}.png), table.md, "
        f"run.json, runs.parquet and play.parquet to {folder} in {wall_seconds:.0f} s."
    )


def _tables(study: Study, rows: list[Row], runs: Any, played: Any) -> list[str]:
    parts = [prediction_table(runs), play_table(played)]
    for inputs, what in (
        ("info", "What knowing session and run changes"),
        ("shuffled", "What session and run of another episode change (control)"),
        ("previous", "What knowing the last action changes"),
        ("recurrent", "What a memory changes"),
    ):
        frame = impact(study, rows, inputs)
        if len(frame):
            parts.append(impact_table(frame, what))
    return [*parts, overfitting_table(runs)]


def _sources(study: Study) -> str:
    lines = [
        f"* {task}, {subject}: {len(recording.episodes)} episodes; {recording.source}"
        for (task, subject), recording in study.recordings.items()
    ]
    return "Data:\n\n" + "\n".join(lines) + "\n"


def _draw(study: Study, runs: Any, played: Any, task: str, subject: str) -> list[str]:
    """All figures of one task and subject; their names."""
    is_here = (played.task == task) & (played.subject == subject)
    here = played[is_here]
    returns = {}
    for row in here.itertuples():
        key = task, subject, row.method, row.inputs
        specs = [
            s for s in study.specs if (s.task, s.subject, s.method, s.inputs) == key
        ]
        returns[row.method, row.inputs] = returns_of(study, specs)
    title = _title(study, task, subject, len(next(iter(returns.values())).human))
    curves = runs[(runs.task == task) & (runs.subject == subject)]
    drawn = {
        "aggregate": figures.aggregate(here, title),
        "violins": figures.violins(returns, title),
        "progress": figures.progress(curves, here.human.iloc[0], title),
    }
    if {"plain", "info"} <= set(here.inputs):
        drawn["impact"] = figures.impact_bars(here, title)
    for name, figure in drawn.items():
        save_figure(figure, study.args.out, f"{name}_{task}_{subject}")
    return [f"{name}_{task}_{subject}" for name in drawn]


def _title(study: Study, task: str, subject: str, episodes: int) -> str:
    args = study.args
    split = args.split or args.protocol
    source = study.recordings[task, subject].source
    kind = "synthetic subject" if "SYNTHETIC" in source else "subject"
    return (
        f"{task}, {kind} {subject}: {episodes} held-out episodes ({split} split),\n"
        f"{args.seeds} trainings, {args.rollouts} rollouts of each"
    )


def _record(study: Study, wall_seconds: float) -> dict[str, Any]:
    return {
        **record(),
        "settings": dataclasses.asdict(study.args),
        "data": {
            f"{task} {subject}": recording.source
            for (task, subject), recording in study.recordings.items()
        },
        "wall_seconds": round(wall_seconds, 1),
    }
