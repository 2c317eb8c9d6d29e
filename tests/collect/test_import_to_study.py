"""From a JSON list of the reference's schema to its split and its features."""

import numpy as np
import pytest
from playing import reference_of, write_json

from benchmarks.continual.inputs import examples, features
from benchmarks.continual.parts import parts
from benchmarks.continual.recordings import recordings_of
from collect.imports import Import
from collect.verify import Verify
from neurojax.data.recordings.synthetic import synthetic

# Sessions as long as the recorded people's, so the held-out episodes must be theirs.
HELD_OUT = {
    ("MountainCar-v0", "synthetic02"): [8, 18, 39, 48, 58, 71],
    ("Acrobot-v1", "synthetic02"): [0, 6, 11, 31],
    ("CartPole-v1", "synthetic01"): [0, 24, 30, 47, 54, 59, 63, 69],
    ("LunarLander-v3", "synthetic01"): [0, 17, 34, 35, 50, 56, 74],
}


SOON = [("MountainCar-v0", "synthetic02"), ("CartPole-v1", "synthetic01")]
CASES = [
    pytest.param(*c, marks=[] if c in SOON else pytest.mark.slow) for c in HELD_OUT
]


@pytest.mark.parametrize(("task", "subject"), CASES)
def test_an_imported_list_is_verified_split_and_told(tmp_path, capsys, task, subject):
    played = synthetic(task, subject)
    path = write_json(tmp_path / "list.json", reference_of(played))
    folder = tmp_path / "recordings"
    Import(path, task=task, subject=subject, folder=folder).run()
    Verify((folder,)).run()
    assert "all reproduced" in capsys.readouterr().out
    (found,) = recordings_of(str(folder), (), ()).values()
    (part,) = parts(found, "seed")
    assert part.test.tolist() == HELD_OUT[task, subject]
    np.testing.assert_array_equal(features(found), features(played))
    for inputs in ("info", "previous", "recurrent"):
        ours, theirs = (examples(r, part.train, inputs) for r in (found, played))
        np.testing.assert_array_equal(ours.observations, theirs.observations)
        np.testing.assert_array_equal(ours.actions, theirs.actions)
