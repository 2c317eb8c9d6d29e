"""The options of `python -m benchmarks.throughput`."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.shared import options
from benchmarks.throughput.works import WORKS


@dataclass(frozen=True)
class Args:
    """Time neurojax and its peers."""

    works: tuple[str, ...] = tuple(WORKS)
    """What to time."""
    repeats: int = 5
    """Timed repeats of each, of which the median counts."""
    seconds: float = 1.0
    """Length of one repeat."""
    fraction: float = 1.0
    """Share of PyTorch's long sweeps that is run; the rest is extrapolated."""
    out: options.Folder = Path("results/throughput")
    """Folder of the results."""
    resume: bool = True
    """Keep the timings of the folder that are done."""
    smoke: bool = False
    """One short work, to see that everything works."""

    def check(self) -> None:
        """Refuse arguments that cannot be meant, naming option and value."""
        for name in self.works:
            if name not in WORKS:
                raise SystemExit(
                    f"--works {name!r} is unknown; choose from {[*WORKS]}."
                )
        options.not_empty(self, "works")
        options.no_repeats(self, "works")
        options.at_least(1, self, "repeats")
        options.above_zero(self, "seconds", "fraction")
        if self.fraction > 1:
            raise SystemExit(f"--fraction {self.fraction:g} must be at most 1.")

    def smaller(self) -> "Args":
        """One short work."""
        return replace(self, works=("ga_ce_32",), repeats=1, seconds=0.1, fraction=0.05)

    def settings(self) -> dict[str, Any]:
        """What decides a timing; works may be added to a folder."""
        return options.settings_without(self, "works")
