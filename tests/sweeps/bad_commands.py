"""Command lines that cannot be met, by kind; and what they are tried on."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from neurojax.data import Dataset, save
from neurojax.data.recordings.journal import save_recording
from neurojax.data.recordings.synthetic import synthetic

LONG = "x" * 300
NUMBERS = {"whole": ("0", "-1", "1.5", "x", "nan"), "real": ("0", "-1", "nan", "inf")}

# Options by what they take; DATA is a small sound file.
STUDIES = {
    "scaling": {
        "whole": ("seeds", "size", "updates", "episodes", "sizes", "widths"),
        "real": ("flops", "seconds"),
        "twice": ("methods adam adam", "sizes 100 100 100", "widths 4 4"),
        "unknown": ("methods adan", "protocol x", "axis x", "budget x", "device x"),
        "empty": ("methods", "sizes", "widths"),
        "data": "--data DATA",
    },
    "imitation": {
        "whole": ("seeds", "updates", "episodes", "ea-batch"),
        "real": ("samples", "flops", "seconds", "length"),
        "twice": ("methods adam adam", "sizes 100 100", "sizes 100 1e2"),
        "unknown": ("methods adan", "split x", "x x", "budget x", "task Pong"),
        "empty": ("sizes",),
        "odd": (
            *(f"sizes {word}" for word in ("inf%", "nan%", "95%", "0", "-5", "inf")),
            *("sizes 1e400", "sizes x", "sizes 100000", "elites 50", "elites -1"),
            *("es-ddof 2", "split transition"),
        ),
        "data": "--data DATA",
    },
    "continual": {
        "whole": ("seeds", "rollouts", "progress-rollouts"),
        "real": ("flops",),
        "twice": (
            *("methods sgd sgd", "inputs info info", "tasks CartPole cartpole"),
            "subjects a a",
        ),
        "unknown": ("methods sdg", "inputs x", "tasks Pong", "subjects nobody"),
        "empty": ("methods",),
        "odd": ("flops 1e17", "protocol reference --split fair"),
        "data": "--data RECORDINGS",
    },
    "control": {
        "whole": ("seeds", "generations", "episodes"),
        "twice": ("tasks easy easy", "methods pgpe pgpe", "peers evosax evosax"),
        "unknown": ("tasks x", "methods x", "peers x", "device x"),
        "empty": ("tasks", "methods"),
        "odd": ("generations 9", "peers qdax", "peers easy"),
        "data": "",
    },
    "f1_signal": {
        "whole": ("seeds", "batch-sizes"),
        "real": ("mutation-std",),
        "twice": ("steps 0 0", "batch-sizes 32 32"),
        "unknown": ("data nothere", "device x"),
        "empty": ("steps", "batch-sizes"),
        "odd": ("steps -1", "members 1", "repeats 1", "pairs 1", "pairs 30"),
        "data": "--data DATA",
    },
    "throughput": {
        "whole": ("repeats",),
        "real": ("seconds", "fraction"),
        "twice": ("works ga_ce_32 ga_ce_32",),
        "unknown": ("works x",),
        "empty": ("works",),
        "odd": ("fraction 2",),
        "data": "",
    },
    "devices": {
        "whole": ("repeats",),
        "unknown": ("strategies x",),
        "empty": ("layouts", "strategies"),
        "odd": ("layouts 2", "layouts 0x1", "layouts x", "layouts 1x999"),
        "data": "",
    },
    "accelerator": {
        "whole": ("repeats", "populations"),
        "real": ("minutes", "seconds"),
        "twice": ("works play_ant play_ant", "populations 8 8"),
        "unknown": ("works x", "peers torch"),
        "empty": ("works", "populations"),
        "data": "",
    },
}

OUTS = ("", "afile", "afile/below", "/proc/nowhere", LONG, "mine", "mine --no-resume")
DATA = (
    *("gone.npz", "torn.npz", "torn.parquet", "empty.jsonl", "deep.jsonl", "foreign"),
    *("afile", "~/gone.npz", "nothere", LONG + ".npz", "other.parquet"),
)
RECORDED = ("gone", "torn", "traversal", "deep", "listed", "twins", "afile", LONG)


def collect_commands():
    """Words after `python -m collect`, by kind."""
    record = "record --folder new --subject s --player random"
    played = "RECORDINGS/synthetic01_CartPole-v1.jsonl"
    return {
        "collect, numbers": [
            *(f"{record} --task CartPole --fps {n}" for n in ("nan", "-1", "inf", "x")),
            *(f"{record} --task CartPole --episodes {n}" for n in ("0", "-1", "1.5")),
            *(f"replay --file {played} --episode {n}" for n in ("-1", "9999", "x")),
            *(f"replay --file {played} --episode 0 --fps {n}" for n in ("nan", "-2")),
        ],
        "collect, names": [
            f"{record} --task Pong",
            f"{record} --task CartPole-v9",
            f"{record} --task CartPole --noop up",
            f"{record} --task Acrobot --noop last",
            *(
                f"record --folder new --task CartPole --player random --subject {name}"
                for name in ("../x", "a/b", "''", "a_b", LONG)
            ),
            *(
                f"record --folder new --task CartPole --subject s --player {name}"
                for name in ("nobody", "gone.json", "deep.json", "afile", "list.json")
            ),
            "import list_data_pong.json",
            "import episodes.json",
            "import sub01_data_cartpole.json --subject ../x",
            "import sub01_data_cartpole.json --timezone Mars/Olympus",
            "import sub01_data_cartpole.json --task Pong",
            "export --out x.parquet --push nobody RECORDINGS",
            "export --out x.csv RECORDINGS",
            "dance",
            "",
        ],
        "collect, files": [
            *(
                f"{command} {path}"
                for command in ("verify", "analyse", "export --out x.parquet")
                for path in ("gone", "afile", "void", "torn", "deep", "listed", LONG)
            ),
            "analyse traversal",
            "export --out x.parquet traversal",
            "analyse twins",
            "export --out x.parquet RECORDINGS MORE",
            *(f"replay --episode 0 --file {p}" for p in ("gone.jsonl", "afile")),
            "replay --episode 0 --file deep/a.jsonl",
            "replay --episode 0 --file listed/a.jsonl",
            *(
                f"import {name} --task CartPole --subject s"
                for name in ("gone.json", "deep.json", "list.json", "afile", "void")
            ),
            *(f"analyse RECORDINGS --out {out}" for out in ("''", "afile", LONG)),
            "export RECORDINGS --out afile/x.parquet",
            "export RECORDINGS --out ''",
            "record --task CartPole --subject s --player random --folder afile",
            "record --task CartPole --subject s --player random --folder ''",
            "record --task CartPole --subject s --player random --folder /proc/x",
        ],
    }


def study_commands():
    """Study and words after it, by kind."""
    found = {}
    for study, kinds in STUDIES.items():
        data = kinds["data"]
        for kind in ("whole", "real"):
            for name in kinds.get(kind, ()):
                for value in NUMBERS[kind]:
                    line = f"{study} {data} --{name} {value}"
                    found.setdefault("numbers", []).append(line)
        for kind in ("twice", "unknown", "odd", "empty"):
            for words in kinds.get(kind, ()):
                # The last of two equal options counts.
                given = "" if words.startswith("data ") else data
                line = f"{study} {given} --{words}"
                found.setdefault(f"names, {kind}", []).append(line)
        outs = [f"{study} {data} --smoke --out {out or repr('')}" for out in OUTS]
        found.setdefault("folders", []).extend(outs)
        found.setdefault("options that are none", []).append(f"{study} --nonsense 1")
    for study in ("scaling", "imitation", "f1_signal"):
        lines = [f"{study} --smoke --data {path}" for path in DATA]
        found.setdefault("data files", []).extend(lines)
    lines = [f"continual --smoke --tasks CartPole --data {path}" for path in RECORDED]
    found["data files"] += lines
    return found


def small_data(path):
    """A sound file of 900 rows; its path."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((900, 4)).astype(np.float32)
    dataset = Dataset(
        rows,
        (rows[:, 0] > 0).astype(np.int32),
        np.ones(900, np.float32),
        np.arange(900) % 30 == 0,
        2,
        "CartPole-v1",
    )
    save(dataset, path)
    return path


def lay_out(folder):
    """The files that the lines name."""
    small_data(folder / "data.npz")
    whole = (folder / "data.npz").read_bytes()
    (folder / "torn.npz").write_bytes(whole[: len(whole) // 2])
    (folder / "torn.parquet").write_bytes(b"PAR1 torn")
    pq.write_table(pa.table({"a": [1, 2]}), folder / "other.parquet")
    for name in ("afile", "empty.jsonl"):
        (folder / name).write_text("")
    deep = "[" * 100_000
    for name in ("deep.json", "deep.jsonl"):
        (folder / name).write_text(deep)
    for name in ("list.json", "list_data_pong.json", "episodes.json"):
        (folder / name).write_text("[5]")
    (folder / "sub01_data_cartpole.json").write_text("[]")
    for name in ("void", "mine/weights", "mine/cells", "foreign", "home"):
        (folder / name).mkdir(parents=True)
    (folder / "mine" / "weights" / "my_model.bin").write_text("mine")
    (folder / "foreign" / "notes.txt").write_text("mine")
    _record(folder, deep)


def _record(folder, deep):
    play = synthetic("CartPole-v1", "synthetic01")
    path = folder / "recordings" / "synthetic01_CartPole-v1.jsonl"
    save_recording(play, path)
    other = synthetic("MountainCar-v0", "synthetic01")
    save_recording(other, folder / "more" / "synthetic01_MountainCar-v0.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    header = json.loads(lines[0])
    header.pop("check", None)
    plain = [json.loads(line) for line in lines[1:6]]
    for line in plain:
        line.pop("check", None)
    files = {
        "torn/a.jsonl": b"".join([*lines[:5], b"{\n", *lines[6:]]),
        "twins/a.jsonl": b"".join(lines),
        "twins/b.jsonl": b"".join(lines),
        "deep/a.jsonl": lines[0] + deep.encode() + b"\n" + lines[1],
        "listed/a.jsonl": _lines([header, {"kind": ["step"]}, *plain]),
        "traversal/a.jsonl": _lines([{**header, "subject": "x/../../v"}, *plain]),
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


def _lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()
