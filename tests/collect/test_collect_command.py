"""The command line as a user meets it."""

import builtins
import json
import re
import subprocess
import sys

import pytest
from playing import (
    files_in,
    recording_of,
    reference_of,
    save,
    unchecked,
    write_json,
)

from collect.__main__ import main

RECORD = ["record", "--task", "CartPole", "--subject", "a", "--player", "random"]
COMMANDS = ("record", "replay", "verify", "analyse", "import", "export")
HEAVY = {
    "datasets",
    "gymnasium",
    "jax",
    "matplotlib",
    "pandas",
    "pyarrow",
    "pygame",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in, with one recording."""
    save(recording_of("CartPole-v1"), tmp_path / "recordings")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(*arguments):
    """What the command ends with."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    return caught.value.code


@pytest.mark.parametrize("words", [["--out", ""], ["--out="]])
def test_an_empty_path_is_not_the_folder_that_we_are_in(words, folder):
    before = files_in(folder)
    assert refused("analyse", "recordings", *words) == (
        "--out is empty; name a file or folder."
    )
    assert files_in(folder) == before


def test_help_lists_every_command(capsys):
    assert refused("--help") == 0
    printed = capsys.readouterr().out
    for command in COMMANDS:
        assert f"• {command} " in printed


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_has_a_word_of_help(command, capsys):
    assert refused(command, "--help") == 0
    words = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert f"usage: python -m collect {command} " in words
    text = words.partition(" options ")[2]
    _, *options = re.split(r" (?=--\w+ [A-Z{])", text)  # such as --fps FLOAT
    for option in options:
        told = option.partition(" (default")[0].split()
        assert len(told) > 5, f"{option} has no help"


def loaded_by(code):
    """The modules that are there after some code has run."""
    result = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint('LOADED', *sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(result.stdout.partition("LOADED")[2].split())


def test_help_loads_no_simulator_and_no_plotting():
    loaded = loaded_by(
        "from collect.__main__ import main\n"
        "try: main(['record', '--help'])\n"
        "except SystemExit: pass"
    )
    assert "tyro" in loaded
    assert not HEAVY & loaded, "import it inside the function that needs it"


def test_commands_load_jax_only_to_run():
    loaded = loaded_by(
        "import collect.verify, collect.analyse, collect._files\n"
        "import collect.imports, collect.export"
    )
    assert not {"jax", *HEAVY} & loaded, "import it inside the function that needs it"


def test_recordings_are_looked_for_in_their_folder(folder, capsys):
    main(["verify"])
    main(["analyse"])
    main(["export", "--out", "all.parquet"])
    assert "all reproduced" in capsys.readouterr().out
    assert {path.name for path in (folder / "results/analysis").iterdir()} == {
        "table.md",
        "sub01_CartPole-v1.png",
    }
    assert (folder / "all.parquet").exists()


def test_an_import_is_verified_by_the_command_that_it_names(folder, capsys):
    reference = reference_of(recording_of("CartPole-v1"))
    write_json(folder / "sub02_data_CartPole.json", reference)
    main(["import", "sub02_data_CartPole.json", "--timezone", "Europe/Zurich"])
    command = capsys.readouterr().out.partition("python -m collect ")[2].split()
    assert command == ["verify", str(folder / "recordings/sub02_CartPole-v1.jsonl")]
    main(command)
    assert "3 episodes" in capsys.readouterr().out


def test_the_module_runs_and_fails_in_one_line(folder):
    result = subprocess.run(
        [sys.executable, "-m", "collect", "verify", "missing"],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1 and not result.stdout
    missing = folder / "missing"
    assert result.stderr == f"There is no file or folder {missing}; check the path.\n"


@pytest.mark.parametrize(
    "arguments, words",
    [
        (
            ["verify", "recordings/sub01.jsonl"],
            "recordings/sub01.jsonl; check the path",
        ),
        (["analyse", "empty"], "empty holds no recording"),
        (["analyse", "list.json"], "list.json is no recording"),
        (["analyse", "--out", "list.json"], "list.json"),
        (["analyse", "recordings", "other"], "both of sub01 on CartPole-v1"),
        (["import", "list.json"], "--task is missing"),
        (["import", "list.json", "--task", "Cart"], "did you mean 'CartPole-v1'?"),
        (["import", "empty", "--task", "CartPole", "--subject", "a"], "empty; check"),
        (
            ["import", "list.json", "--task", "CartPole", "--subject", "sub01"],
            "sub01_CartPole-v1.jsonl is there already",
        ),
        (
            ["import", "list.json", "--task", "CartPole", "--subject", "sub02"],
            "list.json holds no episode",
        ),
        (["export", "--out", "play.csv"], "--out play.csv must end in .parquet"),
        (["export", "--out", "a.parquet", "--push", "me"], "must be OWNER/NAME"),
        (["export", "--out", "list.json/a.parquet"], "list.json"),
        (["analyse", "--out", "a/" * 2000], "--out=PosixPath('a/a/"),
        ([*RECORD, "--folder", "a/" * 2000], "--folder=PosixPath('a/a/"),
        ([*RECORD, "--folder", "list.json"], "list.json: File exists"),
        ([*RECORD[:4], "a" * 300, *RECORD[5:]], "File name too long"),
        ([*RECORD, "--player", "deep.json"], "deep.json' is no JSON"),
        ([*RECORD, "--task", "pong"], "--task='pong' must be one of"),
        (["import", "deep.json", *RECORD[1:5]], "deep.json is no JSON"),
        (["verify", "deep.jsonl"], 1),
        (["analyse", "deep.jsonl"], "deep.jsonl, line 1 is no JSON"),
        (["replay", "--file", "deep.jsonl", "--episode", "0"], "line 1 is no JSON"),
    ],
)
def test_a_fault_ends_in_a_message_and_changes_nothing(folder, arguments, words):
    (folder / "empty").mkdir()
    write_json(folder / "list.json", [])
    save(recording_of("CartPole-v1"), folder / "other")
    for suffix in ("json", "jsonl"):
        (folder / f"deep.{suffix}").write_bytes(b"[" * 100_000 + b"\n")
    before = files_in(folder)
    message = str(refused(*arguments))
    assert str(words) in message and "Errno" not in message
    assert files_in(folder) == before


@pytest.mark.parametrize(
    "arguments", [[], ["verfy"], ["export"], ["import"], ["import", "a", "b"]]
)
def test_a_wrong_command_line_is_refused(folder, arguments, capsys):
    before = files_in(folder)
    assert refused(*arguments) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert files_in(folder) == before


def test_an_episode_that_differs_is_exit_code_1(folder, capsys):
    path = unchecked(folder / "recordings/sub01_CartPole-v1.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b'"seed":1,', b'"seed":77,')
    path.write_bytes(b"".join(lines))
    assert refused("verify") == 1
    assert "1 not reproduced" in capsys.readouterr().out


@pytest.mark.parametrize(
    "library, arguments",
    [
        ("tyro", ["verify"]),
        ("matplotlib.figure", ["analyse"]),
        ("pyarrow", ["export", "--out", "a.parquet"]),
        ("datasets", ["export", "--out", "a.parquet", "--push", "ann/play"]),
    ],
)
def test_a_missing_library_is_told_with_its_extra(
    folder, monkeypatch, library, arguments
):
    real = builtins.__import__

    def fake(name, *rest):
        if name == library:
            raise ModuleNotFoundError(f"No module named {library!r}", name=library)
        return real(name, *rest)

    for name in list(sys.modules):  # what was imported before asks for it once more
        if name.startswith("collect._"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", fake)
    message = refused(*arguments)
    assert message == f"No module named {library!r}: pip install 'neurojax[collect]'"


def test_ctrl_c_ends_without_a_traceback(folder, monkeypatch, capsys):
    def interrupted(self):
        raise KeyboardInterrupt

    monkeypatch.setattr("collect.verify.Verify.run", interrupted)
    assert refused("verify") == 130
    assert "Interrupted" in capsys.readouterr().err


def test_a_journal_is_one_json_object_a_line(folder):
    """As collect/README.md tells it."""
    lines = (folder / "recordings/sub01_CartPole-v1.jsonl").read_text().splitlines()
    kinds = [json.loads(line)["kind"] for line in lines]
    assert kinds[0] == "header" and set(kinds[1:]) == {"episode", "step", "end"}
