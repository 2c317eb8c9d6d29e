"""Tables in markdown and in a terminal."""

import pandas as pd
import pytest

from benchmarks.shared.tables import WIDTH, Table, at_end, show_tables, values_table

CELL = "0.9123 [0.9012, 0.9234]"


def shown(table, capsys):
    show_tables([table])
    return capsys.readouterr().out


def table_of(columns):
    header = ["method", *(str(10**n) for n in range(columns))]
    return Table("match", header, [["Sep_CMA_ES (evosax)", *[CELL] * columns]])


def test_markdown_has_all_cells():
    text = Table("match", ["method", "5"], [["Adam", CELL]], "A note.").markdown()
    assert text.splitlines() == [
        *("match:", "", "A note.", "", "| method | 5 |", "| --- | --- |"),
        f"| Adam | {CELL} |",
    ]


def test_brackets_in_a_title_are_no_markup(capsys):
    table = Table("median [lowest, highest]", ["a [b]"], [["x" * 30]])
    words = shown(table, capsys)
    assert "median [lowest, highest]" in words and "a [b]" in words


def test_a_summary_is_some_columns_of_a_table():
    table = Table("t", ["a", "b", "c"], [[1, 2, 3], [4, 5, 6]], "note")
    assert table.only("c", "a") == Table("t", ("c", "a"), [[3, 1], [6, 4]], "note")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (2, [CELL]),
        (4, ["0.9123  ", "[0.9012, 0.9234]"]),
        (7, ["0.9123", "the intervals are in table.md"]),
    ],
)
def test_a_wide_table_puts_limits_below_and_then_leaves_them_out(
    columns, words, capsys
):
    lines = shown(table_of(columns), capsys)
    assert max(map(len, lines.splitlines())) <= WIDTH
    for word in words:
        assert word in lines
    assert ("[" in lines) == (columns < 7)


def test_the_end_of_a_run_is_its_last_point_or_its_budget():
    rows = [
        {"method": "a", "size": 7, "seed": seed, "metric": "match", **point}
        for seed in (0, 1)
        for point in (
            {"generation": 100, "value": 0.5 + seed},
            {"generation": 1, "value": 0.0 + seed},
        )
    ]
    runs = pd.DataFrame(rows)
    assert at_end(runs, "match", "size").value.tolist() == [0.5, 1.5]
    budget = ("generation", 10.0)
    halfway = at_end(runs, "match", "size", budget)
    assert halfway.value.tolist() == pytest.approx([0.25, 1.25])
    assert halfway.x.tolist() == [7, 7]
    table = values_table(halfway, {"a": "A"}, 2, "match")
    assert table.header == ["method", "7"]
    assert table.rows[0][0] == "A" and table.rows[0][1].startswith("0.75 [")
