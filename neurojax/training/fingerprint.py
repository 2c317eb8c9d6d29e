"""What a run is, in words by name, so that one that goes on under another is told."""

import dataclasses
import enum
import hashlib
import inspect
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from neurojax.keys import rolled
from neurojax.parallel.hosts import is_spread
from neurojax.training.callbacks import Run

# Fields that say where and in what parts a run is computed, not what.
ELSEWHERE = {"mesh", "workers", "chunk_size", "max_members_at_once"}
DEEPEST = 16
MOST_SHOWN = 8  # numbers of an array or a tuple that are shown, not hashed


def fingerprint(run: Run) -> dict[str, str]:
    """Return the key, the params if given, and all that the system's fields reach.

    Arrays, such as data, are hashed. A function is its name and what it closes over.
    """
    found = dict(_entries("key", run.key))
    if run.params is not None:
        found |= _entries("params", run.params)
    return found | dict(_entries("system", run.system))


def differences(saved: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return in words what differs between two fingerprints.

    What only one of them names is left out: another version of a library may have added
    it, and a part that was exchanged differs in its own entry.
    """
    return [
        f"{name}: {saved[name]} saved, {now[name]} given"
        for name in saved
        if name in now and saved[name] != now[name]
    ]


def _entries(
    name: str, value: Any, depth: int = 0, above: tuple[int, ...] = ()
) -> Iterator[tuple[str, str]]:
    """Yield name and text of the value, and of its parts."""
    text, parts = _look(value)
    yield name, text
    if depth == DEEPEST or id(value) in above:
        return
    for part, of in parts.items():
        if part not in ELSEWHERE:
            joined = f"{name}{part}" if part.startswith("[") else f"{name}.{part}"
            yield from _entries(joined, of, depth + 1, (*above, id(value)))


def _look(value: Any) -> tuple[str, dict[str, Any]]:
    """Return a value in words, and the parts to look into."""
    if isinstance(value, enum.Enum | np.dtype):
        return str(value), {}
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return _short(repr(value)), {}
    if isinstance(value, np.ndarray | np.generic | jax.Array):
        return _array(value), {}
    if isinstance(value, type):
        return value.__qualname__, {}
    if isinstance(value, partial):
        parts = {f"[{i}]": of for i, of in enumerate(value.args)}
        return "partial", {"func": value.func, **parts, **value.keywords}
    if isinstance(value, Mapping):
        return f"{len(value)} entries", {f"[{name!r}]": value[name] for name in value}
    if isinstance(value, tuple | list):
        return _sequence(value)
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return type(value).__qualname__, {n: getattr(value, n, None) for n in names}
    return _function(value)


def _sequence(value: Any) -> tuple[str, dict[str, Any]]:
    if hasattr(value, "_fields"):
        return type(value).__qualname__, value._asdict()
    if all(isinstance(of, bool | int | float | str) for of in value):
        return _short(repr(list(value))), {}
    return f"{len(value)} items", {f"[{i}]": of for i, of in enumerate(value)}


def _array(value: Any) -> str:
    if is_spread(value):
        return "spread over hosts"
    if jnp.issubdtype(value.dtype, jax.dtypes.prng_key):
        value = jax.random.key_data(rolled(value))
    array = np.asarray(value)
    if array.size <= MOST_SHOWN:
        return f"{array.dtype} {array.tolist()}"
    if array.dtype.hasobject:
        return f"{array.dtype} {array.shape}"
    data = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    return f"{array.dtype} {array.shape} {_hash(data)}"


def _function(value: Any) -> tuple[str, dict[str, Any]]:
    if inspect.ismethod(value):
        return value.__qualname__, {"owner": value.__self__}
    value = inspect.unwrap(value) if callable(value) else value
    name = getattr(value, "__qualname__", type(value).__qualname__)
    code = getattr(value, "__code__", None)
    if code is None:
        return name, {}
    parts: dict[str, Any] = {}
    for variable, cell in zip(code.co_freevars, value.__closure__ or (), strict=False):
        parts[variable] = _inside(cell)
    for index, default in enumerate(value.__defaults__ or ()):
        parts[f"[default {index}]"] = default
    if value.__module__ == "__main__" or value.__name__ == "<lambda>":
        # A number edited in the user's own script; other constants differ by Python.
        parts["[numbers]"] = [of for of in code.co_consts if isinstance(of, float)]
    return name, parts


def _inside(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # nothing yet
        return None


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:40]}... {_hash(text.encode())}"


def _hash(data: Any) -> str:
    return f"sha256 {hashlib.sha256(data).hexdigest()[:16]}"
