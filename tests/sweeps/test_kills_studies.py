"""Studies killed at random instants end with the rows of one that was not."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from bad_commands import small_data

HERE = Path(__file__).parent
KILLS = 10
TIMES = ["seconds", "compile_seconds", "evaluation_seconds"]
STUDIES = {
    "scaling": ("--methods", "adam", "simple_ga"),
    "imitation": ("--methods", "adam", "simple_ga_fixed"),
}


def ended(study, out, kills, seed, data):
    """What the driver counts, and the rows that the study ends with."""
    options = ["--smoke", "--data", str(data), *STUDIES[study]]
    done = subprocess.run(
        [
            *(sys.executable, "-W", "ignore", str(HERE / "killed_study.py"), study),
            *(str(out), str(kills), str(seed), *options),
        ],
        env=os.environ | {"PYTHONPATH": str(HERE.parents[1])},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    counts = tuple(map(int, done.stdout.split()))
    return counts, pd.read_parquet(out / "runs.parquet").drop(columns=TIMES)


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES)
def test_a_killed_study_ends_with_the_same_rows(study, tmp_path, seed, count):
    data = small_data(tmp_path / "data.npz")
    _, whole = ended(study, tmp_path / "whole", 0, seed, data)
    (killed, halves), rows = ended(study, tmp_path / "killed", KILLS, seed, data)
    pd.testing.assert_frame_equal(rows, whole, check_exact=True)
    assert killed > KILLS // 2 and halves > 0
    assert not list((tmp_path / "killed").glob("checkpoints/*"))
    counts = {"kills": killed, "with a half-done cell": halves, "rows equal": len(rows)}
    count(study, counts)
