"""What the study of speed leaves in its folder: timings, tables, record."""

from benchmarks.shared.command import start
from benchmarks.shared.report import write_results
from benchmarks.shared.store import Row
from benchmarks.shared.tables import Table
from benchmarks.throughput.study import Study


def write_report(study: Study, rows: list[Row], wall_seconds: float) -> None:
    """Write every file of the folder and print the tables."""
    start("cpu")  # only now: no devices here while others were measured
    tables = [found for found in (table(rows), steps_table(rows)) if found.rows]
    write_results(study.store, study.args, rows, tables, wall_seconds)


def _best(rows: list[Row], time: str) -> dict[tuple[str, str], Row]:
    """Of each work and rival the row whose number of threads takes the least time."""
    best: dict[tuple[str, str], Row] = {}
    for row in rows:
        of = row["work"], row["peer"]
        best[of] = min(best.get(of, row), row, key=lambda row: row[time])
    return best


def table(rows: list[Row]) -> Table:
    """Times of a unit; the last column is wall time over that of our fastest."""
    lines = []
    fastest = _best(rows, "wall_ms").values()
    for work in dict.fromkeys(row["work"] for row in rows):
        of_work = [row for row in fastest if row["work"] == work]
        ours = [r["wall_ms"] for r in of_work if r["peer"].startswith("neurojax")]
        for row in of_work:
            ratio = f"{row['wall_ms'] / min(ours):.1f}" if ours else ""
            times = f"{row['wall_ms']:.4g}", f"{row['cpu_ms']:.4g}"
            shown = row["threads"], _compile_seconds(row), ratio
            lines.append([work, row["peer"], *times, *shown])
    header = ["work", "by", "wall ms", "CPU ms", "threads", "compile s"]
    return Table("time of one unit", [*header, "times neurojax"], lines)


def steps_table(rows: list[Row]) -> Table:
    """Environment steps per second of the play_* works; no rows without any.

    Each rate is that of the best number of threads for it.
    """
    counted = {r["work"]: r["check"]["steps"] for r in rows if _counts(r)}
    frugal, fast = _best(rows, "cpu_ms"), _best(rows, "wall_ms")
    lines = []
    for of, row in frugal.items():
        if of[0] in counted:
            per_ms = counted[of[0]] / 1e3
            memory = row["check"].get("bytes_per_member")
            rates = per_ms / row["cpu_ms"], per_ms / fast[of]["wall_ms"]
            kilobytes = "" if memory is None else f"{memory / 1e3:.1f}"
            lines.append([*of, *(f"{rate:.3g}" for rate in rates), kilobytes])
    header = ["work", "by", "M steps per CPU-second", "M steps per second"]
    return Table("environment steps", [*header, "kB per member"], lines)


def _counts(row: Row) -> bool:
    """Whether a row tells how many steps its work has; the others do the same."""
    return "steps" in row.get("check", {})


def _compile_seconds(row: Row) -> str:
    seconds = row.get("check", {}).get("compile_s", row["compile_s"])
    return f"{seconds:.1f}" if seconds >= 0.05 else ""
