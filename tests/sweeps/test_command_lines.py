"""Mistakes on every command line: a line or a usage, a status, and no file touched."""

import hashlib
import io
import os
import runpy
import shlex
import signal
import subprocess
import sys
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from bad_commands import collect_commands, lay_out, study_commands

pytestmark = pytest.mark.slow
LIMIT = 60  # seconds
LINES = {**study_commands(), **collect_commands()}
MISSING = (
    ("brax", "benchmarks.control --tasks ant --smoke"),
    ("gymnax", "benchmarks.scaling --smoke --data DATA --methods adam"),
    ("matplotlib", "benchmarks.scaling --smoke --data DATA --methods adam"),
    ("Box2D", "collect record --task LunarLander --subject s --player random"),
    ("pyarrow", "benchmarks.f1_signal --smoke --data DATA"),
)
DEVICES = (
    ("scaling --data DATA --smoke --device gpu", {}),
    ("scaling --data DATA --smoke --device tpu", {}),
    ("imitation --data DATA --smoke", {"JAX_PLATFORMS": "cuda"}),
    ("control --smoke", {"JAX_PLATFORMS": "cuda"}),
)


class HungError(BaseException):
    """A command took longer than its limit."""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("place")
    lay_out(folder)
    return folder


def words_of(line):
    names = {"DATA": "data.npz", "RECORDINGS": "recordings", "MORE": "more"}
    words = []
    for word in shlex.split(line):
        first, slash, rest = word.partition("/")
        words.append(names.get(first, first) + slash + rest)
    return words


def contents(folder):
    """Every file, with a digest of what is in it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def verdict(code, said):
    """clear, accepted or raw: what a command ended with."""
    lines = [line for line in said.splitlines() if line.strip()]
    if "Traceback" in said or not lines:
        return "raw"
    if code == 1:
        return "clear" if len(lines) <= 2 else "wordy"
    return {0: "accepted", 2: "clear"}.get(code, "other status")


def run_here(module, words):
    """Status and what was said, in this process and under a limit."""

    def hung(*_):
        raise HungError

    out, err = io.StringIO(), io.StringIO()
    before = signal.signal(signal.SIGALRM, hung)
    signal.alarm(LIMIT)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        return 0, err.getvalue() + "done"
    except SystemExit as end:
        if isinstance(end.code, int | None):
            said = err.getvalue() if end.code != 1 else err.getvalue() or out.getvalue()
            return end.code or 0, said or "done"
        return 1, err.getvalue() + str(end.code)
    except HungError:
        return "hang", "hang"
    except Exception as error:
        return 1, f"Traceback {type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def report(kind, found, bad, count):
    counts = {name: found[name] for name in ("clear", "wordy", "raw", "accepted")}
    counts |= {"hang": found["hang"] + found["other status"]}
    wrote = sum(line.startswith("wrote") for line in bad)
    count(kind, {"tried": sum(found.values()), **counts, "wrote": wrote})
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize("kind", LINES)
def test_a_mistake_is_told_and_touches_nothing(
    kind, place, tmp_path, monkeypatch, count
):
    monkeypatch.chdir(place)
    monkeypatch.setenv("HOME", str(place / "home"))
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))  # matplotlib's list of fonts
    found, bad, before = Counter(), [], contents(place)
    for line in LINES[kind]:
        module = "collect" if kind.startswith("collect") else None
        words = words_of(line)
        if module is None:
            module = f"benchmarks.{words.pop(0)}"
        monkeypatch.setattr(sys, "argv", ["x", *words])
        environment = dict(os.environ)
        code, said = run_here(module, words)
        os.environ.clear()
        os.environ.update(environment)
        judged = "hang" if code == "hang" else verdict(code, said)
        found[judged] += 1
        if judged != "clear":
            bad.append(f"{judged}: {module} {' '.join(words)[:120]}: {said[-300:]}")
        after = contents(place)
        if after != before:
            changed = sorted(set(before.items()) ^ set(after.items()))
            bad.append(f"wrote: {module} {' '.join(words)[:120]}: {changed[:3]}")
            before = after
    report(kind, found, bad, count)


def ended(line, place, code="", **more):
    """Status and what a command of its own process said."""
    module, *words = words_of(line)
    program = f"{code}import runpy; runpy.run_module({module!r}, run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, *words],
        cwd=place,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), **more},
        capture_output=True,
        text=True,
        timeout=5 * LIMIT,
    )
    return done.returncode, done.stderr


def test_a_library_or_device_that_is_missing_is_told(place, count):
    found, bad = Counter(), []
    cases = [
        (line, f"import sys; sys.modules[{name!r}] = None; ", {})
        for name, line in MISSING
    ]
    cases += [(f"benchmarks.{line}", "", more) for line, more in DEVICES]
    cases.append(("benchmarks.control --peers evojax --smoke", "", {}))
    for line, code, more in cases:
        status, said = ended(line, place, code, **more)
        judged = verdict(status, said)
        found[judged] += 1
        if judged != "clear":
            bad.append(f"{judged}: {code} {line}: {said[-300:]}")
    report("missing libraries and devices", found, bad, count)
