"""No row of a log is lost: not by a refused, a foreign, a second or a resumed run."""

import csv
import json
import os
import warnings
from io import FileIO
from pathlib import Path

import jax
import pytest
from training_toys import Walk, Watch

import neurojax.training.log_file as log_file
from neurojax.training import (
    Checkpoint,
    CSVTracker,
    JSONLTracker,
    Track,
    restore,
    train,
)

KEY, OTHER = jax.random.key(0), jax.random.key(1)
TRACKERS = {"jsonl": JSONLTracker, "csv": CSVTracker}
LIKE = jax.eval_shape(Walk().init, KEY)
HOST = Walk(jittable=False)  # nothing to compile
kinds = pytest.mark.parametrize("kind", TRACKERS)


def steps_of(path):
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return [int(row["generation"]) for row in csv.DictReader(file)]
    return [json.loads(line)["generation"] for line in path.read_text().splitlines()]


def logged(path, number, key=KEY, *more, **how):
    track = Track(TRACKERS[path.suffix[1:]](path))
    return train(HOST, key, number, callbacks=[track, *more], **how)


@pytest.fixture
def whole(tmp_path, request):
    """A log of 9 generations with a checkpoint, and the uninterrupted one of 20."""
    kind = request.node.callspec.params["kind"]
    path = tmp_path / f"log.{kind}"
    logged(path, 9, KEY, Checkpoint(tmp_path / "run"))
    logged(tmp_path / f"whole.{kind}", 20)
    return path, (tmp_path / f"whole.{kind}").read_bytes()


def go_on(path, number=20, **how):
    state, history = restore(path.parent / "run", LIKE)
    return logged(path, number, state=state, history=history, **how)


@kinds
def test_a_run_refused_by_its_checkpoints_leaves_the_log(tmp_path, whole, kind):
    path, _ = whole
    before = path.read_bytes()
    with pytest.raises(ValueError, match="beyond this run's generation 0; restore"):
        logged(path, 20, KEY, Checkpoint(tmp_path / "run"))
    assert path.read_bytes() == before


@kinds
def test_the_rows_of_another_run_are_refused_and_left(tmp_path, whole, kind):
    path, _ = whole
    before = path.read_bytes()
    with pytest.raises(ValueError, match="log.*another run.*Restore.*another file"):
        logged(path, 20, OTHER)
    assert path.read_bytes() == before
    state, history = train(HOST, OTHER, 12)
    with pytest.raises(ValueError, match="row of generation . is not that.*another fi"):
        logged(path, 20, OTHER, state=state, history=history)
    assert path.read_bytes() == before


@kinds
def test_a_run_killed_before_its_first_checkpoint_begins_anew(whole, kind):
    path, expected = whole
    logged(path, 20)  # the same run, which finds its own rows
    assert path.read_bytes() == expected


@kinds
def test_no_row_is_gone_at_any_instant_of_a_resumed_run(whole, kind):
    path, expected = whole
    path.write_bytes(expected[:-3])  # killed in the middle of row 20
    seen = []

    class Look(Watch):
        def update(self, chunk):
            seen.append((chunk.generation, path.read_bytes()))

    state, history = restore(path.parent / "run", LIKE)
    logged(path, 20, KEY, Look(), state=state, history=history, chunk=1)
    assert [data for _, data in seen] == [expected[:-3]] * 10 + [expected]


@kinds
def test_rows_beyond_that_are_not_made_again_are_set_aside_and_told(whole, kind):
    path, expected = whole
    lines = expected.splitlines(keepends=True)
    foreign = [line.replace(b".0", b".5") for line in lines[-8:]]
    path.write_bytes(b"".join([*lines[:-8], *foreign]))
    with pytest.warns(UserWarning, match="8 rows that this run, begun at generation 9"):
        go_on(path)
    assert path.read_bytes() == expected
    assert (path.parent / f"log.1.{kind}.aside").read_bytes() == b"".join(foreign)


@kinds
@pytest.mark.parametrize(("left", "torn"), [(0, 0), (1, 0), (6, 0), (1, 2), (6, 2)])
def test_rows_missing_on_resume_are_told_and_written_from_the_history(
    whole, kind, left, torn
):
    path, expected = whole
    header = kind == "csv" and left > 0
    lines = path.read_bytes().splitlines(keepends=True)
    half = lines[left + header][:torn]  # of the next row
    path.write_bytes(b"".join([*lines[: left + header], half]))
    with pytest.warns(UserWarning, match=f"lacks {9 - left} rows.*again from its his"):
        go_on(path)
    assert path.read_bytes() == expected and not [*path.parent.glob("*.aside")]


@pytest.mark.parametrize("kind", ["csv"])
@pytest.mark.parametrize("left", [1, 9, 12])
def test_a_torn_header_is_written_again(whole, kind, left):
    path, expected = whole
    path.write_bytes(path.read_bytes()[:left])
    with pytest.warns(UserWarning, match="lacks 9 rows"):
        go_on(path)
    assert path.read_bytes() == expected


@kinds
def test_rows_missing_without_a_history_are_told(whole, kind):
    path, _ = whole
    state, _ = restore(path.parent / "run", LIKE)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-2]))
    with pytest.warns(UserWarning, match="lacks 2 rows.*lost, as its history was not"):
        logged(path, 20, state=state)


@kinds
def test_a_log_deleted_before_a_resume_is_written_again(whole, kind):
    path, expected = whole
    path.unlink()
    with pytest.warns(UserWarning, match="lacks 9 rows"):
        go_on(path, 9)  # nothing to do, but it is told
    with pytest.warns(UserWarning, match="lacks 9 rows"):
        go_on(path)
    assert path.read_bytes() == expected


class Meddle(Watch):
    """Does something to the log after generation 5."""

    def __init__(self, act):
        super().__init__()
        self.act = act

    def update(self, chunk):
        if chunk.generation == 5:
            self.act()


@kinds
@pytest.mark.parametrize("what", ["file", "folder", "last"])
def test_a_log_deleted_while_it_is_written_is_put_back_and_told(tmp_path, kind, what):
    path = tmp_path / "logs" / f"log.{kind}"
    at_end = 5 if what == "last" else 20

    def delete():
        for file in path.parent.iterdir() if what == "folder" else [path]:
            file.unlink()
        if what == "folder":
            path.parent.rmdir()

    with pytest.warns(UserWarning, match="was deleted while a run writes it"):
        logged(path, at_end, KEY, Meddle(delete), chunk=1)
    assert steps_of(path) == [*range(1, at_end + 1)]


@kinds
def test_a_log_replaced_while_it_is_written_goes_on_beside(tmp_path, kind):
    path = tmp_path / f"log.{kind}"

    def replace():
        (tmp_path / "mine").write_text("mine")
        os.replace(tmp_path / "mine", path)

    with pytest.warns(UserWarning, match=rf"replaced.*log\.1\.{kind}"):
        logged(path, 20, KEY, Meddle(replace), chunk=1)
    assert path.read_text() == "mine"
    assert steps_of(tmp_path / f"log.1.{kind}") == [*range(1, 21)]


@kinds
def test_a_link_is_followed_not_replaced(tmp_path, whole, kind):
    path, expected = whole
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    go_on(path)
    assert path.is_symlink()
    assert (tmp_path / "elsewhere").read_bytes() == expected


@kinds
def test_a_last_line_that_is_no_row_is_told(whole, kind):
    path, _ = whole
    with path.open("ab") as file:
        file.write(b"and so on\n")
    before = path.read_bytes()
    with pytest.raises(
        ValueError, match=r"line 1[01] of .*log.*not a row.*repair or d"
    ):
        go_on(path)
    assert path.read_bytes() == before


def test_a_table_without_its_header_is_refused(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("1,2.0\n2,3.0\n")
    with pytest.raises(ValueError, match="line 1 of .*log.csv is not the header"):
        logged(path, 3)
    assert path.read_text() == "1,2.0\n2,3.0\n"


@kinds
def test_two_runs_do_not_write_one_log(tmp_path, kind):
    path = tmp_path / f"log.{kind}"

    class Second(Watch):
        def update(self, chunk):
            with pytest.raises(ValueError, match="in use by another process; wait.*an"):
                logged(path, 9)
            return True

    logged(path, 9, KEY, Second())
    logged(path, 9)  # the first one's lock is let go
    assert steps_of(path) == [*range(1, 10)]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError("disk")])
def test_a_lock_is_let_go_after_an_error(tmp_path, error):
    path = tmp_path / "log.jsonl"
    with pytest.raises(type(error)):
        logged(path, 9, KEY, Checkpoint(tmp_path / "run"), Watch(error=error), chunk=1)
    state, history = restore(tmp_path / "run", LIKE)
    how = dict(state=state, history=history)
    logged(path, 9, KEY, Checkpoint(tmp_path / "run"), **how)
    assert steps_of(path) == [*range(1, 10)]


@kinds
def test_a_full_disk_names_the_log(tmp_path, kind, monkeypatch):
    class Full(FileIO):
        def write(self, data):
            if self.tell() > 40:
                raise OSError(28, "No space left on device")
            return super().write(data)

    monkeypatch.setattr(log_file, "FileIO", Full)
    path = tmp_path / f"log.{kind}"
    with pytest.raises(OSError, match=f"No space left.*free space.*log.{kind}"):
        logged(path, 99)
    monkeypatch.undo()
    logged(path, 99)
    assert steps_of(path) == [*range(1, 100)]


def test_the_log_is_forced_to_disk_before_the_checkpoint(tmp_path, monkeypatch):
    events, fsync = [], os.fsync

    def noted(descriptor):
        events.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")).name)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    logged(tmp_path / "log.jsonl", 3, KEY, Checkpoint(tmp_path / "run"))
    files = [name for name in events if "." in name]
    assert files[0] == "log.jsonl" and files[1].startswith(".generation_0000000003")


@kinds
def test_nothing_is_said_of_a_sound_log(whole, kind):
    path, expected = whole
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        go_on(path)
    assert path.read_bytes() == expected
