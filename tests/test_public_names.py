"""Nobody who mistypes an argument waits, or reads a library's traceback."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from public_names import NOT_WALKED, RIGHT, public_names

PROGRAM = Path(__file__).with_name("public_names.py")


def test_every_public_name_is_walked_or_listed_with_a_reason():
    names = set(public_names())
    missing = sorted(names - RIGHT.keys() - NOT_WALKED.keys())
    assert missing == [], "give it right arguments in RIGHT, or a reason in NOT_WALKED"
    assert sorted(NOT_WALKED.keys() - names) == []
    assert sorted(RIGHT.keys() & NOT_WALKED.keys()) == []


@pytest.fixture(scope="module")
def refusals():
    # Without the tests' type checks, which would come first.
    command = [sys.executable, str(PROGRAM)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_wrong_argument_is_refused_by_its_name(refusals):
    wrong = [refusal for refusal in refusals if refusal[3] != "clear"]
    assert not wrong, f"{len(wrong)} of {len(refusals)}: {wrong[:5]}"


def test_every_name_that_is_walked_has_an_argument_that_is_tried(refusals):
    tried = Counter(name for name, *_ in refusals)
    assert not RIGHT.keys() - tried.keys()
