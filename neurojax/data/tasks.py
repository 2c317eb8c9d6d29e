"""The tasks that data are known for: people play them all, experts some of them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from neurojax.names import unknown_name

__all__ = [
    "EXPERT_TASKS",
    "TASKS",
    "ExpertTask",
    "Task",
    "find_expert_task",
    "find_task",
]


@dataclass(frozen=True)
class Task:
    """A control task, of vectors of numbers and discrete actions."""

    name: str  # gymnasium's id
    observation_size: int
    num_actions: int
    max_steps: int


@dataclass(frozen=True)
class ExpertTask(Task):
    """One with a published data set of experts, for which ours stands in.

    Returns, sizes and names are those of the HuggingFace sets (IL-Datasets, commit
    54dc336).
    """

    accepted_return: float  # of every expert episode; a data set leaves out the others
    num_transitions: int  # of a full data set, which is made of whole episodes
    policy_file: str  # in data/experts/policies
    huggingface_name: str


CARTPOLE = ExpertTask(
    "CartPole-v1", 4, 2, 500, 500.0, 500_000, "cartpole", "CartPole-v1"
)
LUNARLANDER = ExpertTask(
    "LunarLander-v3", 8, 4, 1000, 233.0, 384_000, "lunarlander", "LunarLander-v2"
)
ACROBOT, MOUNTAINCAR = Task("Acrobot-v1", 6, 3, 500), Task("MountainCar-v0", 2, 3, 200)

TASKS: dict[str, Task] = {
    task.name: task for task in (ACROBOT, CARTPOLE, MOUNTAINCAR, LUNARLANDER)
}
EXPERT_TASKS = {task.name: task for task in (CARTPOLE, LUNARLANDER)}


def find_task(name: Any, argument: str = "task") -> Task:
    """Return the task of this name, spelled in any way that means it.

    Case, dashes, underscores and spaces do not count, and the version may be left out:
    `CartPole-v1`, `CartPole`, `cartpole`, `cart_pole`. Another version is another task.

    Args:
        name: what was given.
        argument: what the user calls it, such as "--task".

    Raises:
        ValueError: naming `argument`, if there is none; with the nearest name.
    """
    return TASKS[_spelled(name, argument, TASKS)]


def find_expert_task(name: Any, argument: str = "task") -> ExpertTask:
    """Return the task of this name that has an expert; spelled as in `find_task`.

    Raises:
        ValueError: naming `argument`, if there is none; with the nearest name.
    """
    return EXPERT_TASKS[_spelled(name, argument, EXPERT_TASKS)]


def _spelled(name: Any, argument: str, known: Iterable[str]) -> str:
    """The known name that `name` means."""
    meant = {_folded(task): task for task in known}
    meant |= {_folded(task.partition("-v")[0]): task for task in known}
    if not isinstance(name, str) or _folded(name) not in meant:
        raise unknown_name(argument, name, known)
    return meant[_folded(name)]


def _folded(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()
