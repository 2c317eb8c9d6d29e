"""Notebooks are stored clean, and run from top to bottom."""

import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
SECONDS = 120  # promised for a laptop
# A path from the root or from a home directory, of this system or of Windows.
ABSOLUTE_PATH = re.compile(r"""(?<![\w.:/<*])(?:/\w+/|~/|[A-Z]:\\)""")

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def links(text):
    """Targets of markdown links, without web addresses."""
    return [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 4


@each_notebook
def test_notebook_is_valid_and_opens_with_a_title(path):
    notebook = read(path)
    nbformat.validate(notebook)
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")


@each_notebook
def test_notebook_is_stored_without_outputs(path):
    for cell in read(path).cells:
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None, cell.source


@each_notebook
def test_notebook_holds_no_absolute_path(path):
    assert not ABSOLUTE_PATH.findall(path.read_text())


def test_an_absolute_path_is_found():
    for text in ('open("/home/me/a")', "~/data", r"C:\data", "see (/tmp/x)"):
        assert ABSOLUTE_PATH.search(text), text
    for text in ("https://a.org/b/c", "x / y", "ask/tell", "a.py", "</b>"):
        assert not ABSOLUTE_PATH.search(text), text


@each_notebook
def test_links_lead_to_files(path):
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            for link in links(cell.source):
                assert (path.parent / link).exists(), link


@pytest.mark.slow
@each_notebook
def test_notebook_runs_from_top_to_bottom(path, tmp_path, monkeypatch):
    from nbclient import NotebookClient

    monkeypatch.delenv("XLA_FLAGS", raising=False)  # one CPU device, as users have
    notebook = read(path)
    resources = {"metadata": {"path": str(tmp_path)}}
    client = NotebookClient(
        notebook, timeout=SECONDS, kernel_name="python3", resources=resources
    )
    client.execute()
    assert any(
        "image/png" in output.get("data", {})
        for cell in notebook.cells
        for output in cell.get("outputs", ())
    ), "no figure was drawn"
