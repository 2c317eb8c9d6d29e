"""What the study of devices leaves in its folder: timings, table, record."""

from benchmarks.devices.study import Study
from benchmarks.shared.command import start
from benchmarks.shared.report import write_results
from benchmarks.shared.store import Row
from benchmarks.shared.tables import Table

HEADER = (
    *("strategy", "parameters", "population", "layout", "generations/s"),
    *("strong", "weak", "MB/device", "bytes/generation"),
)


def write_report(study: Study, rows: list[Row], wall_seconds: float) -> None:
    """Write every file of the folder and print the table."""
    start("cpu")  # only now: no devices here while others were measured
    tables = [table(rows, study.args.layouts[0])]
    write_results(study.store, study.args, rows, tables, wall_seconds)


def table(rows: list[Row], reference: str) -> Table:
    """Speed-ups are over the layout `reference`."""
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
    title = f"generations by layout (PROCESSESxDEVICES), beside {reference}"
    return Table(title, HEADER, lines)


def _cell(row: Row, fraction: float = 1.0) -> tuple[str, int, float]:
    return row["strategy"], row["parameters"], row["population"] * fraction


def _devices(layout: str | Row) -> int:
    name = layout if isinstance(layout, str) else layout["layout"]
    hosts, devices = map(int, name.split("x"))
    return hosts * devices
