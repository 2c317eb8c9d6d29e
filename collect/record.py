"""`python -m collect record`: play a task in a window, and keep every step."""

from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from collect._files import plural
from collect._tasks import Noop, check_fps

if TYPE_CHECKING:
    from collect._journal import Journal
    from collect._loop import Stop
    from collect._players import Player
    from collect._tasks import Controls

__all__ = ["Record"]


@dataclass(frozen=True)
class Record:
    """Play a task with the arrow keys (or a gamepad); every step is kept at once."""

    task: str
    """Acrobot, CartPole, LunarLander or MountainCar, with its version or without."""
    subject: str
    """Who plays: a pseudonym such as sub01, which becomes part of the file's name."""
    folder: Path = Path("recordings")
    """Where the recording is kept, or goes on: FOLDER/SUBJECT_TASK.jsonl."""
    fps: float | None = None
    """Steps a second; by default 20 in LunarLander, 15 elsewhere. 0 does not wait
    (scripted players only)."""
    noop: Noop | None = None
    """CartPole has no action that does nothing: with no key held it is pushed `left`
    (default), or the `last` action is repeated."""
    player: str = "keyboard"
    """`keyboard` (a person), `random`, `expert`, or a FILE.json of [key, frames]."""
    episodes: int | None = None
    """Stop after so many; by default a scripted player plays 1, a person until ESC."""

    def run(self) -> None:
        """Play, and print what was recorded and where.

        Raises:
            ValueError: if an argument, a script or the file it should go on with is
                unfit, or another recorder has it open.
            ImportError: if a library is missing.
            OSError: if the file cannot be opened.
            SystemExit: if it could no longer be written; the message says what is kept.
                After a signal with the code that tells it, when all is written.
        """
        # Imported here: --help answers before pygame and the simulators are loaded.
        from collect._journal import open_journal
        from collect._loop import asked_to_stop
        from collect._players import find_player
        from collect._tasks import find_controls
        from neurojax.data.recordings.journal import journal_path
        from neurojax.data.tasks import find_task
        from neurojax.storage.paths import file_name_part, user_path

        task = find_task(self.task, "--task").name
        subject = file_name_part("--subject", self.subject)
        controls = find_controls(task, self.noop)
        player = find_player(self.player, task, controls)
        self._check_numbers(player.is_person)
        path = journal_path(user_path("--folder", self.folder), task, subject)
        with (
            asked_to_stop() as stop,
            open_journal(path, task, subject, player.source) as journal,
        ):
            for note in journal.notes:
                print(note, flush=True)
            try:
                self._play(task, player, controls, journal, stop)
                journal.finish()
            except OSError as error:
                raise SystemExit(_stopped(journal, error)) from None
            with suppress(OSError):  # a terminal that was closed
                print(_summary(journal), flush=True)
            stop.leave()

    def _check_numbers(self, is_person: bool) -> None:
        check_fps(self.fps)
        if self.fps == 0 and is_person:
            raise ValueError("--fps=0 is for scripted players; leave it out to play.")
        if self.episodes is not None and self.episodes < 1:
            raise ValueError(
                f"--episodes={self.episodes} must be 1 or more; leave it out to play "
                "on."
            )

    def _play(
        self,
        task: str,
        player: "Player",
        controls: "Controls",
        journal: "Journal",
        stop: "Stop",
    ) -> None:
        from collect._loop import Sitting
        from collect._tasks import library_versions, make_simulator
        from collect._window import Window, choose_driver

        choose_driver(needs_display=player.is_person)
        with (
            closing(make_simulator(task)) as simulator,
            Window(f"{task} {self.subject}") as window,
        ):
            sitting = Sitting(
                task,
                self.subject,
                simulator,
                player,
                controls,
                controls.fps if self.fps is None else self.fps,
                journal,
                window,
                stop,
                library_versions(task),
            )
            sitting.play(self.episodes or (None if player.is_person else 1))


def _summary(journal: "Journal") -> str:
    unfinished = journal.num_unfinished
    cut = f" ({unfinished} unfinished)" if unfinished else ""
    return (
        f"Recorded {plural(journal.num_episodes, 'episode')}{cut}, "
        f"{plural(journal.num_steps, 'step')} in {journal.path}, which holds "
        f"{plural(len(journal.starts), 'episode')} now."
    )


def _stopped(journal: "Journal", error: OSError) -> str:
    why = error.strerror or error
    if journal.is_lost:
        return (
            f"Recording stopped: {journal.path} was deleted, moved or changed by "
            f"somebody else, and what was recorded could not be written again beside "
            f"it ({why}). It is on disk only if that file was moved."
        )
    return (
        f"Recording stopped: {journal.path} could not be written ({why}). What was "
        "played until then is kept; an episode without its end is marked as "
        f"unfinished. {_summary(journal)} Make room there and start the same command "
        "to go on."
    )
