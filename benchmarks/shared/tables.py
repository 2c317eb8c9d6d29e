"""Numbers as tables: in markdown for a file, and for a terminal of 100 columns."""

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from benchmarks.shared.intervals import at_budget, mean_interval

# A pandas DataFrame; pandas is too loosely typed for a checker to follow.
Frame = Any
WIDTH = 100  # columns of a terminal
GAP = 2  # between two columns of a table
MEANS_ALONE = "means; the intervals are in table.md"


class Table(NamedTuple):
    """A title over rows of words and numbers.

    Attributes:
        title: what the numbers are.
        header: a word for each column.
        rows: as many cells each; `mean [low, high]` in one cell.
        note: what a reader of `table.md` is told besides.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[Any]]
    note: str = ""

    def markdown(self) -> str:
        """The table as it stands in `table.md`."""
        lines = [self.header, ["---"] * len(self.header), *self.rows]
        table = "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
        note = f"{self.note}\n\n" if self.note else ""
        return f"{self.title}:\n\n{note}{table}\n"

    def only(self, *names: str) -> "Table":
        """The table with these columns alone."""
        chosen = [self.header.index(name) for name in names]
        rows = [[row[column] for column in chosen] for row in self.rows]
        return self._replace(header=names, rows=rows)


def show_tables(tables: Iterable[Table]) -> None:
    """Print tables; one that is too wide shows limits below means, or means alone."""
    console = Console(width=WIDTH, highlight=False)
    for table in filter(lambda table: table.rows, tables):
        words, caption = _fitted(table)
        shown = RichTable(
            title=Text(table.title),  # not markup: limits stand in brackets
            caption=caption,
            box=box.SIMPLE_HEAD,
            padding=(0, 1, 0, 0),
            show_edge=False,
            title_justify="left",
            caption_justify="left",
        )
        headings = map(_wrapped, table.header, _longest(words))
        for heading, column in zip(headings, zip(*words, strict=True), strict=True):
            is_number = all(map(_is_number, column))
            shown.add_column(Text(heading), justify="right" if is_number else "left")
        for row in words:
            shown.add_row(*map(Text, row))
        console.print(shown, "")


def _fitted(table: Table) -> tuple[list[list[str]], str | None]:
    """The cells, shortened until the table fits, and a word if limits were left out."""
    whole = [[str(cell) for cell in row] for row in table.rows]
    below = [[cell.replace(" [", "\n[", 1) for cell in row] for row in whole]
    means = [[cell.partition(" [")[0] for cell in row] for row in whole]
    for words in (whole, below):
        headings = map(_wrapped, table.header, _longest(words))
        longest = _longest([list(headings), *words])
        if sum(longest) + GAP * len(longest) <= WIDTH:
            return words, None
    return means, MEANS_ALONE if means != whole else None


def _longest(rows: list[list[str]]) -> list[int]:
    """The length of the longest line of each column."""
    columns = zip(*rows, strict=True)
    return [
        max(len(line) for c in column for line in c.split("\n")) for column in columns
    ]


def _wrapped(heading: str, width: int) -> str:
    """A heading no wider than its column, unless a word of it is."""
    return textwrap.fill(heading, max(width, 1), break_long_words=False)


def _is_number(cell: str) -> bool:
    return not cell or cell[0] in "+-.0123456789<N"


def at_end(
    runs: Frame, metric: str, x: str, budget: tuple[str, float] | None = None
) -> Frame:
    """Columns method, x, seed, value: a metric where each run meets its budget.

    `budget` is a column and a number; None takes the last point of each run.
    """
    run = ["method", x, "seed"]
    frame = runs[runs.metric == metric].sort_values("generation")
    if budget is None:
        ends = frame.groupby(run).value.last(skipna=False)
    else:
        column, amount = budget
        ends = frame.groupby(run)[[column, "value"]].apply(
            lambda curve: at_budget(curve[column], curve.value, amount)
        )
    ends = ends.rename("value").reset_index()
    return ends.rename(columns={x: "x"})[["method", "x", "seed", "value"]]


def values_table(
    frame: Frame, labels: dict[str, str], digits: int, title: str
) -> Table:
    """Methods by x, each cell a mean and its 95 % interval."""
    positions = sorted(frame.x.unique())
    rows = []
    for name, label in labels.items():
        of_method = frame[frame.method == name]
        cells = [
            f"{mean_interval(of_method[of_method.x == x].value.to_numpy()):.{digits}f}"
            if (of_method.x == x).any()
            else ""
            for x in positions
        ]
        rows.append([label, *cells])
    return Table(title, ["method", *(f"{x:g}" for x in positions)], rows)
