"""The options of `python -m benchmarks.scaling`."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from benchmarks.shared import options
from benchmarks.shared.command import Device

METHODS = ("adam", "sgd", "simple_ga", "simple_es", "snes", "sep_cma_es")


@dataclass(frozen=True)
class Args:
    """Behaviour cloning against data, capacity and compute."""

    protocol: Literal["fair", "reference"] = "fair"
    """`fair`: same subsets and budgets, tuned scales. `reference`: Adam for 150 epochs
    against a tournament GA for 100 generations, as in the study this began with."""
    axis: Literal["dataset-size", "width", "compute"] = "dataset-size"
    """What grows: training pairs, hidden units (at `--size` pairs), or FLOPs."""
    task: options.TaskName = "CartPole-v1"
    """CartPole-v1 or LunarLander-v3."""
    data: options.Data = "expert"
    """`expert` (made here, cached), `huggingface`, or a .parquet/.jsonl/.npz file."""
    methods: tuple[str, ...] = METHODS
    """Fair protocol: adam, sgd, simple_ga, simple_ga_adaptive, simple_es, or any
    evosax algorithm in snake case, such as pgpe or snes. Those with a full covariance
    (cma_es, xnes) take seconds a generation at the study's 2500 parameters."""
    sizes: tuple[int, ...] = (100, 300, 1000, 3000, 10000, 30000)
    """Training pairs, for the axis dataset-size."""
    widths: tuple[int, ...] = (4, 8, 16, 32, 64, 128)
    """Units of the first hidden layer (the second has half), for the axis width."""
    size: int = 3000
    """Training pairs, for the axes width and compute."""
    seeds: int = 10
    """Independent runs of every cell."""
    budget: Literal["flops", "updates", "seconds"] = "flops"
    """Fair protocol: the budget that figure and fits are drawn at."""
    flops: float = 6e10
    """Matmul FLOPs of one run."""
    updates: int = 750
    """Gradient steps or generations of one run."""
    seconds: float = 0.75
    """Seconds of one run on one device, without compiling and measuring."""
    episodes: int = 20
    """Seeded episodes that every network plays, each time it is measured."""
    device: Device = "auto"
    """Where to run; a CPU uses all its cores."""
    out: options.Folder = Path("results/scaling")
    """Folder of the results."""
    resume: bool = True
    """Keep finished cells of the folder and go on with a killed one."""
    smoke: bool = False
    """Tiny sizes, to see that everything works."""

    def check(self) -> None:
        """Refuse numbers that no study can have, naming option, value and remedy."""
        options.not_empty(self, "methods", "sizes", "widths")
        options.no_repeats(self, "methods", "sizes", "widths")
        whole = ("seeds", "size", "updates", "episodes", "sizes", "widths")
        options.at_least(1, self, *whole)
        options.above_zero(self, "flops", "seconds")

    def smaller(self) -> "Args":
        """The same command at sizes that take well under a minute."""
        return replace(
            self,
            sizes=(50, 100),
            widths=(4, 8),
            size=100,
            seeds=2,
            flops=self.flops / 300,
            updates=8,
            seconds=0.01,
            episodes=2,
        )

    def settings(self) -> dict[str, Any]:
        """What decides the results: a folder keeps one set of them."""
        ignored = {"budget"}
        if self.protocol == "reference":  # it brings its own
            ignored |= {"methods", "flops", "updates", "seconds"}
        grown = {"dataset-size": {"widths", "size"}, "width": {"sizes"}}
        ignored |= grown.get(self.axis, {"sizes", "widths"})
        return options.settings_without(self, *ignored)
