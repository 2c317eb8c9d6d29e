"""What a simulator of gymnasium answers, looked at before it is used.

Anybody may write and register one. Each refusal names it, the field and the remedy.
"""

from typing import Any

import numpy as np

from neurojax.names import short

__all__ = ["check_begun", "check_stepped", "refusal_of"]

BEGUN = "an observation and info"
STEPPED = "an observation, a reward, terminated, truncated and info"


def check_begun(name: str, answer: Any, space: Any) -> None:
    """Refuse what `reset` must not return.

    Raises:
        ValueError: if it is no pair, or its observation is not one of the space.
    """
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise _wrong(name, f"reset returned {_described(answer)}; return {BEGUN}")
    _check_observation(name, "reset", answer[0], space)


def check_stepped(name: str, answer: Any, space: Any) -> None:
    """Refuse what `step` must not return.

    Raises:
        ValueError: if it is no five things, or one of them is of another kind.
    """
    if not isinstance(answer, tuple) or len(answer) != 5:
        raise _wrong(name, f"step returned {_described(answer)}; return {STEPPED}")
    observation, reward, terminated, truncated, _ = answer
    _check_observation(name, "step", observation, space)
    _check_number(name, "reward", reward, "a float")
    _check_number(name, "terminated", terminated, "True or False")
    _check_number(name, "truncated", truncated, "True or False")


def refusal_of(name: str, method: str, error: Exception) -> ValueError | None:
    """What an error of gymnasium's wrappers stands for; None if it is another's."""
    if not _is_of_a_wrapper(error):
        return None
    if method == "step" and "unpack" in str(error):
        return _wrong(name, f"step must return {STEPPED} ({error})")
    if method == "reset" and "unexpected keyword argument" in str(error):
        words = "reset must take a seed: def reset(self, *, seed=None, options=None)"
        return _wrong(name, f"{words} ({error})")
    return None


def _is_of_a_wrapper(error: Exception) -> bool:
    """Whether it was raised by who called the simulator, not inside of it."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    module = "" if frame is None else frame.tb_frame.f_globals.get("__name__", "")
    return module.partition(".")[0] in ("gymnasium", "neurojax")


def _check_observation(name: str, method: str, observation: Any, space: Any) -> None:
    try:
        found = np.asarray(observation)
    except ValueError as error:  # rows of several lengths
        raise _wrong(name, f"{method} returned no array to observe ({error})") from None
    if found.dtype.kind not in "biuf":
        raise _wrong(
            name,
            f"{method} returned the observation {short(observation)}; return an array "
            f"of numbers of shape {space.shape}",
        )
    if found.shape != space.shape:
        raise _wrong(
            name,
            f"{method} returned an observation of shape {found.shape}, where "
            f"observation_space has {space.shape}; make them agree",
        )
    is_whole = space.dtype.kind in "biu"
    if is_whole and (
        found.dtype.kind == "f" or np.any(found.astype(space.dtype) != found)
    ):
        raise _wrong(
            name,
            f"{method} returned an observation of {found.dtype}, which is cut off to "
            f"the {space.dtype} of observation_space; give the space that dtype",
        )


def _check_number(name: str, field: str, value: Any, what: str) -> None:
    found = np.asarray(value)
    if found.dtype.kind not in "biuf" or found.shape != ():
        words = f"step returned {field}={short(value)} of type {type(value).__name__}"
        raise _wrong(name, f"{words}; return {what}")


def _described(answer: Any) -> str:
    if isinstance(answer, tuple | list):
        return f"{len(answer)} values in a {type(answer).__name__}"
    return f"{short(answer)} of type {type(answer).__name__}"


def _wrong(name: str, words: str) -> ValueError:
    return ValueError(f"the environment {name!r} is not as gymnasium's are: {words}.")
