"""An episode shown again is the one that was recorded."""

import time

import numpy as np
import pygame
import pytest
from playing import recording_of, save

from collect import _window
from collect.__main__ import main
from collect.record import Record
from collect.replay import Replay
from neurojax.data.recordings.journal import save_recording
from neurojax.data.recordings.reader import read_recording


@pytest.fixture(autouse=True)
def headless(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")


@pytest.fixture
def path(tmp_path):
    Record("CartPole", "a", tmp_path, fps=0, player="random", episodes=3).run()
    return tmp_path / "a_CartPole-v1.jsonl"


@pytest.fixture
def shown(monkeypatch):
    """The views that were shown, with the time of each."""
    views = []
    show = _window.Window.show

    def watched(window, view):
        views.append((time.monotonic(), view))
        show(window, view)

    monkeypatch.setattr(_window.Window, "show", watched)
    return views


@pytest.mark.parametrize("number", [0, 2])
def test_every_step_is_shown_and_matches(path, shown, capsys, number):
    Replay(path, number, fps=0).run()
    episode = read_recording(path).episodes[number]
    assert len(shown) == episode.length + 1
    assert f"replay of episode {number}" in shown[0][1].left
    assert shown[-1][1].right == f"step {episode.length}/{episode.length}   " + (
        f"score {episode.length}"
    )
    pictures = [view.frame for _, view in shown]
    assert not np.array_equal(pictures[0], pictures[-1])
    words = f"Showed {episode.length} of {episode.length} steps; all observations and"
    assert words in capsys.readouterr().out


def test_by_default_it_takes_the_time_that_it_took(path, shown):
    recording = read_recording(path)
    first = recording.episodes[0]
    times = np.arange(1, first.length + 1) * 0.03
    times[5:] += 0.2  # the player's machine was busy
    slow = first._replace(times=times)
    save_recording(recording._replace(episodes=(slow,)), path)
    Replay(path, 0).run()
    # The picture after an action is there right after the time of that action.
    late = np.array([at for at, _ in shown[1:]]) - shown[0][0] - times
    assert late.min() > -0.005
    assert np.median(late) < 0.2


def test_a_rate_that_is_asked_for_is_kept(path, shown):
    Replay(path, 0, fps=40).run()
    length = read_recording(path).episodes[0].length
    assert length / 40 - 0.02 < shown[-1][0] - shown[0][0] < length / 40 + 2.0


def test_escape_stops_it(path, shown, monkeypatch, capsys):
    poll = _window.Window.poll

    def pressed(window):
        if len(shown) == 4:
            pygame.event.post(pygame.Event(pygame.KEYDOWN, key=pygame.K_ESCAPE))
        return poll(window)

    monkeypatch.setattr(_window.Window, "poll", pressed)
    Replay(path, 0).run()
    assert len(shown) == 4
    assert "Showed 3 of " in capsys.readouterr().out


def test_a_replay_that_differs_says_so(path):
    recording = read_recording(path)
    first = recording.episodes[0]
    observations = first.observations.copy()
    observations[4, 2] += 1e-6
    changed = first._replace(observations=observations)
    save_recording(recording._replace(episodes=(changed,)), path)
    with pytest.raises(SystemExit, match=r"NOT reproduced.*step 4: observation\[2\]"):
        Replay(path, 0, fps=0).run()


@pytest.mark.parametrize("task", ["Acrobot-v1", "LunarLander-v3", "MountainCar-v0"])
def test_it_shows_every_task(task, tmp_path, capsys):
    save(recording_of(task), tmp_path)
    Replay(tmp_path / f"sub01_{task}.jsonl", 0, fps=0).run()
    assert "all observations and rewards are those" in capsys.readouterr().out


REFUSED = {
    "3": "episode=3 is not in",
    "-1": "holds 3 episodes, numbered from 0",
}


@pytest.mark.parametrize("number", REFUSED)
def test_an_episode_that_is_not_there_is_refused(path, number):
    with pytest.raises(SystemExit) as caught:
        main(["replay", "--file", str(path), "--episode", number])
    assert REFUSED[number] in str(caught.value)


def test_a_rate_out_of_range_and_a_missing_file_are_refused(path):
    with pytest.raises(SystemExit, match="fps=0.1 must be from 1 to 1000, or 0"):
        main(["replay", "--file", str(path), "--episode", "0", "--fps", "0.1"])
    with pytest.raises(SystemExit, match="no recording .*gone.jsonl"):
        main(["replay", "--file", "gone.jsonl", "--episode", "0"])
