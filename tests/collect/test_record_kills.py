"""A recorder that is killed at any instant loses nothing."""

import signal

from kills import NOTHING_LOST, kill, losses


def test_killed_at_random_nothing_that_was_shown_is_missing(tmp_path):
    killed = kill(tmp_path, 6)
    assert killed.exits == [-signal.SIGKILL] * 6 + [0]
    counts = losses(killed)
    assert [counts[name] for name in NOTHING_LOST] == [0, 0, 0, 0]
    assert 2 <= counts["in play"] <= 6  # the kills did hit play
