"""A cell that is being trained: its last checkpoint, and the rows that led to it."""

import json
from pathlib import Path
from typing import Any

from benchmarks.shared.cell import Plan
from benchmarks.shared.ownership import ROWS, Made
from benchmarks.shared.rows import Row
from neurojax.storage.damaged import DamagedFileError
from neurojax.storage.sealed import read_json, write_json
from neurojax.training import Checkpoint, Chunk, History, restore


class HalfDone:
    """The folder of one cell that is not finished.

    Args:
        folder: of the checkpoints and rows; need not be there.
        config: of the cell, as JSON values.
        made: what decides the cell; None accepts any.
    """

    def __init__(self, folder: Path, config: dict[str, Any], made: Made | None) -> None:
        self._folder, self._config, self._made = folder, config, made
        self._checkpoint = Checkpoint(folder, every_seconds=0.0, config=config)
        self._again = f"Delete {folder}: its cell is trained again from the start."

    def open(self, plan: Plan, generation: int) -> None:
        """Make the folder."""
        self._checkpoint.open(plan.points[-1], generation)

    def save(self, state: Any, history: History, rows: list[Row]) -> None:
        """Rows first: a kill in between leaves more rows than the checkpoint needs."""
        words = self._made.words if self._made else {}
        write_json(self._folder / ROWS, {"rows": rows, **words})
        generation, seconds = int(state.generation), history.run_seconds
        self._checkpoint.update(
            Chunk(state, {}, lambda: history, generation, generation, seconds)
        )

    def restored(self, like: Any, plan: Plan) -> tuple[Any, History, list[Row]] | None:
        """State, history and rows to go on from; None if there are none.

        Raises:
            DamagedFileError: naming the file and the remedy, if they are damaged, of
                another state, of other settings or of other data.
        """
        if not self._folder.exists():
            return None
        try:
            found = restore(self._folder, like, self._config)
        except ValueError as error:
            raise DamagedFileError(f"{error} {self._again}") from None
        if found is None:
            return None
        return *found, self._rows(int(found[0].generation), plan)

    def _rows(self, generation: int, plan: Plan) -> list[Row]:
        """The rows measured up to a generation."""
        path = self._folder / ROWS
        try:
            content = self._read(path)
        except FileNotFoundError:
            raise DamagedFileError(f"{path} is missing. {self._again}") from None
        if self._made and "made_of" in content and not self._made.fits(content):
            raise DamagedFileError(
                f"{path} is of other settings or data. {self._again}"
            )
        rows = [
            row for row in content.get("rows", []) if row["generation"] <= generation
        ]
        due = {point for point in plan.points if point <= generation}
        if due - {row["generation"] for row in rows}:
            raise DamagedFileError(f"{path} lacks rows. {self._again}")
        return rows

    def _read(self, path: Path) -> dict[str, Any]:
        """Rows and words; older versions wrote a list of rows alone."""
        data = path.read_bytes()
        if not data.lstrip().startswith(b"["):
            return read_json(path, self._again)
        try:
            rows = json.loads(data)
            [row["generation"] for row in rows]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise DamagedFileError(
                f"{path} is damaged ({error}). {self._again}"
            ) from None
        return {"rows": rows}
