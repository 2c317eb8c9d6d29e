"""What every study leaves in its folder: rows, tables and the record of the run."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from benchmarks.shared.record import record
from benchmarks.shared.store import Row, Store, write_parquet
from benchmarks.shared.tables import Table, show_tables
from neurojax.storage.atomic import write_atomically


def write_results(
    store: Store,
    args: Any,
    rows: list[Row],
    tables: Sequence[Table],
    wall_seconds: float,
    *,
    shown: Sequence[Table] | None = None,
    about: dict[str, Any] | None = None,
    also: Sequence[str] = (),
) -> None:
    """Write `runs.parquet`, `table.md` and `run.json`, and print tables.

    Args:
        store: of the folder.
        args: a study's `Args`.
        rows: of all cells.
        tables: all there are.
        wall_seconds: that all took.
        shown: tables for a terminal; None: all.
        about: what the record tells besides.
        also: files of the folder that are written already, such as figures.
    """
    write_parquet(store.folder / "runs.parquet", rows)
    text = "\n".join(table.markdown() for table in tables)
    write_atomically(store.folder / "table.md", text.encode())
    content = {**record(), "settings": asdict(args), **(about or {})}
    content["wall_seconds"] = round(wall_seconds, 1)
    store.write_json("run.json", content)
    print()
    show_tables(tables if shown is None else shown)
    print(f"Tables in full: {store.folder}/table.md ({wall_seconds:.0f} s).")
    print(f"Beside it: {', '.join([*also, 'run.json', 'runs.parquet'])}.")


def spent_by(rows: list[Row]) -> dict[str, Any]:
    """Seeds of trained cells, and the seconds that all of them took together."""
    frame: Any = pd.DataFrame(rows)
    run = ["cell", "seed", "scale"]
    sums = {
        "compile_seconds": frame.groupby("cell").compile_seconds.max().sum(),
        "evaluation_seconds": frame.groupby("cell").evaluation_seconds.max().sum(),
        "run_core_seconds": frame.groupby(run, dropna=False).seconds.max().sum(),
    }
    return {
        "seeds": sorted(int(seed) for seed in frame.seed.unique()),
        **{name: round(float(value), 1) for name, value in sums.items()},
    }
