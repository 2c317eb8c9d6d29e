"""Pages that stand elsewhere in the project, and links out of the site.

A page that begins with `<!-- the page is FILE -->` shows that file, such as a study's
README, and then what follows. Links that lead to a file shown by a page lead to that
page; those to any other file, but for pictures of docs/, lead to the project's
repository. So every page reads as well where the project is browsed.
"""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SHOWN = re.compile(r"<!-- the page is (\S+) -->\n")
SHOWS = {".md", ".png", ".gif", ".svg"}
# Code, which is left alone, or where a link leads within the project.
LINK = re.compile(
    r"```.*?```|`[^`]*`|(?<=\]\()(?!\w+:|#)(?P<file>[^)#\s]+)(?P<part>#[^)\s]*)?",
    re.DOTALL,
)


def shown_file(page: Path) -> Path:
    """The file that a page shows: itself, or the one that its first line names."""
    found = SHOWN.match(page.read_text())
    return ROOT / found[1] if found else page


def pages() -> dict[Path, Path]:
    """Every page of the site by the file that it shows."""
    return {shown_file(page): page for page in DOCS.rglob("*.md")}


def with_links(text: str, source: Path, page: Path, repository: str) -> str:
    """The text of the file `source` with its links as they must be on `page`.

    Raises:
        ValueError: if a link leads to no file.
    """
    known = pages()

    def target(link: re.Match) -> str:
        if link["file"] is None:
            return link[0]
        part: str = link["part"] or ""
        found: Path = (source.parent / str(link["file"])).resolve()
        if not found.exists():
            raise ValueError(f"{source}: the link to {link['file']} leads nowhere.")
        file: Path = known.get(found, found)
        if file.is_relative_to(DOCS) and file.suffix in SHOWS:
            return os.path.relpath(file, page.parent) + part
        kind = "tree" if file.is_dir() else "blob"
        return f"{repository}/{kind}/main/{file.relative_to(ROOT).as_posix()}{part}"

    return LINK.sub(target, text)


def _read(app: "Sphinx", docname: str, content: list[str]) -> None:
    page = Path(app.env.doc2path(docname))
    if page.suffix != ".md":
        return
    source, own = shown_file(page), page.read_text()
    repository = app.config.html_theme_options["source_repository"]
    texts = [with_links(own, page, page, repository)]
    if source != page:
        app.env.note_dependency(str(source))
        shown = with_links(source.read_text(), source, page, repository)
        texts = [shown, SHOWN.sub("", texts[0])]
    content[0] = "\n".join(texts)


def setup(app: "Sphinx") -> dict[str, bool]:
    """Have Sphinx read every page by way of here."""
    app.connect("source-read", _read)
    return {"parallel_read_safe": True}
