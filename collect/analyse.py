"""`python -m collect analyse`: what was played, as a table and as figures."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

__all__ = ["Analyse"]


@dataclass(frozen=True)
class Analyse:
    """Describe recordings: a table of all, and a figure of each."""

    paths: Positional[tuple[Path, ...]] = (Path("recordings"),)
    """Recordings (.jsonl), or folders of them."""
    out: Path = Path("results/analysis")
    """Folder of the table and the figures."""

    def run(self) -> None:
        """Print the table; write it and the figures."""
        # Imported here: --help answers before matplotlib is loaded.
        from collect._analysis import table
        from collect._files import read_journals
        from collect._panels import draw
        from neurojax.data.recordings.journal import journal_path
        from neurojax.storage.atomic import write_atomically
        from neurojax.storage.paths import user_path

        out = user_path("--out", self.out)
        recordings = [played.recording for played in read_journals(self.paths)]
        text = table(recordings)
        print(text)
        command = shlex.join(["python", "-m", "collect", *sys.argv[1:]])
        footer = f"\nMade by `{command}`.\n"
        write_atomically(out / "table.md", (text + footer).encode())
        drawn = [recording for recording in recordings if recording.episodes]
        for recording in drawn:
            path = journal_path(out, recording.task, recording.subject)
            write_atomically(path.with_suffix(".png"), draw(recording))
        print(f"Wrote table.md and {len(drawn)} .png to {out}.")
