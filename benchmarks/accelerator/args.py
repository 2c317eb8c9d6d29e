"""The options of `python -m benchmarks.accelerator`."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.accelerator.works import PEERS, WORKS
from benchmarks.shared import options
from benchmarks.shared.command import Device


@dataclass(frozen=True)
class Args:
    """Measure populations on the device that is there."""

    minutes: float = 8.0
    """For everything; a row that is known to end later is not begun."""
    populations: tuple[int, ...] = (256, 1024, 4096, 16_384, 65_536)
    """Members."""
    works: tuple[str, ...] = tuple(WORKS)
    """What is evaluated."""
    peers: tuple[str, ...] = PEERS
    """Of evosax, evojax, qdax; one that does not import is left out and named."""
    target: bool = True
    """Whether PGPE is run until it swings the pole up (`benchmarks.control`)."""
    seconds: float = 0.3
    """Length of one repeat."""
    repeats: int = 3
    """Timed repeats of each row, of which the median counts."""
    device: Device = "auto"
    """Where to run; a CPU uses all its cores."""
    out: options.Folder = Path("results/accelerator")
    """Folder of the results."""
    resume: bool = True
    """Keep the rows of the folder that are done."""
    smoke: bool = False
    """Tiny sizes, to see that everything works."""

    def check(self) -> None:
        """Refuse arguments that cannot be meant, naming option and value."""
        for name, known in (("works", tuple(WORKS)), ("peers", PEERS)):
            for value in getattr(self, name):
                if value not in known:
                    raise SystemExit(
                        f"--{name} {value!r} is unknown; choose from {[*known]}."
                    )
            options.no_repeats(self, name)
        options.not_empty(self, "works", "populations")
        options.no_repeats(self, "populations")
        options.at_least(1, self, "repeats", "populations")
        options.above_zero(self, "minutes", "seconds")

    def smaller(self) -> "Args":
        """One population of a few members, in a minute."""
        return replace(
            self,
            minutes=1.0,
            populations=(8,),
            works=("play_cartpole",),
            peers=("evosax",),
            target=False,
            seconds=0.01,
            repeats=1,
        )

    def settings(self) -> dict[str, Any]:
        """What decides a row; more rows may be added to a folder."""
        added = ("minutes", "populations", "works", "peers", "target")
        return options.settings_without(self, *added)
