"""Paths and names as people and files give them."""

import os
from pathlib import Path

import numpy as np
import pytest

from neurojax.storage.paths import file_name_part, user_path


def test_home_and_a_later_chdir_are_understood(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_path("out", "~/run") == tmp_path / "run"
    monkeypatch.chdir(tmp_path)
    taken = user_path("out", Path("run"))
    os.chdir("/")
    assert taken == tmp_path / "run"


@pytest.mark.parametrize("value", [None, 5, "", "a\0b", b"run", np.zeros(2)])
def test_what_is_no_path_is_refused_by_name(value):
    with pytest.raises(ValueError, match="^out="):
        user_path("out", value)


@pytest.mark.parametrize(
    "name", ["x/../../y", "..", ".hidden", "", "a b", "a\n", 5, None]
)
def test_no_name_of_a_file_leads_elsewhere(name):
    with pytest.raises(ValueError, match="^a.jsonl, line 1: subject="):
        file_name_part("subject", name, "a.jsonl, line 1: ")
    assert file_name_part("subject", "sub01.b-2") == "sub01.b-2"


def test_a_path_of_too_many_folders_is_refused():
    with pytest.raises(ValueError, match=r"^out='a/a/.* lies in 10\d\d folders"):
        user_path("out", "a/" * 1000)
