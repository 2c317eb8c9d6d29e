"""`python -m collect replay`: watch an episode again."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collect._files import plural
from collect._tasks import check_fps

if TYPE_CHECKING:
    import numpy as np

    from collect._loop import Stop
    from collect._window import View, Window
    from neurojax.data.recordings.recording import Episode, Recording

__all__ = ["Replay"]

NAP, LAST_FRAME_SECONDS = 0.03, 1.0


@dataclass(frozen=True)
class Replay:
    """Show an episode again, from its seed and actions, as fast as it was played."""

    file: Path
    """The recording, such as recordings/sub01_LunarLander-v3.jsonl."""
    episode: int
    """Its number in the file, from 0."""
    fps: float | None = None
    """Steps a second; by default the recorded times. 0 does not wait."""

    def run(self) -> None:
        """Show it, and print whether what is seen is what was recorded.

        Raises:
            ValueError: if an argument or the file is unfit.
            FileNotFoundError: if there is no such file.
            ImportError: if a library is missing.
            SystemExit: with code 1, if the replay leaves the recording; after a signal
                with the code that tells it.
        """
        from collect._loop import asked_to_stop
        from collect._reproduction import describe, first_difference
        from collect._tasks import make_simulator
        from neurojax.data.recordings.reader import read_recording
        from neurojax.storage.paths import user_path

        recording = read_recording(user_path("--file", self.file))
        episode = self._checked(recording)
        with closing(make_simulator(recording.task)) as simulator:
            difference = first_difference(simulator, episode)
            with asked_to_stop() as stop:
                shown = self._show(simulator, recording, episode, stop)
        result = f"Showed {shown} of {plural(episode.length, 'step')}"
        if difference is not None:
            raise SystemExit(
                f"{result}. NOT reproduced: {describe(episode, difference)}"
            )
        print(f"{result}; all observations and rewards are those of the recording.")
        stop.leave()

    def _checked(self, recording: "Recording") -> "Episode":
        count = len(recording.episodes)
        if not 0 <= self.episode < count:
            raise ValueError(
                f"--episode={self.episode} is not in {self.file}, which holds "
                f"{plural(count, 'episode')}, numbered from 0."
            )
        check_fps(self.fps)
        return recording.episodes[self.episode]

    def _show(
        self, simulator: Any, recording: "Recording", episode: "Episode", stop: "Stop"
    ) -> int:
        """The number of steps shown, before the end or ESC."""
        from collect._window import Window, choose_driver

        choose_driver(needs_display=False)
        title = f"{recording.task} {recording.subject}, episode {episode.index}"
        simulator.reset(seed=episode.seed)
        due = self._due(episode)
        with Window(title) as window:
            start = 0.0
            for step in range(episode.length + 1):
                window.show(_view(simulator.render(), recording, episode, step))
                if step == 0:  # the first picture takes long
                    start = time.monotonic()
                if _is_left(window, stop, start + due[step]):
                    return step
                if step < episode.length:
                    simulator.step(int(episode.actions[step]))
        return episode.length

    def _due(self, episode: "Episode") -> list[float]:
        """When each action is done, and the window closed, in seconds."""
        if self.fps == 0:
            return [0.0] * (episode.length + 1)
        if self.fps is None:
            times = [float(time) for time in episode.times]
        else:
            times = [(step + 1) / self.fps for step in range(episode.length)]
        return [*times, (times or [0.0])[-1] + LAST_FRAME_SECONDS]


def _is_left(window: "Window", is_stopped: Callable[[], bool], due: float) -> bool:
    """Wait until `due`, in short naps; whether ESC was pressed meanwhile."""
    while True:
        if window.poll().stop or is_stopped():
            return True
        left = due - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(left, NAP))


def _view(
    frame: "np.ndarray", recording: "Recording", episode: "Episode", step: int
) -> "View":
    from collect._tasks import CONTROLS
    from collect._window import View

    keys = CONTROLS[recording.task].keys
    done = episode.actions[step - 1] if step else None
    score = float(episode.rewards[:step].sum())
    return View(
        frame,
        f"{recording.task}   {recording.subject}   replay of episode {episode.index}",
        f"step {step}/{episode.length}   score {round(score, 1):g}",
        (*((name, key.meaning) for name, key in keys.items()), ("esc", "stops")),
        frozenset(name for name, key in keys.items() if key.action == done),
    )
