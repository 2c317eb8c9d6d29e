"""Recordings as parquet files, read back for training; pushed to a hub of our own."""

import datasets
import numpy as np
import pyarrow.parquet
import pytest
from playing import TASKS, files_in, recording_of, save

import neurojax
from collect.export import Export
from neurojax.data.recordings.recording import sessions_and_runs
from neurojax.data.tasks import find_task


def exported(tmp_path, *recordings, **options):
    """Export recordings; return the path of the file."""
    for recording in recordings:
        save(recording, tmp_path / "recordings")
    out = tmp_path / "out.parquet"
    Export(out, (tmp_path / "recordings",), **options).run()
    return out


def refused(tmp_path, *recordings, out="out.parquet", **options):
    """What the command says; nothing must be written."""
    for recording in recordings:
        save(recording, tmp_path / "recordings")
    before = files_in(tmp_path)
    with pytest.raises((ValueError, OSError)) as caught:
        Export(tmp_path / out, (tmp_path / "recordings",), **options).run()
    assert files_in(tmp_path) == before
    return str(caught.value)


@pytest.mark.parametrize("task", TASKS)
def test_what_was_played_is_loaded_for_training(tmp_path, task):
    played = recording_of(task)
    dataset = neurojax.data.load(exported(tmp_path, played), task)
    complete = played.complete.episodes
    assert dataset.num_episodes == len(complete) == 3
    assert dataset.num_actions == find_task(task).num_actions
    np.testing.assert_array_equal(
        dataset.observations, np.concatenate([e.observations[:-1] for e in complete])
    )
    np.testing.assert_array_equal(
        dataset.actions, np.concatenate([e.actions for e in complete])
    )
    np.testing.assert_allclose(
        dataset.episode_returns, [e.episode_return for e in complete], rtol=1e-5
    )


def test_columns_have_the_types_of_the_hub_and_tell_who_and_when(tmp_path):
    played = recording_of("LunarLander-v3")
    table = pyarrow.parquet.read_table(exported(tmp_path, played))
    types = map(str, table.schema.types)
    assert dict(zip(table.column_names, types, strict=True)) == {
        "obs": "list<element: double>",
        "actions": "int64",
        "rewards": "double",
        "episode_starts": "double",
        "subject": "string",
        "session": "int64",
        "run": "int64",
        "episode": "int64",
        "seed": "int64",
        "complete": "bool",
    }
    complete = played.complete.episodes
    rewards = np.concatenate([episode.rewards for episode in complete])
    np.testing.assert_array_equal(table["rewards"], rewards)  # not rounded
    lengths = [episode.length for episode in complete]
    for name, values in {
        "subject": ["sub01"] * 3,
        "session": [0, 1, 1],
        "run": [0, 0, 1],
        "episode": [0, 2, 3],
        "seed": [1, 5, 7],
        "complete": [True] * 3,
    }.items():
        assert table[name].to_pylist() == np.repeat(values, lengths).tolist()


def test_incomplete_episodes_are_written_on_demand(tmp_path):
    played = recording_of("CartPole-v1")
    table = pyarrow.parquet.read_table(exported(tmp_path, played, incomplete=True))
    lengths = [episode.length for episode in played.episodes]
    sessions, runs = sessions_and_runs(played)
    assert table["session"].to_pylist() == np.repeat(sessions, lengths).tolist()
    assert table["run"].to_pylist() == np.repeat(runs, lengths).tolist()
    is_complete = np.repeat([True, False, True, True], lengths).tolist()
    assert table["complete"].to_pylist() == is_complete
    assert sum(table["episode_starts"].to_pylist()) == 4


def test_an_episode_without_a_step_is_left_out(tmp_path):
    played = recording_of("CartPole-v1")
    last = played.episodes[3]
    begun = last._replace(
        observations=last.observations[:1],
        **{name: getattr(last, name)[:0] for name in ("actions", "rewards", "times")},
        terminated=False,
        is_complete=False,
    )
    episodes = (*played.episodes[:3], begun)
    out = exported(tmp_path, played._replace(episodes=episodes), incomplete=True)
    table = pyarrow.parquet.read_table(out)
    assert set(table["episode"].to_pylist()) == {0, 1, 2}
    alone = played._replace(episodes=(begun._replace(index=0),))
    out.unlink()
    assert "hold no complete episode" in refused(tmp_path, alone, incomplete=True)


def test_subjects_share_a_file_and_keep_their_sessions(tmp_path, capsys):
    played = [recording_of("CartPole-v1", subject) for subject in ("sub01", "sub02")]
    out = exported(tmp_path, *played)
    table = pyarrow.parquet.read_table(out)
    subjects = np.array(table["subject"].to_pylist())
    sessions = np.array(table["session"].to_pylist())
    assert np.unique(subjects).tolist() == ["sub01", "sub02"]
    assert sessions[subjects == "sub02"][0] == 0
    dataset = neurojax.data.load(out, "CartPole-v1")
    assert dataset.num_episodes == 6
    assert dataset.source == "sub01: played by a test; sub02: played by a test"
    assert capsys.readouterr().out.startswith("Wrote 6 episodes, ")


def test_an_export_replaces_the_last_one_whole(tmp_path):
    (tmp_path / "out.parquet").write_text("an old file")
    played = recording_of("CartPole-v1")
    assert neurojax.data.load(exported(tmp_path, played), "CartPole-v1").num_episodes
    assert len(list(tmp_path.iterdir())) == 2


def test_mixed_tasks_are_refused(tmp_path):
    both = [recording_of("CartPole-v1"), recording_of("MountainCar-v0")]
    message = refused(tmp_path, *both)
    assert "are of CartPole-v1, MountainCar-v0; a file holds one task" in message
    assert "*_CartPole-v1.jsonl" in message


def test_play_without_a_complete_episode_is_refused(tmp_path):
    played = recording_of("CartPole-v1")
    message = refused(tmp_path, played._replace(episodes=()))
    assert "CartPole-v1 hold no complete episode" in message
    only_cut = played.episodes[1]._replace(index=0)
    message = refused(tmp_path, played._replace(episodes=(only_cut,)))
    assert "--incomplete" in message


@pytest.mark.parametrize("out", ["out", "out.csv", "out.parquet.gz", "out.jsonl"])
def test_another_kind_of_file_is_refused(tmp_path, out):
    message = refused(tmp_path, recording_of("CartPole-v1"), out=out)
    assert f"{out} must end in .parquet" in message


@pytest.mark.parametrize(
    "name", ["", "owner", "owner/", "a/b/c", "https://a/b", "a b/c"]
)
def test_a_name_that_the_hub_cannot_have_is_refused(tmp_path, name):
    message = refused(tmp_path, recording_of("CartPole-v1"), push=name)
    assert f"--push {name} must be OWNER/NAME" in message


def test_a_push_is_private_and_holds_the_table(tmp_path, monkeypatch, capsys):
    calls = []

    def push_to_hub(self, *arguments, **options):
        calls.append((self, arguments, options))

    monkeypatch.setattr(datasets.Dataset, "push_to_hub", push_to_hub)
    out = exported(tmp_path, recording_of("CartPole-v1"), push="ann/play")
    ((pushed, arguments, options),) = calls
    assert arguments == ("ann/play",) and options == {"private": True}
    table = pyarrow.parquet.read_table(out)
    assert pushed.to_dict() == table.to_pydict()
    assert "Pushed to the private data set ann/play." in capsys.readouterr().out


def test_a_hub_that_fails_leaves_the_file(tmp_path, monkeypatch):
    def push_to_hub(self, *arguments, **options):
        raise RuntimeError("401 Unauthorized")

    monkeypatch.setattr(datasets.Dataset, "push_to_hub", push_to_hub)
    with pytest.raises(ConnectionError, match=r"401 Unauthorized.*hf auth login"):
        exported(tmp_path, recording_of("CartPole-v1"), push="ann/play")
    assert neurojax.data.load(tmp_path / "out.parquet", "CartPole-v1").num_episodes == 3
