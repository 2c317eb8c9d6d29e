"""A new name in an `__all__` is told which case is missing, and where it goes."""

import pytest
from probe_cases import (
    ENVIRONMENTS,
    NETWORKS,
    PROBLEMS,
    STRATEGIES,
    SYSTEMS,
    VARIATIONS,
)
from probes import expect_cases

from neurojax import encodings, environments, networks, problems, strategies, systems

TABLES = {
    "ENVIRONMENTS": (environments, ENVIRONMENTS),
    "NETWORKS": (networks, NETWORKS),
    "PROBLEMS": (problems, PROBLEMS),
    "STRATEGIES": (strategies, STRATEGIES),
    "SYSTEMS": (systems, SYSTEMS),
    "VARIATIONS": (encodings, VARIATIONS),
}


@pytest.mark.parametrize("table", TABLES)
def test_a_new_name_without_a_case_is_told_where_to_add_one(table, monkeypatch):
    class Novel:
        """Something new."""

    package, cases = TABLES[table]
    monkeypatch.setattr(package, "Novel", Novel, raising=False)
    monkeypatch.setattr(package, "__all__", [*package.__all__, "Novel"])
    words = f"{package.__name__}.__all__ holds Novel.*add a case to {table} in tests/"
    with pytest.raises(AssertionError, match=words):
        expect_cases(package, cases, table)
