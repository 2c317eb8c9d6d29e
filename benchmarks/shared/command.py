"""A study's command: options in, a folder of results and a report out."""

import contextlib
import dataclasses
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Protocol, Self, TypeVar

import tyro

from benchmarks.shared.endings import signals_raised, told
from benchmarks.shared.options import flag, shown
from neurojax.storage.failures import in_words

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

    Raises:
        SystemExit: of status 2 where the words cannot be read, 1 where they cannot be
            met, 128 and the signal's number where one ended it.
    """
    prog = f"python -m {study_of(options)}"
    args = tyro.cli(options, prog=prog, description=doc)
    args.check()
    if args.smoke:
        args = _smaller(args)
        args.check()
    with signals_raised(), told(args.out):
        run(args)


def study_of(options: type) -> str:
    """The module of a study, by its `Args`."""
    return options.__module__.rpartition(".")[0]


def _smaller(args: A) -> A:
    """The small sizes; an option that was given and does not count is named."""
    small = args.smaller()
    for field in dataclasses.fields(args):  # pyright: ignore[reportArgumentType]
        given, used = getattr(args, field.name), getattr(small, field.name)
        if used != given != field.default:
            print(
                f"--smoke replaces {flag(field.name)} {shown(given)} by {shown(used)}.",
                file=sys.stderr,
            )
    return small


def run_study(study: Any, write_report: Callable[..., None], args: Options) -> None:
    """Train what is not finished and write the report.

    Args:
        study: its class; `of(args)` checks and loads, `run()` returns rows, and its
            `store` is closed at the end.
        write_report: takes study, rows and the seconds that all took.
        args: as checked.

    Raises:
        SystemExit: if an argument cannot be met, with the remedy.
    """
    began = time.perf_counter()
    with told(args.out):
        try:
            opened = study.of(args)
        except (ValueError, ImportError, OSError) as error:
            raise SystemExit(in_words(error)) from None
        with contextlib.closing(opened.store):
            rows = opened.run()
            opened.store.check_folder()
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
    except (RuntimeError, AssertionError) as error:  # the latter where CUDA is missing
        raise SystemExit(
            f"--device {device}: JAX finds no such device here ({_wanted(error)}). Use "
            "--device cpu."
        ) from None


def _wanted(error: Exception) -> str:
    platforms = os.environ.get("JAX_PLATFORMS")
    return str(error) or f"JAX_PLATFORMS={platforms}"
