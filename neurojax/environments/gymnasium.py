"""Environments of gymnasium (Towers et al., 2024) themselves, on the host.

Differs from gymnasium's SyncVectorEnv: an episode that has ended is not stepped again,
where gymnasium restarts it (or, with autoreset disabled, forbids the step): the last
episodes of a batch would cost the steps of all.
"""

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Float32, Shaped

from neurojax import checks
from neurojax.environments.answers import check_begun, check_stepped, refusal_of
from neurojax.environments.options import checked_options
from neurojax.names import short, unknown_name

__all__ = ["Gymnasium", "make"]

EXAMPLE = "(('max_episode_steps', 200),)"


@dataclass(frozen=True)
class Gymnasium:
    """An environment of gymnasium by name; equal names and options are equal.

    It is a `HostEnvironment`: play it with `problems.HostControl`. In worker processes
    a name that the program registered itself is known only with its module in front,
    as in "my_module:MyGame-v0", which gymnasium imports.

    Args:
        name: what gymnasium registered it as, such as "LunarLander-v3".
        options: pairs of a name and a hashable value, in any order: arguments of
            `gymnasium.make`, such as `("continuous", True)`, or `("max_episode_steps",
            200)`, without which some have no limit.

    Raises:
        ImportError: if gymnasium or the simulator is not installed.
        ValueError: if gymnasium has no such environment or the environment no such
            option, if it has no step limit, or if its observations are no Box or its
            actions neither Discrete nor a bounded Box of one axis.
    """

    name: str
    options: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        _check_name(self.name)
        options = checked_options(self.options, EXAMPLE)
        options = tuple((name, _checked(name, value)) for name, value in options)
        object.__setattr__(self, "options", options)
        _properties(self.name, options)

    @property
    def max_steps(self) -> int:
        """Steps after which an episode is truncated."""
        return _properties(self.name, self.options)[0]

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Shape of one observation."""
        return tuple(_properties(self.name, self.options)[1].shape)

    @property
    def num_actions(self) -> int | None:
        """How many discrete actions there are; None if actions are continuous."""
        from gymnasium.spaces import Discrete

        space = _properties(self.name, self.options)[2]
        return int(space.n) if isinstance(space, Discrete) else None

    @property
    def action_size(self) -> int | None:
        """How many numbers a continuous action has; None if actions are discrete."""
        bounds = self.action_bounds
        return None if bounds is None else len(bounds[0])

    @property
    def action_bounds(
        self,
    ) -> tuple[Float32[np.ndarray, " size"], Float32[np.ndarray, " size"]] | None:
        """Lowest and highest continuous action; None if actions are discrete."""
        if self.num_actions is not None:
            return None
        space = _properties(self.name, self.options)[2]
        return space.low.astype(np.float32), space.high.astype(np.float32)

    def vector(self, num_envs: int) -> "Lockstep":
        """So many simulators, stepped one after the other."""
        return Lockstep([_made(self.name, self.options) for _ in range(num_envs)])


class Lockstep:
    """Simulators of gymnasium in step, as a vector environment without restarts.

    Where an episode has ended, `step` returns its last observation, a reward of 0 and
    the same end again.
    """

    def __init__(self, simulators: Sequence[Any]):
        self._simulators = simulators
        self.num_envs = len(simulators)
        spec, self._space = simulators[0].spec, simulators[0].observation_space
        self._name = type(simulators[0]).__name__ if spec is None else spec.id
        acted = simulators[0].action_space
        self._first_action = int(getattr(acted, "start", 0))
        shape = (self.num_envs, *self._space.shape)
        self._observations = np.zeros(shape, self._space.dtype)
        self._terminated = np.zeros(self.num_envs, bool)
        self._truncated = np.zeros(self.num_envs, bool)
        self._is_first_step = True

    def reset(self, *, seed: Sequence[int]) -> tuple[Shaped[np.ndarray, "..."], dict]:
        """Begin all episodes, each with its seed; return observations and no info.

        Raises:
            ValueError: if a simulator is not as gymnasium's are.
        """
        for index, simulator in enumerate(self._simulators):
            with _explained(self._name, "reset"):
                answer = simulator.reset(seed=seed[index])
            check_begun(self._name, answer, self._space)
            self._observations[index] = answer[0]
        self._terminated[:] = self._truncated[:] = False
        self._is_first_step = True
        return self._observations.copy(), {}

    def step(
        self, actions: Shaped[np.ndarray, "envs ..."]
    ) -> tuple[
        Shaped[np.ndarray, "envs ..."],
        Float[np.ndarray, " envs"],
        Bool[np.ndarray, " envs"],
        Bool[np.ndarray, " envs"],
        dict,
    ]:
        """Return observations, rewards, terminated, truncated and no info.

        Raises:
            ValueError: if a simulator is not as gymnasium's are, which each episode's
                first step is looked through for.
        """
        rewards = np.zeros(self.num_envs)
        is_discrete = actions.ndim == 1
        chosen = (actions + self._first_action).tolist() if is_discrete else actions
        for index in np.flatnonzero(~(self._terminated | self._truncated)).tolist():
            with _explained(self._name, "step"):
                answer = self._simulators[index].step(chosen[index])
            self._take(index, answer, rewards)
        self._is_first_step = False
        ends = self._terminated.copy(), self._truncated.copy()
        return self._observations.copy(), rewards, *ends, {}

    def _take(self, index: int, answer: Any, rewards: np.ndarray) -> None:
        """Write down what a step of one simulator returned."""
        try:
            if self._is_first_step or answer[1] is None:
                check_stepped(self._name, answer, self._space)
            (
                self._observations[index],
                rewards[index],
                self._terminated[index],
                self._truncated[index],
                _,
            ) = answer
        except (IndexError, TypeError, ValueError):
            check_stepped(self._name, answer, self._space)
            raise

    def close(self) -> None:
        """Close all simulators."""
        for simulator in self._simulators:
            simulator.close()


@contextmanager
def _explained(name: str, method: str) -> Iterator[None]:
    """Errors that tell of a simulator which is not as gymnasium's are say so."""
    try:
        yield
    except (TypeError, ValueError) as error:
        refusal = refusal_of(name, method, error)
        if refusal is None:
            raise
        raise refusal from error


def make(environment_id: str, render_mode: str | None = None, **options: Any) -> Any:
    """Return a gymnasium environment with its step limit, without its slow checker.

    Raises:
        ImportError: if gymnasium or the simulator is not installed.
        ValueError: if gymnasium has no such environment.
    """
    try:
        import gymnasium
    except ImportError as error:
        raise _missing(environment_id, error) from error
    if render_mode is not None:  # not every constructor has it
        options["render_mode"] = render_mode
    try:
        with warnings.catch_warnings():
            # Box2D's extension warns while it is loaded, and crashes the interpreter if
            # that warning is turned into an error.
            warnings.simplefilter("ignore", DeprecationWarning)
            return gymnasium.make(environment_id, disable_env_checker=True, **options)
    except (ImportError, gymnasium.error.DependencyNotInstalled) as error:
        raise _missing(environment_id, error) from error
    except gymnasium.error.UnregisteredEnv as error:
        raise unknown_name("name", environment_id, gymnasium.registry) from error
    except gymnasium.error.Error as error:
        raise ValueError(f"name={environment_id!r}: {error}") from error


def _check_name(name: Any) -> None:
    if isinstance(name, str):
        return
    spec = getattr(name, "spec", None)
    example = "CartPole-v1" if spec is None else spec.id
    raise ValueError(
        f"name={short(name)} must be what gymnasium registered an environment as: "
        f"Gymnasium({example!r}), which makes as many of them as are needed."
    )


def _checked(option: str, value: Any) -> Any:
    """The option's value; gymnasium's own step limit is an int of Python, or None."""
    if option != "max_episode_steps" or value is None:
        return value
    checks.integer_between(f"options: {option}", value, 1)
    return int(value)


def _missing(name: str, error: Exception) -> ImportError:
    words = str(error).rstrip(".")
    return ImportError(
        f"{name} needs what is not installed: {words}. pip install 'neurojax[envs]' "
        "brings gymnasium with classic control and Box2D; gymnasium names the packages "
        "of others, such as 'gymnasium[mujoco]'."
    )


def _made(name: str, options: tuple[tuple[str, Any], ...]) -> Any:
    try:
        return make(name, **dict(options))
    except (AssertionError, TypeError) as error:
        if not options:
            raise
        raise ValueError(
            f"options={options}: {name} has no such option, or not with that value. "
            f"({error})"
        ) from error


@cache
def _properties(
    name: str, options: tuple[tuple[str, Any], ...]
) -> tuple[int, Any, Any]:
    """Step limit, observation space and action space."""
    simulator = _made(name, options)
    observed, acted = simulator.observation_space, simulator.action_space
    limit = None if simulator.spec is None else simulator.spec.max_episode_steps
    simulator.close()
    _check_spaces(name, observed, acted)
    if limit is None:
        raise ValueError(
            f"name={name!r} has no step limit of its own; give it one: options="
            f"{EXAMPLE}."
        )
    return int(limit), observed, acted


def _check_spaces(name: str, observed: Any, acted: Any) -> None:
    from gymnasium.spaces import Box, Discrete

    if not isinstance(observed, Box):
        raise ValueError(
            f"name={name!r} has the observations {observed}, but networks see a Box, "
            "one array of numbers; register the environment with "
            "gymnasium.wrappers.FlattenObservation around it."
        )
    if isinstance(acted, Discrete):
        return
    if not isinstance(acted, Box) or len(acted.shape) != 1:
        raise ValueError(
            f"name={name!r} has the actions {acted}; networks give one Discrete action "
            "or a Box with one axis of numbers. Wrap the environment to take these."
        )
    if not math.isfinite(np.sum(acted.low)) or not math.isfinite(np.sum(acted.high)):
        raise ValueError(
            f"name={name!r} has the actions {acted}, to whose infinite bounds no "
            "output can be scaled; put gymnasium.wrappers.RescaleAction around it."
        )
