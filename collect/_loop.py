"""Play: wait for SPACE, run an episode at its rate, write each step, then show it."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from collect._files import plural
from collect._journal import Journal
from collect._players import Player, Seen
from collect._tasks import Controls
from collect._window import View, Window
from neurojax.data.recordings.recording import sessions_of_starts

WAITING_FPS = 30.0


class Pace:
    """Frames at a steady rate; `fps` 0 does not wait."""

    def __init__(self, fps: float):
        self.seconds = 1 / fps if fps else 0.0
        self.due = time.monotonic() + self.seconds

    def wait(self) -> None:
        """Sleep until the next frame is due; a late one is not caught up with."""
        now = time.monotonic()
        if self.due > now:
            time.sleep(self.due - now)
        self.due = max(self.due, now) + self.seconds


class Stop:
    """Whether Ctrl-C or a polite kill asked for the end, and which signal it was."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def __call__(self) -> bool:
        """Whether play was asked to end."""
        return self.signal is not None

    def leave(self) -> None:
        """End with the exit code that tells the signal, if one came.

        Raises:
            SystemExit: with 128 and the signal's number.
        """
        if self.signal is not None:
            raise SystemExit(128 + self.signal)

    def _note(self, number: int, frame: Any) -> None:
        self.signal = number


@contextmanager
def asked_to_stop() -> Iterator[Stop]:
    """Note Ctrl-C and polite kills; play then ends as with ESC.

    An exception in the midst of a write could leave file and counts at odds.
    """
    stop = Stop()
    names = [n for n in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, n)]
    before = {
        number: signal.signal(number, stop._note)
        for number in (getattr(signal, name) for name in names)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def help_lines(controls: Controls) -> tuple[tuple[str, str], ...]:
    """What each key does, for the lower bar."""
    keys = tuple((name, key.meaning) for name, key in controls.keys.items())
    idle = {"last": "repeats the last", "left": controls.keys["left"].meaning}
    return (*keys, ("no key", idle.get(controls.noop, "nothing")), ("esc", "stops"))


class Now(NamedTuple):
    """Where an episode stands: what is seen, the keys that led there, the rewards."""

    seen: Seen
    keys: tuple[str, ...] = ()
    earned: float = 0.0
    is_over: bool = False

    @property
    def score(self) -> float:
        """What was earned, as it is shown."""
        return round(self.earned, 1)


@dataclass
class Sitting:
    """One sitting of a player at a task.

    Attributes:
        fps: steps a second; 0 does not wait.
        is_stopped: whether play was asked to end from outside.
        versions: of the libraries, for the record.
        frame: the picture seen last.
        result: of the last episode, in words.
    """

    task: str
    subject: str
    simulator: Any
    player: Player
    controls: Controls
    fps: float
    journal: Journal
    window: Window
    is_stopped: Callable[[], bool]
    versions: dict[str, str]
    frame: np.ndarray | None = None
    result: tuple[str, ...] = ()

    def play(self, episodes: int | None) -> None:
        """Play so many episodes, or until ESC.

        Raises:
            OSError: if a step could not be written; those before it are.
            ValueError: if the clock was set back.
        """
        # The first picture takes long, so it is made before play; it is a backdrop.
        self.simulator.reset()
        self.frame = self.simulator.render()
        played = 0
        while episodes is None or played < episodes:
            if self.player.is_person and not self._wait_for_start():
                return
            if self.is_stopped() or not self._play_episode():
                return
            played += 1

    def _wait_for_start(self) -> bool:
        """Whether SPACE was pressed, not ESC."""
        pace = Pace(WAITING_FPS)
        result = self.result or (self.task, self.controls.goal)
        while True:
            next_run = f"next: {self._session_and_run(datetime.now(UTC))}"
            panel = (*result, "Press SPACE to start", "ESC ends the sitting")
            if self.journal.is_moved:
                panel += ("The file was deleted or changed: see the terminal",)
            self.window.show(self._view(next_run, panel=panel))
            pace.wait()
            self.journal.watch()
            inputs = self.window.poll()
            if inputs.stop or self.is_stopped():
                return False
            if inputs.start:
                return True

    def _play_episode(self) -> bool:
        """Whether it came to its end."""
        now, start = self._begin()
        run = self._session_and_run(start)
        clock, pace = time.monotonic(), Pace(self.fps)
        try:
            while not now.is_over:
                self._show(run, now)
                pace.wait()
                inputs = self.window.poll()
                if inputs.stop or self.is_stopped():
                    break
                now = self._step(now, inputs.held, time.monotonic() - clock)
        finally:
            self.journal.end(now.is_over)
        self._show(run, now)
        self.result = (f"Score {now.score:g}", f"in {plural(now.seen.step, 'step')}")
        return now.is_over

    def _step(self, now: Now, held: frozenset[str], seconds: float) -> Now:
        """Act, and write what comes of it before anybody sees it."""
        held &= self.controls.keys.keys()
        action, keys = self.player.act(now.seen._replace(held=held))
        outcome = self.simulator.step(action)[:4]
        self.journal.step(seconds, action, *outcome, keys=list(keys))
        observation, reward, terminated, truncated = outcome
        seen = now.seen._replace(
            observation=observation, previous=action, step=now.seen.step + 1
        )
        earned = now.earned + float(reward)
        return Now(seen, keys, earned, bool(terminated or truncated))

    def _begin(self) -> tuple[Now, datetime]:
        seed = self.journal.next_seed
        observation, _ = self.simulator.reset(seed=seed)
        start = datetime.now(UTC)
        self.journal.begin(
            start,
            observation,
            self.versions,
            fps=self.fps,
            noop=self.controls.noop,
            player=self.player.name,
        )
        return Now(Seen(observation, frozenset(), None, seed, 0)), start

    def _show(self, run: str, now: Now) -> None:
        self.frame = self.simulator.render()
        status = f"{run}   step {now.seen.step}   score {now.score:g}"
        self.window.show(self._view(status, held=frozenset(now.keys)))

    def _view(
        self,
        status: str,
        held: frozenset[str] = frozenset(),
        panel: tuple[str, ...] = (),
    ) -> View:
        player = "" if self.player.is_person else f"   player {self.player.name}"
        return View(
            self.frame,
            f"{self.task}   {self.subject}{player}",
            status,
            help_lines(self.controls),
            held,
            panel,
        )

    def _session_and_run(self, start: datetime) -> str:
        """Counted from 1, for people."""
        starts = [s for s in self.journal.starts if s < start]
        sessions, runs = sessions_of_starts([*starts, start])
        return f"session {sessions[-1] + 1}   run {runs[-1] + 1}"
