"""`python -m collect verify`: do the recordings replay exactly?"""

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

__all__ = ["Verify"]


@dataclass(frozen=True)
class Verify:
    """Replay every episode in gymnasium and compare every number, bit for bit."""

    paths: Positional[tuple[Path, ...]] = (Path("recordings"),)
    """Recordings (.jsonl), or folders of them."""

    def run(self) -> None:
        """Print a line for each file, and the first difference of each bad episode.

        Raises:
            SystemExit: with code 1, if a file is damaged or an episode differs.
        """
        # Imported here: --help answers before gymnasium is loaded.
        from collect._files import find_journals
        from collect._reproduction import verify_file

        is_sound = [verify_file(path) for path in find_journals(self.paths)]
        if not all(is_sound):
            raise SystemExit(1)
