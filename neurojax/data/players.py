"""Good players of the tasks that people play: what to do at an observation."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float32

from neurojax.data.experts import policy_path
from neurojax.data.policy import greedy_actions, load_policy
from neurojax.data.recording import human_task
from neurojax.data.tasks import TASKS

Act = Callable[[Float32[np.ndarray, " size"]], int]


def good_player(task: str) -> Act:
    """Return a function from an observation to the action of a good player.

    Trained experts where there are (CartPole 500, LunarLander about 280 a game); else
    the push in the direction of motion that pumps energy into a swing (MountainCar
    -120, Acrobot -78 on average).

    Raises:
        ValueError: if people do not play this task; the message holds the nearest name.
    """
    task = human_task(task).name
    if task == "MountainCar-v0":
        return lambda observation: 2 if observation[1] >= 0 else 0
    if task == "Acrobot-v1":
        return lambda observation: 2 if observation[5] > 0 else 0
    policy, _ = load_policy(policy_path(TASKS[task]))
    return lambda observation: int(greedy_actions(policy, observation[None])[0])
