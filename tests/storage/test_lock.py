"""One writer at a time."""

import subprocess
import sys

import pytest

from neurojax.storage.lock import lock

HOLD = """
import sys, pathlib
from neurojax.storage.lock import lock
lock(pathlib.Path(sys.argv[1]), "stop it.")
"""


@pytest.mark.parametrize("name", ["folder", "log.jsonl"])
def test_what_one_holds_another_process_is_refused(tmp_path, name):
    (tmp_path / "folder").mkdir()
    held = lock(tmp_path / name, "stop it.")
    command = [sys.executable, "-c", HOLD, str(tmp_path / name)]
    refused = subprocess.run(command, capture_output=True, text=True)
    assert f"{name} is in use by another process; stop it." in refused.stderr
    held.release()
    assert subprocess.run(command).returncode == 0


def test_two_parts_of_one_process_are_two(tmp_path):
    held = lock(tmp_path, "stop it.")
    with pytest.raises(ValueError, match="in use"):
        lock(tmp_path, "stop it.")
    held.release()
    lock(tmp_path, "stop it.").release()
