"""Recording as a user meets it, with scripted players and posted key events."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pygame
import pytest

from collect import _journal, _loop, _tasks, _window
from collect.__main__ import main
from collect._tasks import CONTROLS
from collect.record import Record
from neurojax.data.recordings.reader import read_recording
from neurojax.data.tasks import TASKS

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def headless(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")


@pytest.fixture
def record(tmp_path):
    """Records headless, at full speed, and returns what the file then holds."""

    def run(task, subject="sub01", **options):
        options = {"fps": 0.0, "player": "random"} | options
        Record(task, subject, tmp_path, **options).run()
        (path,) = tmp_path.glob(f"{subject}_{task}*.jsonl")
        return read_recording(path)

    return run


def lines_in(folder, kind):
    (path,) = folder.glob("*.jsonl")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [line for line in lines if line["kind"] == kind]


@pytest.mark.parametrize("task", TASKS)
def test_a_recording_holds_what_the_simulator_does(task, record, tmp_path):
    recording = record(task, episodes=2)
    assert recording.source == "played by the scripted player 'random'"
    assert [e.seed for e in recording.episodes] == [0, 1]
    simulator = _tasks.make_simulator(task)
    for episode in recording.episodes:
        assert episode.is_complete and episode.terminated != episode.truncated
        assert np.all(np.diff(episode.times) > 0)
        observation, _ = simulator.reset(seed=episode.seed)
        np.testing.assert_array_equal(episode.observations[0], observation)
        for i, action in enumerate(episode.actions):
            observation, reward, *_ = simulator.step(int(action))
            np.testing.assert_array_equal(episode.observations[i + 1], observation)
            assert episode.rewards[i] == reward
    for line in lines_in(tmp_path, "episode"):
        assert (line["fps"], line["player"]) == (0.0, "random")
        assert line["noop"] == ("left" if task == "CartPole-v1" else "neutral")
        simulators = {"box2d"} if task == "LunarLander-v3" else set()
        known = {"gymnasium", "numpy", "pygame-ce", "python"}
        assert set(line["versions"]) == known | simulators


def test_a_second_sitting_goes_on_and_tells(record, capsys):
    record("CartPole", episodes=2)
    recording = record("CartPole-v1", episodes=1)
    assert [e.seed for e in recording.episodes] == [0, 1, 2]
    printed = capsys.readouterr().out.splitlines()[-1]
    assert printed.startswith(f"Recorded 1 episode, {recording.episodes[2].length} st")
    assert printed.endswith("holds 3 episodes now.")


def test_the_expert_plays_well(record):
    recording = record("CartPole", player="expert")
    assert [e.episode_return for e in recording.episodes] == [500.0]


def test_the_rate_is_kept(record):
    (episode,) = record("CartPole", fps=50.0).episodes
    waits = np.diff([0.0, *episode.times])
    assert 0.0199 <= np.median(waits) <= 0.06
    assert episode.times[-1] >= 0.0199 * episode.length


# What the table of controls promises, by hand: no key, left, right, up, down, two keys.
ACTIONS = {
    "Acrobot-v1": {"": 1, "left": 0, "right": 2, "down": 1, "left+right": 1},
    "CartPole-v1": {"": 0, "left": 0, "right": 1, "left+right": 0},
    "MountainCar-v0": {"": 1, "left": 0, "right": 2, "down": 1, "down+right": 1},
    "LunarLander-v3": {"": 0, "left": 1, "up": 2, "right": 3, "left+up": 0},
}


@pytest.mark.parametrize("task", ACTIONS)
def test_keys_mean_the_actions_of_the_table(task):
    controls = CONTROLS[task]
    for keys, action in ACTIONS[task].items():
        held = frozenset(keys.split("+")) - {""}
        assert controls.action(held, None) == action
    assert controls.fps == (20.0 if task == "LunarLander-v3" else 15.0)


def scripted(tmp_path, entries):
    path = tmp_path / "script.json"
    path.write_text(json.dumps(entries))
    return str(path)


def test_a_script_is_followed(record, tmp_path):
    script = scripted(tmp_path, [["left", 2], [2, 1], ["left+right", 1], ["right", 1]])
    (episode,) = record("MountainCar", player=script).episodes
    assert episode.actions[:6].tolist() == [0, 0, 2, 1, 2, 1]
    assert set(episode.actions[6:]) == {1}
    keys = [line["keys"] for line in lines_in(tmp_path, "step")[:6]]
    assert keys == [["left"], ["left"], [], ["left", "right"], ["right"], []]


def test_without_a_key_the_last_action_goes_on_if_asked_for(record, tmp_path):
    script = scripted(tmp_path, [["none", 1], ["right", 1], ["none", 3], ["left", 1]])
    (episode,) = record("CartPole", player=script, noop="last").episodes
    assert episode.actions[:8].tolist() == [0, 1, 1, 1, 1, 0, 0, 0]
    assert lines_in(tmp_path, "episode")[0]["noop"] == "last"


BAD_SCRIPTS = {
    "no JSON": ("[", "is no JSON"),
    "no list": ("{}", r'must be a list such as \[\["left", 10\]'),
    "no pair": ('[["left", 1], ["left"]]', "entry 1: .*must be a pair"),
    "no frames": ('[["left", 0]]', "entry 0: 0 must be a number of frames"),
    "flag for frames": ('[["left", true]]', "True must be a number of frames"),
    "unknown key": ('[["up", 1]]', "'up' must be one of .'left', 'none', 'right'"),
    "unknown action": ("[[2, 1]]", "2 must be one of .* action from 0 to 1"),
}


@pytest.mark.parametrize("fault", BAD_SCRIPTS)
def test_a_bad_script_is_named(record, tmp_path, fault):
    text, words = BAD_SCRIPTS[fault]
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(ValueError, match=words) as caught:
        record("CartPole", player=str(tmp_path / "bad.json"))
    assert "bad.json" in str(caught.value)
    assert not list(tmp_path.glob("*.jsonl"))


REFUSED = {
    "task": (["--task", "LunarLandr"], "did you mean 'LunarLander-v3'"),
    "player": (["--player", "expret"], "did you mean 'expert'"),
    "script": (["--player", "gone.json"], "gone.json': No such file"),
    "subject": (["--subject", "../sub01"], "subject='../sub01' must be letters"),
    "noop": (["--task", "Acrobot", "--noop", "last"], "noop='last' is for CartPole-v1"),
    "fps": (["--fps", "-3"], "fps=-3 must be from 1 to 1000"),
    "no number": (["--fps", "nan"], "fps=nan must be from 1"),
    "person at full speed": (["--player", "keyboard", "--fps", "0"], "fps=0 is for"),
    "episodes": (["--episodes", "0"], "episodes=0 must be 1 or more"),
    "folder": (["--folder", "a_file"], "a_file: File exists"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused(case, tmp_path, monkeypatch):
    arguments, words = REFUSED[case]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a_file").touch()
    usual = ["--task", "CartPole", "--subject", "a", "--player", "random"]
    with pytest.raises(SystemExit) as caught:
        main(["record", *usual, *arguments])
    assert words in str(caught.value)
    assert not list(tmp_path.rglob("*.jsonl"))


def test_a_person_does_not_go_on_with_a_scripted_players_recording(record):
    before = record("CartPole")
    with pytest.raises(ValueError, match="'random' and cannot go on as played by a p"):
        record("CartPole", player="keyboard", fps=None)
    assert record("CartPole").episodes[0].length == before.episodes[0].length


class Fingers:
    """Presses keys before given frames; SDL without a display knows no held keys."""

    def __init__(self, monkeypatch, presses, held=None):
        self.presses, self.held, self.frame = presses, held or {}, -1
        monkeypatch.setattr(_window.Window, "poll", self._poll(_window.Window.poll))
        monkeypatch.setattr(_loop, "WAITING_FPS", 1000.0)

    def _poll(self, poll):
        def pressed(window):
            self.frame += 1
            for event in self.presses.get(self.frame, ()):
                pygame.event.post(event)
            held = self.held.get(self.frame, frozenset())
            return poll(window)._replace(held=frozenset(held))

        return pressed


def key(number, kind=pygame.KEYDOWN):
    return pygame.Event(kind, key=number)


SPACE, ESC = key(pygame.K_SPACE), key(pygame.K_ESCAPE)


def by_hand(record, task="MountainCar", **options):
    return record(task, player="keyboard", fps=1000.0, **options)


def test_a_person_starts_with_space_and_stops_with_escape(
    record, monkeypatch, tmp_path, capsys
):
    held = {3: ["right"], 4: ["left", "right"], 5: ["up"], 6: ["left"]}
    stray = key(pygame.K_LEFT, pygame.KEYUP)
    Fingers(monkeypatch, {2: [SPACE], 4: [stray, SPACE], 8: [ESC]}, held)
    recording = by_hand(record)
    assert recording.source == "played by a person"
    (episode,) = recording.episodes
    assert episode.actions.tolist() == [2, 1, 1, 0, 1]
    assert not episode.is_complete
    keys = [line["keys"] for line in lines_in(tmp_path, "step")]
    assert keys == [["right"], ["left", "right"], [], ["left"], []]
    (end,) = lines_in(tmp_path, "end")
    assert (end["complete"], end["length"]) == (False, 5)
    assert "Recorded 1 episode (1 unfinished), 5 steps" in capsys.readouterr().out


def test_no_seed_is_used_by_a_start_without_play(tmp_path, monkeypatch, capsys):
    Fingers(monkeypatch, {3: [ESC]})
    Record("MountainCar", "sub01", tmp_path).run()
    assert not list(tmp_path.glob("*.jsonl"))
    assert "Recorded 0 episodes, 0 steps" in capsys.readouterr().out


def test_every_episode_waits_for_space_and_has_the_next_seed(record, monkeypatch):
    first = {0: [SPACE], 250: [SPACE], 260: [ESC]}  # the step limit is 200
    Fingers(monkeypatch, first)
    assert [e.length for e in by_hand(record).episodes] == [200, 9]
    Fingers(monkeypatch, {2: [SPACE], 9: [pygame.Event(pygame.QUIT)]})
    episodes = by_hand(record).episodes
    assert [e.seed for e in episodes] == [0, 1, 2]
    assert [e.is_complete for e in episodes] == [True, False, False]
    assert episodes[0].truncated and not episodes[0].terminated


def test_the_start_is_when_play_starts(record, monkeypatch):
    Fingers(monkeypatch, {400: [SPACE], 402: [ESC]})
    opened = time.time()
    (episode,) = by_hand(record).episodes
    assert episode.start.timestamp() - opened > 0.4


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_ends_the_episode_soundly(record, tmp_path, monkeypatch, capsys, number):
    fingers = Fingers(monkeypatch, {0: [SPACE]})
    make = _tasks.make_simulator

    def interrupted(task):
        simulator = make(task)
        step = simulator.step

        def interrupted_step(action):
            if fingers.frame == 20:
                os.kill(os.getpid(), number)
            return step(action)

        simulator.step = interrupted_step
        return simulator

    monkeypatch.setattr(_tasks, "make_simulator", interrupted)
    before = signal.getsignal(number)
    with pytest.raises(SystemExit) as caught:
        by_hand(record)
    assert caught.value.code == 128 + number  # a script can tell
    assert "Recorded 1 episode (1 unfinished), 20 steps in" in capsys.readouterr().out
    (path,) = tmp_path.glob("*.jsonl")
    (episode,) = read_recording(path).episodes
    assert (episode.length, episode.is_complete) == (20, False)
    assert signal.getsignal(number) is before


def test_a_fault_in_the_simulator_keeps_what_was_played(record, tmp_path, monkeypatch):
    class BrokenError(Exception): ...

    Fingers(monkeypatch, {0: [SPACE]})
    make = _tasks.make_simulator

    def breaking(task):
        simulator = make(task)
        step = simulator.step
        simulator.steps = 0

        def breaking_step(action):
            simulator.steps += 1
            if simulator.steps == 5:
                raise BrokenError
            return step(action)

        simulator.step = breaking_step
        return simulator

    monkeypatch.setattr(_tasks, "make_simulator", breaking)
    with pytest.raises(BrokenError):
        by_hand(record)
    (end,) = lines_in(tmp_path, "end")
    assert (end["length"], end["complete"]) == (4, False)


def test_a_full_disk_is_told_with_what_is_kept(tmp_path, monkeypatch):
    writes = []

    class Full:
        """A file on a disk with room for 20 lines and a half."""

        def __init__(self, file):
            self.file = file

        def __getattr__(self, name):
            return getattr(self.file, name)

        def write(self, data):
            writes.append(data)
            if len(writes) > 20:
                self.file.write(data[:20])
                raise OSError(28, "No space left on device")
            return self.file.write(data)

    plain = _journal._open
    monkeypatch.setattr(_journal, "_open", lambda path: Full(plain(path)))
    with pytest.raises(SystemExit) as caught:
        Record("MountainCar", "sub01", tmp_path, fps=0, player="random").run()
    message = str(caught.value)
    assert "could not be written (No space left on device)" in message
    assert "1 episode (1 unfinished), 19 steps in" in message
    (path,) = tmp_path.glob("*.jsonl")
    with pytest.warns(UserWarning, match="breaks off"):
        (episode,) = read_recording(path).episodes
    assert (episode.length, episode.is_complete) == (19, False)


def test_a_person_without_a_display_is_told(record, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(_window.sys, "platform", "linux")
    with pytest.raises(ValueError, match="needs a display, and there is none"):
        record("CartPole", player="keyboard", fps=None)
    assert record("CartPole").episodes[0].is_complete  # a scripted player needs none


@pytest.mark.parametrize("library", ["pygame", "gymnasium", "filelock"])
def test_a_missing_library_is_told_with_its_remedy(library, tmp_path):
    arguments = ["record", "--task", "CartPole", "--subject", "a", "--player", "random"]
    code = (
        f"import sys; sys.modules[{library!r}] = None; import collect.__main__ as c; "
        f"c.main([*{arguments}, '--folder', {str(tmp_path)!r}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "pip install 'neurojax[collect]'" in done.stderr
    assert "Traceback" not in done.stderr
