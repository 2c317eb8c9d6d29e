"""Numbers that describe play, worked by hand; the table and the figures."""

import json
import sys
from datetime import UTC, datetime, timedelta
from io import BytesIO

import numpy as np
import pytest
from playing import TASKS, files_in, recording_of, save, unchecked

from collect._analysis import (
    action_shares,
    describe,
    hold_rates,
    holds,
    learning_curves,
    repeats,
    table,
)
from collect._panels import plot
from collect.analyse import Analyse
from neurojax.data.recordings.recording import Episode, Recording

START = datetime(2026, 1, 2, tzinfo=UTC)


def episode(actions, minute, rewards=None, is_complete=True):
    length = len(actions)
    rewards = [-1.0] * length if rewards is None else rewards
    return Episode(
        0,
        0,
        START + timedelta(minutes=minute),
        np.zeros((length + 1, 2), np.float32),
        np.array(actions, np.int32),
        np.array(rewards, np.float64),
        np.arange(length) / 15,
        is_complete,
        False,
        is_complete,
        {},
    )


def recording(*episodes):
    return Recording("MountainCar-v0", "sub01", episodes, "made by hand")


@pytest.fixture
def small():
    """Two sessions: runs 0 and 1, then 0, 1 (broken off) and 2."""
    return recording(
        episode([0, 0, 2, 2, 2], 0),
        episode([0, 2, 0], 10),
        episode([2], 40),
        episode([1, 1], 41, is_complete=False),
        episode([2, 2, 0, 0, 0, 0, 0], 42),
    )


def test_the_table_is_worked_by_hand(small):
    header, rule, row, _, note = table([small]).splitlines()
    assert [cell.strip() for cell in row.split("|")[1:-1]] == [
        "sub01",
        "MountainCar-v0",
        "5",
        "1",
        "18",
        "2",
        "2, 3",
        "-4.0 ± 2.6 (-4; -7..-1)",
        "4.0",
    ]
    assert len(header) == len(rule) == len(row)
    assert "n - 1" in note


def test_values_are_described_in_words():
    assert describe([1.0, 2.0, 6.0]) == "3.0 ± 2.6 (2; 1..6)"
    assert describe([2.5]) == "2.5 (2.5; 2.5..2.5)"
    assert describe([]) == "-"


def test_a_recording_without_an_episode_has_a_row():
    cells = table([recording()]).splitlines()[2].split("|")[1:-1]
    assert [cell.strip() for cell in cells][2:] == ["0", "0", "0", "0", "", "-", "-"]


def test_shares_are_worked_by_hand(small):
    np.testing.assert_allclose(
        action_shares(small.episodes, 3), [9 / 18, 2 / 18, 7 / 18]
    )
    np.testing.assert_array_equal(action_shares([episode([], 0)], 3), [0, 0, 0])


def test_holds_end_with_their_episode(small):
    actions, lengths = holds(small.episodes)
    assert actions.tolist() == [0, 2, 0, 2, 0, 2, 1, 2, 0]
    assert lengths.tolist() == [2, 3, 1, 1, 1, 1, 2, 2, 5]
    assert [found.tolist() for found in holds([episode([], 0)])] == [[], []]


def test_repeats_are_worked_by_hand(small):
    found = repeats(small)
    # After 0: 00 02 | 02 | 0000 0; after 1: 11; after 2: 22 22 | 20 | 22 20.
    np.testing.assert_allclose(found.by_action, [5 / 7, 1, 3 / 5])
    assert found.overall == pytest.approx(9 / 13)
    assert found.by_chance == pytest.approx((81 + 4 + 49) / 18**2)


def test_an_action_that_is_never_followed_has_no_repeats():
    found = repeats(recording(episode([0, 0, 2], 0)))
    np.testing.assert_array_equal(found.by_action, [0.5, np.nan, np.nan])
    assert np.isnan(repeats(recording(episode([2], 0))).overall)


def test_holds_are_counted_for_each_number_of_steps():
    """Where bins hold several numbers, as many in each number are as many in a bin."""
    steps, times = hold_rates(np.repeat(np.arange(1, 101), 7), 100)
    np.testing.assert_allclose(times, 7)
    assert len(steps) < 40 and np.all(np.diff(steps) > 0)
    steps, times = hold_rates(np.array([1, 1, 3]), 3)
    assert (steps.tolist(), times.tolist()) == ([1, 2, 3], [2, 0, 1])
    steps, times = hold_rates(np.array([], int), 1)
    assert (steps.tolist(), times.tolist()) == ([1], [0])


def labels_of(recording):
    return [axis.get_ylabel() for axis in plot(recording).axes]


def test_a_return_that_is_the_length_is_drawn_once(small):
    pole = labels_of(recording_of("CartPole-v1"))
    assert "return (the length in steps)" in pole
    assert "return (minus the length in steps)" in labels_of(small)
    lander = labels_of(recording_of("LunarLander-v3"))
    assert "length in steps (x)" in lander and "return (o)" in lander
    assert not any("length" in label for label in pole[1:])


def test_sessions_have_a_key_where_there_are_several(small):
    assert "session" in labels_of(small)
    assert "session" not in labels_of(recording(episode([0, 1], 0)))


@pytest.mark.parametrize(
    "source",
    [
        "imported from sub01_data_CartPole-v1.json; starts in the zone Europe/Zurich, "
        "step times are step / 15 s, not measured",
        "played by a person",
        "imported from $x_{.json " * 20,
        "",
        "x" * 300,
    ],
)
def test_no_line_of_the_title_is_one_stray_word(small, source):
    figure = plot(small._replace(source=source))
    figure.savefig(BytesIO())  # a dollar sign begins no formula
    _, *lines = figure.get_suptitle().split("\n")
    widths = [len(line) for line in lines]
    assert not widths or min(widths) >= max(widths) / 2


def test_learning_is_by_session_and_their_mean_by_run(small):
    curves, mean = learning_curves(small)
    assert [(runs.tolist(), returns.tolist()) for runs, returns in curves] == [
        ([0, 1], [-5, -3]),
        ([0, 2], [-1, -7]),
    ]
    np.testing.assert_array_equal(mean, [-3, np.nan, np.nan])


def test_a_folder_becomes_a_table_and_a_figure_of_each(tmp_path, capsys, monkeypatch):
    for task in TASKS:
        save(recording_of(task), tmp_path / "recordings")
    before = files_in(tmp_path)
    monkeypatch.setattr(sys, "argv", ["collect", "analyse", "my recordings"])
    Analyse((tmp_path / "recordings",), tmp_path / "out").run()
    text = (tmp_path / "out/table.md").read_text()
    assert "Made by `python -m collect analyse 'my recordings'`." in text
    assert text.startswith(capsys.readouterr().out.split("\n\n")[0])
    for task in TASKS:
        assert f"| sub01   | {task} " in text
        figure = (tmp_path / f"out/sub01_{task}.png").read_bytes()
        assert figure.startswith(b"\x89PNG") and len(figure) > 20_000
    assert {p: c for p, c in files_in(tmp_path).items() if p in before} == before
    assert len(files_in(tmp_path / "out")) == 5


@pytest.mark.parametrize(
    "episodes",
    [
        [episode([2], 0, is_complete=False)],
        [episode([], 0, [], is_complete=False)],
        [episode([0], 0), episode([], 1, [], is_complete=False), episode([1], 90)],
        [episode([1] * 200, 0)],
    ],
)
def test_odd_recordings_are_drawn(tmp_path, episodes):
    numbered = [e._replace(index=i, seed=i) for i, e in enumerate(episodes)]
    path = save(recording(*numbered), tmp_path)
    Analyse((path,), tmp_path / "out").run()
    assert (tmp_path / "out/sub01_MountainCar-v0.png").stat().st_size > 20_000


def test_a_recording_without_an_episode_has_no_figure(tmp_path, capsys):
    Analyse((save(recording(), tmp_path),), tmp_path / "out").run()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["table.md"]
    assert "Wrote table.md and 0 .png" in capsys.readouterr().out


def renamed(path, **changes):
    """Change the first line of a recording."""
    first, _, rest = unchecked(path).read_bytes().partition(b"\n")
    path.write_bytes(json.dumps(json.loads(first) | changes).encode() + b"\n" + rest)


def test_two_files_of_one_subject_and_task_are_refused(tmp_path):
    save(recording_of("CartPole-v1"), tmp_path / "a")
    save(recording_of("CartPole-v1"), tmp_path / "b")
    with pytest.raises(ValueError, match=r"both of sub01 on CartPole-v1; name one"):
        Analyse((tmp_path / "a", tmp_path / "b"), tmp_path / "out").run()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("subject", ["../sub01", "a/b", ".", "-x", "a b"])
def test_a_subject_that_is_no_part_of_a_file_name_is_refused(tmp_path, subject):
    path = save(recording_of("CartPole-v1"), tmp_path)
    renamed(path, subject=subject)
    with pytest.raises(ValueError, match=r"line 1: subject='.*must be letters"):
        Analyse((path,), tmp_path / "out").run()
    assert not (tmp_path / "out").exists()


def test_a_damaged_file_is_named_and_nothing_is_drawn(tmp_path):
    save(recording_of("CartPole-v1", "sub02"), tmp_path)
    path = save(recording_of("CartPole-v1"), tmp_path)
    renamed(path, format=7)
    with pytest.raises(ValueError, match=r"sub01_CartPole-v1\.jsonl, line 1 has the f"):
        Analyse((tmp_path,), tmp_path / "out").run()
    assert not (tmp_path / "out").exists()


def test_an_unwritable_place_is_named(tmp_path):
    path = save(recording_of("CartPole-v1"), tmp_path)
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OSError, match="could not write"):
        Analyse((path,), tmp_path / "out").run()
    assert (tmp_path / "out").read_text() == "a file"
