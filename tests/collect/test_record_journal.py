"""The writer: nothing that was written is lost, whatever the file met."""

import errno
import os
import random
import resource
import shutil
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from collect import _journal
from collect._journal import open_journal
from neurojax.data.recordings.reader import read_recording

TASK, PERSON = "MountainCar-v0", "played by a person"
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "made" / f"sub01_{TASK}.jsonl"


def opened(path, source=PERSON, subject="sub01"):
    return open_journal(path, TASK, subject, source)


def observed(number):
    return np.array([number / 7, -number], np.float32)


def play(journal, length=3, start=START, is_complete=True):
    journal.begin(start, observed(0), {"python": "3"}, fps=15.0)
    for number in range(1, length + 1):
        is_last = is_complete and number == length
        journal.step(
            number / 15, number % 3, observed(number), -1.0, is_last, False, keys=[]
        )
    journal.end(is_complete)


def test_what_was_played_in_two_sittings_is_read_back(path):
    with opened(path) as journal:
        play(journal)
    with opened(path) as journal:
        play(journal, 2, START + timedelta(hours=1), is_complete=False)
        counts = journal.num_episodes, journal.num_unfinished, journal.num_steps
    assert counts == (1, 1, 2)
    recording = read_recording(path)
    assert (recording.task, recording.subject, recording.source) == (
        TASK,
        "sub01",
        PERSON,
    )
    assert [e.seed for e in recording.episodes] == [0, 1]
    assert [e.is_complete for e in recording.episodes] == [True, False]
    first = recording.episodes[0]
    np.testing.assert_array_equal(
        first.observations, [observed(number) for number in range(4)]
    )
    assert first.actions.tolist() == [1, 2, 0]
    assert first.times.tolist() == [1 / 15, 2 / 15, 3 / 15]
    assert first.start == START


def test_a_sitting_without_play_leaves_no_journal(path):
    with opened(path) as journal:
        assert journal.next_seed == 0
    assert not path.exists()


def test_every_step_is_there_when_step_returns(path):
    with opened(path) as journal:
        journal.begin(START, observed(0), {})
        for number in range(1, 4):
            journal.step(number, 0, observed(number), 0.0, False, False)
            with pytest.warns(UserWarning, match="breaks off in the midst"):
                assert read_recording(path).episodes[0].length == number


def test_the_disk_is_forced_at_the_end_and_every_second(path, monkeypatch):
    clock, forced = [0.0], []
    monkeypatch.setattr(_journal.time, "monotonic", lambda: clock[0])
    with opened(path) as journal:
        journal.begin(START, observed(0), {})
        monkeypatch.setattr(_journal.os, "fsync", lambda _: forced.append(clock[0]))
        for number in range(1, 30):
            clock[0] = number / 10
            journal.step(number, 0, observed(number), 0.0, False, False)
        assert forced == [1.0, 2.0]
        journal.end(is_complete=False)
        assert forced == [1.0, 2.0, 2.9]


def test_a_torn_line_is_cut_off_and_told(path):
    with opened(path) as journal:
        play(journal)
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines()[1][:40])
    with opened(path) as journal:
        assert path.read_bytes() == whole
        assert "half a line" in journal.notes[0]
        assert str(path) in journal.notes[0]
        assert journal.next_seed == 1
        play(journal)
    assert len(read_recording(path).episodes) == 2


def test_damaged_files_are_set_aside_and_their_seeds_not_used_again(path):
    damaged = []
    for next_seed in (1_000_000, 2_000_000):
        with opened(path) as journal:
            play(journal)
            play(journal)
        damaged.append(path.read_bytes().replace(b'"kind":"step"', b"\xff\x00", 1))
        path.write_bytes(damaged[-1])
        with opened(path) as journal:
            assert "is damaged" in journal.notes[0]
            assert "line 3 is no JSON" in journal.notes[0]
            assert journal.next_seed == next_seed
            assert journal.starts == []
        aside = sorted(path.parent.glob("*.corrupt-*"))
        assert [file.read_bytes() for file in aside] == damaged
        assert str(aside[-1]) in journal.notes[0]


@pytest.mark.parametrize("content", [b'{"kind":"hea', b"\0" * 50, b"\n", b"[]\n"])
def test_a_file_without_a_header_is_set_aside(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    with opened(path) as journal:
        assert "is damaged" in journal.notes[0]
    (aside,) = path.parent.glob("*.corrupt-*")
    assert aside.read_bytes() == content


def test_an_empty_file_is_begun(path):
    path.parent.mkdir()
    path.touch()
    with opened(path) as journal:
        assert journal.notes == []
        play(journal)
    assert len(read_recording(path).episodes) == 1


def test_a_second_recorder_is_refused(path):
    with opened(path) as journal:
        play(journal)
        before = path.read_bytes()
        with pytest.raises(
            ValueError, match="in use by another process; stop the other recorder"
        ):
            opened(path).__enter__()
        assert path.read_bytes() == before
    with opened(path):  # the lock was given back
        pass


@pytest.mark.parametrize(
    "other, words",
    [
        ({"source": "played by the scripted player 'random'"}, "cannot go on as"),
        ({"subject": "sub02"}, "its name is wrong"),
    ],
)
def test_other_play_does_not_go_on_with_it(path, other, words):
    with opened(path) as journal:
        play(journal)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=words):
        opened(path, **other).__enter__()
    assert path.read_bytes() == before


def test_a_clock_set_back_is_told_and_nothing_written(path):
    with opened(path) as journal:
        play(journal, start=datetime.now(UTC) - timedelta(minutes=1))
        before = path.read_bytes()
        with pytest.raises(ValueError, match="set the clock right"):
            play(journal, start=datetime.now(UTC) - timedelta(minutes=2))
        assert path.read_bytes() == before
        play(journal, start=datetime.now(UTC) + timedelta(hours=1))
    with pytest.raises(ValueError, match="set the clock right"):
        opened(path).__enter__()


@pytest.fixture
def limit():
    """Sets how large a file may grow; the kernel cuts the write that would go over."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_write_cut_short_leaves_whole_lines(path, limit):
    with opened(path) as journal:
        play(journal)
        journal.begin(START, observed(0), {})
        journal.step(0.1, 0, observed(1), -1.0, False, False)
        before = path.read_bytes()
        limit(len(before) + 30)
        with pytest.raises(OSError, match="too large"):
            journal.step(0.2, 0, observed(2), -1.0, False, False)
        journal.end(is_complete=False)
        assert path.read_bytes() == before
    with pytest.warns(UserWarning, match="breaks off in the midst"):
        assert read_recording(path).episodes[1].length == 1


def test_after_a_full_disk_play_goes_on_with_the_next_seed(path, limit):
    with opened(path) as journal:
        journal.begin(START, observed(0), {})
        limit(path.stat().st_size + 30)
        with pytest.raises(OSError):
            journal.step(0.1, 0, observed(1), -1.0, False, False)
    limit(resource.RLIM_INFINITY)
    with opened(path) as journal:
        assert "breaks off" in journal.notes[0] and "is kept" in journal.notes[0]
        play(journal)
    episodes = read_recording(path).episodes
    assert [(e.seed, e.length) for e in episodes] == [(0, 0), (1, 3)]


def test_a_line_that_could_not_be_taken_back_is_repaired_later(path, monkeypatch):
    def cut_short(file, data):
        file.write(data[:20])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with opened(path) as journal:
        play(journal)
        whole, file = path.read_bytes(), journal._file

        class Full:
            def fileno(self):
                return file.fileno()

            def write(self, data):
                cut_short(file, data)

            def truncate(self, size):
                raise OSError(errno.EIO, "broken")

            def close(self):
                file.close()

        journal._file = Full()
        with pytest.raises(OSError, match="No space left"):
            journal.begin(START, observed(0), {})
    assert path.read_bytes() != whole
    with opened(path) as journal:
        assert "half a line" in journal.notes[0]
        assert path.read_bytes() == whole


def deleted(path):
    path.unlink()


def folder_deleted(path):
    shutil.rmtree(path.parent)


def moved(path):
    path.rename(path.with_name("elsewhere"))


def replaced(path):
    path.unlink()
    path.write_bytes(b"of somebody else")


def emptied(path):
    path.write_bytes(b"")


@pytest.mark.parametrize(
    "harm",
    [deleted, folder_deleted, moved, replaced, emptied],
    ids=lambda f: f.__name__,
)
def test_a_file_that_goes_astray_is_written_again_beside(
    path, monkeypatch, capsys, harm
):
    clock = [0.0]
    monkeypatch.setattr(_journal.time, "monotonic", lambda: clock[0])
    with opened(path) as journal:
        play(journal)
    with opened(path) as journal:
        journal.begin(START, observed(0), {"python": "3"})
        journal.step(0.1, 0, observed(1), -1.0, False, False)
        harm(path)
        left = path.read_bytes() if path.exists() else None
        clock[0] += 1.0
        journal.step(0.2, 0, observed(2), -1.0, False, False)
        printed = capsys.readouterr().err
        assert f"{path} was deleted, moved or changed by somebody else" in printed
        assert f"kept as {journal.path}" in printed
        assert journal.is_moved and journal.path != path
        clock[0] += 1.0
        journal.step(0.3, 0, observed(3), -1.0, False, False)
        journal.end(is_complete=False)
        journal.finish()
        assert capsys.readouterr().err == ""
    lengths = [e.length for e in read_recording(journal.path).episodes]
    assert lengths == [3, 3], "also what was played in a sitting before"
    if harm is not emptied:  # there a step was appended before it was noticed
        assert (path.read_bytes() if path.exists() else None) == left
    if harm in (replaced, emptied):
        path.unlink()
    with opened(path) as journal:
        assert journal.next_seed == 2, "seeds of the file beside are not used again"


def test_a_file_that_goes_astray_between_episodes_is_noticed(path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(_journal.time, "monotonic", lambda: clock[0])
    with opened(path) as journal:
        play(journal)
        path.unlink()
        clock[0] += 0.5
        journal.watch()
        assert not journal.is_moved
        clock[0] += 0.5
        journal.watch()
        assert journal.is_moved
        assert len(read_recording(journal.path).episodes) == 1
        journal.path.unlink()
        journal.finish()  # at once, so that what is told at the end is true
        assert len(read_recording(journal.path).episodes) == 1


def test_a_file_that_cannot_be_written_again_is_said_to_be_lost(path, monkeypatch):
    with opened(path) as journal:
        play(journal)
        path.unlink()
        monkeypatch.setattr(_journal, "write_atomically", full)
        with pytest.raises(OSError, match="No space left"):
            journal.finish()
        assert journal.is_lost and not list(path.parent.glob("*.jsonl"))


def full(path, data):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_a_file_in_another_encoding_does_not_hide_its_seeds(path, encoding):
    with opened(path) as journal:
        play(journal)
        play(journal)
    path.write_bytes(path.read_text().encode(encoding))
    with opened(path) as journal:
        assert "is damaged" in journal.notes[0]
        assert journal.next_seed == 1_000_000
        play(journal)
    path.with_name("note").touch()
    with opened(path) as journal:
        assert journal.next_seed == 1_000_001


def test_seeds_that_damage_hides_are_not_used_again(path):
    with opened(path) as journal:
        for _ in range(3):
            play(journal)
    whole = path.read_bytes()
    draws = random.Random(0)
    for _ in range(100):
        place = draws.randrange(len(whole))
        path.write_bytes(whole[:place] + b"\0" * 40 + whole[place + 40 :])
        with opened(path) as journal:
            assert journal.next_seed >= 3
        for file in path.parent.glob("*.corrupt-*"):
            file.unlink()
