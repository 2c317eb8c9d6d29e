"""Sweeps: many bad inputs, damages or kills, drawn from a seed and counted in a table.

python -m pytest -m slow tests/sweeps --seed 1
"""

from collections.abc import Callable, Iterator

import pytest

TABLES = pytest.StashKey[list[str]]()


def pytest_addoption(parser):
    parser.addoption("--seed", type=int, default=0, help="of the draws of a sweep")


def pytest_configure(config):
    config.stash[TABLES] = []


def pytest_terminal_summary(terminalreporter, config):
    for text in config.stash.get(TABLES, []):
        terminalreporter.write_line(f"\n{text}")


@pytest.fixture(scope="session")
def seed(request) -> int:
    """The option, or 0 where pytest met this file too late to know the option."""
    return request.config.getoption("seed", 0)


@pytest.fixture(scope="module")
def count(request) -> Iterator[Callable[[str, dict[str, int]], None]]:
    """Add a row to this module's table, which is printed at the end of the run."""
    rows: dict[str, dict[str, int]] = {}
    yield rows.__setitem__
    request.config.stash.setdefault(TABLES, []).append(_drawn(rows))


def _drawn(rows: dict[str, dict[str, int]]) -> str:
    names = list(dict.fromkeys(name for counts in rows.values() for name in counts))
    width = max(map(len, rows), default=0)
    lines = [" " * width + "".join(f"  {name}" for name in names)]
    for kind, counts in rows.items():
        cells = (f"  {counts.get(name, 0):>{len(name)}}" for name in names)
        lines.append(kind.ljust(width) + "".join(cells))
    return "\n".join(lines)
