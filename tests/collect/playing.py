"""Episodes played in gymnasium, as a recording and as a JSON list, for tests."""

import functools
import json
import re
from datetime import UTC, datetime, timedelta

import numpy as np

from collect._tasks import library_versions
from neurojax.data.recordings.journal import journal_path, save_recording
from neurojax.data.recordings.players import good_player
from neurojax.data.recordings.recording import Episode, Recording
from neurojax.data.tasks import find_task
from neurojax.environments.gymnasium import make

START = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
TASKS = ("Acrobot-v1", "CartPole-v1", "LunarLander-v3", "MountainCar-v0")


def draws_of(task):
    """A player that holds a random action for some steps, as people do."""
    generator = np.random.default_rng(0)
    num_actions = find_task(task).num_actions
    state = {"action": 0}

    def act(observation):
        if generator.random() < 0.2:
            state["action"] = int(generator.integers(num_actions))
        return state["action"]

    return act


def play(task, seed, act, index=0, start=START, max_steps=None, environment=None):
    """Play an episode; break it off after `max_steps`."""
    environment = environment or make(task)
    observation, _ = environment.reset(seed=seed)
    seen, actions, rewards = [observation], [], []
    terminated = truncated = False
    while not (terminated or truncated) and len(actions) != max_steps:
        actions.append(act(seen[-1]))
        observation, reward, terminated, truncated, _ = environment.step(actions[-1])
        seen.append(observation)
        rewards.append(float(reward))
    return Episode(
        index,
        seed,
        start,
        np.array(seen, np.float32),
        np.array(actions, np.int32),
        np.array(rewards),
        np.arange(len(actions)) / 15,
        bool(terminated),
        bool(truncated),
        bool(terminated or truncated),
        library_versions(task),
    )


@functools.cache
def recording_of(task, subject="sub01", num_episodes=4, is_good=False):
    """Play some episodes in two sessions; the last one of the first is broken off."""
    act = good_player(task) if is_good else draws_of(task)
    half = num_episodes // 2
    environment = make(task)
    episodes = [
        play(
            task,
            2 * i + 1,
            act,
            i,
            START + timedelta(minutes=2 * i, hours=i // half),
            max_steps=7 if i == half - 1 else None,
            environment=environment,
        )
        for i in range(num_episodes)
    ]
    return Recording(task, subject, tuple(episodes), "played by a test")


def save(recording, folder):
    """Write a recording where the recorder would; return the path."""
    path = journal_path(folder, recording.task, recording.subject)
    save_recording(recording, path)
    return path


def unchecked(path):
    """Take out the checks, as from an older journal; return its path."""
    whole = path.read_bytes()
    path.write_bytes(re.sub(rb',"check":"[0-9a-f]{16}"(?=}\n)', b"", whole))
    return path


def reference_of(recording):
    """The JSON list of a recording's complete episodes."""
    return [_entry(episode) for episode in recording.complete.episodes]


def _entry(episode):
    seen = episode.observations.astype(float).tolist()
    return {
        "episode_id": episode.index + 1,
        "timestamp": episode.start.replace(tzinfo=None).isoformat(),
        "seed_used": episode.seed,
        "length": episode.length,
        "score": episode.episode_return,
        "steps": [
            {
                "observation": seen[i],
                "action": int(episode.actions[i]),
                "reward": float(episode.rewards[i]),
                "next_observation": seen[i + 1],
                "done": i == episode.length - 1,
            }
            for i in range(episode.length)
        ],
    }


def write_json(path, content):
    """Write a JSON file; return its path."""
    path.write_text(json.dumps(content))
    return path


def files_in(folder):
    """Every file below a folder and its bytes, to see that nothing was changed."""
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
