"""Reads the steps of one episode in a JSON list of episodes."""

import math
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32, Float64, Int32

from neurojax.data.tasks import TASKS, Task
from neurojax.names import short

# Where gymnasium's CartPole and MountainCar end.
POLE_ANGLE, CART_POSITION, GOAL_POSITION = 12 * 2 * math.pi / 360, 2.4, 0.5

LARGEST = float(np.finfo(np.float32).max)


class Steps(NamedTuple):
    """An episode's steps; see `neurojax.data.recordings.recording.Episode`."""

    observations: Float32[np.ndarray, "steps+1 size"]
    actions: Int32[np.ndarray, " steps"]
    rewards: Float64[np.ndarray, " steps"]
    terminated: bool
    truncated: bool


def read_steps(entries: Any, task: Task, where: str) -> Steps:
    """Check the list of steps and return it as arrays.

    Raises:
        ValueError: if a step is not sound; the message begins with `where`.
    """
    if not isinstance(entries, list) or not 1 <= len(entries) <= task.max_steps:
        found = len(entries) if isinstance(entries, list) else "no list of"
        what = f"has {found} steps, and {task.name} ends after 1 to {task.max_steps}"
        raise fault(where, what, "take the episode out, or give the right --task")
    places = [f"{where}, step {i}" for i in range(len(entries))]
    pairs = list(zip(entries, places, strict=True))
    observations = _observations(pairs, task)
    rewards = np.array([_reward(*pair) for pair in pairs])
    actions = [_action(entry, task, place) for entry, place in pairs]
    ended = _ended(pairs, task)
    return Steps(
        observations,
        np.array(actions, np.int32),
        rewards,
        ended and _terminated(task, observations[-1], rewards[-1], len(pairs)),
        ended and len(pairs) == task.max_steps,
    )


def _observations(
    pairs: list[tuple[Any, str]], task: Task
) -> Float32[np.ndarray, "steps+1 size"]:
    seen = [_observation(*pairs[0], "observation", task)]
    for entry, place in pairs:
        before = _observation(entry, place, "observation", task)
        if not np.array_equal(before, seen[-1]):
            what = f"has observation={before.tolist()}, but the step before it led to "
            what += f"next_observation={seen[-1].tolist()}"
            raise fault(place, what, "a step is lost: take the episode out")
        seen.append(_observation(entry, place, "next_observation", task))
    return np.stack(seen)


def _observation(
    entry: Any, where: str, field: str, task: Task
) -> Float32[np.ndarray, " size"]:
    numbers = take(entry, field, where)
    if not isinstance(numbers, list) or not all(map(is_number, numbers)):
        remedy = "it must be a list of finite numbers"
        raise fault(where, f"has {field}={short(numbers)}", remedy)
    if len(numbers) != task.observation_size:
        sizes = {other.observation_size: name for name, other in TASKS.items()}
        as_in = sizes.get(len(numbers), "no known task")
        what = f"has {field} of {len(numbers)} numbers, as in {as_in}, where "
        what += f"{task.name} has {task.observation_size}"
        remedy = "give the right --task; a file holds one task only"
        raise fault(where, what, remedy)
    return np.array(numbers, np.float32)


def _reward(entry: Any, where: str) -> float:
    reward = take(entry, "reward", where)
    if not is_number(reward):
        raise fault(where, f"has reward={short(reward)}", "it must be a finite number")
    return float(reward)


def _action(entry: Any, task: Task, where: str) -> int:
    action = count(entry, "action", where)
    if action >= task.num_actions:
        what = f"has action={action}"
        remedy = f"{task.name} has the actions 0 to {task.num_actions - 1}"
        raise fault(where, what, remedy)
    return action


def _ended(pairs: list[tuple[Any, str]], task: Task) -> bool:
    """Whether the last step, and no other, is done."""
    for number, (entry, where) in enumerate(pairs, 1):
        done = take(entry, "done", where)
        if not isinstance(done, bool):
            raise fault(where, f"has done={short(done)}", "it must be true or false")
        if done and number < len(pairs):
            remedy = "split the episode, or mend done"
            raise fault(where, "has done=True, but steps follow", remedy)
        if not done and number == task.max_steps:
            what = f"has done=False, but it is the last step of {task.name}"
            raise fault(where, what, "mend done")
    return bool(pairs[-1][0]["done"])


def _terminated(
    task: Task,
    observation: Float32[np.ndarray, " size"],
    reward: float,
    length: int,
) -> bool:
    """Whether the task ended the episode; at the step limit, both may have."""
    if length < task.max_steps:
        return True
    if task.name == "CartPole-v1":
        position, _, angle, _ = abs(observation)
        return bool(position > CART_POSITION or angle > POLE_ANGLE)
    if task.name == "MountainCar-v0":
        return bool(observation[0] >= GOAL_POSITION and observation[1] >= 0)
    # Rewards of the end alone: 0 in Acrobot, -100 and 100 in LunarLander.
    return reward in ({0.0} if task.name == "Acrobot-v1" else {-100.0, 100.0})


def fault(where: str, what: str, remedy: str) -> ValueError:
    """The error for a value at a place of the file."""
    return ValueError(f"{where} {what}; {remedy}. Nothing was written.")


def take(entry: Any, field: str, where: str) -> Any:
    """Return a field's value, or raise a `ValueError` if there is none."""
    if not isinstance(entry, dict) or field not in entry:
        raise fault(where, f"lacks {field}", "add it, or take the episode out")
    return entry[field]


def count(entry: Any, field: str, where: str) -> int:
    """Return a field's whole number of at least 0, or raise a `ValueError`."""
    value = take(entry, field, where)
    if type(value) is not int or not 0 <= value < 2**63:
        remedy = "it must be a whole number from 0 to 2^63 - 1"
        raise fault(where, f"has {field}={short(value)}", remedy)
    return value


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number that float32 can hold."""
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    return is_real and abs(value) <= LARGEST
