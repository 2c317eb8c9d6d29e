"""The tasks that data sets are known for."""

from typing import NamedTuple

from neurojax.names import unknown_name


class Task(NamedTuple):
    """What a data set of a task must look like, and what its experts must reach."""

    name: str  # gymnasium's id
    observation_shape: tuple[int, ...]
    num_actions: int
    accepted_return: float  # of every expert episode; a data set leaves out the others
    num_transitions: int  # of a full data set, which is made of whole episodes
    policy_file: str  # in data/experts/policies
    huggingface_name: str


# Accepted returns and sizes are those of the HuggingFace sets (IL-Datasets, commit
# 54dc336).
TASKS = {
    task.name: task
    for task in (
        Task("CartPole-v1", (4,), 2, 500.0, 500_000, "cartpole", "CartPole-v1"),
        Task(
            "LunarLander-v3", (8,), 4, 233.0, 384_000, "lunarlander", "LunarLander-v2"
        ),
    )
}


def find_task(name: str) -> Task:
    """Return the task of this name.

    Raises:
        ValueError: If there is none; the message holds the nearest name.
    """
    if name not in TASKS:
        raise unknown_name("task", name, TASKS)
    return TASKS[name]
