"""The options of `python -m benchmarks.control`."""

import importlib.util
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.control.peers.loop import TEST_EVERY
from benchmarks.shared import options
from benchmarks.shared.command import Device

TASKS = ("easy", "hard", "digits", "mnist", "ant")
METHODS = ("pgpe", "open_es", "sep_cma_es", "simple_ga")
# EvoJAX's other strategies import names that evosax has given up since.
PEERS = {
    "evojax": ("pgpe", "simple_ga"),
    "evosax": ("pgpe", "open_es", "sep_cma_es"),
}


@dataclass(frozen=True)
class Args:
    """Evolution strategies on EvoJAX's tasks."""

    tasks: tuple[str, ...] = ("easy", "hard", "digits")
    """Of easy, hard (cart-pole swing-up), digits, mnist, ant."""
    methods: tuple[str, ...] = METHODS
    """Of pgpe, open_es, sep_cma_es, simple_ga."""
    peers: tuple[str, ...] = ()
    """Of evojax, evosax: the swing-ups again by them (extra bench-peers). EvoJAX takes
    an hour for five seeds of PGPE on one task."""
    seeds: int = 5
    """Independent runs of every method on every task."""
    generations: int | None = None
    """Of a run; None makes as many as EvoJAX: 1000 (swing-ups), 2000 (digits, mnist),
    1200 (ant)."""
    episodes: int = 16
    """Episodes that each member plays in a generation."""
    to_target: bool = False
    """End a run when its last target is reached."""
    device: Device = "auto"
    """Where to run; a CPU uses all its cores."""
    out: options.Folder = Path("results/control")
    """Folder of the results."""
    resume: bool = True
    """Keep the finished runs of the folder."""
    smoke: bool = False
    """Tiny sizes, to see that everything works."""

    def check(self) -> None:
        """Refuse what cannot be run, naming option, value and remedy."""
        choices = (("tasks", TASKS), ("methods", METHODS), ("peers", PEERS))
        for name, known in choices:
            values = getattr(self, name)
            if not set(values) <= set(known) or not (values or name == "peers"):
                raise SystemExit(
                    f"--{name} {' '.join(values)}: choose from {[*known]}."
                )
            options.no_repeats(self, name)
        for peer in self.peers:
            if importlib.util.find_spec(peer) is None:
                raise SystemExit(
                    f"--peers {peer} is not installed; pip install "
                    "'neurojax[bench-peers]', or leave it out."
                )
        options.at_least(1, self, "seeds", "generations", "episodes")
        if self.generations is not None and self.generations < TEST_EVERY:
            raise SystemExit(
                f"--generations {self.generations} must be at least {TEST_EVERY}: "
                f"every {TEST_EVERY}th is tested, and there would be no score."
            )

    def smaller(self) -> "Args":
        """The same command at sizes that take seconds."""
        return replace(self, seeds=2, generations=10, episodes=1)

    def settings(self) -> dict[str, Any]:
        """What decides a run; tasks, methods and seeds may be added to a folder."""
        return options.settings_without(self, "tasks", "methods", "peers", "seeds")
