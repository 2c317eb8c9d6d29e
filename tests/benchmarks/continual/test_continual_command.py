"""The command line of the continual study: what is refused, kept and written."""

import json
from dataclasses import replace
from datetime import timedelta
from functools import cache, partial

import jax
import numpy as np
import pytest
import tyro

from benchmarks.continual.__main__ import run
from benchmarks.continual.args import Args
from benchmarks.continual.choice import Choice
from benchmarks.continual.recordings import recordings_of
from benchmarks.continual.study import SHOWN, Study
from benchmarks.shared.command import run_study
from benchmarks.shared.store import Store
from neurojax.data.recordings.journal import save_recording
from neurojax.data.recordings.synthetic import synthetic
from neurojax.networks import MLP

kept_in = partial(Store, command="benchmarks.toy")

TINY = {
    "methods": ("adam",),
    "inputs": ("plain",),
    "seeds": 2,
    "rollouts": 2,
    "progress_rollouts": 1,
    "flops": 1e6,
}
recorded = cache(synthetic)  # plays for a second or two


@pytest.fixture
def folder(tmp_path):
    """Recordings of two tasks by one subject."""
    for task in ("CartPole-v1", "MountainCar-v0"):
        save_recording(recorded(task), tmp_path / "play" / f"{task}.jsonl")
    return tmp_path / "play"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"methods": ()}, "--methods is empty"),
        ({"methods": ("sdg",)}, "sgd"),
        ({"methods": ("simple_ga",)}, "simple_ga_adaptive"),
        ({"methods": ("sgd", "sgd")}, "names one twice"),
        ({"inputs": ("info", "info")}, "names one twice"),
        ({"tasks": ("CartPole-v1", "CartPole-v1")}, "names one twice"),
        ({"seeds": 0}, "--seeds 0"),
        ({"rollouts": 0}, "--rollouts 0"),
        ({"progress_rollouts": 0}, "--progress-rollouts 0"),
        ({"flops": 0.0}, "--flops 0"),
        ({"flops": float("nan")}, "--flops nan"),
        ({"protocol": "reference", "split": "fair"}, "--split fair"),
    ],
)
def test_senseless_arguments_are_refused(changes, message, tmp_path):
    with pytest.raises(SystemExit) as caught:
        replace(Args(out=tmp_path / "out"), **changes).check()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--tasks", "CartPool"], "CartPole-v1"),
        (["--subjects", "sub01"], "synthetic01"),
        (["--data", "nowhere"], "nowhere holds no recordings"),
    ],
)
def test_unknown_names_meet_the_nearest_and_nothing_is_written(
    words, message, tmp_path
):
    args = tyro.cli(Args, args=[*words, "--out", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as caught:
        run_study(Study, lambda *_: None, args)
    assert message in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", [["--inputs", "all"], ["--protocol", "unfair"]])
def test_values_outside_the_choices_are_refused(words):
    with pytest.raises(SystemExit):
        tyro.cli(Args, args=words)


def refused(folder, tmp_path, may_be=False, **changes):
    """The message that a folder of recordings is refused with."""
    args = replace(Args(data=str(folder), out=tmp_path / "out"), **changes)
    with pytest.raises(SystemExit) as caught:
        run_study(Study, lambda *_: None, args)
    assert may_be or not (tmp_path / "out").exists()
    return str(caught.value)


def test_a_subject_that_is_not_there_is_named(folder, tmp_path):
    assert "synthetic01" in refused(folder, tmp_path, subjects=("synthetic02",))


def test_a_task_that_is_not_there_is_named(folder, tmp_path):
    message = refused(folder, tmp_path, tasks=("Acrobot-v1",))
    assert "Acrobot-v1" in message
    assert "CartPole-v1" in message


def test_a_damaged_recording_is_named(folder, tmp_path):
    path = folder / "CartPole-v1.jsonl"
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([*lines[:5], b"{", *lines[6:], b""]))
    assert "CartPole-v1.jsonl, line 6" in refused(folder, tmp_path)


def test_one_task_in_two_files_is_refused(folder, tmp_path):
    (folder / "again.jsonl").write_bytes((folder / "CartPole-v1.jsonl").read_bytes())
    assert "both hold synthetic01's CartPole-v1" in refused(folder, tmp_path)


@pytest.mark.filterwarnings("ignore:.*breaks off")
def test_a_recording_without_a_finished_run_is_refused(folder, tmp_path):
    path = folder / "CartPole-v1.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(True)[:4]))
    assert "has no finished run" in refused(folder, tmp_path)


def test_runs_in_one_session_cannot_be_chained(folder, tmp_path):
    played = recorded("CartPole-v1")
    save_recording(
        played._replace(episodes=played.episodes[:9]), folder / "CartPole-v1.jsonl"
    )
    assert "has one session" in refused(folder, tmp_path, split="forward")


def test_too_few_runs_are_refused_with_a_remedy(folder, tmp_path):
    played = recorded("CartPole-v1")
    episodes = tuple(
        e._replace(start=e.start + timedelta(days=e.index)) for e in played.episodes[:3]
    )
    save_recording(played._replace(episodes=episodes), folder / "CartPole-v1.jsonl")
    assert "no episode to train on" in refused(folder, tmp_path)


@pytest.mark.slow
def test_an_unfinished_run_is_left_out(folder):
    played = recorded("CartPole-v1")
    last = played.episodes[-1]
    cut = last._replace(
        observations=last.observations[:-1],
        actions=last.actions[:-1],
        rewards=last.rewards[:-1],
        times=last.times[:-1],
        terminated=False,
        truncated=False,
        is_complete=False,
    )
    save_recording(
        played._replace(episodes=(*played.episodes[:-1], cut)),
        folder / "CartPole-v1.jsonl",
    )
    found = recordings_of(str(folder), ("CartPole-v1",), ())
    kept = found["CartPole-v1", "synthetic01"].episodes
    assert len(kept) == len(played.episodes) - 1


def test_a_folder_of_other_settings_is_refused(tmp_path):
    kept_in(tmp_path, Args().settings(), resume=True)
    with pytest.raises(SystemExit, match="rollouts: 100 there, 7 now"):
        kept_in(tmp_path, Args(rollouts=7).settings(), resume=True)


def test_the_episodes_that_are_held_out_are_named(folder, tmp_path):
    args = Args(data=str(folder), tasks=("MountainCar-v0",), out=tmp_path / "o", **TINY)
    study = Study.of(args)
    episodes = study.recordings["MountainCar-v0", "synthetic01"].episodes
    test = [row for row in study.held_out if row["for"] == "test"]
    (part,) = study.parts["MountainCar-v0", "synthetic01"]
    wanted = [(episodes[i].index, episodes[i].seed) for i in part.test]
    assert [(row["episode"], row["seed"]) for row in test] == wanted
    assert test[0]["return"] == episodes[part.test[0]].episode_return
    validation = [row for row in study.held_out if row["for"] == "validation"]
    assert len(validation) == len(part.validation) > 0
    study.store.close()


@pytest.mark.slow
def test_play_that_grew_is_other_data(folder, tmp_path):
    args = Args(data=str(folder), tasks=("MountainCar-v0",), out=tmp_path / "out")
    args = replace(args, **TINY)
    Study.of(args).store.close()
    played = recorded("MountainCar-v0")
    fewer = played._replace(episodes=played.episodes[:-1])
    save_recording(fewer, folder / "fewer.jsonl")
    (folder / "fewer.jsonl").replace(folder / "MountainCar-v0.jsonl")
    message = refused(folder, tmp_path, may_be=True, tasks=args.tasks, **TINY)
    assert "MountainCar-v0 synthetic01 has changed" in message


def test_a_line_tells_of_the_same_networks(tmp_path):
    for options, which in (({}, "chosen"), ({"split": "reference"}, "last")):
        args = Args(tasks=("CartPole-v1",), out=tmp_path / which, **TINY, **options)
        study = Study(args, {}, kept_in(args.out, {}, True))
        assert study.which == f"{which} networks"
        study.store.close()
    assert set(SHOWN) == {"final_macro_f1", "final_cross_entropy", "final_return"}


def test_tasks_methods_and_inputs_may_be_added_to_a_folder():
    added = Args(tasks=("Acrobot-v1",), methods=("sgd",), inputs=("info",))
    assert added.settings() == Args().settings()
    assert Args().smaller().settings() != Args().settings()


def test_the_choice_is_the_lowest_validation_loss_of_each_run(tmp_path):
    network = MLP((2, 1))
    store = kept_in(tmp_path, {}, resume=True)
    choice = Choice(store, "cell", network, 2)
    layer = network.init(jax.random.key(0))[0]

    def weights(number):
        return (type(layer)(np.full((2, 2, 1), number), np.full((2, 1), number)),)

    choice.offer(weights(1.0), np.array([0.5, 0.5]))
    choice.offer(weights(2.0), np.array([0.4, 0.6]))
    choice.offer(weights(3.0), np.array([np.nan, 0.5]))
    again = Choice(store, "cell", network, 2)  # as after a kill
    again.offer(weights(1.0), np.array([0.5, 0.5]))
    assert again.weights[0].bias[:, 0].tolist() == [2.0, 1.0]


@pytest.mark.slow
def test_the_command_writes_tables_and_figures_and_goes_on(tmp_path, folder, capsys):
    args = Args(data=str(folder), tasks=("MountainCar-v0",), out=tmp_path / "o", **TINY)
    run(args)
    first = capsys.readouterr().out
    assert "on held-out episodes" in first
    assert "subject's return" in first
    names = {path.name for path in (tmp_path / "o").glob("*.png")}
    wanted = ("aggregate", "violins", "progress")
    assert names == {f"{name}_MountainCar-v0_synthetic01.png" for name in wanted}
    run(replace(args, inputs=("plain", "info")))
    again = capsys.readouterr().out
    assert "MountainCar-v0-synthetic01-adam-plain" not in again.split("on held-out")[0]
    assert (tmp_path / "o" / "impact_MountainCar-v0_synthetic01.png").exists()
    record = json.loads((tmp_path / "o" / "run.json").read_text())
    assert "SYNTHETIC" in record["data"]["MountainCar-v0 synthetic01"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"split": "forward"},
        {"protocol": "reference", "methods": ("simple_ga_adaptive",)},
        {"inputs": ("recurrent", "previous", "shuffled"), "features": "median"},
    ],
)
def test_every_split_method_and_input_runs(changes, tmp_path):
    args = Args(tasks=("MountainCar-v0",), subjects=("synthetic02",), out=tmp_path)
    run(replace(args, **TINY | changes))
    assert "MountainCar-v0" in (tmp_path / "table.md").read_text()
