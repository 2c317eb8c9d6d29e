"""Scaling laws of behaviour cloning: gradient descent against neuroevolution.

Trains networks to choose the action that an expert chose, by every method, for
growing data sets, networks or budgets, over several seeds; measures the match with the
expert on unseen episodes and the return when the network plays.

    python -m benchmarks.scaling                     # the fair protocol, a few minutes
    python -m benchmarks.scaling --protocol seed     # the study it began with
    python -m benchmarks.scaling --axis width        # metric against network capacity
    python -m benchmarks.scaling --methods adam simple_ga pgpe --task LunarLander-v3
"""

import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import tyro

from benchmarks._start import Device, interruptible, start

METHODS = ("adam", "sgd", "simple_ga", "simple_es", "snes", "sep_cma_es")


@dataclass(frozen=True)
class Args:
    """Behaviour cloning against data, capacity and compute."""

    protocol: Literal["fair", "seed"] = "fair"
    """`fair`: same subsets and budgets, tuned scales. `seed`: Adam for 150 epochs
    against a tournament GA for 100 generations, as in the study this began with."""
    axis: Literal["dataset-size", "width", "compute"] = "dataset-size"
    """What grows: training pairs, hidden units (at `--size` pairs), or FLOPs."""
    task: str = "CartPole-v1"
    """CartPole-v1 or LunarLander-v3."""
    data: str = "expert"
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
    out: Path = Path("results/scaling")
    """Folder of the results."""
    resume: bool = True
    """Keep finished cells of the folder and go on with a killed one."""
    smoke: bool = False
    """Tiny sizes, to see that everything works."""


def main(args: Args) -> None:
    """Run the study and write its folder."""
    began = time.perf_counter()
    args = smaller(args) if args.smoke else args
    start(args.device)
    # Imported here: --help answers before JAX is loaded.
    from benchmarks._report import write_report
    from benchmarks._study import Study

    study = Study.of(args)
    with interruptible(args.out):
        rows = study.run()
    write_report(study, rows, time.perf_counter() - began)


def check(args: Args) -> None:
    """Refuse numbers that no study can have.

    Raises:
        SystemExit: naming the option, its value and the remedy.
    """
    for name in ("methods", "sizes", "widths"):
        if not getattr(args, name):
            raise SystemExit(f"--{name} is empty; name at least one.")
    whole = {"seeds", "size", "updates", "episodes"}
    for name in (*whole, "sizes", "widths", "flops", "seconds"):
        values = getattr(args, name)
        for value in values if isinstance(values, tuple) else (values,):
            if not (math.isfinite(value) and value > 0):
                least = "above 0" if name in ("flops", "seconds") else "at least 1"
                raise SystemExit(f"--{name} {value} must be {least}.")


def smaller(args: Args) -> Args:
    """The same command at sizes that take well under a minute."""
    changes = {
        "sizes": (50, 100),
        "widths": (4, 8),
        "size": 100,
        "seeds": 2,
        "flops": args.flops / 300,
        "updates": 8,
        "seconds": 0.01,
        "episodes": 2,
    }
    return Args(**{**vars(args), **changes})


def settings_of(args: Args) -> dict:
    """What decides the results, so that a folder of other settings is refused."""
    ignored = {"out", "resume", "device", "budget"}
    if args.protocol == "seed":  # it brings its own
        ignored |= {"methods", "flops", "updates", "seconds"}
    grown = {"dataset-size": {"widths", "size"}, "width": {"sizes"}}
    ignored |= grown.get(args.axis, {"sizes", "widths"})
    return {name: value for name, value in asdict(args).items() if name not in ignored}


if __name__ == "__main__":
    main(tyro.cli(Args, prog="python -m benchmarks.scaling", description=__doc__))
