"""`python -m collect import`: a JSON list of episodes becomes a recording."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

__all__ = ["Import"]

NAME = re.compile(r"(?P<subject>.+)_data_(?P<task>.+)\.json", re.IGNORECASE)


@dataclass(frozen=True)
class Import:
    """Read a JSON list of episodes, check it, and write it as a recording.

    Each episode has timestamp (local time), seed_used or seed, and steps of
    observation, action, reward, next_observation, done. Where it also tells episode_id,
    length, score or return, they must be those of its steps.
    """

    file: Positional[Path]
    """The JSON file, such as sub01_data_cartpole.json."""
    task: str | None = None
    """What was played, such as CartPole; by default what the file's name tells."""
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
        from collect._files import plural
        from collect._reference import read_reference
        from neurojax.data.recordings.journal import journal_path, save_recording
        from neurojax.data.tasks import find_task
        from neurojax.storage.paths import file_name_part, user_path

        option, task_name = self._given_or_named("task")
        task = find_task(task_name, option)
        subject = file_name_part(*self._given_or_named("subject"))
        path = journal_path(user_path("--folder", self.folder), task.name, subject)
        _refuse_to_overwrite(path)
        file = user_path("file", self.file)
        recording = read_reference(file, task, subject, self.timezone)
        save_recording(recording, path)
        episodes = plural(len(recording.episodes), "episode")
        steps = plural(sum(episode.length for episode in recording.episodes), "step")
        print(f"Wrote {episodes}, {steps} to {path}.")
        print(f"Check them: python -m collect verify {shlex.quote(str(path))}")

    def _given_or_named(self, field: str) -> tuple[str, str]:
        """What the user calls it, and its value."""
        given = getattr(self, field)
        if given is not None:
            return f"--{field}", given
        named = NAME.fullmatch(self.file.name)
        if named is None:
            raise ValueError(
                f"--{field} is missing, and the name {self.file.name!r} does not tell "
                f"it, as sub01_data_CartPole-v1.json would; give --{field}."
            )
        return f"{self.file.name}: --{field}", named[field]


def _refuse_to_overwrite(path: Path) -> None:
    if path.exists():
        raise FileExistsError(
            f"{path} is there already and is left as it is; choose another --subject "
            "or --folder, or set that file aside."
        )
