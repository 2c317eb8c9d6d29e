"""Write the README's list of what there is: python docs/tools/catalogue.py.

The list is read from the packages' `__all__` and from docstrings: the first sentence of
a class's module (of the class itself, where a module holds several) and the first
paper named in the two.
"""

import importlib
import inspect
import re
import sys
from pathlib import Path
from types import ModuleType

README = Path(__file__).parents[2] / "README.md"
PACKAGES = (
    "strategies",
    "encodings",
    "networks",
    "environments",
    "problems",
    "systems",
)
MARKED = re.compile(r"(<!-- catalogue -->\n).*?(<!-- end -->)", re.DOTALL)
# "Such et al., 2017", "Young and Tian, 2019", each perhaps with its arXiv number.
PAPER = re.compile(
    r"(?P<who>[A-Z][\w-]+(?: et\s+al\.|\s+and\s+[A-Z][\w-]+)?,\s+(?:19|20)\d\d)"
    r"(?:[,\s(]*arXiv:(?P<arxiv>\d{4}\.\d{4,5}))?"
)
BRACKETED_PAPER = re.compile(r" \([^()]*\b(?:19|20)\d\d\b[^()]*\)")
END_OF_SENTENCE = re.compile(r"(?<!\bal)\.(?=\s|$)")


def first_sentence(docstring: str) -> str:
    """The first sentence on one line, without full stop and without its paper."""
    paragraph = " ".join(docstring.split("\n\n")[0].split())
    sentence = END_OF_SENTENCE.split(paragraph)[0]
    return BRACKETED_PAPER.sub("", sentence)


def paper(docstring: str) -> str:
    """The first paper named, linked by its arXiv number; "" if there is none."""
    found = PAPER.search(docstring)
    if found is None:
        return ""
    who = " ".join(found["who"].split())
    arxiv = found["arxiv"]
    return f"[{who}](https://arxiv.org/abs/{arxiv})" if arxiv else who


def classes(package: ModuleType) -> list[type]:
    """The classes with behaviour in `__all__`, in its order."""
    found = (getattr(package, name) for name in package.__all__)
    return [c for c in found if inspect.isclass(c) and not issubclass(c, tuple)]


def row(cls: type, siblings: list[type]) -> str:
    """The table row of a class: its name and file, what it is, its paper."""
    module = sys.modules[cls.__module__]
    is_alone = [c.__module__ for c in siblings].count(cls.__module__) == 1
    of_class, of_module = inspect.getdoc(cls) or "", inspect.getdoc(module) or ""
    what = first_sentence(of_module if is_alone else of_class)
    source = paper(f"{of_class}\n\n{of_module}")
    file = "/__init__.py" if hasattr(module, "__path__") else ".py"
    path = cls.__module__.replace(".", "/") + file
    return f"| [`{cls.__name__}`]({path}) | {what} | {source or '-'} |"


def section(package: ModuleType) -> str:
    """The table of one package, and its other public names."""
    listed = classes(package)
    title = package.__name__.rpartition(".")[2]
    lines = [f"| {title} | | paper |", "| --- | --- | --- |"]
    lines += [row(cls, listed) for cls in listed]
    names = {cls.__name__ for cls in listed}
    others = [f"`{name}`" for name in package.__all__ if name not in names]
    if others:
        lines += ["", f"Also in `{title}`: {', '.join(others)}."]
    return "\n".join(lines)


def catalogue() -> str:
    """The whole list, as markdown."""
    packages = (importlib.import_module(f"neurojax.{name}") for name in PACKAGES)
    return "\n\n".join(section(package) for package in packages) + "\n"


def updated(text: str) -> str:
    """The text with the list between its markers replaced.

    Raises:
        ValueError: if the markers are not there.
    """
    if not MARKED.search(text):
        raise ValueError(
            f"{README.name} needs the lines <!-- catalogue --> and <!-- end -->, "
            "between which the list is written."
        )
    return MARKED.sub(lambda match: match[1] + catalogue() + match[2], text, count=1)


if __name__ == "__main__":
    README.write_text(updated(README.read_text()))
