"""Signatures, members and texts of the reference, as the source writes them.

Python forgets the name of an alias: `sample: Sample` would print as
`Callable[[PRNGKeyArray], Any]`. The annotations are read from the source instead. A
field of a dataclass or `NamedTuple` stands in its class's signature, with its text
under `Args`, and is not listed again.
"""

import ast
import dataclasses
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
    is_shown = (
        what == "module" or inspect.isfunction(thing) or isinstance(thing, property)
    )
    return False if is_shown and not name.startswith("_") else None


def _write(
    app: "Sphinx", what: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    from sphinx.ext.napoleon import GoogleDocstring

    # "`NamedTuple`s" is markdown, which docstrings are written in.
    lines[:] = [re.sub(r"`([^`]+)`(?=\w)", r"`\1`\\ ", line) for line in lines]
    # Not as an extension, to which "What it is: more." is a property's type.
    lines[:] = GoogleDocstring(lines).lines()


def setup(app: "Sphinx") -> dict[str, bool]:
    """Have autodoc ask here."""
    app.connect("autodoc-process-signature", _sign)
    app.connect("autodoc-skip-member", _skip)
    app.connect("autodoc-process-docstring", _write)
    return {"parallel_read_safe": True}
