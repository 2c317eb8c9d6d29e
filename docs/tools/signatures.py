"""Signatures, members and texts of the reference, as the source writes them.

Python forgets the name of an alias: `sample: Sample` would print as
`Callable[[PRNGKeyArray], Any]`. The annotations are read from the source instead. A
field of a dataclass or `NamedTuple` stands in its class's signature, with its text
under `Args`, and is not listed again.
"""

import ast
import dataclasses
import importlib
import inspect
import re
import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def fields(cls: type) -> list[str]:
    """The fields of a dataclass or `NamedTuple` that are arguments, by name."""
    if dataclasses.is_dataclass(cls):
        return [field.name for field in dataclasses.fields(cls) if field.init]
    return list(getattr(cls, "_fields", ()))


def of_function(function: Any) -> tuple[str, str] | None:
    """Arguments, without self, and result of a function; None if it has no source."""
    node = _definition(inspect.unwrap(function), ast.FunctionDef)
    if node is None:
        return None
    if node.args.args and node.args.args[0].arg in ("self", "cls"):
        del node.args.args[0]
    result = ast.unparse(node.returns) if node.returns else ""
    return f"({ast.unparse(node.args)})", result


def of_class(cls: type) -> tuple[str, str] | None:
    """The fields of a dataclass or `NamedTuple` as arguments; nothing of a Protocol."""
    if getattr(cls, "_is_protocol", False):
        return "", ""
    node = _definition(cls, ast.ClassDef)
    names = fields(cls)
    if node is None or not names:
        return None
    written = [
        ast.unparse(line)
        for line in node.body
        if isinstance(line, ast.AnnAssign) and ast.unparse(line.target) in names
    ]
    return f"({', '.join(written)})", ""


def _definition(thing: Any, kind: type) -> Any:
    try:
        source = inspect.getsource(thing)
    except (OSError, TypeError):
        return None
    node = ast.parse(textwrap.dedent(source)).body[0]
    return node if isinstance(node, kind) else None


def _sign(app: "Sphinx", what: str, name: str, thing: Any, *_: Any) -> Any:
    if what == "class":
        return of_class(thing)
    return of_function(thing) if what in ("function", "method") else None


def _skip(
    app: "Sphinx", what: str, name: str, thing: Any, skip: bool, options: Any
) -> bool | None:
    if type(thing).__name__ == "_tuplegetter":  # a field of a NamedTuple
        return True
    if what == "class" and callable(thing) and not _is_method(thing, name):
        return True  # a field whose default is a function
    is_shown = (
        what == "module" or inspect.isfunction(thing) or isinstance(thing, property)
    )
    return False if is_shown and not name.startswith("_") else None


def _is_method(thing: Any, name: str) -> bool:
    return getattr(thing, "__qualname__", "").endswith(f".{name}")


def _write(
    app: "Sphinx", what: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    from sphinx.ext.napoleon.docstring import GoogleDocstring

    # "`NamedTuple`s" is markdown, which docstrings are written in.
    lines[:] = [re.sub(r"`([^`]+)`(?=\w)", r"`\1`\\ ", line) for line in lines]
    # Not as an extension, to which "What it is: more." is a property's type.
    lines[:] = GoogleDocstring(lines).lines()


def _check(app: "Sphinx", env: Any) -> list[str]:
    """Refuse a page that shows more or less than its package's `__all__`."""
    found = env.domains.python_domain.objects
    names = {name for name, entry in found.items() if not entry.aliased}
    for package in [name for name in names if found[name].objtype == "module"]:
        parts = {name.split(".")[2] for name in names if name.startswith(f"{package}.")}
        module = importlib.import_module(package)
        public = {n for n in module.__all__ if not inspect.ismodule(getattr(module, n))}
        if parts != public:
            raise ValueError(
                f"The page of {package} lacks {sorted(public - parts)} and has "
                f"{sorted(parts - public)} too many; a constant needs a py:data there."
            )
    return []


def setup(app: "Sphinx") -> dict[str, bool]:
    """Have autodoc ask here."""
    app.connect("autodoc-process-signature", _sign)
    app.connect("autodoc-skip-member", _skip)
    app.connect("autodoc-process-docstring", _write)
    app.connect("env-updated", _check)
    return {"parallel_read_safe": True}
