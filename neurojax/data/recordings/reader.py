"""Reads and checks the journals of recordings."""

import json
import math
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from neurojax.data.recordings.chain import Chain
from neurojax.data.recordings.journal import FORMAT, Line
from neurojax.data.recordings.recording import Episode, Recording
from neurojax.data.tasks import TASKS, Task
from neurojax.names import short, unknown_name
from neurojax.storage.damaged import DamagedFileError
from neurojax.storage.paths import file_name_part

__all__ = ["broken_off", "parse", "read_recording"]

LARGEST = float(np.finfo(np.float32).max)  # observations are float32
LARGEST_COUNT = 2**63 - 1  # seeds go to tables as int64


def read_recording(path: Path | str) -> Recording:
    """Read and check a journal, also one that is being written or was cut off.

    Warns of one that breaks off in the midst of an episode.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if a line is damaged or contradicts another; the message names file,
            line and remedy. The file is left as it is.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no recording {path}; check the path.")
    content = path.read_bytes()
    recording = parse(content, str(path))
    if words := broken_off(content, str(path)):
        warnings.warn(words, stacklevel=2)
    return recording


def broken_off(content: bytes, name: str) -> str:
    """What is to be told of a sound journal without its end; nothing of a whole one."""
    *lines, torn = content.split(b"\n")
    if not torn and json.loads(lines[-1])["kind"] in ("header", "end"):
        return ""
    return (
        f"{name} breaks off in the midst of an episode: it is being played, or a "
        "crash, a kill or a cut of the file ended it. What followed cannot be known; "
        "if there is a longer copy, take that."
    )


def parse(content: bytes, name: str) -> Recording:
    """The recording in a journal's bytes; `name` is for messages."""
    lines = content.split(b"\n")[:-1]  # what follows the last newline is torn
    if not lines:
        raise DamagedFileError(f"{name} is empty: it has no first line (header).")
    chain = Chain()
    reader = _Reader(name, _decode(lines[0], name, 1, chain))
    for number, line in enumerate(lines[1:], 2):
        reader.read(_decode(line, name, number, chain), number)
    return reader.recording()


def _decode(line: bytes, name: str, number: int, chain: Chain) -> Line:
    try:
        decoded = json.loads(line)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise _fault(name, number, f"is no JSON ({error})") from None
    if not isinstance(decoded, dict):
        raise _fault(name, number, "is no JSON object")
    if not chain.accepts(line):
        raise DamagedFileError(
            f"{name}, line {number} differs from its check: it was changed, or lines "
            "before it were changed or taken out. The file is left as it is; set it "
            "aside. After a change that was meant, take out the checks too "
            "(collect/README.md tells how)."
        )
    return decoded


def _fault(name: str, number: int, what: str) -> DamagedFileError:
    return DamagedFileError(
        f"{name}, line {number} {what}. The file is left as it is; take out the "
        "episode of that line by hand, or set the file aside."
    )


class _Reader:
    """Checks line after line, and gathers them to episodes."""

    def __init__(self, name: str, first: Line):
        self.name, self.number = name, 1
        self._expect(first.get("kind") == "header", "is no header")
        self._expect(
            first.get("format") == FORMAT,
            f"has the format {short(first.get('format'))}; this version reads {FORMAT}",
        )
        task: Any = first.get("task")
        self._expect(isinstance(task, str), f"has the task {short(task)}")
        if task not in TASKS:  # as it was written, in no other spelling
            error = unknown_name("task", task, TASKS)
            raise _fault(name, 1, f"names no known task: {error}")
        self.task: Task = TASKS[task]
        self.subject = file_name_part(
            "subject", first.get("subject"), f"{name}, line 1: "
        )
        source = first.get("source", "")
        self._expect(isinstance(source, str), f"has the source {short(source)}")
        self.source: str = source
        self.episodes: list[Episode] = []
        self.seeds: set[int] = set()
        self.opened: Line | None = None
        self.steps: list[Line] = []

    def read(self, line: Line, number: int) -> None:
        self.number = number
        kind = line.get("kind")
        reads = {"episode": self._begin, "step": self._step, "end": self._end}
        # A kind may be any JSON value, also one that no dictionary can look up.
        self._expect(kind in list(reads), f"is of the unknown kind {short(kind)}")
        try:
            reads[str(kind)](line)
        except (KeyError, TypeError) as error:
            raise _fault(self.name, number, f"lacks or garbles {error}") from None

    def recording(self) -> Recording:
        if self.opened is not None:
            self._close(is_complete=False)
        return Recording(
            self.task.name, self.subject, tuple(self.episodes), self.source
        )

    def _expect(self, holds: bool, what: str) -> None:
        if not holds:
            raise _fault(self.name, self.number, what)

    def _begin(self, line: Line) -> None:
        if self.opened is not None:  # a crash cut the episode before
            self._close(is_complete=False)
        index, seed = line["episode"], line["seed"]
        self._expect(_is_count(index), f"has the episode number {short(index)}")
        self._expect(_is_count(seed), f"has the seed {short(seed)}")
        wanted = len(self.episodes)
        self._expect(index >= wanted, f"repeats the number of episode {index}")
        self._expect(
            index == wanted, f"has episode {index} where {wanted} should follow"
        )
        self._expect(seed not in self.seeds, f"repeats the seed {seed}")
        start = self._start(line["start"])
        if self.episodes:
            before = self.episodes[-1].start
            self._expect(
                start >= before, f"starts at {start}, before the last one at {before}"
            )
        self._check_observation(line["observation"])
        self._check_versions(line.get("versions", {}))
        self.opened, self.steps = line, []
        self.seeds.add(seed)

    def _start(self, text: Any) -> datetime:
        try:
            start = datetime.fromisoformat(text)
        except (TypeError, ValueError):
            raise _fault(
                self.name, self.number, f"has the start {short(text)}"
            ) from None
        self._expect(start.tzinfo is not None, f"has a start without time zone, {text}")
        return start

    def _step(self, line: Line) -> None:
        self._check_episode(line)
        last = self.steps[-1] if self.steps else None
        is_over = last is not None and (last["terminated"] or last["truncated"])
        self._expect(not is_over, "is a step after the episode's end")
        action, time = line["action"], line["time"]
        is_action = _is_count(action) and action < self.task.num_actions
        self._expect(
            is_action,
            f"has the action {short(action)}, not in [0, {self.task.num_actions})",
        )
        self._expect(_is_number(time) and time >= 0, f"has the time {short(time)}")
        before = last["time"] if last else 0.0
        self._expect(time >= before, f"has the time {time}, before {before}")
        self._expect(
            _is_number(line["reward"]), f"has the reward {short(line['reward'])}"
        )
        for flag in ("terminated", "truncated"):
            self._expect(
                isinstance(line[flag], bool), f"has {flag}={short(line[flag])}"
            )
        self._check_observation(line["observation"])
        self._expect(
            len(self.steps) < self.task.max_steps,
            f"is a step beyond the limit of {self.task.max_steps}",
        )
        self.steps.append(line)

    def _end(self, line: Line) -> None:
        self._check_episode(line)
        length, episode_return = line["length"], line["return"]
        self._expect(
            length == len(self.steps),
            f"tells {length} steps, but {len(self.steps)} are there",
        )
        found = float(np.sum([s["reward"] for s in self.steps]))
        self._expect(
            _is_number(episode_return) and math.isclose(episode_return, found),
            f"tells the return {short(episode_return)}, but the rewards sum up to "
            f"{found}",
        )
        last = self.steps[-1] if self.steps else None
        is_over = last is not None and (last["terminated"] or last["truncated"])
        self._expect(
            line["complete"] == is_over,
            f"has complete={short(line['complete'])}, which the last step contradicts",
        )
        self._close(is_complete=is_over)

    def _close(self, is_complete: bool) -> None:
        opened, steps = self.opened, self.steps
        assert opened is not None
        self.opened = None
        seen = [opened["observation"], *(s["observation"] for s in steps)]
        last = steps[-1] if steps else {"terminated": False, "truncated": False}
        self.episodes.append(
            Episode(
                opened["episode"],
                opened["seed"],
                datetime.fromisoformat(opened["start"]),
                np.array(seen, np.float32),
                np.array([s["action"] for s in steps], np.int32),
                np.array([s["reward"] for s in steps], np.float64),
                np.array([s["time"] for s in steps], np.float64),
                last["terminated"],
                last["truncated"],
                is_complete or last["terminated"] or last["truncated"],
                opened.get("versions", {}),
            )
        )

    def _check_episode(self, line: Line) -> None:
        self._expect(self.opened is not None, "belongs to no episode that has begun")
        assert self.opened is not None
        index = self.opened["episode"]
        self._expect(
            line["episode"] == index,
            f"belongs to episode {short(line['episode'])} in the midst of {index}",
        )

    def _check_observation(self, numbers: Any) -> None:
        size = self.task.observation_size
        is_sound = (
            isinstance(numbers, list)
            and len(numbers) == size
            and all(_is_number(n) for n in numbers)
        )
        self._expect(
            is_sound, f"has the observation {short(numbers)}, not {size} finite numbers"
        )

    def _check_versions(self, versions: Any) -> None:
        is_sound = isinstance(versions, dict) and all(
            isinstance(version, str) for version in versions.values()
        )
        self._expect(is_sound, f"has the versions {short(versions)}")


def _is_count(value: Any) -> bool:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return is_whole and 0 <= value <= LARGEST_COUNT


def _is_number(value: Any) -> bool:
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    return is_real and abs(value) <= LARGEST  # False for NaN and infinity too
