"""`python -m collect import`: a JSON list of episodes becomes a recording."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

__all__ = ["Import"]

NAME = re.compile(r"(?P<subject>[^_]+)_data_(?P<task>.+)\.json")


@dataclass(frozen=True)
class Import:
    """Read a JSON list of episodes, check it, and write it as a recording.

    Each episode has episode_id, timestamp (local time), seed_used or seed, length,
    score or return, and steps of observation, action, reward, next_observation, done.
    """

    file: Positional[Path]
    """The JSON file, such as sub01_data_CartPole-v1.json."""
    task: str | None = None
    """What was played, such as CartPole-v1; by default what the file's name tells."""
    subject: str | None = None
    """Who played, a pseudonym; by default what the file's name tells."""
    timezone: str = "UTC"
    """The zone of the file's times, such as Europe/Zurich."""
    folder: Path = Path("recordings")
    """Where the recording goes; one that is there is never overwritten."""

    def run(self) -> None:
        """Write the recording, if all of the file is sound.

        Raises:
            ValueError: naming file, episode, field, value and remedy; then nothing is
                written.
            FileExistsError: if there is such a recording.
        """
        # Imported here: --help answers before JAX is loaded.
        from collect._files import check_subject, plural
        from collect._reference import read_reference
        from neurojax.data.recordings.journal import journal_path, save_recording
        from neurojax.data.tasks import find_task

        told_by = "--task" if self.task is not None else f"{self.file.name}: task"
        task = find_task(self._given_or_named("task"), told_by)
        subject = self._given_or_named("subject")
        check_subject(subject)
        path = journal_path(self.folder, task.name, subject)
        _refuse_to_overwrite(path)
        recording = read_reference(self.file, task, subject, self.timezone)
        save_recording(recording, path)
        episodes = plural(len(recording.episodes), "episode")
        steps = plural(sum(episode.length for episode in recording.episodes), "step")
        print(f"Wrote {episodes}, {steps} to {path}.")
        print(f"Check them: python -m collect verify {shlex.quote(str(path))}")

    def _given_or_named(self, field: str) -> str:
        given = getattr(self, field)
        if given is not None:
            return given
        named = NAME.fullmatch(self.file.name)
        if named is None:
            raise ValueError(
                f"--{field} is missing, and the name {self.file.name!r} does not tell "
                f"it, as sub01_data_CartPole-v1.json would; give --{field}."
            )
        return named[field]


def _refuse_to_overwrite(path: Path) -> None:
    if path.exists():
        raise FileExistsError(
            f"{path} is there already and is left as it is; choose another --subject "
            "or --folder, or set that file aside."
        )
