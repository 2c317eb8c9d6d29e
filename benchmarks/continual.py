"""Models of a person's play over days: does it help to know session and run?

Fits networks to each person's play of each task, by gradient descent and by a genetic
algorithm, with and without the number of session and run as inputs; predicts held-out
episodes, plays them again from the same seeds, and compares both with the person.

    python -m benchmarks.continual                        # synthetic subjects, 10 seeds
    python -m benchmarks.continual --data recordings      # what `collect` recorded
    python -m benchmarks.continual --split forward        # the past predicts the future
    python -m benchmarks.continual --protocol seed        # the study it began with
"""

import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import tyro

from benchmarks._start import Device, interruptible, start


@dataclass(frozen=True)
class Args:
    """People's play predicted and continued, with and without session and run."""

    protocol: Literal["fair", "seed"] = "fair"
    """`fair`: validation picks the checkpoint, one initialisation, no drift of sigma.
    `seed`: the reference program: no validation, the last network, rate 1e-3, batches
    of 3200 and the misindexed best of the GA."""
    data: str = "synthetic"
    """`synthetic`: made-up subjects, no people. Or a folder of recordings."""
    tasks: tuple[str, ...] = ()
    """CartPole-v1, MountainCar-v0, Acrobot-v1, LunarLander-v3. Empty: all there are."""
    subjects: tuple[str, ...] = ()
    """Whose play. Empty: all there are."""
    methods: tuple[str, ...] = ("sgd", "simple_ga_adaptive", "adam")
    """Among sgd, adam and simple_ga_adaptive."""
    inputs: tuple[
        Literal["plain", "info", "shuffled", "previous", "recurrent"], ...
    ] = ()
    """What networks are given: `plain` observations; `info`: session and run too;
    `shuffled`: those of another episode, a control; `previous`: the last action;
    `recurrent`: plain, with a memory. Empty: plain and info, and all for adam."""
    split: Literal["fair", "seed", "forward"] | None = None
    """Held-out episodes: `seed` a tenth of each session; `fair` the same, with
    validation inside the training sessions; `forward` each session after the first,
    from those before it. Not given: the protocol's."""
    features: Literal["own", "median"] = "own"
    """Session and run that networks are told at play: the episode's own, or the median
    of all test episodes."""
    seeds: int = 10
    """Independent trainings of every model."""
    rollouts: int = 100
    """Times that every final network plays every held-out episode; actions are drawn
    from the softmax."""
    progress_rollouts: int = 5
    """As many along training, for the curves."""
    flops: float = 3e9
    """Matmul FLOPs of a training, forward and backward; measuring is not counted."""
    device: Device = "auto"
    """Where to run; a CPU uses all its cores."""
    out: Path = Path("results/continual")
    """Folder of the results, to which tasks, subjects, methods and inputs may be
    added later."""
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
    from benchmarks._continual_report import write_report
    from benchmarks._continual_study import Study

    study = Study.of(args)
    with interruptible(args.out):
        rows = study.run()
        write_report(study, rows, time.perf_counter() - began)


def check(args: Args) -> None:
    """Refuse what no study can have.

    Raises:
        SystemExit: naming the option, its value and the remedy.
    """
    from benchmarks._continual_study import RATES
    from neurojax.names import unknown_name

    if not args.methods:
        raise SystemExit("--methods is empty; name at least one.")
    for name in args.methods:
        if name not in RATES:
            raise SystemExit(str(unknown_name("--methods", name, RATES)))
    for option in ("tasks", "subjects", "methods", "inputs"):
        values = getattr(args, option)
        if len(set(values)) < len(values):
            raise SystemExit(f"--{option} {' '.join(values)} names one twice.")
    for option in ("seeds", "rollouts", "progress_rollouts"):
        if getattr(args, option) < 1:
            name = option.replace("_", "-")
            raise SystemExit(f"--{name} {getattr(args, option)} must be at least 1.")
    if not 1e6 <= args.flops < 1e16:
        raise SystemExit(f"--flops {args.flops:g} must lie in [1e6, 1e16).")
    if args.protocol == "seed" and args.split == "fair":
        raise SystemExit(
            "--split fair sets validation episodes apart, which --protocol seed does "
            "not use; leave --split out."
        )


def smaller(args: Args) -> Args:
    """The same command at sizes that take seconds."""
    return replace(
        args,
        tasks=args.tasks or ("CartPole-v1",),
        subjects=args.subjects or ("synthetic01",) * (args.data == "synthetic"),
        inputs=args.inputs or ("plain", "info"),
        seeds=2,
        rollouts=4,
        progress_rollouts=2,
        flops=2e7,
    )


def settings_of(args: Args) -> dict[str, object]:
    """What decides the values of a cell; a folder keeps one set of them."""
    ignored = {"tasks", "subjects", "methods", "inputs", "device", "out", "resume"}
    given = asdict(args)
    return {n: v for n, v in given.items() if n not in ignored | {"smoke"}}


if __name__ == "__main__":
    main(tyro.cli(Args, prog="python -m benchmarks.continual", description=__doc__))
