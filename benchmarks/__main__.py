"""`python -m benchmarks`: the studies that there are."""

import importlib
from pathlib import Path

from benchmarks.shared.tables import Table, show_tables


def studies() -> list[str]:
    """The packages that have a file `args.py`."""
    return sorted(path.parent.name for path in Path(__file__).parent.glob("*/args.py"))


def table() -> Table:
    """A line for each study, from its package and its `Args`."""
    rows = []
    for name in studies():
        package = importlib.import_module(f"benchmarks.{name}")
        folder = importlib.import_module(f"benchmarks.{name}.args").Args().out
        question = (package.__doc__ or "").partition("\n")[0]
        rows.append([name, question, package.MINUTES, f"{folder}/{package.FIGURE}"])
    header = ["NAME", "question", "minutes", "look at"]
    return Table("python -m benchmarks.NAME", header, rows)


if __name__ == "__main__":
    show_tables([table()])
    print("Minutes on two cores; --smoke takes seconds, --help explains every option.")
