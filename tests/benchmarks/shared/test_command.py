"""A study's command: mistakes in one line, interrupts with a word, jobs kept."""

import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import tyro

from benchmarks.continual.args import Args as Continual
from benchmarks.scaling.args import Args as Scaling
from benchmarks.shared import options
from benchmarks.shared.command import command, run_study, start
from benchmarks.shared.endings import StoppedError, signals_raised, told
from benchmarks.shared.runner import Job, LeftOutError, run_jobs
from benchmarks.shared.store import Store
from neurojax.storage.damaged import DamagedFileError

kept_in = partial(Store, command="benchmarks.toy")


@dataclass(frozen=True)
class Args:
    """Options of a made-up study."""

    out: Path
    sizes: tuple[int, ...] = (3,)
    names: tuple[str, ...] = ("a", "b")
    rate: float = 0.5
    resume: bool = True
    smoke: bool = False

    def check(self):
        options.not_empty(self, "sizes")
        options.at_least(1, self, "sizes")
        options.above_zero(self, "rate")
        options.no_repeats(self, "names")

    def smaller(self):
        return replace(self, sizes=(1,))

    def settings(self):
        return options.settings_without(self, "names")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sizes": ()}, "--sizes is empty; name at least one."),
        ({"sizes": (2, 0)}, "--sizes 0 must be at least 1."),
        ({"rate": float("nan")}, "--rate nan must be a finite number above 0."),
        ({"rate": float("inf")}, "--rate inf must be a finite number above 0."),
        ({"names": ("a", "a")}, "--names names one twice: a a."),
    ],
)
def test_an_option_is_refused_by_its_name_and_value(changes, words, tmp_path):
    Args(tmp_path).check()
    with pytest.raises(SystemExit, match=words):
        replace(Args(tmp_path), **changes).check()


def test_settings_leave_out_where_and_what_may_be_added(tmp_path):
    settings = Args(tmp_path).settings()
    assert settings == {"sizes": (3,), "rate": 0.5, "smoke": False}


class Study:
    """Its folder is missing, or its run is interrupted."""

    error: Exception | None = None
    interrupt: BaseException = KeyboardInterrupt()
    store: Any = None

    @staticmethod
    def of(args):
        if Study.error is not None:
            raise Study.error
        study = Study()
        study.store = kept_in(args.out, args.settings(), args.resume)
        return study

    def run(self):
        raise Study.interrupt


@pytest.mark.parametrize("kind", [ValueError, ImportError, FileNotFoundError])
def test_a_mistake_is_one_line(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(Study, "error", kind("--data x is missing; make it."))
    with pytest.raises(SystemExit) as caught:
        run_study(Study, print, Args(tmp_path))
    assert caught.value.code == "--data x is missing; make it."  # to stderr; status 1


def test_an_interrupt_says_where_results_are(tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        run_study(Study, print, Args(tmp_path))
    assert caught.value.code == 130
    assert str(tmp_path) in capsys.readouterr().err


def test_a_signal_is_told_and_stands_in_the_status(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(Study, "interrupt", StoppedError(signal.SIGTERM))
    with pytest.raises(SystemExit) as caught:
        run_study(Study, print, Args(tmp_path))
    assert caught.value.code == 128 + signal.SIGTERM
    assert "SIGTERM. Finished cells are kept in" in capsys.readouterr().err


def test_signals_are_raised_in_a_command_and_not_after_it():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(StoppedError) as caught, signals_raised():
        signal.raise_signal(signal.SIGTERM)
    assert caught.value.args == (signal.SIGTERM,)
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device", "/full/x"), "/full/x: No space left"),
        (DamagedFileError("a.parquet is damaged; delete it"), "a.parquet is damaged"),
        (ModuleNotFoundError("No module named 'gymnax'", name="gymnax"), "bench"),
        (ImportError("Gymnax needs gymnax: pip install"), "Gymnax needs gymnax"),
    ],
)
def test_what_is_no_fault_of_the_program_is_one_line(error, words, tmp_path):
    with pytest.raises(SystemExit, match=words), told(tmp_path):
        raise error


@pytest.mark.parametrize(
    "error", [ValueError("x"), OSError("x"), ModuleNotFoundError(name="neurojax.x")]
)
def test_a_fault_of_the_program_keeps_its_traceback(error, tmp_path):
    with pytest.raises(type(error)), told(tmp_path):
        raise error


@dataclass(frozen=True)
class Defaults(Args):
    """A made-up study whose folder need not be named."""

    out: Path = Path("results/toy")


def commanded(monkeypatch, *words):
    """What a command with these words runs."""
    monkeypatch.setattr(sys, "argv", ["x", *words])
    found = []
    command(Defaults, found.append, "doc")
    return found[0]


def test_what_smoke_replaces_is_said_if_it_was_given(monkeypatch, capsys):
    assert commanded(monkeypatch, "--smoke").sizes == (1,)
    assert not capsys.readouterr().err
    assert commanded(monkeypatch, "--smoke", "--sizes", "7", "8").sizes == (1,)
    assert "--smoke replaces --sizes 7 8 by 1." in capsys.readouterr().err


def test_a_path_begins_at_home_where_it_says_so():
    args = tyro.cli(Scaling, args=["--out", "~/x", "--data", "~/d.npz"])
    assert args.out == Path.home() / "x"
    assert args.data == str(Path.home() / "d.npz")


@pytest.mark.parametrize("words", [["--out", ""], ["--data", ""]])
def test_an_empty_path_is_refused(words, capsys):
    with pytest.raises(SystemExit):
        tyro.cli(Scaling, args=words)
    assert words[0] in capsys.readouterr().err


def test_a_task_is_known_however_it_is_spelled():
    assert tyro.cli(Scaling, args=["--task", "lunar_lander"]).task == "LunarLander-v3"
    args = tyro.cli(Continual, args=["--tasks", "CartPole", "acrobot"])
    assert args.tasks == ("CartPole-v1", "Acrobot-v1")


def test_a_device_that_is_not_there_is_one_line(monkeypatch):
    def none():
        raise AssertionError

    monkeypatch.setattr("jax.devices", none)
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    with pytest.raises(SystemExit, match="--device auto: .*JAX_PLATFORMS=cuda.*cpu"):
        start("auto")


def test_a_mistake_on_the_command_line_ends_in_status_one():
    command = [sys.executable, "-m", "benchmarks.devices", "--layouts", "2"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line == "--layouts '2' must be PROCESSESxDEVICES, like 2x1."


def test_jobs_are_kept_and_one_that_cannot_run_is_named(tmp_path, capsys):
    store, runs = kept_in(tmp_path, {}, resume=True), []

    def job(name):
        def run(show):
            runs.append(name)
            show(0.5)
            if name == "peer":
                raise LeftOutError("no module named peer")
            return [{"value": 2.5, "about": {"steps": 7}}]

        return Job(name, run, lambda rows: f"value {rows[0]['value']}")

    jobs = [job(name) for name in ("a", "peer", "b")]
    rows = run_jobs(store, iter(jobs), 3)
    assert [(row["cell"], row["value"]) for row in rows] == [("a", 2.5), ("b", 2.5)]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("[1/3] a ") and "value 2.5" in lines[0]
    assert "peer is left out: no module named peer" in lines[1]
    assert run_jobs(store, jobs, 3) == rows
    assert runs == ["a", "peer", "b", "peer"]
