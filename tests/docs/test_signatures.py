"""The reference writes signatures as the source does."""

import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import neurojax as nj

TOOLS = Path(__file__).parents[2] / "docs" / "tools"
signatures = SimpleNamespace(**runpy.run_path(str(TOOLS / "signatures.py")))


class Pair(NamedTuple):
    """Two."""

    left: int
    right: int = 2


def test_aliases_keep_their_names():
    arguments, result = signatures.of_function(nj.strategies.SimpleES.init)
    assert arguments.startswith("(key: Key, sample: Sample, params:")
    assert result == "SimpleESState"


def test_fields_are_the_arguments_of_a_class():
    assert signatures.of_class(Pair) == ("(left: int, right: int = 2)", "")
    arguments, _ = signatures.of_class(nj.strategies.SimpleES)
    assert arguments.startswith("(population_size: int, ")


def test_a_protocol_has_none_and_what_has_no_source_is_left_alone():
    assert signatures.of_class(nj.types.Network) == ("", "")
    assert signatures.of_function(len) is None
