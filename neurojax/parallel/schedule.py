"""Which item of a list a worker is given next, when some are slow and some die.

An item that lags is given to a second worker, as the backup tasks of MapReduce are
(Dean and Ghemawat, 2004). Ours is late by the time of the items that are done.
"""

import statistics
import time
from collections import Counter, deque
from typing import Any

ATTEMPTS = 3  # at an item, each of which cost a worker
LATE_FACTOR, LATE_SECONDS = 2.0, 1.0  # of the median time, and beyond it


class Schedule:
    """Items and what became of them, in one call of `map`; times are in seconds.

    Args:
        number: of items.
    """

    def __init__(self, number: int):
        self.last_change = time.monotonic()
        self._number = number
        self._waiting = deque(range(number))
        self._begun: dict[int, list[float]] = {}  # times of the copies at work
        self._seconds: list[float] = []  # that answers took
        self._losses: Counter[int] = Counter()
        self._answers: dict[int, Any] = {}

    def is_done(self) -> bool:
        """Whether every item is answered."""
        return len(self._answers) == self._number

    def results(self) -> list[Any]:
        """The answers, in the order of the items."""
        return [self._answers[item] for item in range(self._number)]

    def next_item(self, now: float) -> int | None:
        """An item nobody is at; else the longest late one; None if there is neither."""
        item = self._waiting.popleft() if self._waiting else self._latest(now)
        if item is not None:
            self._begun.setdefault(item, []).append(now)
            self.last_change = now
        return item

    def answer(self, item: int, answer: Any, begun: float, now: float) -> None:
        """Take an answer; the first one to an item counts."""
        if item not in self._answers:
            self._answers[item] = answer
            self._seconds.append(now - begun)
            del self._begun[item]

    def lose(self, item: int, begun: float, error: Exception) -> None:
        """Give out an item again whose worker died.

        Raises:
            RuntimeError: if that is too often.
        """
        if item in self._answers:
            return
        self.last_change = time.monotonic()
        self._losses[item] += 1
        if self._losses[item] == ATTEMPTS:
            raise RuntimeError(
                f"Item {item} of {self._number} was given to {ATTEMPTS} workers "
                "and each died. Either it kills them, most likely for want of memory "
                "(then play fewer episodes in a chunk), or the cluster is ill. The "
                f"last one: {error}"
            ) from error
        self._begun[item].remove(begun)
        if not self._begun[item]:
            self._waiting.appendleft(item)

    def _latest(self, now: float) -> int | None:
        """The item that one worker alone has been at for longest, if that is late."""
        if not self._seconds:
            return None
        limit = LATE_FACTOR * statistics.median(self._seconds) + LATE_SECONDS
        alone = [
            (begun[0], item) for item, begun in self._begun.items() if len(begun) == 1
        ]
        begun, item = min(alone, default=(now, None))
        return item if now - begun > limit else None
