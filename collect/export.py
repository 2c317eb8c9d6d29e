"""`python -m collect export`: recordings as one parquet file, for training."""

import re
from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

__all__ = ["Export"]


@dataclass(frozen=True)
class Export:
    """Write recordings of one task as a parquet file that neurojax.data.load reads."""

    out: Path
    """The parquet file; one that is there is replaced."""
    paths: Positional[tuple[Path, ...]] = (Path("recordings"),)
    """Recordings (.jsonl) of one task, or folders of them."""
    incomplete: bool = False
    """Also write episodes that were broken off."""
    push: str | None = None
    """Also push it to a private data set OWNER/NAME on the HuggingFace hub."""

    def run(self) -> None:
        """Write the file, then push it if asked to.

        Raises:
            ValueError: if a name is wrong, tasks are mixed, or nothing is left to
                write.
            ConnectionError: if the hub does not take it; the file is written then.
        """
        # Imported here: --help answers before pyarrow is loaded.
        from collect._export_table import to_table, write
        from collect._files import plural, read_journals
        from neurojax.storage.paths import user_path

        self._check()
        out = user_path("--out", self.out)
        recordings = [played.recording for played in read_journals(self.paths)]
        table = to_table(recordings, incomplete=self.incomplete)
        write(table, out)
        episodes = int(sum(table["episode_starts"].to_pylist()))
        steps = plural(table.num_rows, "step")
        print(f"Wrote {plural(episodes, 'episode')}, {steps} to {out}.")
        if self.push is not None:
            from collect._hub import push

            push(table, self.push, out)
            print(f"Pushed to the private data set {self.push}.")

    def _check(self) -> None:
        if self.out.suffix != ".parquet":
            raise ValueError(f"--out {self.out} must end in .parquet.")
        if self.push is not None and not re.fullmatch(r"[\w.-]+/[\w.-]+", self.push):
            raise ValueError(
                f"--push {self.push} must be OWNER/NAME, a data set of the HuggingFace "
                "hub."
            )
