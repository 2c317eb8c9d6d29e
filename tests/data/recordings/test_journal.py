"""Recordings written and read back; damaged ones refused."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from neurojax.data.recordings.journal import encode, save_recording
from neurojax.data.recordings.reader import parse, read_recording
from neurojax.data.recordings.recording import Episode, Recording, sessions_and_runs

START = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def episode(index, length=3, start=START, is_complete=True):
    draws = np.random.default_rng(index)
    return Episode(
        index,
        index + 7,
        start + timedelta(minutes=index),
        draws.normal(size=(length + 1, 2)).astype(np.float32),
        draws.integers(0, 3, length, dtype=np.int32),
        np.full(length, -1.0),
        np.arange(length) / 15,
        is_complete,
        False,
        is_complete,
        {"gymnasium": "1.3.0"},
    )


def recording(*episodes):
    return Recording("MountainCar-v0", "sub01", episodes, "made for a test")


@pytest.fixture
def lines(tmp_path):
    save_recording(recording(episode(0), episode(1)), tmp_path / "a.jsonl")
    content = (tmp_path / "a.jsonl").read_bytes()
    lines = [json.loads(line) for line in content.splitlines()]
    return [line for line in lines if line.pop("check")]  # to be changed below


def test_what_is_written_is_read_back_exactly(tmp_path):
    written = recording(episode(0), episode(1, 5), episode(2, 1, is_complete=False))
    save_recording(written, tmp_path / "a.jsonl")
    read = read_recording(tmp_path / "a.jsonl")
    assert read._replace(episodes=()) == written._replace(episodes=())
    for ours, theirs in zip(written.episodes, read.episodes, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_torn_last_line_costs_only_itself(lines, cut):
    whole = b"".join(encode(line) for line in lines)
    num_steps = sum(e.length for e in parse(whole, "a").episodes)
    torn = parse(whole[: len(whole) - len(encode(lines[-1])) - cut], "a")
    assert num_steps - sum(e.length for e in torn.episodes) == 1


@pytest.mark.parametrize("cut", [30, 400])
def test_a_journal_that_breaks_off_is_told(tmp_path, lines, cut):
    whole = b"".join(encode(line) for line in lines)
    (tmp_path / "a.jsonl").write_bytes(whole)
    read_recording(tmp_path / "a.jsonl")  # without a warning
    (tmp_path / "a.jsonl").write_bytes(whole[:-cut])
    with pytest.warns(UserWarning, match=r"a\.jsonl breaks off in the midst of an ep"):
        read_recording(tmp_path / "a.jsonl")


def test_an_episode_without_its_end_is_kept_and_marked(lines):
    kept = parse(b"".join(encode(line) for line in lines[:-2]), "a")
    assert [e.is_complete for e in kept.episodes] == [True, False]
    assert kept.episodes[1].length == 2
    assert kept.complete.episodes == kept.episodes[:1]


def test_an_episode_whose_last_step_ended_it_is_complete_without_its_end(lines):
    kept = parse(b"".join(encode(line) for line in lines[:-1]), "a")
    assert kept.episodes[1].is_complete


FAULTS = {
    "no header": (0, {"kind": "step"}, "is no header"),
    "newer format": (0, {"format": 9}, "format 9"),
    "unknown task": (0, {"task": "CartPole"}, "CartPole-v1"),
    "no subject": (0, {"subject": ""}, "subject='' must be letters"),
    "subject of a path": (0, {"subject": "x/../../y"}, "subject='x/../../y' must be"),
    "subject no text": (0, {"subject": ["sub01"]}, "subject=['sub01'] must be"),
    "task no text": (0, {"task": ["CartPole-v1"]}, "has the task ['CartPole-v1']"),
    "source no text": (0, {"source": 5}, "has the source 5"),
    "unknown kind": (2, {"kind": "jump"}, "unknown kind 'jump'"),
    "kind a list": (2, {"kind": ["step"]}, "unknown kind ['step']"),
    "kind an object": (2, {"kind": {}}, "unknown kind {}"),
    "versions no object": (6, {"versions": [1]}, "has the versions [1]"),
    "version no text": (6, {"versions": {"numpy": {}}}, "has the versions {'numpy'"),
    "seed too large": (6, {"seed": 2**63}, "has the seed 9223372036854775808"),
    "duplicate episode": (6, {"episode": 0}, "repeats the number"),
    "episode left out": (6, {"episode": 4}, "where 1 should follow"),
    "repeated seed": (6, {"seed": 7}, "repeats the seed 7"),
    "negative seed": (6, {"seed": -1}, "the seed -1"),
    "seed of text": (6, {"seed": "7"}, "the seed '7'"),
    "start before the last": (6, {"start": "2020-01-01T00:00:00+00:00"}, "before"),
    "start without zone": (6, {"start": "2026-01-02T04:00:00"}, "without time zone"),
    "start garbled": (6, {"start": "yesterday"}, "'yesterday'"),
    "step of another episode": (3, {"episode": 1}, "in the midst of 0"),
    "action outside": (3, {"action": 3}, "not in [0, 3)"),
    "action no number": (3, {"action": True}, "action True"),
    "time backwards": (4, {"time": 0.01}, "before 0.06"),
    "time negative": (2, {"time": -1.0}, "time -1.0"),
    "reward of text": (3, {"reward": "1"}, "reward '1'"),
    "short observation": (3, {"observation": [1.0]}, "not 2 finite numbers"),
    "observation beyond float32": (3, {"observation": [1e300, 0]}, "2 finite numbers"),
    "number beyond all": (3, {"reward": 10**400}, "the reward 1000"),
    "flag no flag": (3, {"terminated": 1}, "terminated=1"),
    "step after the end": (3, {"terminated": True}, "after the episode's end"),
    "wrong length": (5, {"length": 4}, "tells 4 steps, but 3"),
    "wrong return": (5, {"return": -2.0}, "sum up to -3.0"),
    "false claim of completeness": (5, {"complete": False}, "contradicts"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_damaged_line_is_named(lines, name):
    number, change, message = FAULTS[name]
    lines[number] |= change
    with pytest.raises(ValueError) as caught:
        parse(b"".join(encode(line) for line in lines), "a.jsonl")
    assert message in str(caught.value)
    assert "a.jsonl, line" in str(caught.value)


@pytest.mark.parametrize("field", ["seed", "start", "observation"])
def test_a_missing_field_is_named(lines, field):
    del lines[1][field]
    with pytest.raises(ValueError, match=f"line 2 lacks or garbles '{field}'"):
        parse(b"".join(encode(line) for line in lines), "a.jsonl")


@pytest.mark.parametrize("depth", [400, 900, 100_000])
def test_deeply_nested_values_are_refused_in_one_line(lines, depth):
    deep = b"[" * depth + b"]" * depth
    for field in (b'"kind":', b'"action":', b'"observation":'):
        content = b"".join(encode(line) for line in lines)
        start = content.index(field, content.index(b'"kind":"step"')) + len(field)
        end = content.index(b',"', start)
        with pytest.raises(ValueError, match="line 3 ") as caught:
            parse(content[:start] + deep + content[end:], "a.jsonl")
        assert len(str(caught.value)) < 300


def test_garbage_in_the_middle_is_refused(lines):
    content = encode(lines[0]) + b"{garbage}\n" + encode(lines[1])
    with pytest.raises(ValueError, match="line 2 is no JSON"):
        parse(content, "a.jsonl")


@pytest.mark.parametrize("content", [b"", b"{", b'{"kind": "header"}'])
def test_a_file_without_a_line_is_refused(content):
    with pytest.raises(ValueError, match="is empty"):
        parse(content, "a.jsonl")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no recording .*b\.jsonl"):
        read_recording(tmp_path / "b.jsonl")


def test_sessions_begin_after_half_an_hour():
    minutes = [0, 5, 34.9, 64.9, 65, 200]
    episodes = [
        episode(i)._replace(start=START + timedelta(minutes=m))
        for i, m in enumerate(minutes)
    ]
    sessions, runs = sessions_and_runs(recording(*episodes))
    assert sessions.tolist() == [0, 0, 0, 1, 1, 2]
    assert runs.tolist() == [0, 1, 2, 0, 1, 0]
