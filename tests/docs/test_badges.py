"""Every notebook opens in Colab, at the project's address."""

import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
REMEDY = "run `python docs/tools/badges.py` and commit what it changed"
badges = SimpleNamespace(**runpy.run_path(str(ROOT / "docs" / "tools" / "badges.py")))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebooks_are_up_to_date(path):
    assert badges.with_badge(path) == path.read_text(), REMEDY
    assert f"/blob/main/notebooks/{path.name})" in badges.badge(path)


def test_the_readme_lists_them_all():
    readme = (ROOT / "README.md").read_text()
    assert badges.updated(readme) == readme, REMEDY
    for path in NOTEBOOKS:
        assert f"](notebooks/{path.name}) {badges.badge(path)}" in readme


def test_another_address_is_put_everywhere(tmp_path, monkeypatch):
    monkeypatch.setitem(badges.with_badge.__globals__, "repository", lambda: "me/fork")
    text = badges.with_badge(NOTEBOOKS[0])
    assert "github.com/neurojax" not in text and "github/neurojax" not in text
    assert text.count("me/fork") == 2
    cells = json.loads(text)["cells"]
    assert cells[0]["source"][0].startswith("# ") and "me/fork" in cells[0]["source"][2]


def test_a_readme_without_a_place_for_the_list_is_refused():
    with pytest.raises(ValueError, match="<!-- notebooks -->"):
        badges.updated("# neurojax")
