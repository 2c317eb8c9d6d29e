"""The site's pages: all are reached, and their links lead somewhere."""

import re
import runpy
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import neurojax as nj

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
tools = SimpleNamespace(**runpy.run_path(str(DOCS / "tools" / "pages.py")))
REPOSITORY = "https://example.org/nj"
PAGE = DOCS / "guides" / "playing.md"


def below(index):
    """The pages that an index's toctree names."""
    trees = re.findall(r"{toctree}\n:hidden:\n\n(.*?)```", index.read_text(), re.DOTALL)
    return {index.parent / f"{name}.md" for tree in trees for name in tree.split()}


def links(text):
    return tools.with_links(text, PAGE, PAGE, REPOSITORY)


def test_every_page_is_in_the_table_of_contents():
    indexes = [DOCS / "index.md", *DOCS.glob("*/index.md")]
    reached = set().union(*map(below, indexes))
    assert reached | {DOCS / "index.md"} == set(DOCS.rglob("*.md"))


def test_the_reference_has_a_page_for_every_public_package():
    packages = {
        name for name in nj.__all__ if isinstance(getattr(nj, name), ModuleType)
    }
    pages = {page.stem for page in below(DOCS / "api" / "index.md")}
    assert pages == packages
    for name in packages:
        assert (
            f"automodule:: neurojax.{name}\n"
            in (DOCS / "api" / f"{name}.md").read_text()
        )


def test_every_study_has_a_page():
    studies = {path.parent.name for path in (ROOT / "benchmarks").glob("*/__main__.py")}
    assert {page.stem for page in below(DOCS / "studies" / "index.md")} == studies


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("[a](long_runs.md#logs)", "[a](long_runs.md#logs)"),
        ("![up](../swing_up.gif)", "![up](../swing_up.gif)"),
        ("[a](../../collect/README.md)", "[a](human_play.md)"),
        ("[a](../../LICENSE)", f"[a]({REPOSITORY}/blob/main/LICENSE)"),
        ("[a](../skeletons)", f"[a]({REPOSITORY}/tree/main/docs/skeletons)"),
        ("[`a`](../../tests)", f"[`a`]({REPOSITORY}/tree/main/tests)"),
        ("[a](https://jax.dev) [b](#logs)", "[a](https://jax.dev) [b](#logs)"),
        ("`a[0](key)` ```\nb[1](key)\n```", "`a[0](key)` ```\nb[1](key)\n```"),
    ],
)
def test_links_lead_to_pages_or_to_the_repository(link, expected):
    assert links(link) == expected


def test_a_link_that_leads_nowhere_is_named():
    with pytest.raises(ValueError, match=r"playing.md: the link to no/such.md leads"):
        links("[a](no/such.md)")


@pytest.mark.parametrize("page", sorted(tools.pages()), ids=lambda p: p.stem)
def test_the_links_of_all_pages_lead_somewhere(page):
    tools.with_links(page.read_text(), page, tools.pages()[page], REPOSITORY)


def test_the_readmes_links_lead_somewhere():
    readme = ROOT / "README.md"
    tools.with_links(readme.read_text(), readme, DOCS / "index.md", REPOSITORY)
