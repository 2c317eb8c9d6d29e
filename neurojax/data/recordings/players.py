"""Good players of the tasks that people play: what to do at an observation."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float32

from neurojax.data.experts.expert import policy_path
from neurojax.data.experts.policy import greedy_actions, load_policy
from neurojax.data.tasks import EXPERT_TASKS, find_task

__all__ = ["Act", "good_player"]

Act = Callable[[Float32[np.ndarray, " size"]], int]


def good_player(task: str) -> Act:
    """Return a function from an observation to the action of a good player.

    Trained experts where there are (CartPole 500, LunarLander about 280 a game). On
    MountainCar the known region of pushes to the right between two curves (-104 on
    average), on Acrobot a torque in the direction in which the lower link turns (-78).

    Raises:
        ValueError: if people do not play this task; the message holds the nearest name.
    """
    task = find_task(task).name
    if task == "MountainCar-v0":
        return _swing_up
    if task == "Acrobot-v1":
        return lambda observation: 2 if observation[5] > 0 else 0
    policy, _ = load_policy(policy_path(EXPERT_TASKS[task]))
    return lambda observation: int(greedy_actions(policy, observation[None])[0])


def _swing_up(observation: Float32[np.ndarray, " 2"]) -> int:
    """Push right where that gains height, left elsewhere: never idle."""
    x, velocity = observation
    lower = min(-0.09 * (x + 0.25) ** 2 + 0.03, 0.3 * (x + 0.9) ** 4 - 0.008)
    upper = -0.07 * (x + 0.38) ** 2 + 0.07
    return 2 if lower < velocity < upper else 0
