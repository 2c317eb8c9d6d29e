"""Reads JSON lists of episodes, the format of the collector that this one follows.

Differs from a journal: times are local and told once for each episode, and `done` does
not say whether the task or the step limit ended it.
"""

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from collect._reference_steps import count, fault, is_number, read_steps, take
from collect._tasks import CONTROLS
from neurojax.data.recordings.recording import Episode, Recording
from neurojax.data.tasks import Task
from neurojax.names import short

# Files may hold a score that was rounded; a lost step changes it by more.
SCORE_TOLERANCE = 0.01


def read_reference(path: Path, task: Task, subject: str, timezone: str) -> Recording:
    """Read and check a file.

    Args:
        path: the JSON file.
        task: what was played.
        subject: who played, a pseudonym.
        timezone: the zone of its times, an IANA name.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if anything in it is not sound; the message names file, episode,
            field, value and remedy.
    """
    reader = _Reader(path, task, _zone(timezone))
    episodes = tuple(
        reader.episode(index, entry) for index, entry in enumerate(_load(path))
    )
    source = (
        f"imported from {path.name}; starts in the zone {timezone}, step times are "
        f"step / {CONTROLS[task.name].fps:g} s, not measured"
    )
    return Recording(task.name, subject, episodes, source)


def _zone(timezone: str) -> ZoneInfo:
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of zones
        raise ValueError(
            f"--timezone={timezone!r} must be an IANA name, such as 'UTC' or "
            "'Europe/Zurich'."
        ) from None


def _load(path: Path) -> list[Any]:
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}; check the path.")
    try:
        entries = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{path} is no JSON ({error}); it may be cut off: get a whole copy."
        ) from None
    if not isinstance(entries, list):
        raise ValueError(
            f"{path} holds a JSON {type(entries).__name__}, not a list of episodes; "
            "`python -m collect import --help` tells the format."
        )
    if not entries:
        raise ValueError(f"{path} holds no episode; there is nothing to import.")
    return entries


class _Reader:
    """Reads episode after episode; remembers what the next ones must not repeat."""

    def __init__(self, path: Path, task: Task, zone: ZoneInfo):
        self.path, self.task, self.zone = path, task, zone
        self.seen: dict[str, set[int]] = {"episode_id": set(), "seed": set()}
        self.before = datetime.min.replace(tzinfo=UTC)

    def episode(self, index: int, entry: Any) -> Episode:
        """Return the episode at a place of the list."""
        where = f"{self.path}, entry {index}"
        if not isinstance(entry, dict):
            raise fault(where, "is no JSON object", "take it out")
        if "episode_id" in entry:
            number = count(entry, "episode_id", where)
            where = f"{self.path}, episode {number}"
            self._once("episode_id", number, where)
        seed = count(entry, "seed_used" if "seed_used" in entry else "seed", where)
        self._once("seed", seed, where)
        start = self._start(take(entry, "timestamp", where), where)
        steps = read_steps(take(entry, "steps", where), self.task, where)
        length = len(steps.actions)
        _check_sums(entry, length, float(steps.rewards.sum()), where)
        return Episode(
            index,
            seed,
            start,
            steps.observations,
            steps.actions,
            steps.rewards,
            np.arange(length) / CONTROLS[self.task.name].fps,
            steps.terminated,
            steps.truncated,
            steps.terminated or steps.truncated,
            {},
        )

    def _once(self, field: str, value: int, where: str) -> None:
        if value in self.seen[field]:
            what = f"has {field}={value}, as one before it has"
            raise fault(where, what, "take out one of them")
        self.seen[field].add(value)

    def _start(self, timestamp: Any, where: str) -> datetime:
        """The UTC time, not before the last one's."""
        try:
            local = datetime.fromisoformat(timestamp)
            start = self._utc(local)
        except (TypeError, ValueError, OverflowError):
            raise fault(
                where,
                f"has timestamp={short(timestamp)}",
                "it must be an ISO time, such as '2025-01-31T15:04:05'",
            ) from None
        if start < self.before:  # an hour that is there twice, when clocks are set back
            start = self._utc(local.replace(fold=1))
        if start < self.before:
            raise fault(
                where,
                f"has timestamp={short(timestamp)}, before that of the one before it",
                "put the episodes in the order of play, or mend the time",
            )
        self.before = start
        return start

    def _utc(self, local: datetime) -> datetime:
        if local.tzinfo is None:
            local = local.replace(tzinfo=self.zone)
        return local.astimezone(UTC)


def _check_sums(
    entry: dict[str, Any], length: int, episode_return: float, where: str
) -> None:
    """Compare what the steps tell, too: people's oldest episodes lack some of it."""
    if "length" in entry and (found := count(entry, "length", where)) != length:
        what = f"has length={found}, but {length} steps"
        raise fault(where, what, "get a whole copy, or take the episode out")
    for field in ("score", "return"):
        score = entry.get(field, episode_return)
        if not is_number(score) or not math.isclose(
            score, episode_return, abs_tol=SCORE_TOLERANCE
        ):
            what = f"has {field}={short(score)}, but its rewards sum up to "
            what += f"{episode_return:g}"
            raise fault(where, what, "get a whole copy, or take the episode out")
