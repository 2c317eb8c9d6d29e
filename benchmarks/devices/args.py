"""The options of `python -m benchmarks.devices`."""

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.shared import options

STRATEGIES = ("SimpleGA", "SimpleES", "Open_ES")
# More devices than cores show what travels, but no speed; JAX aborts at hundreds.
DEVICES_PER_CORE = 8


@dataclass(frozen=True)
class Args:
    """Time populations on layouts of processes and devices."""

    layouts: tuple[str, ...] = ("1x1", "1x2", "2x1")
    """PROCESSESxDEVICES each; the first is what the others are compared with. There may
    be eight devices for each core."""
    strategies: tuple[str, ...] = STRATEGIES
    """Of neurojax, or of evosax."""
    repeats: int = 5
    """Timed repeats of each, of which the median counts."""
    out: options.Folder = Path("results/devices")
    """Folder of the results."""
    resume: bool = True
    """Keep the timings of the folder that are done."""
    smoke: bool = False
    """Two small populations, timed once, to see that everything works."""

    def check(self) -> None:
        """Refuse arguments that cannot be meant, naming option and value."""
        options.not_empty(self, "layouts", "strategies")
        options.at_least(1, self, "repeats")
        options.no_repeats(self, "layouts", "strategies")
        for name in self.layouts:
            _check_layout(name)
        for name in self.strategies:
            if name not in STRATEGIES:
                raise SystemExit(
                    f"--strategies {name!r} is unknown; choose from {STRATEGIES}."
                )

    def smaller(self) -> "Args":
        """Two small populations, timed once."""
        return replace(self, repeats=1)

    def settings(self) -> dict[str, Any]:
        """What decides a timing; layouts and strategies may be added to a folder."""
        return options.settings_without(self, "layouts", "strategies")


def _check_layout(name: str) -> None:
    if not re.fullmatch("[1-9][0-9]*x[1-9][0-9]*", name):
        raise SystemExit(f"--layouts {name!r} must be PROCESSESxDEVICES, like 2x1.")
    processes, devices = map(int, name.split("x"))
    most = DEVICES_PER_CORE * (os.cpu_count() or 1)
    if processes * devices > most:
        raise SystemExit(
            f"--layouts {name!r} has {processes * devices} devices; this machine's "
            f"{os.cpu_count()} cores can stand for {most} at most."
        )
