"""The options of `python -m benchmarks.f1_signal`."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.shared import options
from benchmarks.shared.command import Device


@dataclass(frozen=True)
class Args:
    """Signal and noise of a population's fitness."""

    task: options.TaskName = "CartPole-v1"
    """CartPole-v1 or LunarLander-v3."""
    data: options.Data = "expert"
    """`expert` (made here, cached), `huggingface`, or a .parquet/.jsonl/.npz file."""
    pairs: int = 100_000
    """Training rows; values on all of them are the truth."""
    steps: tuple[int, ...] = (0, 300, 10_000)
    """Adam steps (rate 1e-3, batch 64) after which the parent is mutated."""
    batch_sizes: tuple[int, ...] = (32, 3200)
    """Rows of an estimate, below `--pairs`."""
    members: int = 200
    """Mutants of each parent."""
    mutation_std: float = 1e-3
    """Standard deviation of every weight's mutation."""
    repeats: int = 50
    """Batches that each estimate is repeated on."""
    seeds: int = 5
    """Independent parents."""
    device: Device = "auto"
    """Where to run; a CPU uses all its cores."""
    out: options.Folder = Path("results/f1_signal")
    """Folder of the results."""
    resume: bool = True
    """Keep the finished stages of the folder."""
    smoke: bool = False
    """Tiny sizes, to see that everything works."""

    def check(self) -> None:
        """Refuse numbers that nothing can be measured with, naming the remedy."""
        options.not_empty(self, "steps", "batch_sizes")
        options.no_repeats(self, "steps", "batch_sizes")
        options.at_least(0, self, "steps")
        options.at_least(1, self, "seeds", "batch_sizes")
        options.at_least(2, self, "pairs", "members", "repeats")
        options.above_zero(self, "mutation_std")
        if max(self.batch_sizes) >= self.pairs:
            raise SystemExit(
                f"--batch-sizes {max(self.batch_sizes)} must lie below --pairs "
                f"{self.pairs}: the truth has no noise; lower the one or raise the "
                "other."
            )

    def smaller(self) -> "Args":
        """The same command at sizes that take seconds."""
        return replace(
            self,
            pairs=500,
            steps=(0, 20),
            batch_sizes=(32, 100),
            members=8,
            repeats=3,
            seeds=2,
        )

    def settings(self) -> dict[str, Any]:
        """What decides a stage; stages may be added to a folder."""
        return options.settings_without(self, "steps", "smoke")
