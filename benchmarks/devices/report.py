"""What the study of devices leaves in its folder: timings, table, record."""

from dataclasses import asdict

from benchmarks.devices.study import Study
from benchmarks.shared.command import start
from benchmarks.shared.record import record
from benchmarks.shared.store import Row, write_parquet
from benchmarks.shared.tables import markdown
from neurojax.atomic import write_atomically

HEADER = (
    *("strategy", "parameters", "population", "layout", "generations/s"),
    *("strong", "weak", "MB/device", "bytes/generation"),
)


def write_report(study: Study, rows: list[Row], wall_seconds: float) -> None:
    """Write every file of the folder and print the table."""
    start("cpu")  # only now: no devices here while others were measured
    folder = study.args.out
    write_parquet(folder / "runs.parquet", rows)
    study.store.write_json("run.json", {**record(), "settings": asdict(study.args)})
    text = table(rows, study.args.layouts[0]) + "\n"
    write_atomically(folder / "table.md", text.encode())
    print(f"\n{text}\nWrote {folder}/table.md, run.json and runs.parquet.")


def table(rows: list[Row], reference: str) -> str:
    """A markdown table; speed-ups are over the layout `reference`."""
    lines = []
    of_reference = {_cell(row): row for row in rows if row["layout"] == reference}
    for row in sorted(rows, key=lambda row: (_cell(row)[:2], row["population"])):
        alone = of_reference[_cell(row)]
        share = of_reference.get(_cell(row, _devices(reference) / _devices(row)))
        weak = f"{share['seconds'] / row['seconds']:.2f}" if share else ""
        lines.append(
            [
                *(row["strategy"], row["parameters"], row["population"]),
                *(row["layout"], f"{1 / row['seconds']:.3g}"),
                *(f"{alone['seconds'] / row['seconds']:.2f}", weak),
                *(f"{row['memory'] / 1e6:.3g}", row["bytes"]),
            ]
        )
    return markdown(HEADER, lines).rstrip()


def _cell(row: Row, fraction: float = 1.0) -> tuple[str, int, float]:
    return row["strategy"], row["parameters"], row["population"] * fraction


def _devices(layout: str | Row) -> int:
    name = layout if isinstance(layout, str) else layout["layout"]
    hosts, devices = map(int, name.split("x"))
    return hosts * devices
