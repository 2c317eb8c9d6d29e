"""Simulators outside JAX at play: what they answer is looked at before it is used."""

from typing import Any

import numpy as np
from jaxtyping import Float32, Shaped

from neurojax.names import short
from neurojax.types import HostEnvironment

__all__ = ["Observations", "begin", "made", "seen", "step"]

Observations = Float32[np.ndarray, "members episodes ..."]


def made(environment: HostEnvironment, number: int) -> Any:
    """So many simulators of the environment.

    Raises:
        ValueError: if they can be neither reset nor stepped.
    """
    simulators = environment.vector(number)
    if hasattr(simulators, "reset") and hasattr(simulators, "step"):
        return simulators
    raise ValueError(
        f"vector({number}) of {environment} returned {short(simulators)}; it must "
        "return simulators with reset and step, as gymnasium's vector environments."
    )


def begin(environment: HostEnvironment, simulators: Any, seeds: list[int]) -> Any:
    """Observations after a reset with these seeds.

    Raises:
        ValueError: if `reset` returns anything but observations and info.
    """
    answer = simulators.reset(seed=seeds)
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise _wrong(environment, "reset", answer, "observations and info")
    return answer[0]


def step(
    environment: HostEnvironment, simulators: Any, actions: Any, number: int
) -> tuple[Any, ...]:
    """Observations, and `number` rewards and two kinds of end, after these actions.

    Raises:
        ValueError: if `step` returns anything else.
    """
    answer = simulators.step(actions)
    if not isinstance(answer, tuple) or len(answer) != 5:
        words = "observations, rewards, terminated, truncated and info"
        raise _wrong(environment, "step", answer, words)
    names = ("rewards", "terminated", "truncated")
    flat = [
        _one_each(environment, name, values, number)
        for name, values in zip(names, answer[1:4], strict=True)
    ]
    return answer[0], *flat


def seen(
    environment: HostEnvironment, table: tuple[int, int], observations: Any
) -> Observations:
    """What the networks see, for each member and episode.

    Bytes are brightnesses, from 0 to 1; other numbers are taken as they are.

    Raises:
        ValueError: if they are no numbers, or not of the shape that the environment
            tells.
    """
    observations = _array(environment, "observations", observations)
    expected = (table[0] * table[1], *environment.observation_shape)
    if observations.shape != expected:
        raise ValueError(
            f"the simulators of {environment} give observations of the shape "
            f"{observations.shape} instead of {expected}; observation_shape must be "
            "that of one observation."
        )
    # A copy: simulators may write the next ones to the same place.
    seen = observations.astype(np.float32)
    if observations.dtype == np.uint8:
        seen /= 255
    return seen.reshape(*table, *environment.observation_shape)


def _one_each(
    environment: HostEnvironment, name: str, values: Any, number: int
) -> Shaped[np.ndarray, " number"]:
    array = _array(environment, name, values)
    if array.size != number:
        raise ValueError(
            f"the simulators of {environment} give {name} of the shape {array.shape} "
            f"instead of ({number},); step must return one for each simulator."
        )
    return array.reshape(number)


def _array(environment: HostEnvironment, name: str, values: Any) -> np.ndarray:
    try:
        array = np.asarray(values)
    except ValueError:  # rows of several lengths
        array = np.asarray(None)
    if array.dtype.kind not in "biuf":
        raise ValueError(
            f"the simulators of {environment} give {name}={short(values)}, which must "
            "be an array of numbers."
        )
    return array


def _wrong(
    environment: HostEnvironment, method: str, answer: Any, words: str
) -> ValueError:
    found = f"an object of type {type(answer).__name__}"
    if isinstance(answer, tuple | list):
        found = f"a {type(answer).__name__} of {len(answer)}"
    return ValueError(
        f"{method} of the simulators of {environment} returned {found}; it must return "
        f"{words} in a tuple, as gymnasium's vector environments do."
    )
