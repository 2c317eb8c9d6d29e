"""The python of README and pages runs: a page's blocks are one script.

A block marked `py` is shown only: it needs a cluster. Runs are cut short.
"""

import re
from pathlib import Path

import matplotlib
import pytest

import neurojax as nj

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
QUICK = {"index"}  # the others compile for up to half a minute
GENERATIONS = 3  # at most


def blocks(page):
    """The page's python, each block on the lines where it stands."""
    text = page.read_text()
    for found in BLOCK.finditer(text):
        yield "\n" * text[: found.start(1)].count("\n") + found[1]


@pytest.fixture
def short(monkeypatch, tmp_path):
    """Few generations, in a folder of its own."""
    train = nj.train

    def cut(system, key, num_generations, **options):
        return train(system, key, min(num_generations, GENERATIONS), **options)

    monkeypatch.setattr(nj, "train", cut)
    monkeypatch.chdir(tmp_path)
    matplotlib.use("agg")


def scripts():
    """Pages with code."""
    for page in filter(lambda page: any(blocks(page)), PAGES):
        marks = () if page.stem in QUICK else pytest.mark.slow
        yield pytest.param(page, id=page.stem, marks=marks)


@pytest.mark.parametrize("page", list(scripts()))
def test_the_code_of_a_page_runs(page, short):
    names = {"__name__": "__page__"}
    for block in blocks(page):
        exec(compile(block, page, "exec"), names)
