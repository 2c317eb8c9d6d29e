"""Whose folder it is: the command that wrote it, and what decides its results."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import safetensors

from benchmarks.shared.rows import read_parquet
from neurojax.storage.damaged import DamagedFileError
from neurojax.storage.sealed import digest, read_json, write_json

SETTINGS, ROWS = "settings.json", "rows.json"
VERSION = 1  # of the folder's layout
OLD_REFERENCE = "seed"  # what a folder of version 0.1 calls it
CHECKPOINT_FILES = ("generation_*", ".generation_*.tmp", ROWS, f".{ROWS}.*.tmp")


class Made(NamedTuple):
    """What decides results.

    Attributes:
        command: the module that makes them; "" where an older version did not say.
        settings: its options that count, as JSON values.
        data: digests of what was read, by name.
    """

    command: str
    settings: dict[str, Any]
    data: dict[str, str]

    @property
    def digest(self) -> str:
        """Of command and settings."""
        return digest({"command": self.command, "settings": self.settings})

    @property
    def words(self) -> dict[str, str]:
        """What stands in every cell."""
        return {"made_of": self.digest, "data": json.dumps(self.data)}

    def fits(self, words: Mapping[str, str]) -> bool:
        """Whether a cell with these words is of this command, settings and data."""
        if words.get("made_of") != self.digest:
            return False
        data = json.loads(words["data"])
        return all(self.data.get(name, data[name]) == data[name] for name in data)

    def save(self, folder: Path) -> None:
        """Write the folder's settings file."""
        write_json(folder / SETTINGS, {**self._asdict(), "version": VERSION})


def claimed(folder: Path, made: Made, resume: bool) -> tuple[Made, str]:
    """Refuse a folder that these results must not be written to; touches nothing.

    Returns:
        `made`, with the data that the folder knows besides, and what there is to say.

    Raises:
        SystemExit: naming `--out` and the remedy, if the folder is another command's or
            nobody's, or, where cells are to be kept, of other settings or data.
    """
    if folder.exists() and not folder.is_dir():
        raise SystemExit(f"--out {folder} is a file; name a folder.")
    found = _found(folder)
    if found is None:
        return made, _refuse_foreign(folder, made)
    if found.command not in ("", made.command):
        raise SystemExit(
            f"--out {folder} holds results of {found.command}, and this is "
            f"{made.command}; choose another --out."
        )
    if resume:
        _refuse_other(folder, found, made)
        merged = made._replace(data=found.data | made.data)
        if found.command or not made.data or not _cells(folder):
            return merged, ""
        return merged, (
            f"{folder} was written by an older version, which kept no digest of the "
            "data: its cells are taken as made of what --data names now."
        )
    if not found.command and found.settings.keys() != made.settings.keys():
        raise SystemExit(
            f"--no-resume: {folder / SETTINGS} has other options than this command, so "
            "nothing is removed; choose another --out."
        )
    return made, ""


def _found(folder: Path) -> Made | None:
    """What the folder says it is of; None if it says nothing."""
    path = folder / SETTINGS
    if not path.exists():
        return None
    try:
        content = read_json(
            path,
            "its cells are whole. Restore it from a copy, or delete this one file: "
            "cells know the settings that they are of.",
        )
    except DamagedFileError as error:
        raise SystemExit(str(error)) from None
    if not {"command", "settings", "data"} <= content.keys():
        return Made("", content, {})
    if content.get("version") != VERSION:
        raise SystemExit(
            f"{path} is of version {content.get('version')} and this program reads "
            f"{VERSION}; use the newer program, or choose another --out."
        )
    return Made(content["command"], content["settings"], content["data"])


def _cells(folder: Path) -> list[Path]:
    return sorted(folder.glob("cells/*.parquet"))


def _refuse_foreign(folder: Path, made: Made) -> str:
    """Refuse files of others; say so if cells known to be ours lost their settings."""
    # A folder of ours begins with nothing; what is hidden is the system's, or a lock.
    others = folder.iterdir() if folder.is_dir() else ()
    names = sorted(path.name for path in others if not path.name.startswith("."))
    if not names:
        return ""
    proofs = [*_cells(folder), *sorted(folder.glob(f"checkpoints/*/{ROWS}"))]
    strange = next((path for path in proofs if not _is_of(path, made)), None)
    if strange is not None:
        raise SystemExit(
            f"--out {folder} holds cells but no {SETTINGS}, and "
            f"{strange.relative_to(folder)} is not known to be of these settings; "
            "choose another --out, or move the cells away."
        )
    if not proofs:
        raise SystemExit(
            f"--out {folder} is no folder of this command: it holds {names[0]} and no "
            f"{SETTINGS}; choose another --out."
        )
    return (
        f"{folder / SETTINGS} is lost; all {len(proofs)} cells say that they are of "
        "these settings, so it is written again."
    )


def _is_of(path: Path, made: Made) -> bool:
    try:
        words = read_json(path, "") if path.name == ROWS else read_parquet(path)[1]
        return words is not None and made.fits(words)
    except (DamagedFileError, OSError):
        return False


def _refuse_other(folder: Path, found: Made, made: Made) -> None:
    remedy = "Choose another --out, or --no-resume to overwrite them."
    settings = dict(found.settings)
    for name in ("protocol", "split"):
        if settings.get(name) == OLD_REFERENCE:
            settings[name] = "reference"
    differing = [
        f"{name}: {settings.get(name)!r} there, {made.settings.get(name)!r} now"
        for name in sorted(settings.keys() | made.settings.keys())
        if settings.get(name) != made.settings.get(name)
    ]
    if differing:
        raise SystemExit(
            f"--out {folder} holds results of other settings ({'; '.join(differing)}). "
            f"{remedy}"
        )
    for name in sorted(found.data.keys() & made.data.keys()):
        if found.data[name] != made.data[name]:
            raise SystemExit(
                f"--data: {name} has changed since the results in --out {folder} were "
                f"made of it. {remedy}"
            )


def forget(folder: Path) -> None:
    """Remove the cells, half-done cells and weights that a command wrote, only those.

    Raises:
        OSError: naming what cannot be removed.
    """
    halves = [path for path in folder.glob("checkpoints/*") if path.is_dir()]
    names = {path.stem for path in _cells(folder)} | {path.name for path in halves}
    for path in folder.glob("weights/*.safetensors"):
        if _is_weights_of(path, names):
            path.unlink()
    for path in halves:
        forget_checkpoints(path)
    for path in _cells(folder):
        path.unlink()
    kept = [
        str(path.relative_to(folder))
        for room in ("cells", "checkpoints", "weights")
        for path in sorted(folder.glob(f"{room}/*"))
    ]
    if kept:
        print(
            f"--no-resume leaves what this command did not write: {', '.join(kept)}.",
            file=sys.stderr,
        )


def forget_checkpoints(folder: Path) -> None:
    """Remove a half-done cell's files, and its folder if nothing else is in it."""
    for pattern in CHECKPOINT_FILES:
        for path in folder.glob(pattern):
            if path.is_file():
                path.unlink()
    if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
        folder.rmdir()


def _is_weights_of(path: Path, cells: set[str]) -> bool:
    """Whether a file is named by a cell, and was written as such or by an older us."""
    try:
        with safetensors.safe_open(path, "numpy") as file:
            words = file.metadata()
    except (safetensors.SafetensorError, OSError):
        words = None  # damaged: its name tells
    named = any(path.stem == cell or path.stem.startswith(f"{cell}-") for cell in cells)
    return named and (not words or words.get("cell") == path.stem)
