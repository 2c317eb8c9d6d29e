"""Flags are set where this jaxlib knows them: XLA ends a process at any other."""

import os
import subprocess
import sys

from neurojax.parallel import add_xla_flags

WIDTH = "--xla_cpu_prefer_vector_width"


def added(monkeypatch, there, *flags):
    monkeypatch.setenv("XLA_FLAGS", there)
    add_xla_flags(*flags)
    return os.environ["XLA_FLAGS"].split()


def test_a_known_flag_is_added_after_those_that_are_there(monkeypatch):
    there = "--xla_force_host_platform_device_count=3"
    assert added(monkeypatch, there, f"{WIDTH}=512") == [there, f"{WIDTH}=512"]


def test_a_flag_that_is_there_keeps_its_value(monkeypatch):
    assert added(monkeypatch, f"{WIDTH}=256", f"{WIDTH}=512") == [f"{WIDTH}=256"]


def test_a_flag_is_not_taken_for_another_that_begins_with_its_name(monkeypatch):
    there = f"{WIDTH}_of_mine=1"
    assert added(monkeypatch, there, f"{WIDTH}=512") == [there, f"{WIDTH}=512"]


def test_a_flag_that_no_jaxlib_knows_is_left_out(monkeypatch):
    assert added(monkeypatch, "", "--xla_of_no_version=1", f"{WIDTH}") == [WIDTH]


def test_no_flags_leave_none(monkeypatch):
    assert added(monkeypatch, "") == []


def test_jax_starts_with_whatever_flags_are_asked_for():
    code = (
        "from neurojax.parallel import add_xla_flags; import jax; "
        "from jax._src import xla_bridge; "
        "add_xla_flags('--xla_cpu_use_fusion_emitters=false', "  # until jaxlib 0.10
        "'--xla_of_no_version=1', '--xla_force_host_platform_device_count=3'); "
        "assert not xla_bridge._backends; print(jax.device_count('cpu'))"
    )
    environment = {**os.environ, "XLA_FLAGS": "", "JAX_PLATFORMS": "cpu"}
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert result.stdout == "3\n", result.stderr
