"""A line on the terminal for what takes long."""

import sys
import time
from collections.abc import Iterator

from neurojax.data.experts.episodes import Episode

__all__ = ["shown"]

SECONDS = 2.0  # before the first line, and between two


def shown(played: Iterator[Episode], what: str, total: int) -> Iterator[Episode]:
    """Pass episodes on, and say on a terminal how many of their steps there are."""
    done, last, started = 0, time.monotonic(), False
    for episode in played:
        done += len(episode.actions)
        if sys.stderr.isatty() and time.monotonic() - last >= SECONDS:
            last, started = time.monotonic(), True
            line = f"\r{what}: {done:,} of {total:,} transitions"
            print(line, end="", file=sys.stderr, flush=True)
        yield episode
    if started:
        print(file=sys.stderr)
