import csv
import json
import sys
from types import SimpleNamespace

import jax
import numpy as np
import pytest
from training_toys import Walk

from neurojax.training import (
    CSVTracker,
    JSONLTracker,
    TensorBoardTracker,
    Track,
    Tracker,
    WandbTracker,
    train,
)

KEY = jax.random.key(0)
TRACKERS = {"jsonl": JSONLTracker, "csv": CSVTracker}


def rows_of(path):
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return [
                {n: float(v) for n, v in row.items()} for row in csv.DictReader(file)
            ]
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("kind", TRACKERS)
def test_every_scalar_of_every_generation_is_logged(tmp_path, kind):
    path = tmp_path / "new" / f"log.{kind}"
    _, history = train(
        Walk(), KEY, 20, callbacks=[Track(TRACKERS[kind](path))], chunk=7
    )
    fitness = history.metrics["fitness"]
    assert rows_of(path) == [
        {"generation": g, "fitness": fitness[g - 1]} for g in range(1, 21)
    ]


@pytest.mark.parametrize("every", [1, 3, 7, 50])
def test_every_skips_generations_the_same_whatever_the_chunk(tmp_path, every):
    for chunk in (1, 7, 1000):
        path = tmp_path / f"{chunk}.jsonl"
        train(
            Walk(), KEY, 31, callbacks=[Track(JSONLTracker(path), every)], chunk=chunk
        )
        steps = [row["generation"] for row in rows_of(path)]
        assert steps == list(range(every, 32, every))


@pytest.mark.parametrize("kind", TRACKERS)
@pytest.mark.parametrize("torn", [0, 1, 3, 8])
def test_a_resumed_log_equals_an_uninterrupted_one(tmp_path, kind, torn):
    path, whole = tmp_path / f"log.{kind}", tmp_path / f"whole.{kind}"
    train(Walk(), KEY, 30, callbacks=[Track(TRACKERS[kind](whole))])
    state, _ = train(Walk(), KEY, 12)  # the last checkpoint
    train(Walk(), KEY, 20, callbacks=[Track(TRACKERS[kind](path))])  # the killed run
    with path.open("ab") as file:
        file.write(whole.read_bytes().splitlines()[-10][:torn])  # of generation 21
    train(Walk(), KEY, 30, state=state, callbacks=[Track(TRACKERS[kind](path))])
    assert path.read_bytes() == whole.read_bytes()
    assert sorted(p.name for p in tmp_path.glob("[!.]*")) == [path.name, whole.name]


@pytest.mark.parametrize("kind", TRACKERS)
def test_a_row_is_with_the_system_as_soon_as_it_is_logged(tmp_path, kind):
    path = tmp_path / f"log.{kind}"
    tracker = TRACKERS[kind](path)
    assert isinstance(tracker, Tracker)
    tracker.open(0)
    for step in (1, 2, 3):
        tracker.log(step, {"fitness": 0.5, "count": 3})
        assert len(rows_of(path)) == step
    tracker.close()


def test_numbers_that_json_lacks_become_null(tmp_path):
    tracker = JSONLTracker(tmp_path / "log.jsonl")
    tracker.open(0)
    tracker.log(1, {"a": float("nan"), "b": float("-inf"), "c": 1.0})
    tracker.close()
    text = (tmp_path / "log.jsonl").read_text()
    assert text == '{"generation": 1, "a": null, "b": null, "c": 1.0}\n'


@pytest.mark.parametrize("kind", TRACKERS)
def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path, kind):
    path = tmp_path / f"log.{kind}"
    path.write_bytes(b"dear diary\nall is well\n")
    with pytest.raises(ValueError, match=f"line 1 of .*log.{kind}.*another file"):
        train(Walk(), KEY, 3, callbacks=[Track(TRACKERS[kind](path))])
    assert path.read_bytes() == b"dear diary\nall is well\n"


def test_a_table_keeps_its_columns(tmp_path):
    path = tmp_path / "log.csv"
    tracker = CSVTracker(path)
    tracker.open(0)
    tracker.log(1, {"a, b": 1.0, "c": 2.0})
    tracker.log(2, {"c": 4.0, "a, b": 3.0})
    with pytest.raises(ValueError, match=r"metrics=\['d'\].*'c'\] of .*another file"):
        tracker.log(3, {"d": 1.0})
    tracker.close()
    assert path.read_text() == 'generation,"a, b",c\n1,1.0,2.0\n2,3.0,4.0\n'


@pytest.mark.parametrize("kind", TRACKERS)
def test_a_metric_may_not_take_the_steps_name(tmp_path, kind):
    tracker = TRACKERS[kind](tmp_path / "log")
    tracker.open(0)
    with pytest.raises(ValueError, match="metric 'generation' is.*rename it"):
        tracker.log(1, {"generation": 1.0})
    tracker.close()


def test_tensorboard_event_files_hold_the_scalars(tmp_path):
    pytest.importorskip("tensorboardX")
    from tensorboardX.proto.event_pb2 import Event

    _, history = train(Walk(), KEY, 5, callbacks=[Track(TensorBoardTracker(tmp_path))])
    (path,) = tmp_path.iterdir()
    data, events = path.read_bytes(), []
    while data:  # records: length (8), its crc (4), event, its crc (4)
        length = int.from_bytes(data[:8], "little")
        events.append(Event.FromString(data[12 : 12 + length]))
        data = data[16 + length :]
    values = [(e.step, v.simple_value) for e in events for v in e.summary.value]
    assert values == list(enumerate(history.metrics["fitness"], start=1))


def test_wandb_gets_the_steps_and_the_run_to_go_on_with(monkeypatch):
    calls = []
    run = SimpleNamespace(
        log=lambda metrics, step: calls.append((step, metrics)),
        finish=lambda: calls.append("finish"),
    )
    fake = SimpleNamespace(init=lambda **how: calls.append(how) or run)
    monkeypatch.setitem(sys.modules, "wandb", fake)
    _, history = train(Walk(), KEY, 2, callbacks=[Track(WandbTracker("sphere", "r1"))])
    first, second = np.asarray(history.metrics["fitness"]).tolist()
    assert calls == [
        {"project": "sphere", "id": "r1", "resume": "allow"},
        (1, {"fitness": first}),
        (2, {"fitness": second}),
        "finish",
    ]


@pytest.mark.parametrize(
    ("module", "tracker"),
    [("tensorboardX", TensorBoardTracker("x")), ("wandb", WandbTracker("x"))],
)
def test_a_missing_library_names_the_extra(monkeypatch, module, tracker):
    monkeypatch.setitem(sys.modules, module, None)
    extra = "tensorboard" if module == "tensorboardX" else module
    with pytest.raises(ImportError, match=rf"pip install neurojax\[{extra}\]"):
        train(Walk(), KEY, 2, callbacks=[Track(tracker)])
