"""Whatever is changed in a journal, but for a cut between lines at its end, is seen."""

import random
import re

import pytest
from test_journal import START, episode, recording

from neurojax.data.recordings.chain import Chain
from neurojax.data.recordings.journal import encode, save_recording
from neurojax.data.recordings.reader import parse


@pytest.fixture
def whole(tmp_path):
    save_recording(recording(*(episode(i) for i in range(4))), tmp_path / "a.jsonl")
    return (tmp_path / "a.jsonl").read_bytes()


def unchecked(content):
    return re.sub(rb',"check":"[0-9a-f]{16}"(?=}\n)', b"", content)


def is_read(content):
    try:
        parse(content, "a.jsonl")
    except ValueError as error:
        assert str(error).startswith("a.jsonl")
        return False
    return True


def test_every_flipped_bit_is_noticed(whole):
    draws = random.Random(0)
    for _ in range(400):
        place, bit = draws.randrange(len(whole) - 1), draws.randrange(8)
        other = bytearray(whole)
        other[place] ^= 1 << bit
        assert not is_read(bytes(other)), (place, bit)


@pytest.mark.parametrize(
    "change",
    {
        "a time": lambda lines: (
            [*lines[:3], lines[3].replace(b"0.06", b"0.05")] + lines[4:]
        ),
        "two steps swapped": lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]],
        "the last episode twice": lambda lines: lines + lines[-5:],
        "an episode taken out": lambda lines: lines[:1] + lines[6:],
        "the header": lambda lines: [lines[0].replace(b"sub01", b"sub02"), *lines[1:]],
        "a check": lambda lines: [*lines[:-1], re.sub(rb',"ch.*"', b"", lines[-1])],
    }.items(),
    ids=lambda item: item[0],
)
def test_changes_that_stay_sound_are_noticed(whole, change):
    lines = change[1](whole.splitlines(keepends=True))
    assert b"".join(lines) != whole
    with pytest.raises(ValueError, match=r"line \d+ differs from its check"):
        parse(b"".join(lines), "a.jsonl")


def test_a_line_that_is_torn_or_cut_off_costs_only_itself(whole):
    lines = whole.splitlines(keepends=True)
    for number in range(1, len(lines)):
        assert is_read(b"".join(lines[:number]) + lines[number][:30])


def test_a_journal_without_checks_is_read_and_goes_on_with_them(whole):
    old = unchecked(whole)
    assert len(old) < len(whole) and is_read(old)
    chain = Chain(old)
    later = encode(
        {
            "kind": "episode",
            "episode": 4,
            "seed": 90,
            "start": START.replace(year=2027).isoformat(),
            "observation": [0.0, 0.0],
            "versions": {},
        }
    )
    both = old + chain.seal(later)
    assert len(parse(both, "a").episodes) == 5
    other = both.replace(b"sub01", b"sub02", 1)
    assert is_read(other.splitlines(keepends=True)[0])
    assert not is_read(other), "a check covers the lines before it that have none"
    assert not is_read(both + later)
