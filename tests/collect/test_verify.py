"""Recordings replay exactly, and a change of any number is found."""

import json

import numpy as np
import pytest
from playing import TASKS, files_in, play, recording_of, save, unchecked

from collect.verify import Verify
from neurojax.data.recordings.journal import encode, journal_path


def failed(capsys, *paths):
    """What the command prints of files that fail."""
    with pytest.raises(SystemExit) as caught:
        Verify(paths).run()
    assert caught.value.code == 1
    return capsys.readouterr().out


def changed(tmp_path, number, change, task="CartPole-v1"):
    """A recording in whose line `number` (from 0: the header) fields are changed."""
    path = unchecked(save(recording_of(task), tmp_path))
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    lines[number] |= change(lines[number])
    path.write_bytes(b"".join(map(encode, lines)))
    return path


@pytest.mark.parametrize("task", TASKS)
def test_play_is_reproduced_also_where_it_was_broken_off(tmp_path, capsys, task):
    recording = recording_of(task)
    assert [e.is_complete for e in recording.episodes] == [True, False, True, True]
    path = save(recording, tmp_path)
    Verify((tmp_path,)).run()
    steps = sum(episode.length for episode in recording.episodes)
    assert capsys.readouterr().out == (
        f"{path}: 4 episodes, {steps} steps, all reproduced\n"
    )


def test_good_play_to_the_step_limit_is_reproduced(tmp_path, capsys):
    recording = recording_of("CartPole-v1", is_good=True, num_episodes=2)
    assert recording.episodes[1].truncated
    Verify((save(recording, tmp_path),)).run()
    assert "2 episodes, 507 steps, all reproduced" in capsys.readouterr().out


def test_an_episode_is_reproduced_without_those_before_it(tmp_path):
    recording = recording_of("LunarLander-v3")
    last = recording.episodes[3]._replace(index=0)
    Verify((save(recording._replace(episodes=(last,)), tmp_path),)).run()


def next_float(number):
    return float(np.nextafter(np.float32(number), np.float32(np.inf)))


def bumped(line):
    numbers = line["observation"]
    return {"observation": [*numbers[:2], next_float(numbers[2]), *numbers[3:]]}


CHANGES = {
    "first observation by one bit": (1, bumped, "step 0: observation[2] is "),
    "later observation by one bit": (4, bumped, "step 3: observation[2] is "),
    "action": (3, lambda line: {"action": 1 - line["action"]}, "step 2: observation"),
    "seed": (1, lambda line: {"seed": 99}, "(seed 99), step 0: observation[0] is "),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_number_is_found_where_it_stands(tmp_path, capsys, name):
    number, change, words = CHANGES[name]
    path = changed(tmp_path, number, change)
    before = files_in(tmp_path)
    printed = failed(capsys, path)
    assert "4 episodes" in printed and "1 not reproduced" in printed
    assert "episode 0 (seed " in printed and words in printed
    assert "was the file changed?" in printed
    assert files_in(tmp_path) == before


def test_a_changed_reward_is_found(tmp_path, capsys):
    recording = recording_of("LunarLander-v3")
    episode = recording.episodes[0]
    rewards = episode.rewards.copy()
    rewards[5] = np.nextafter(rewards[5], np.inf)
    other = recording._replace(episodes=(episode._replace(rewards=rewards),))
    printed = failed(capsys, save(other, tmp_path))
    assert f"step 6: reward is {rewards[5]} in the file" in printed
    assert f"{episode.rewards[5]} in the replay" in printed


@pytest.mark.parametrize("field", ["terminated", "truncated"])
def test_a_changed_end_is_found(tmp_path, capsys, field):
    recording = recording_of("CartPole-v1")
    episode = recording.episodes[0]
    flags = {"terminated": False, "truncated": True}
    if field == "truncated":
        flags["terminated"] = True
    other = recording._replace(episodes=(episode._replace(**flags),))
    printed = failed(capsys, save(other, tmp_path))
    assert f"step {episode.length}: {field} is " in printed


def test_minus_zero_is_not_zero(tmp_path, capsys):
    """The car stands still at first; the sign of its speed is a bit like others."""
    recording = recording_of("MountainCar-v0")
    episode = recording.episodes[0]
    assert episode.observations[0, 1] == 0
    observations = episode.observations.copy()
    observations[0, 1] = -0.0
    other = recording._replace(episodes=(episode._replace(observations=observations),))
    assert "observation[1] is -0.0 in the file, 0.0 in the replay" in failed(
        capsys, save(other, tmp_path)
    )


@pytest.mark.parametrize(
    "versions, words",
    [
        ({"gymnasium": "0.1"}, "likely because it was recorded with gymnasium 0.1 (h"),
        ({"simulator": "7"}, "simulator 7 (here none)"),
        ({}, "does not tell the library versions"),
    ],
)
def test_the_likely_cause_is_told(tmp_path, capsys, versions, words):
    path = changed(tmp_path, 1, lambda line: bumped(line) | {"versions": versions})
    assert words in failed(capsys, path)


def test_every_bad_episode_is_told_and_the_good_file_too(tmp_path, capsys):
    good = save(recording_of("CartPole-v1", "sub02"), tmp_path)
    recording = recording_of("CartPole-v1")
    other = [e._replace(seed=e.seed + 50) for e in recording.episodes]
    other[2] = recording.episodes[2]
    bad = save(recording._replace(episodes=tuple(other)), tmp_path)
    printed = failed(capsys, tmp_path)
    assert f"{good}: 4 episodes" in printed and "all reproduced" in printed
    assert f"{bad}: 4 episodes" in printed and "3 not reproduced" in printed
    told = [line for line in printed.splitlines() if line.startswith("  episode")]
    assert [line.split()[1] for line in told] == ["0", "1", "3"]


def test_times_that_were_changed_are_found(tmp_path, capsys):
    path = save(recording_of("CartPole-v1"), tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b'"time":0.06', b'"time":0.05')
    path.write_bytes(b"".join(lines))
    assert f"{path}, line 4 differs from its check" in failed(capsys, path)


@pytest.mark.parametrize("cut", [0, 40])
def test_a_file_that_breaks_off_in_an_episode_is_told(tmp_path, capsys, cut):
    """It may be a crash's, so that it is sound."""
    path = save(recording_of("CartPole-v1"), tmp_path)
    Verify((path,)).run()
    assert "breaks off" not in capsys.readouterr().out
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: len(lines) // 2]) + lines[-1][:cut])
    Verify((path,)).run()
    printed = capsys.readouterr().out
    assert "all reproduced" in printed and "breaks off in the midst" in printed


def test_a_damaged_file_fails_and_the_others_are_looked_at(tmp_path, capsys):
    (tmp_path / "a.jsonl").write_bytes(b'{"kind": "step"}\n')
    (tmp_path / "b.jsonl").mkdir()
    (tmp_path / "c.jsonl").symlink_to("nowhere")
    save(recording_of("CartPole-v1"), tmp_path)
    printed = failed(capsys, tmp_path)
    for name in ("b.jsonl", "c.jsonl"):
        assert f"{tmp_path / name} cannot be read: " in printed
    assert f"{tmp_path / 'a.jsonl'}, line 1 is no header" in printed
    assert "all reproduced" in printed


def test_an_episode_without_a_step_is_reproduced(tmp_path, capsys):
    recording = recording_of("CartPole-v1")
    begun = play("CartPole-v1", 3, lambda _: 0, max_steps=0)
    Verify((save(recording._replace(episodes=(begun,)), tmp_path),)).run()
    assert "1 episode, 0 steps, all reproduced" in capsys.readouterr().out


def test_paths_that_hold_no_recording_are_named(tmp_path):
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(FileNotFoundError, match=r"no file or folder .*missing\.jsonl"):
        Verify((tmp_path / "missing.jsonl",)).run()
    with pytest.raises(ValueError, match=r"holds no recording .*record"):
        Verify((tmp_path,)).run()
    with pytest.raises(ValueError, match=r"list\.json is no recording .*import"):
        Verify((tmp_path / "list.json",)).run()
    with pytest.raises(ValueError, match="name files or folders"):
        Verify(()).run()


def test_a_file_named_twice_is_looked_at_once(tmp_path, capsys):
    path = save(recording_of("CartPole-v1"), tmp_path)
    assert path == journal_path(tmp_path, "CartPole-v1", "sub01")
    Verify((path, tmp_path)).run()
    assert capsys.readouterr().out.count("reproduced") == 1
