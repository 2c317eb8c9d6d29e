"""JSON lists of episodes become recordings; unsound ones are refused whole."""

import copy
import itertools
from datetime import UTC, datetime

import numpy as np
import pytest
from playing import (
    START,
    TASKS,
    files_in,
    play,
    recording_of,
    reference_of,
    save,
    write_json,
)

from collect.imports import Import
from collect.verify import Verify
from neurojax.data.recordings.players import good_player
from neurojax.data.recordings.reader import read_recording
from neurojax.data.recordings.recording import Recording, sessions_and_runs


@pytest.fixture
def entries():
    return copy.deepcopy(reference_of(recording_of("CartPole-v1")))


def imported(tmp_path, content, name="sub01_data_CartPole-v1.json", **options):
    """Import a JSON list and read what was made of it."""
    options.setdefault("folder", tmp_path / "recordings")
    Import(write_json(tmp_path / name, content), **options).run()
    (path,) = options["folder"].iterdir()
    return read_recording(path)


def refused(tmp_path, content, name="sub01_data_CartPole-v1.json", **options):
    """What the command says; nothing must be written."""
    path = write_json(tmp_path / name, content)
    before = files_in(tmp_path)
    with pytest.raises((ValueError, OSError)) as caught:
        Import(path, folder=tmp_path / "recordings", **options).run()
    assert files_in(tmp_path) == before
    assert not (tmp_path / "recordings").exists()
    return str(caught.value)


@pytest.mark.parametrize("task", TASKS)
def test_an_import_holds_what_was_played_and_replays(tmp_path, capsys, task):
    played = recording_of(task).complete
    short = task.partition("-")[0]
    name = f"sub01_data_{short}.json"
    found = imported(tmp_path, reference_of(played), name)
    assert (found.task, found.subject) == (task, "sub01")
    assert len(found.episodes) == len(played.episodes) == 3
    for ours, theirs in zip(played.episodes, found.episodes, strict=True):
        for field in ("observations", "actions", "rewards"):
            np.testing.assert_array_equal(getattr(ours, field), getattr(theirs, field))
        assert ours.seed == theirs.seed and ours.start == theirs.start
        assert ours.terminated == theirs.terminated
        assert ours.truncated == theirs.truncated
        assert theirs.is_complete
    Verify((tmp_path / "recordings",)).run()
    assert "3 episodes" in capsys.readouterr().out


def test_the_source_tells_what_is_not_known(tmp_path, entries):
    found = imported(tmp_path, entries, timezone="Europe/Zurich")
    assert found.source == (
        "imported from sub01_data_CartPole-v1.json; starts in the zone Europe/Zurich, "
        "step times are step / 15 s, not measured"
    )
    np.testing.assert_allclose(found.episodes[0].times[:3], [0, 1 / 15, 2 / 15])
    assert [e.index for e in found.episodes] == [0, 1, 2]
    assert found.episodes[0].versions == {}


def test_the_lander_is_played_faster(tmp_path):
    content = reference_of(recording_of("LunarLander-v3"))
    found = imported(tmp_path, content, "sub01_data_LunarLander-v3.json")
    assert found.episodes[0].times[1] == 1 / 20


def test_options_win_over_the_name_of_the_file(tmp_path, entries):
    found = imported(tmp_path, entries, task="CartPole", subject="sub-7", name="x.json")
    assert (found.task, found.subject) == ("CartPole-v1", "sub-7")


def test_the_other_names_of_seed_and_score_are_read(tmp_path, entries):
    for entry in entries:
        entry["seed"] = entry.pop("seed_used")
        entry["return"] = entry.pop("score")
    assert [e.seed for e in imported(tmp_path, entries).episodes] == [1, 5, 7]


def test_what_the_steps_tell_need_not_be_told(tmp_path, entries):
    whole = imported(tmp_path, entries)
    for entry in entries[:2]:  # as people's oldest episodes are
        for field in ("score", "length", "episode_id"):
            del entry[field]
    (tmp_path / "recordings").rename(tmp_path / "whole")
    found = imported(tmp_path, entries)
    assert [e.episode_return for e in found.episodes] == [
        e.episode_return for e in whole.episodes
    ]
    Verify((tmp_path / "recordings",)).run()


@pytest.mark.parametrize("name", ["cartpole", "CartPole", "cart_pole", "CARTPOLE-V1"])
def test_the_name_of_the_file_tells_the_task_in_any_spelling(tmp_path, entries, name):
    found = imported(tmp_path, entries, f"SUB01_data_{name}.json")
    assert (found.task, found.subject) == ("CartPole-v1", "SUB01")


def test_times_are_those_of_the_zone(tmp_path, entries):
    """Clocks went forward in Zurich on 30 March 2025, at 2 in the morning."""
    times = ["2025-03-30T01:40:00", "2025-03-30T03:05:00", "2025-03-30T03:40:00"]
    for entry, time in zip(entries, times, strict=True):
        entry["timestamp"] = time
    found = imported(tmp_path, entries, timezone="Europe/Zurich")
    assert found.episodes[0].start == datetime(2025, 3, 30, 0, 40, tzinfo=UTC)
    assert sessions_and_runs(found)[0].tolist() == [0, 0, 1]


def test_the_hour_that_clocks_repeat_does_not_go_backwards(tmp_path, entries):
    times = ["2025-10-26T02:50:00", "2025-10-26T02:05:00", "2025-10-26T03:01:00"]
    for entry, time in zip(entries, times, strict=True):
        entry["timestamp"] = time
    found = imported(tmp_path, entries, timezone="Europe/Zurich")
    minutes = [(e.start - found.episodes[0].start).seconds / 60 for e in found.episodes]
    assert minutes == [0, 15, 71]


def test_a_time_with_its_own_zone_keeps_it(tmp_path, entries):
    entries[0]["timestamp"] = "2025-03-01T12:00:00+02:00"
    found = imported(tmp_path, entries, timezone="Europe/Zurich")
    assert found.episodes[0].start == datetime(2025, 3, 1, 10, tzinfo=UTC)


def test_an_episode_that_is_not_done_is_incomplete(tmp_path, entries):
    last = entries[2]
    last["steps"] = last["steps"][:-1]
    last["length"], last["score"] = len(last["steps"]), len(last["steps"])
    found = imported(tmp_path, entries)
    assert [e.is_complete for e in found.episodes] == [True, True, False]


# Of these seeds: good play but for action 1 until, or from, one of these steps on.
LATE = {
    "CartPole-v1": (9, range(485, 496), "from"),
    "MountainCar-v0": (3, range(95, 115), "until"),
    "Acrobot-v1": (3, range(400, 420), "until"),
}


def ended_on_the_last_step(task):
    """Play that the task ends on the very step of the limit: both flags are up."""
    seed, switches, when = LATE[task]
    good = good_player(task)
    for switch in switches:
        step = itertools.count()

        def act(observation, switch=switch, step=step):
            is_early = next(step) < switch
            return 1 if is_early == (when == "until") else good(observation)

        episode = play(task, seed, act)
        if episode.terminated and episode.truncated:
            return episode
    raise AssertionError("no such play was found")


@pytest.mark.parametrize("task", LATE)
def test_an_end_on_the_last_step_is_told_as_gymnasium_does(tmp_path, task):
    episode = ended_on_the_last_step(task)
    content = reference_of(Recording(task, "sub01", (episode,), ""))
    found = imported(tmp_path, content, f"sub01_data_{task}.json").episodes[0]
    assert found.terminated and found.truncated
    Verify((tmp_path / "recordings",)).run()


@pytest.mark.parametrize("reward, terminated", [(-100, True), (100, True), (-0.3, 0)])
def test_the_last_reward_tells_how_a_long_flight_ended(tmp_path, reward, terminated):
    seen = [0.0] * 8
    rewards = [0.25] * 999 + [reward]
    steps = [
        {
            "observation": seen,
            "action": 0,
            "reward": r,
            "next_observation": seen,
            "done": i == 999,
        }
        for i, r in enumerate(rewards)
    ]
    entry = {
        "episode_id": 0,
        "timestamp": START.isoformat(),
        "seed_used": 1,
        "length": 1000,
        "score": sum(rewards),
        "steps": steps,
    }
    found = imported(tmp_path, [entry], "sub01_data_LunarLander.json").episodes[0]
    assert found.terminated == terminated and found.truncated


def step(number, field, value):
    def spoil(entries):
        entries[1]["steps"][number][field] = value

    return spoil


def entry(field, value):
    def spoil(entries):
        entries[1][field] = value

    return spoil


def without(field):
    return lambda entries: entries[1].pop(field)


def step_without(field):
    return lambda entries: entries[1]["steps"][2].pop(field)


def cut_end(entries):
    del entries[1]["steps"][-1]


def cut_middle(entries):
    del entries[1]["steps"][3]


def no_steps(entries):
    entries[1] |= {"steps": [], "length": 0, "score": 0.0}


def too_long(entries):
    entries[1]["steps"] = entries[1]["steps"][:1] * 501


def never_done(entries):
    still = [0.0] * 4
    a_step = {"action": 0, "reward": 1.0, "observation": still}
    a_step |= {"next_observation": still, "done": False}
    entries[1]["steps"] = [a_step] * 500


# The fault, and words of the message beside the file and "episode 3".
FAULTS = {
    "duplicate id": (entry("episode_id", 1), "episode 1 has episode_id=1, as one bef"),
    "id of text": (entry("episode_id", "3"), "entry 1 has episode_id='3'; it must be"),
    "repeated seed": (entry("seed_used", 1), "has seed=1, as one before it has"),
    "negative seed": (entry("seed_used", -4), "has seed_used=-4"),
    "seed true": (entry("seed_used", True), "has seed_used=True"),
    "no seed": (without("seed_used"), "lacks seed"),
    "time backwards": (entry("timestamp", "2024-01-01T00:00:00"), "before that of the"),
    "time garbled": (entry("timestamp", "noon"), "timestamp='noon'; it must be an ISO"),
    "time a number": (entry("timestamp", 17), "has timestamp=17"),
    "time out of range": (entry("timestamp", "0001-01-01T00:00:00"), "before that"),
    "no time": (without("timestamp"), "lacks timestamp"),
    "wrong length": (entry("length", 3), "has length=3, but"),
    "last step lost": (cut_end, "but"),
    "middle step lost": (cut_middle, "but the step before it led to next_observation"),
    "wrong score": (entry("score", 1.5), "has score=1.5, but its rewards sum up to"),
    "score null": (entry("score", None), "has score=None"),
    "wrong return": (entry("return", 1.5), "has return=1.5, but its rewards sum up to"),
    "seed too large": (entry("seed_used", 2**63), "has seed_used=9223372036854775808"),
    "time before all": (entry("timestamp", "0001-01-01T00:00:00+14:00"), "+14:00'; it"),
    "no steps": (no_steps, "has 0 steps, and CartPole-v1 ends after 1 to 500"),
    "steps no list": (entry("steps", {}), "has no list of steps"),
    "too many steps": (too_long, "has 501 steps"),
    "never done": (never_done, "step 499 has done=False, but it is the last step"),
    "done amid": (step(2, "done", True), "step 2 has done=True, but steps follow"),
    "done no flag": (step(2, "done", 1), "step 2 has done=1; it must be true or"),
    "action outside": (step(2, "action", 2), "step 2 has action=2; CartPole-v1 has"),
    "action a float": (step(2, "action", 1.0), "step 2 has action=1.0"),
    "reward of text": (step(2, "reward", "1"), "step 2 has reward='1'"),
    "reward not finite": (step(2, "reward", float("nan")), "step 2 has reward=nan"),
    "reward too large": (step(2, "reward", 10**400), "step 2 has reward=1000"),
    "observation null": (step(2, "observation", None), "has observation=None"),
    "observation of text": (step(2, "observation", ["a"] * 4), "has observation=['a'"),
    "observation inf": (
        step(2, "next_observation", [1.0, 2.0, 3.0, float("inf")]),
        "step 2 has next_observation=[1.0, 2.0, 3.0, inf]; it must be a list of finite",
    ),
    "observation too large": (
        step(2, "observation", [1e300, 0.0, 0.0, 0.0]),
        "step 2 has observation=[1e+300",
    ),
    "observation short": (
        step(2, "observation", [1.0, 2.0]),
        "observation of 2 numbers, as in MountainCar-v0, where CartPole-v1 has 4",
    ),
    "observation of no task": (step(0, "observation", [1.0]), "as in no known task"),
    "observations do not meet": (
        step(2, "observation", [0.0] * 4),
        "step 2 has observation=[0.0, 0.0, 0.0, 0.0], but the step before it led to",
    ),
    "step lacks a field": (step_without("next_observation"), "step 2 lacks next_obser"),
    "step no object": (
        lambda entries: entries[1]["steps"].insert(2, 5),
        "step 2 lacks observation",
    ),
    "episode no object": (
        lambda entries: entries.insert(1, 5),
        "entry 1 is no JSON object",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_and_nothing_is_written(tmp_path, entries, name):
    spoil, words = FAULTS[name]
    spoil(entries)
    message = refused(tmp_path, entries)
    assert words in message
    assert str(tmp_path / "sub01_data_CartPole-v1.json") in message
    assert message.endswith("Nothing was written.")
    if " episode_id" not in words and "entry" not in words:
        assert "json, episode 3" in message


def test_mixed_tasks_are_refused(tmp_path, entries):
    cars = reference_of(recording_of("MountainCar-v0"))
    message = refused(tmp_path, entries[:1] + cars[1:])
    assert "as in MountainCar-v0" in message and "one task only" in message


def test_the_wrong_task_is_refused(tmp_path, entries):
    message = refused(tmp_path, entries, task="Acrobot-v1")
    assert "as in CartPole-v1, where Acrobot-v1 has 6" in message


@pytest.mark.parametrize(
    "options, words",
    [
        ({"task": "CarPole"}, "did you mean 'CartPole-v1'?"),
        ({"task": "CarPole"}, "--task='CarPole' must be one of"),
        ({"name": "sub01_data_LunarLander-v2.json"}, "did you mean 'LunarLander-v3'?"),
        ({"name": "sub01_data_x.json"}, "sub01_data_x.json: --task='x' must be one of"),
        ({"name": "sub_1_data_cartpole.json"}, "json: --subject='sub_1' must be lett"),
        ({"timezone": "Zurich"}, "--timezone='Zurich' must be an IANA name"),
        ({"timezone": "Europe"}, "--timezone='Europe' must be an IANA name"),
        ({"timezone": "../UTC"}, "--timezone='../UTC' must be an IANA name"),
        ({"timezone": ""}, "--timezone='' must be an IANA name"),
        ({"name": "play.json"}, "--task is missing, and the name 'play.json'"),
        ({"name": "a.json", "task": "CartPole"}, "--subject is missing"),
        ({"subject": "../sub01"}, "--subject='../sub01' must be letters"),
        ({"subject": ""}, "--subject='' must be letters"),
        ({"subject": "Ann Lee"}, "--subject='Ann Lee' must be letters"),
    ],
)
def test_a_bad_option_is_named(tmp_path, entries, options, words):
    assert words in refused(tmp_path, entries, **options)


@pytest.mark.parametrize(
    "content, words",
    [
        ({"episodes": []}, "holds a JSON dict, not a list of episodes"),
        ("text", "holds a JSON str"),
        ([], "holds no episode"),
    ],
)
def test_what_is_no_list_of_episodes_is_refused(tmp_path, content, words):
    assert words in refused(tmp_path, content)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: b"",
        lambda content: b"\xff\xfe" + content,
        lambda content: content + content,
        lambda content: b"[" * 100_000,
    ],
)
def test_a_torn_file_is_refused(tmp_path, entries, damage):
    path = write_json(tmp_path / "sub01_data_CartPole.json", entries)
    path.write_bytes(damage(path.read_bytes()))
    before = files_in(tmp_path)
    with pytest.raises(ValueError, match=r"is no JSON .*get a whole copy"):
        Import(path, folder=tmp_path / "recordings").run()
    assert files_in(tmp_path) == before


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file .*sub01_data_CartPole\.json"):
        Import(tmp_path / "sub01_data_CartPole.json", folder=tmp_path / "new").run()
    assert not (tmp_path / "new").exists()


def test_a_recording_is_never_overwritten(tmp_path, entries):
    save(recording_of("CartPole-v1"), tmp_path)
    path = write_json(tmp_path / "sub01_data_CartPole.json", entries)
    before = files_in(tmp_path)
    with pytest.raises(FileExistsError, match=r"sub01_CartPole-v1\.jsonl is there alr"):
        Import(path, folder=tmp_path).run()
    assert files_in(tmp_path) == before
