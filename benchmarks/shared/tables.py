"""Numbers as tables: in markdown for a file, and for a terminal of 100 columns."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.shared.intervals import at_budget, mean_interval

# A pandas DataFrame; pandas is too loosely typed for a checker to follow.
Frame = Any
WIDTH = 100  # columns of a terminal
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


def show_tables(tables: Iterable[Table]) -> None:
    """Print tables; one that is too wide shows limits below means, or means alone."""
    console = Console(width=WIDTH, highlight=False)
    for table in tables:
        words, caption = _fitted(table)
        shown = RichTable(
            title=table.title,
            caption=caption,
            box=box.SIMPLE_HEAD,
            title_justify="left",
        )
        for column, heading in enumerate(table.header):
            is_number = all(_is_number(row[column]) for row in words)
            shown.add_column(heading, justify="right" if is_number else "left")
        for row in words:
            shown.add_row(*row)
        console.print(shown)


def _fitted(table: Table) -> tuple[list[list[str]], str | None]:
    """The cells, shortened until the table fits, and a word if limits were left out."""
    shortened: list[tuple[Callable[[str], str], str | None]] = [
        (str, None),
        (lambda cell: cell.replace(" [", "\n[", 1), None),
        (lambda cell: cell.partition(" [")[0], MEANS_ALONE),
    ]
    for shorten, caption in shortened:
        words = [[shorten(str(cell)) for cell in row] for row in table.rows]
        if caption or _width([list(table.header), *words]) <= WIDTH:
            return words, caption
    raise AssertionError("the last one has a caption")


def _width(rows: list[list[str]]) -> int:
    """Of the longest line of each column, two spaces between, and a margin."""
    columns = zip(*rows, strict=True)
    longest = [
        max(len(line) for c in column for line in c.split("\n")) for column in columns
    ]
    return sum(longest) + 2 * len(longest) + 2


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
