"""The tasks that data are known for: people play them all, experts some of them."""

from dataclasses import dataclass

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


def find_task(name: str) -> Task:
    """Return the task of this name.

    Raises:
        ValueError: If there is none; the message holds the nearest name.
    """
    if name not in TASKS:
        raise unknown_name("task", name, TASKS)
    return TASKS[name]


def find_expert_task(name: str) -> ExpertTask:
    """Return the task of this name that has an expert.

    Raises:
        ValueError: If there is none; the message holds the nearest name.
    """
    if name not in EXPERT_TASKS:
        raise unknown_name("task", name, EXPERT_TASKS)
    return EXPERT_TASKS[name]
