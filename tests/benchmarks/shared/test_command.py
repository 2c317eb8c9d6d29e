"""A study's command: mistakes in one line, interrupts with a word, jobs kept."""

import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from benchmarks.shared import options
from benchmarks.shared.command import run_study
from benchmarks.shared.runner import Job, LeftOutError, run_jobs
from benchmarks.shared.store import Store


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
        ({"rate": float("nan")}, "--rate nan must be above 0."),
        ({"rate": float("inf")}, "--rate inf must be above 0."),
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

    @staticmethod
    def of(args):
        if Study.error is not None:
            raise Study.error
        return Study()

    def run(self):
        raise KeyboardInterrupt


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


def test_a_mistake_on_the_command_line_ends_in_status_one():
    command = [sys.executable, "-m", "benchmarks.devices", "--layouts", "2"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line == "--layouts '2' must be PROCESSESxDEVICES, like 2x1."


def test_jobs_are_kept_and_one_that_cannot_run_is_named(tmp_path, capsys):
    store, runs = Store(tmp_path, {}, resume=True), []

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
