"""Files of every kind, each damaged at 200 places: what a user is told then.

Of what the project writes nothing may be read as something else, and no error may lack
the file's name. Files of others carry no checksum: a digit that changed in one is what
it says.
"""

import random
from collections import Counter

import pytest
from damaging import CLEAR, DIFFERENT, NAMED, RAW, UNHARMED, sweep
from kept_files import KINDS

PLACES = 200
OUTCOMES = (CLEAR, NAMED, UNHARMED, RAW, DIFFERENT)
OF_OTHERS = ("data .jsonl", "collect import, JSON list", "script .json")


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_told(kind, seed, count, tmp_path):
    sample = KINDS[kind](tmp_path)
    found = Counter(sweep(sample, tmp_path, random.Random(f"{kind} {seed}"), PLACES))
    count(kind, {outcome: found[outcome] for outcome in OUTCOMES})
    assert found[RAW] == 0
    if kind not in OF_OTHERS:
        assert found[DIFFERENT] == 0
