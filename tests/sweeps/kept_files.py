"""One file of every kind that neurojax, its studies and its recorder keep or read."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import jax
import numpy as np
from damaging import Sample

import neurojax as nj
from benchmarks.shared.store import Store
from collect._journal import open_journal
from collect._players import Seen, find_player
from collect._tasks import find_controls
from collect.imports import Import
from neurojax.data import Dataset, files
from neurojax.data.experts import expert as experts
from neurojax.data.experts.policy import load_policy, save_policy
from neurojax.data.recordings.reader import read_recording
from neurojax.networks.initializers import Layer
from neurojax.training import (
    Checkpoint,
    CSVTracker,
    JSONLTracker,
    Track,
    restore,
    save,
)

TASK = "MountainCar-v0"
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
KEY = jax.random.key(0)


def as_bytes(tree: Any) -> list[bytes]:
    """The leaves of a tree, to be compared to the bit."""
    leaves = jax.tree.leaves(tree)
    keys = [jax.dtypes.issubdtype(x.dtype, jax.dtypes.prng_key) for x in leaves]
    plain = [
        jax.random.key_data(x) if k else x for x, k in zip(leaves, keys, strict=True)
    ]
    return [np.asarray(leaf).tobytes() for leaf in plain]


def a_dataset(num_rows: int = 60) -> Dataset:
    draw = np.random.default_rng(0)
    return Dataset(
        draw.normal(size=(num_rows, 4)).astype(np.float32),
        draw.integers(2, size=num_rows).astype(np.int32),
        np.ones(num_rows, np.float32),
        np.arange(num_rows) % 20 == 0,
        2,
        "CartPole-v1",
        "drawn",
    )


def as_words(dataset: Dataset) -> tuple[str, str, str]:
    return dataset.digest(), dataset.name, dataset.source


# Runs.


def a_system() -> nj.systems.Evolution:
    network = nj.networks.MLP((4, 3, 2))
    data = a_dataset()
    problem = nj.problems.Imitation(network, data.observations, data.actions)
    return nj.systems.Evolution(nj.strategies.SimpleGA(4), problem, network.init)


SYSTEM = a_system()


def checkpoint(folder: Path) -> Sample:
    path = folder / "state.safetensors"
    state, history = nj.train(SYSTEM, KEY, 3)
    save(path, state, history)

    def read():
        return as_bytes(restore(path, jax.eval_shape(SYSTEM.init, KEY)))

    return Sample(path, read)


def newest_checkpoint(folder: Path) -> Sample:
    nj.train(SYSTEM, KEY, 4, chunk=2, callbacks=[Checkpoint(folder, every_seconds=0)])
    *_, path = sorted(folder.glob("*.safetensors"))

    def read():
        return as_bytes(restore(folder, jax.eval_shape(SYSTEM.init, KEY)))

    return Sample(path, read)


def log(folder: Path, tracker: Callable[[Path], Any], suffix: str) -> Sample:
    path = folder / f"log{suffix}"

    def run(num_generations: int):
        found = restore(folder / "run", jax.eval_shape(SYSTEM.init, KEY))
        state, history = found or (None, None)
        callbacks = [Track(tracker(path)), Checkpoint(folder / "run", every_seconds=0)]
        nj.train(
            SYSTEM,
            KEY,
            num_generations,
            state=state,
            history=history,
            callbacks=callbacks,
        )
        return path.read_bytes()

    run(6)
    return Sample(path, lambda: run(8))


# Studies.


def opened(folder: Path) -> Store:
    settings = {"data": "expert", "methods": ["adam", "snes"], "flops": 2e8}
    return Store(folder / "out", settings, True)


def cell(folder: Path) -> Sample:
    rows = [
        {"cell": "adam", "seed": seed, "generation": 7, "metric": name, "value": 0.8}
        for seed in range(3)
        for name in ("match", "loss")
    ]
    opened(folder).finish("adam", rows)
    path = folder / "out" / "cells" / "adam.parquet"
    return Sample(path, lambda: json.dumps(opened(folder).finished("adam")))


def settings(folder: Path) -> Sample:
    cell(folder)
    path = folder / "out" / "settings.json"
    return Sample(path, lambda: json.dumps(opened(folder).finished("adam")))


def weights(folder: Path) -> Sample:
    network = nj.networks.MLP((4, 3, 2))
    kept = network.init(KEY)
    cell(folder)
    opened(folder).keep_weights("adam", kept)
    path = folder / "out" / "weights" / "adam.safetensors"
    like = jax.eval_shape(network.init, KEY)
    return Sample(path, lambda: as_bytes(opened(folder).weights("adam", like)))


# Data.


def data(suffix: str) -> Callable[[Path], Sample]:
    def make(folder: Path) -> Sample:
        path = folder / f"rows{suffix}"
        files.save(a_dataset(), path)
        return Sample(path, lambda: as_words(files.load(path)))

    return make


def data_jsonl(folder: Path) -> Sample:
    kept = a_dataset()
    rows = [
        {
            "obs": kept.observations[row].tolist(),
            "actions": int(kept.actions[row]),
            "rewards": float(kept.rewards[row]),
            "episode_starts": float(kept.episode_starts[row]),
        }
        for row in range(kept.num_transitions)
    ]
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Sample(path, lambda: as_words(files.load(path)))


def expert_cache(folder: Path) -> Sample:
    made = a_dataset()

    def read():
        with mock.patch.object(experts, "_make", lambda *_: made):
            got = experts.expert("CartPole-v1", num_transitions=60, cache_dir=folder)
        return as_words(got)

    read()
    (path,) = folder.iterdir()
    return Sample(path, read)


def policy(folder: Path) -> Sample:
    draw = np.random.default_rng(0).normal
    layers = tuple(
        Layer(draw(size=(i, o)).astype("f4"), draw(size=o).astype("f4"))
        for i, o in ((4, 5), (5, 2))
    )
    path = folder / "policy.safetensors"
    save_policy(layers, path, {"task": "CartPole-v1", "seed": "7"})

    def read():
        found, words = load_policy(path)
        return as_bytes(found), words

    return Sample(path, read)


# Play.


def observed(number: int) -> np.ndarray:
    return np.array([number / 7, -number / 9], np.float32)


def record(folder: Path) -> Path:
    path = folder / f"sub01_{TASK}.jsonl"
    with open_journal(path, TASK, "sub01", "played by a person") as journal:
        for _ in range(3):
            journal.begin(START, observed(0), {"python": "3"}, fps=15.0)
            for number in range(1, 8):
                seconds, last = number / 15, number == 7
                journal.step(
                    seconds, number % 3, observed(number), -1.0, last, False, keys=[]
                )
            journal.end(True)
    return path


def played(path: Path) -> list[Any]:
    recording = read_recording(path)
    episodes = [
        [part.tobytes() if isinstance(part, np.ndarray) else repr(part) for part in e]
        for e in recording.episodes
    ]
    return [recording.task, recording.subject, recording.source, episodes]


def journal(folder: Path) -> Sample:
    path = record(folder)
    return Sample(path, lambda: played(path))


def journal_gone_on_with(folder: Path) -> Sample:
    path = record(folder)

    def read():
        with open_journal(path, TASK, "sub01", "played by a person") as journal:
            print(*journal.notes)
            found = journal.next_seed, journal.num_episodes
        return found, path.exists() and played(path)

    return Sample(path, read)


def import_list(folder: Path) -> Sample:
    steps = [
        {
            "observation": observed(number).astype(float).tolist(),
            "action": number % 3,
            "reward": -1.0,
            "next_observation": observed(number + 1).astype(float).tolist(),
            "done": number == 9,
        }
        for number in range(10)
    ]
    entries = [
        {
            "episode_id": number,
            "timestamp": f"2025-03-01T12:0{number}:00",
            "seed_used": number,
            "length": 10,
            "score": -10.0,
            "steps": steps,
        }
        for number in range(2)
    ]
    path = folder / f"sub01_data_{TASK}.json"
    path.write_text(json.dumps(entries))

    def read():
        Import(path, folder=folder / "made").run()
        (made,) = (folder / "made").glob("*.jsonl")
        found = played(made)
        made.unlink()
        return found

    return Sample(path, read)


def script(folder: Path) -> Sample:
    path = folder / "script.json"
    path.write_text(json.dumps([["left", 10], ["none", 5], [2, 7], ["right", 3]] * 5))

    def read():
        player = find_player(str(path), TASK, find_controls(TASK, None))
        seen = (Seen(observed(0), frozenset(), 0, 0, step) for step in range(150))
        return [player.act(each) for each in seen]

    return Sample(path, read)


KINDS: dict[str, Callable[[Path], Sample]] = {
    "checkpoint file": checkpoint,
    "newest of two checkpoints": newest_checkpoint,
    "benchmark cell .parquet": cell,
    "benchmark settings.json": settings,
    "benchmark weights .safetensors": weights,
    "journal, read": journal,
    "journal, gone on with": journal_gone_on_with,
    "data .npz": data(".npz"),
    "data .parquet": data(".parquet"),
    "data .jsonl": data_jsonl,
    "expert cache .npz": expert_cache,
    "policy .safetensors": policy,
    "log .jsonl": lambda folder: log(folder, JSONLTracker, ".jsonl"),
    "log .csv": lambda folder: log(folder, CSVTracker, ".csv"),
    "collect import, JSON list": import_list,
    "script .json": script,
}
