"""The play that a command asks for: recorded, or of synthetic subjects."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.shared.digests import MADE_HERE
from neurojax.data.recordings.journal import SUFFIX
from neurojax.data.recordings.reader import read_recording
from neurojax.data.recordings.recording import Recording
from neurojax.data.recordings.synthetic import PROFILES, synthetic
from neurojax.data.tasks import TASKS
from neurojax.names import unknown_name
from neurojax.storage.paths import user_path
from neurojax.storage.tensors import digest


def recordings_of(
    data: str, tasks: Sequence[str], subjects: Sequence[str]
) -> dict[tuple[str, str], Recording]:
    """The recordings to learn from, by task and subject; incomplete runs are left out.

    Raises:
        ValueError: if a name is unknown, or a recording is damaged or has no runs.
        FileNotFoundError: if the folder has no recordings.
    """
    found = (
        _synthetic(tasks, subjects)
        if data == "synthetic"
        else _files(user_path("--data", data))
    )
    chosen = {
        (task, subject): recording.complete
        for (task, subject), recording in found.items()
        if (not tasks or task in tasks) and (not subjects or subject in subjects)
    }
    for kind, wanted, position in (("--tasks", tasks, 0), ("--subjects", subjects, 1)):
        known = {key[position] for key in found}
        for name in wanted:
            if name not in known:
                raise unknown_name(kind, name, sorted(known))
    for (task, subject), recording in chosen.items():
        if not recording.episodes:
            raise ValueError(
                f"{subject}'s {task} has no finished run; play some, or choose other "
                "--tasks or --subjects."
            )
    return chosen


def digests(data: str, recordings: dict[tuple[str, str], Recording]) -> dict[str, str]:
    """What a folder notes of the play that it learned from, by task and subject."""
    if data in MADE_HERE:
        return {}
    return {f"{t} {s}": _digest(found) for (t, s), found in recordings.items()}


def _digest(recording: Recording) -> str:
    arrays = {}
    for run in recording.episodes:
        arrays[f"{run.index} observations"] = run.observations
        arrays[f"{run.index} actions"] = run.actions
    return digest(arrays, {"seeds": str([run.seed for run in recording.episodes])})


def _synthetic(
    tasks: Sequence[str], subjects: Sequence[str]
) -> dict[tuple[str, str], Recording]:
    return {
        (task, subject): synthetic(task, subject)
        for task in (tasks or TASKS)
        for subject in (subjects or PROFILES)
    }


def _files(folder: Path) -> dict[tuple[str, str], Recording]:
    paths = sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []
    if not paths:
        raise FileNotFoundError(
            f"--data {folder} holds no recordings (*{SUFFIX}); record some with "
            "python -m collect record, or use --data synthetic."
        )
    found: dict[tuple[str, str], Recording] = {}
    for path in paths:
        recording = read_recording(path)
        key = recording.task, recording.subject
        if key in found:
            raise ValueError(
                f"{path} and another file of {folder} both hold {key[1]}'s {key[0]}; "
                "move one away."
            )
        found[key] = recording
    return found
