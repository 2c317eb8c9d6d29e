"""A study's command: options in, a folder of results and a report out."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, Protocol, Self, TypeVar

import tyro

Device = Literal["auto", "cpu", "gpu", "tpu"]

# Wide vectors make activations a third faster on a CPU with AVX-512; others ignore it.
CPU_FLAG = "--xla_cpu_prefer_vector_width=512"


class Options(Protocol):
    """What every study's `Args` has, beside options of its own."""

    @property
    def out(self) -> Path:
        """Folder of the results."""
        ...

    @property
    def resume(self) -> bool:
        """Whether finished cells of the folder are kept."""
        ...

    @property
    def smoke(self) -> bool:
        """Whether `smaller` is run instead."""
        ...

    def check(self) -> None:
        """Raise SystemExit naming an option that no study can have, and the remedy."""
        ...

    def smaller(self) -> Self:
        """The same command at sizes that take seconds."""
        ...

    def settings(self) -> dict[str, Any]:
        """What decides the results: a folder keeps one set of them."""
        ...


A = TypeVar("A", bound=Options)


def command(options: type[A], run: Callable[[A], None], doc: str | None) -> None:
    """Run what the command line asks for.

    Args:
        options: the study's `Args`, from its file `args.py`.
        run: takes them, checked, and small if `--smoke`.
        doc: the study's docstring, for `--help`.
    """
    study = options.__module__.rpartition(".")[0]
    args = tyro.cli(options, prog=f"python -m {study}", description=doc)
    args = args.smaller() if args.smoke else args
    args.check()
    run(args)


def run_study(study: Any, write_report: Callable[..., None], args: Options) -> None:
    """Train what is not finished and write the report.

    Args:
        study: its class; `of(args)` checks and loads, `run()` returns rows.
        write_report: takes study, rows and the seconds that all took.
        args: as checked.

    Raises:
        SystemExit: if an argument cannot be met, with the remedy.
    """
    began = time.perf_counter()
    try:
        opened = study.of(args)
    except (ValueError, ImportError, OSError) as error:
        raise SystemExit(str(error)) from None
    with interruptible(args.out):
        rows = opened.run()
        write_report(opened, rows, time.perf_counter() - began)


def start(device: Device) -> None:
    """Choose the kind of device and, on a CPU, use all its cores.

    To be called before JAX is imported.

    Raises:
        SystemExit: if there is no device of that kind.
    """
    if device != "auto":
        os.environ["JAX_PLATFORMS"] = {"gpu": "cuda"}.get(device, device)
    import jax

    from neurojax.parallel import add_xla_flags, use_all_cores

    add_xla_flags(CPU_FLAG)
    use_all_cores()
    try:
        jax.devices()
    except RuntimeError as error:
        raise SystemExit(
            f"--device {device}: JAX finds no such device here ({error}). Use --device "
            "auto or cpu."
        ) from None


@contextlib.contextmanager
def interruptible(out: Path) -> Iterator[None]:
    """Ctrl-C ends the command with a word on where its results are."""
    try:
        yield
    except KeyboardInterrupt:
        print(
            f"\nInterrupted. Finished cells are kept in {out}; the same command "
            "goes on from there.",
            file=sys.stderr,
        )
        raise SystemExit(130) from None
