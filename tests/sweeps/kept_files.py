"""One file of every kind that neurojax, its studies and its recorder keep or read."""

import contextlib
import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import jax
import numpy as np
from damaging import Sample
from toy import toy_dataset

import neurojax as nj
from benchmarks.scaling.protocols import Budgets, Fair, network_of
from benchmarks.shared import trained
from benchmarks.shared.cell import Plan
from benchmarks.shared.measures import on_rows
from benchmarks.shared.ownership import Made
from benchmarks.shared.store import Store
from collect._journal import open_journal
from collect._players import Seen, find_player
from collect._reproduction import verify_file
from collect._tasks import find_controls
from collect.imports import Import
from neurojax.data import Dataset, files
from neurojax.data.experts import expert as experts
from neurojax.data.experts.policy import load_policy, save_policy
from neurojax.data.recordings.reader import read_recording
from neurojax.environments.gymnasium import make
from neurojax.networks.initializers import Layer
from neurojax.training import (
    Checkpoint,
    CSVTracker,
    JSONLTracker,
    Track,
    restore,
    save,
)

TASK = "CartPole-v1"
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
KEY = jax.random.key(0)


def as_bytes(tree: Any) -> list[bytes]:
    """The leaves of a tree, to be compared to the bit."""
    return [_plain(leaf).tobytes() for leaf in jax.tree.leaves(tree)]


def _plain(leaf: Any) -> np.ndarray:
    is_key = jax.dtypes.issubdtype(getattr(leaf, "dtype", None), jax.dtypes.prng_key)
    return np.asarray(jax.random.key_data(leaf) if is_key else leaf)


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
    nj.train(SYSTEM, KEY, 4, chunk=2, callbacks=[Checkpoint(folder, every_seconds=0.0)])
    *_, path = sorted(folder.glob("*.safetensors"))

    def read():
        return as_bytes(restore(folder, jax.eval_shape(SYSTEM.init, KEY)))

    return Sample(path, read)


def log(folder: Path, tracker: Callable[[Path], Any], suffix: str) -> Sample:
    path = folder / f"log{suffix}"

    def run(num_generations: int):
        found = restore(folder / "run", jax.eval_shape(SYSTEM.init, KEY))
        state, history = found or (None, None)
        callbacks = [
            Track(tracker(path)),
            Checkpoint(folder / "run", every_seconds=0.0),
        ]
        nj.train(
            SYSTEM,
            KEY,
            num_generations,
            state=state,
            history=history,
            callbacks=callbacks,
        )
        text = path.read_text()
        if suffix == ".csv":
            return list(csv.reader(io.StringIO(text)))
        return [json.loads(line) for line in text.split("\n")[:-1]]

    run(6)
    return Sample(path, lambda: run(8))


# Studies.


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[Store]:
    settings = {"data": "expert", "methods": ["adam", "snes"], "flops": 2e8}
    store = Store(folder / "out", settings, True, command="benchmarks.scaling")
    try:
        yield store
    finally:
        store.close()


def finished(folder: Path) -> str:
    with opened(folder) as store:
        return json.dumps(store.finished("adam"))


def cell(folder: Path) -> Sample:
    rows = [
        {"cell": "adam", "seed": seed, "generation": 7, "metric": name, "value": 0.8}
        for seed in range(3)
        for name in ("match", "loss")
    ]
    with opened(folder) as store:
        store.finish("adam", rows)
    path = folder / "out" / "cells" / "adam.parquet"
    return Sample(path, lambda: finished(folder))


def settings(folder: Path) -> Sample:
    cell(folder)
    path = folder / "out" / "settings.json"
    return Sample(path, lambda: finished(folder))


def weights(folder: Path) -> Sample:
    network = nj.networks.MLP((4, 3, 2))
    cell(folder)
    with opened(folder) as store:
        store.keep_weights("adam", network.init(KEY))

    def read():
        with opened(folder) as store:
            return as_bytes(store.weights("adam", jax.eval_shape(network.init, KEY)))

    return Sample(folder / "out" / "weights" / "adam.safetensors", read)


def half_done_rows(folder: Path) -> Sample:
    """A cell that was killed at its third measure, and goes on."""
    dataset = toy_dataset(900, episode=30)
    protocol = Fair.of(dataset, 2, Budgets(5, 1e6, 0.0), longest=100)
    trained_cell = protocol.cell("simple_ga", network_of(dataset, (5, 3)), 70, 0.1)
    measure = on_rows(trained_cell.network, dataset.take(np.arange(200)))
    measured = []

    def killed(weights):
        measured.append(weights)
        if len(measured) == 3:
            raise KeyboardInterrupt
        return measure(weights)

    def run(measure):
        with mock.patch.object(trained, "SECONDS_BETWEEN_CHECKPOINTS", 0.0):
            plan, made = Plan((2, 4, 6)), Made("scaling", {}, {})
            return trained.run_cell(
                trained_cell, plan, measure, KEY, folder / "half", made=made
            )

    with contextlib.suppress(KeyboardInterrupt):
        run(killed)
    timed = {"seconds", "compile_seconds", "evaluation_seconds"}

    def read():
        rows = run(measure)
        return [[row[name] for name in row if name not in timed] for row in rows]

    return Sample(folder / "half" / "rows.json", read)


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


def record(folder: Path) -> Path:
    """Three episodes of a pole that falls."""
    path = folder / f"sub01_{TASK}.jsonl"
    simulator = make(TASK)
    with open_journal(path, TASK, "sub01", "played by a person") as journal:
        for index in range(3):
            observation, _ = simulator.reset(seed=index)
            journal.begin(START, observation, {"python": "3"}, fps=15.0)
            for number in range(1, 501):
                observation, reward, ended, cut, _ = simulator.step(number % 5 % 2)
                journal.step(
                    number / 15, number % 5 % 2, observation, reward, ended, cut
                )
                if ended:
                    break
            journal.end(True)
    simulator.close()
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

    def read():
        with contextlib.redirect_stdout(io.StringIO()) as said:
            is_reproduced = verify_file(path)
        if not is_reproduced or "breaks off" in said.getvalue():
            print(said.getvalue())
        return played(path)

    return Sample(path, read)


def journal_gone_on_with(folder: Path) -> Sample:
    path = record(folder)

    def read():
        with open_journal(path, TASK, "sub01", "played by a person") as journal:
            print(*journal.notes)
            found = journal.next_seed, journal.num_episodes
        return found, path.exists() and played(path)

    return Sample(path, read)


def import_list(folder: Path) -> Sample:
    episodes = read_recording(record(folder)).episodes
    entries = [
        {
            "episode_id": episode.index,
            "timestamp": f"2025-03-01T12:0{episode.index}:00",
            "seed_used": episode.seed,
            "length": episode.length,
            "score": episode.episode_return,
            "steps": [
                {
                    "observation": episode.observations[i].astype(float).tolist(),
                    "action": int(episode.actions[i]),
                    "reward": float(episode.rewards[i]),
                    "next_observation": episode.observations[i + 1]
                    .astype(float)
                    .tolist(),
                    "done": i == episode.length - 1,
                }
                for i in range(episode.length)
            ],
        }
        for episode in episodes
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
    path.write_text(json.dumps([["left", 10], ["none", 5], [1, 7], ["right", 3]] * 5))

    def read():
        player = find_player(str(path), TASK, find_controls(TASK, None))
        seen = (Seen(np.zeros(4), frozenset(), 0, 0, step) for step in range(150))
        return [player.act(each) for each in seen]

    return Sample(path, read)


KINDS: dict[str, Callable[[Path], Sample]] = {
    "checkpoint file": checkpoint,
    "newest of two checkpoints": newest_checkpoint,
    "benchmark cell .parquet": cell,
    "benchmark settings.json": settings,
    "benchmark half-done rows.json": half_done_rows,
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
