"""The skeletons that newcomers copy, to be broken in one place each."""

import runpy
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "skeletons"


def skeleton(name):
    """The class `name` of its file."""
    file = name.removeprefix("My").lower()
    return runpy.run_path(str(FOLDER / f"{file}.py"))[name]


def broken(cls, **names):
    """The class with other methods or attributes."""
    return dataclass(frozen=True)(type(f"Broken{cls.__name__}", (cls,), names))
