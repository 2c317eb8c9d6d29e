"""Data sets made on this machine: committed experts, rolled out greedily.

The experts were trained with `python -m neurojax.data.experts.train`. What they do
stands in for the HuggingFace sets `NathanGavenski/CartPole-v1` and `LunarLander-v2`,
with the same columns, the same threshold for an episode's return and as many
transitions; the expert and the simulator's version are others.
"""

import hashlib
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from neurojax import checks
from neurojax.data import files
from neurojax.data.dataset import Dataset
from neurojax.data.experts.episodes import Episode, episodes
from neurojax.data.experts.policy import load_policy
from neurojax.data.experts.progress import shown
from neurojax.data.memory import check_memory
from neurojax.data.tasks import ExpertTask, find_expert_task
from neurojax.storage.paths import user_path

__all__ = ["expert", "policy_path"]

MAX_REJECTED = 100  # in a row; a sound expert is rejected a few times at most
COPIES = 4  # of the data in memory: episodes, the whole, and the file as it is made
RECIPE = "1"  # raise it when other episodes come from the same policy file


def expert(
    task: str,
    *,
    num_transitions: int | None = None,
    cache_dir: Path | str | None = None,
) -> Dataset:
    """Return what the expert of a task does, made at first call and cached on disk.

    Episodes have seeds 0, 1, 2, ...; those below the task's accepted return are left
    out. The same call gives the same data set, and a smaller one is the start of a
    larger one.

    Args:
        task: "CartPole-v1" or "LunarLander-v3" (made with `neurojax[envs]`).
        num_transitions: Make the fewest whole episodes with as many transitions or
            more; by default as many as on HuggingFace, the task's `num_transitions`.
        cache_dir: By default `$NEUROJAX_CACHE`, or else `neurojax` in `$XDG_CACHE_HOME`
            or in `~/.cache`.
    """
    known = find_expert_task(task)
    if num_transitions is None:
        num_transitions = known.num_transitions
    _check_size(known, num_transitions)
    path = _cache_path(known, num_transitions, cache_dir)
    cached = _read_cache(path)
    if cached is not None:
        return cached
    dataset = _make(known, num_transitions)
    try:
        files.save(dataset, path)
    except OSError as error:
        warnings.warn(f"The data set is not cached: {error}", stacklevel=2)
    return dataset


def _check_size(task: ExpertTask, num_transitions: Any) -> None:
    remedy = f"leave it out for the published {task.num_transitions}."
    # So many that the memory they take is what is told.
    checks.integer_between("num_transitions", num_transitions, 1, 10**18)
    check_memory(
        f"num_transitions={num_transitions} of {task.name}",
        # An observation of float32, an action, a reward, whether an episode starts.
        COPIES * int(num_transitions) * (4 * task.observation_size + 4 + 4 + 1),
        remedy,
    )


def policy_path(task: ExpertTask) -> Path:
    """Return the committed policy file of a task."""
    folder = Path(__file__).parent / "policies"
    return folder / f"{task.policy_file}.safetensors"


def _cache_path(
    task: ExpertTask, num_transitions: int, cache_dir: Path | str | None
) -> Path:
    """The name changes with the policy, so that no old file is taken for a new one."""
    recipe = f"{RECIPE} {task}".encode()
    digest = hashlib.sha256(policy_path(task).read_bytes() + recipe).hexdigest()[:12]
    if cache_dir is None:
        folder = _default_cache_dir()
    else:
        folder = user_path("cache_dir", cache_dir)
    return folder / f"{task.name}-expert-{num_transitions}-transitions-{digest}.npz"


def _default_cache_dir() -> Path:
    if own := os.environ.get("NEUROJAX_CACHE"):
        return user_path("NEUROJAX_CACHE", own)
    shared = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(shared) / "neurojax"


def _read_cache(path: Path) -> Dataset | None:
    if not path.exists():
        return None
    try:
        return files.load(path)
    except (OSError, ValueError) as error:
        warnings.warn(f"The cached data set is made again: {error}", stacklevel=3)
        return None


def _make(task: ExpertTask, num_transitions: int) -> Dataset:
    policy, metadata = load_policy(policy_path(task))
    enough = _enough(_accepted(task, episodes(task, policy, 0)), num_transitions)
    kept = list(shown(enough, f"Making {task.name}", num_transitions))
    starts = np.zeros(sum(len(episode.actions) for episode in kept), bool)
    lengths = [len(episode.actions) for episode in kept]
    starts[np.cumsum([0, *lengths[:-1]])] = True
    return Dataset(
        np.concatenate([episode.observations for episode in kept]),
        np.concatenate([episode.actions for episode in kept]),
        np.concatenate([episode.rewards for episode in kept]),
        starts,
        task.num_actions,
        task.name,
        f"synthetic: neurojax's own PPO expert (mean return {metadata['mean_return']} "
        f"before selection), greedy, episodes with return >= {task.accepted_return:g}",
    )


def _accepted(task: ExpertTask, played: Iterator[Episode]) -> Iterator[Episode]:
    rejected = 0
    for episode in played:
        if episode.total_reward >= task.accepted_return:
            rejected = 0
            yield episode
        else:
            rejected += 1
        if rejected >= MAX_REJECTED:
            raise RuntimeError(
                f"The expert of {task.name} stayed below a return of "
                f"{task.accepted_return:g} in {rejected} episodes in a row: train it "
                "for this simulator with python -m neurojax.data.experts.train."
            )


def _enough(accepted: Iterator[Episode], num_transitions: int) -> Iterator[Episode]:
    found = 0
    while found < num_transitions:
        episode = next(accepted)
        found += len(episode.actions)
        yield episode
