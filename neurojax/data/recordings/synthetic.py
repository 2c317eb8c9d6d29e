"""Synthetic subjects: players that stand in for people where nobody was recorded.

What they do is synthetic, and every source and caption says so. Like people they hold
keys (most actions repeat the last one), blend good moves with clumsy ones, learn over
sessions and warm up over the first runs of each. Numbers of runs, mean and spread of
the returns and the share of repeated actions follow what was published of two people's
play; nothing else does.
"""

import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np

from neurojax.data.recordings.players import Act, good_player
from neurojax.data.recordings.recording import Episode, Recording
from neurojax.data.tasks import Task, find_task
from neurojax.names import unknown_name

__all__ = ["PROFILES", "Profile", "play", "synthetic"]

FIRST_DAY = datetime(2026, 1, 5, 18, tzinfo=UTC)
DAYS_BETWEEN_SESSIONS = 2
SECONDS_BETWEEN_RUNS = 4.0
WARM_UP_RUNS = 3.0


class Profile(NamedTuple):
    """How a synthetic subject plays a task.

    Attributes:
        runs: the number of runs in each session.
        hold: probability of holding the key of the step before.
        skills: probability that a free move is a good one, at the first and at the
            last run.
        spread: standard deviation of that probability over runs.
        cold: what is missing from it at the first run of a session; it fades by a
            factor e in `WARM_UP_RUNS` runs.
        habit: probabilities of the actions of a clumsy move.
        rate: steps a second.
    """

    runs: tuple[int, ...]
    hold: float
    skills: tuple[float, float]
    spread: float
    cold: float
    habit: tuple[float, ...]
    rate: int


EVEN = (1 / 3, 1 / 3, 1 / 3)
BOTH = (0.5, 0.5)
MOSTLY_NONE = (0.4, 0.2, 0.2, 0.2)
# Runs in each session are those of two people who were recorded; hold, skills, spread
# and cold were searched at random until the mean and the spread of the returns and the
# share of repeated actions came near theirs (both are in
# tests/data/recordings/test_synthetic.py).
PROFILES = {
    "synthetic01": {
        "CartPole-v1": Profile(
            (17, 21, 12, 6, 7, 5, 5), 0.45, (0.83, 0.94), 0.39, 0.06, BOTH, 15
        ),
        "MountainCar-v0": Profile(
            (21, 22, 13, 9, 10, 5),
            0.82,
            (0.88, 1.0),
            0.15,
            0.25,
            (0.33, 0.06, 0.61),
            15,
        ),
        "Acrobot-v1": Profile(
            (5, 6, 8, 6, 15, 11), 0.81, (0.45, 0.9), 0.35, 0.1, EVEN, 15
        ),
        "LunarLander-v3": Profile(
            (21, 14, 6, 13, 10, 15), 0.78, (0.3, 0.51), 0.11, 0.1, MOSTLY_NONE, 20
        ),
    },
    "synthetic02": {
        "CartPole-v1": Profile(
            (32, 37, 32, 23), 0.52, (0.67, 0.76), 0.4, 0.12, BOTH, 15
        ),
        "MountainCar-v0": Profile(
            (10, 19, 29, 1, 13), 0.85, (0.78, 0.93), 0.15, 0.07, (0.31, 0.09, 0.6), 15
        ),
        "Acrobot-v1": Profile((3, 8, 13, 16), 0.81, (0.52, 0.89), 0.33, 0.1, EVEN, 15),
        "LunarLander-v3": Profile(
            (39, 55, 27, 18), 0.78, (0.16, 0.45), 0.22, 0.1, MOSTLY_NONE, 20
        ),
    },
}


def synthetic(task: str, subject: str = "synthetic01", seed: int = 0) -> Recording:
    """Let a synthetic subject play a task in gymnasium, the same at every call.

    Args:
        task: one of `neurojax.data.TASKS`.
        subject: "synthetic01" or "synthetic02": two profiles of play.
        seed: of the player's choices; episode i is reset with the seed i.

    Raises:
        ValueError: if there is no such task or subject; the nearest is named.
        ImportError: if gymnasium or the simulator is missing.
    """
    task = find_task(task).name
    if subject not in PROFILES:
        raise unknown_name("subject", subject, PROFILES)
    return play(task, subject, PROFILES[subject][task], seed)


def play(task: str, subject: str, profile: Profile, seed: int) -> Recording:
    """The recording of a player of this profile."""
    from neurojax.environments.gymnasium import make

    about, simulator, act = find_task(task), make(task), good_player(task)
    draws = np.random.default_rng([seed, zlib.crc32(f"{subject} {task}".encode())])
    versions = {name: version(name) for name in ("gymnasium", "numpy")}
    skills = _skills(profile, draws)
    episodes = []
    for session, runs in enumerate(profile.runs):
        start = FIRST_DAY + timedelta(days=DAYS_BETWEEN_SESSIONS * session)
        for _ in range(runs):
            index = len(episodes)
            choose = _chooser(about, profile, float(skills[index]), act, draws)
            episode = _run(simulator, index, start, profile.rate, choose, versions)
            episodes.append(episode)
            seconds = episode.length / profile.rate + SECONDS_BETWEEN_RUNS
            start += timedelta(seconds=seconds)
    simulator.close()
    source = f"SYNTHETIC subject {subject} (no person), {task}, seed {seed}"
    return Recording(task, subject, tuple(episodes), source)


def _skills(profile: Profile, draws: np.random.Generator) -> np.ndarray:
    """The share of good moves in each run, in order."""
    first, last = profile.skills
    grown = np.linspace(first, last, sum(profile.runs))
    runs = np.concatenate([np.arange(number) for number in profile.runs])
    cold = profile.cold * np.exp(-runs / WARM_UP_RUNS)
    return np.clip(grown - cold + draws.normal(0, profile.spread, len(runs)), 0, 1)


def _chooser(
    task: Task,
    profile: Profile,
    skill: float,
    act: Act,
    draws: np.random.Generator,
) -> Callable[[np.ndarray], int]:
    """Choose an action after the other for one run."""
    held: int | None = None

    def choose(observation: np.ndarray) -> int:
        nonlocal held
        hold, good = draws.random(2)
        if held is None or hold >= profile.hold:
            if good < skill:
                held = act(observation)
            else:
                held = int(draws.choice(task.num_actions, p=profile.habit))
        return held

    return choose


def _run(
    simulator: Any,
    index: int,
    start: datetime,
    rate: int,
    choose: Callable[[np.ndarray], int],
    versions: dict[str, str],
) -> Episode:
    observation = np.asarray(simulator.reset(seed=index)[0], np.float32)
    seen, actions, rewards = [observation], [], []
    terminated = truncated = False
    while not (terminated or truncated):
        actions.append(choose(seen[-1]))
        found, reward, terminated, truncated, _ = simulator.step(actions[-1])
        seen.append(np.asarray(found, np.float32))
        rewards.append(float(reward))
    return Episode(
        index,
        index,
        start,
        np.stack(seen),
        np.array(actions, np.int32),
        np.array(rewards, np.float64),
        np.arange(len(actions)) / rate,
        bool(terminated),
        bool(truncated),
        True,
        versions,
    )
