"""The recordings that a command was given, by file or by folder."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from neurojax.data.recordings.recording import Recording

SUFFIX = ".jsonl"


class Played(NamedTuple):
    """A recording and where it was read."""

    path: Path
    recording: "Recording"


def find_journals(paths: Iterable[Path]) -> list[Path]:
    """Return the files named and those in the folders named, each once.

    Raises:
        ValueError: if a folder holds no recording, or a file is none.
        FileNotFoundError: if there is no such file or folder.
    """
    # Imported here: --help answers before JAX is loaded.
    from neurojax.storage.paths import user_path

    named = [user_path("paths", path) for path in paths]
    found = {
        journal.resolve(): journal for path in named for journal in _journals_at(path)
    }
    if not found:
        raise ValueError("No recording is named; name files or folders.")
    return list(found.values())


def _journals_at(path: Path) -> list[Path]:
    if path.is_dir():
        journals = sorted(path.glob(f"*{SUFFIX}"))
        if not journals:
            raise ValueError(
                f"The folder {path} holds no recording (*{SUFFIX}); make one with "
                "`python -m collect record`, or name another folder."
            )
        return journals
    if not path.exists():
        raise FileNotFoundError(f"There is no file or folder {path}; check the path.")
    if path.suffix != SUFFIX:
        raise ValueError(
            f"{path} is no recording (*{SUFFIX}); JSON lists of episodes become one by "
            "`python -m collect import`."
        )
    return [path]


def read_journals(paths: Iterable[Path]) -> list[Played]:
    """Read them all, each of another subject or task.

    Raises:
        ValueError: if one is damaged, or two are of one subject and task.
        FileNotFoundError: if there is no such file or folder.
    """
    # Imported here: --help answers before JAX is loaded.
    from neurojax.data.recordings.reader import read_recording

    seen: dict[tuple[str, str], Path] = {}
    result = []
    for path in find_journals(paths):
        recording = read_recording(path)
        before = seen.setdefault((recording.subject, recording.task), path)
        if before != path:
            raise ValueError(
                f"{before} and {path} are both of {recording.subject} on "
                f"{recording.task}; name one of them."
            )
        result.append(Played(path, recording))
    return result


def plural(number: int, noun: str) -> str:
    """A number of things, such as "1 episode" and "2 episodes"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
