"""A half-done cell goes on from whole files of its own settings, or says why not."""

import json
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.shared.cell import Plan
from benchmarks.shared.half_done import HalfDone
from benchmarks.shared.ownership import Made
from neurojax.storage.damaged import DamagedFileError
from neurojax.training import History

MADE = Made("benchmarks.toy", {"a": 1}, {"x.npz": "abc"})
PLAN = Plan((1, 3, 9))
ROWS = [{"generation": point, "value": 0.1 * point} for point in (1, 3)]


class State(NamedTuple):
    """As much as a checkpoint needs."""

    generation: jax.Array
    weights: jax.Array


STATE = State(jnp.int32(3), jnp.arange(4.0))


def half(folder, made=MADE):
    return HalfDone(folder, {"cell": "c"}, made)


@pytest.fixture
def folder(tmp_path):
    """Saved at generation 3, after the points 1 and 3."""
    history = History({"loss": np.zeros(1)}, np.array([3]), 0.0, 1.0)
    kept = half(tmp_path / "c")
    kept.open(PLAN, 0)
    kept.save(STATE, history, ROWS)
    return tmp_path / "c"


def refused(folder, made=MADE):
    with pytest.raises(DamagedFileError) as caught:
        half(folder, made).restored(STATE, PLAN)
    message = str(caught.value)
    assert f"Delete {folder}: its cell is trained again" in message
    return message


def test_state_and_rows_come_back(folder, tmp_path):
    state, history, rows = half(folder).restored(STATE, PLAN) or (None, None, None)
    assert state is not None and history is not None
    np.testing.assert_array_equal(state.weights, STATE.weights)
    assert rows == ROWS
    assert half(tmp_path / "none").restored(STATE, PLAN) is None


def test_rows_of_an_older_version_are_read(folder):
    (folder / "rows.json").write_text(json.dumps([*ROWS, {"generation": 9}]))
    found = half(folder).restored(STATE, PLAN)
    assert found is not None and found[2] == ROWS


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "rows.json is missing"),
        (b"[]", "lacks rows"),
        (b"[5]", "is damaged"),
        (b'{"rows": []', "is damaged"),
        (b"{}", "lacks rows"),
        (b"[" * 100_000, "is damaged"),
    ],
)
def test_damaged_rows_are_named_with_the_remedy(folder, content, words):
    path = folder / "rows.json"
    path.unlink() if content is None else path.write_bytes(content)
    assert words in refused(folder)


def test_a_changed_digit_of_the_rows_is_damage(folder):
    path = folder / "rows.json"
    path.write_bytes(path.read_bytes().replace(b"0.1", b"0.7"))
    assert "rows.json is damaged" in refused(folder)


def test_other_settings_and_other_data_are_refused(folder):
    for made in (MADE._replace(settings={"a": 2}), MADE._replace(data={"x.npz": "d"})):
        assert "of other settings or data" in refused(folder, made)


def test_damaged_checkpoints_are_named_with_the_remedy(folder):
    for path in folder.glob("generation_*"):
        path.write_bytes(path.read_bytes()[:-5])
    with pytest.warns(UserWarning, match="Passing over"):
        refused(folder)
