"""What the study of speed leaves in its folder: timings, tables, record."""

from dataclasses import asdict

from benchmarks.shared.command import start
from benchmarks.shared.record import record
from benchmarks.shared.store import Row, write_parquet
from benchmarks.throughput.study import Study
from neurojax.atomic import write_atomically


def write_report(study: Study, rows: list[Row], wall_seconds: float) -> None:
    """Write every file of the folder and print the tables."""
    start("cpu")  # only now: no devices here while others were measured
    folder = study.args.out
    write_parquet(folder / "runs.parquet", rows)
    study.store.write_json("run.json", {**record(), "settings": asdict(study.args)})
    text = f"{table(rows)}\n\n{steps_table(rows)}".rstrip() + "\n"
    write_atomically(folder / "table.md", text.encode())
    print(f"\n{text}\nWrote {folder}/table.md, run.json and runs.parquet.")


def _best(rows: list[Row], time: str) -> dict[tuple[str, str], Row]:
    """Of each work and rival the row whose number of threads takes the least time."""
    best: dict[tuple[str, str], Row] = {}
    for row in rows:
        of = row["work"], row["peer"]
        best[of] = min(best.get(of, row), row, key=lambda row: row[time])
    return best


def table(rows: list[Row]) -> str:
    """A markdown table; the last column is wall time over that of our fastest."""
    lines = [
        "| work | by | wall ms | CPU ms | threads | compile s | times neurojax |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    fastest = _best(rows, "wall_ms").values()
    for work in dict.fromkeys(row["work"] for row in rows):
        of_work = [row for row in fastest if row["work"] == work]
        ours = [r["wall_ms"] for r in of_work if r["peer"].startswith("neurojax")]
        for row in of_work:
            ratio = f"{row['wall_ms'] / min(ours):.1f}" if ours else ""
            lines.append(
                f"| {work} | {row['peer']} | {row['wall_ms']:.4g} | "
                f"{row['cpu_ms']:.4g} | {row['threads']} | {_compile(row)} | {ratio} |"
            )
    return "\n".join(lines)


def steps_table(rows: list[Row]) -> str:
    """Environment steps per second of the play_* works; "" without any.

    Each rate is that of the best number of threads for it.
    """
    lines = [
        "| work | by | M steps per CPU-second | M steps per second | kB per member |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    counted = {r["work"]: r["check"]["steps"] for r in rows if _counts(r)}
    frugal, fast = _best(rows, "cpu_ms"), _best(rows, "wall_ms")
    for of, row in frugal.items():
        if of[0] in counted:
            per_ms = counted[of[0]] / 1e3
            memory = row["check"].get("bytes_per_member")
            memory = "" if memory is None else f"{memory / 1e3:.1f}"
            lines.append(
                f"| {of[0]} | {of[1]} | {per_ms / row['cpu_ms']:.3g} | "
                f"{per_ms / fast[of]['wall_ms']:.3g} | {memory} |"
            )
    return "\n".join(lines) if counted else ""


def _counts(row: Row) -> bool:
    """Whether a row tells how many steps its work has; the others do the same."""
    return "steps" in row.get("check", {})


def _compile(row: Row) -> str:
    seconds = row.get("check", {}).get("compile_s", row["compile_s"])
    return f"{seconds:.1f}" if seconds >= 0.05 else ""
