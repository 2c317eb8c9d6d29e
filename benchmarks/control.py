"""EvoJAX's benchmark, redone: evolution strategies on control and classification.

Cart-pole swing-up (easy, hard), digits (of scikit-learn, or MNIST where the HuggingFace
hub can be reached) and brax's ant, each with PGPE, OpenAI-ES, separable CMA-ES and a
simple GA at EvoJAX's settings; the score along the way, and the time to EvoJAX's
targets.

    python -m benchmarks.control                        # two hours on two cores
    python -m benchmarks.control --to-target            # ends runs at the last target
    python -m benchmarks.control --tasks easy --methods pgpe --seeds 1
    python -m benchmarks.control --to-target --tasks easy --peers evojax evosax
    python -m benchmarks.control --tasks ant --generations 10 --episodes 1
"""

import time
from dataclasses import asdict, dataclass
from pathlib import Path

import tyro

from benchmarks._start import Device, interruptible, start

TASKS = ("easy", "hard", "digits")
METHODS = ("pgpe", "open_es", "sep_cma_es", "simple_ga")


@dataclass(frozen=True)
class Args:
    """Evolution strategies on EvoJAX's tasks."""

    tasks: tuple[str, ...] = TASKS
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
    out: Path = Path("results/control")
    """Folder of the results."""
    resume: bool = True
    """Keep the finished runs of the folder."""
    smoke: bool = False
    """Tiny sizes, to see that everything works."""


def main(args: Args) -> None:
    """Run what is not finished, print and write the tables and the figure."""
    began = time.perf_counter()
    if args.smoke:
        args = Args(**{**vars(args), "seeds": 2, "generations": 10, "episodes": 1})
    start(args.device)
    # Imported here: --help answers before JAX is loaded.
    from benchmarks._control_report import write_report
    from benchmarks._control_runs import run_all
    from benchmarks._control_tasks import TASKS
    from benchmarks._store import Store

    check(args)
    store = Store(args.out, settings_of(args), args.resume)
    tasks = [TASKS[name](args.episodes) for name in args.tasks]
    with interruptible(args.out):
        rows = run_all(args, store, tasks)
    write_report(args, store, tasks, rows, time.perf_counter() - began)


def check(args: Args) -> None:
    """Refuse what cannot be run.

    Raises:
        SystemExit: naming the option, its value and the remedy.
    """
    from benchmarks._control_methods import LABELS
    from benchmarks._control_peers import PEERS
    from benchmarks._control_tasks import TASKS
    from benchmarks.peers._control_loop import TEST_EVERY

    for name, known in (("tasks", TASKS), ("methods", LABELS), ("peers", PEERS)):
        values = getattr(args, name)
        if not set(values) <= set(known) or not (values or name == "peers"):
            raise SystemExit(f"--{name} {' '.join(values)}: choose from {[*known]}.")
    for name in ("seeds", "generations", "episodes"):
        value = getattr(args, name)
        if value is not None and value < 1:
            raise SystemExit(f"--{name} {value} must be at least 1.")
    if args.generations is not None and args.generations < TEST_EVERY:
        raise SystemExit(
            f"--generations {args.generations} must be at least {TEST_EVERY}: every "
            f"{TEST_EVERY}th is tested, and there would be no score."
        )


def settings_of(args: Args) -> dict:
    """What decides a run; tasks, methods and seeds may be added to a folder."""
    ignored = {"tasks", "methods", "peers", "seeds", "out", "resume", "device"}
    return {name: value for name, value in asdict(args).items() if name not in ignored}


if __name__ == "__main__":
    main(tyro.cli(Args, prog="python -m benchmarks.control", description=__doc__))
