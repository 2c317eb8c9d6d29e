"""The README's list of what there is follows `__all__` and the docstrings."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

import neurojax as nj

ROOT = Path(__file__).parents[2]
REMEDY = "run `python docs/tools/catalogue.py` and commit README.md"
catalogue = SimpleNamespace(
    **runpy.run_path(str(ROOT / "docs" / "tools" / "catalogue.py"))
)


def test_the_readme_is_up_to_date():
    readme = (ROOT / "README.md").read_text()
    assert catalogue.updated(readme) == readme, REMEDY


def test_a_new_name_makes_the_readme_stale(monkeypatch):
    class NewStrategy:
        """Something new. And more."""

    NewStrategy.__module__ = nj.strategies.SimpleGA.__module__
    package = nj.strategies
    monkeypatch.setattr(package, "NewStrategy", NewStrategy, raising=False)
    monkeypatch.setattr(package, "__all__", [*package.__all__, "NewStrategy"])
    readme = (ROOT / "README.md").read_text()
    assert catalogue.updated(readme) != readme
    line = "| [`NewStrategy`](neurojax/strategies/simple_ga.py) | Something new |"
    assert line in catalogue.updated(readme)


def test_every_listed_file_exists():
    for path in catalogue.catalogue().split("](")[1:]:
        target = path.partition(")")[0]
        assert target.startswith("https://") or (ROOT / target).is_file(), target


def test_the_first_sentence_is_cut_and_freed_of_its_paper():
    text = "Draws by\nwho (Such et al., 2017, arXiv:1712.06567). More.\n\nMore."
    assert catalogue.first_sentence(text) == "Draws by who"
    assert (
        catalogue.first_sentence("As Such et al. did, e. g. there") != "As Such et al"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(Such et al., 2017, arXiv:1712.06567)", "https://arxiv.org/abs/1712.06567"),
        ("Such et al., 2017 (arXiv:1712.06567)", "https://arxiv.org/abs/1712.06567"),
        ("in the line of Schwefel, 1981).", "Schwefel, 1981"),
        ("by Young and\nTian, 2019", "Young and Tian, 2019"),
        ("no paper, 2 options", ""),
    ],
)
def test_the_first_paper_is_found(text, expected):
    found = catalogue.paper(text)
    assert expected in found and bool(expected) == bool(found)


def test_a_readme_without_markers_is_refused():
    with pytest.raises(ValueError, match="catalogue -->"):
        catalogue.updated("# neurojax")
