"""Write the notebooks' Colab badges and addresses, and the README's list of them.

    python docs/tools/badges.py

The project's address is `[project.urls]` in pyproject.toml: where the project moves,
change it there and run this again.
"""

import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
COLAB = "https://colab.research.google.com"
BADGE = re.compile(r"\[!\[Open in Colab\]\([^)]*\)\]\([^)]*\)\n\n")
INSTALLED = re.compile(r"git\+https://github\.com/[\w.-]+/[\w.-]+")
MARKED = re.compile(r"(<!-- notebooks -->\n).*?(<!-- end -->)", re.DOTALL)


def repository() -> str:
    """OWNER/NAME, from the project's address."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return project["urls"]["Repository"].removeprefix("https://github.com/")


def badge(path: Path) -> str:
    """The badge that opens a notebook in Colab, in markdown."""
    target = f"{COLAB}/github/{repository()}/blob/main/notebooks/{path.name}"
    return f"[![Open in Colab]({COLAB}/assets/colab-badge.svg)]({target})"


def with_badge(path: Path) -> str:
    """The notebook's text with its badge under the title."""
    notebook = json.loads(path.read_text())
    first = notebook["cells"][0]
    title, rest = BADGE.sub("", "".join(first["source"])).split("\n\n", 1)
    source = f"{title}\n\n{badge(path)}\n\n{rest}"
    first["source"] = source.splitlines(keepends=True)
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    # What Colab installs comes from there, too.
    return INSTALLED.sub(f"git+https://github.com/{repository()}", text)


def updated(readme: str) -> str:
    """The README with its list of notebooks as they are.

    Raises:
        ValueError: if it has no place for the list.
    """
    if not MARKED.search(readme):
        raise ValueError("README.md needs <!-- notebooks --> and <!-- end -->.")
    lines = [
        f"- [{_title(path)}](notebooks/{path.name}) {badge(path)}" for path in _all()
    ]
    return MARKED.sub(
        lambda found: found[1] + "\n".join(lines) + "\n" + found[2], readme
    )


def _title(path: Path) -> str:
    return json.loads(path.read_text())["cells"][0]["source"][0].strip("# \n")


def _all() -> list[Path]:
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


if __name__ == "__main__":
    for path in _all():
        path.write_text(with_badge(path))
    readme = ROOT / "README.md"
    readme.write_text(updated(readme.read_text()))
