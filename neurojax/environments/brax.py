"""Environments of brax (Freeman et al., 2021, arXiv:2106.13281): ant and others.

Differs from brax: an episode neither restarts by itself nor repeats actions (there is
no wrapper), and rewards are float32. The physics are brax's own, step by step. brax is
not developed further; its last version, 0.14.2, leaves contact forces out of what the
ant observes: 27 numbers instead of 87.

A simulation that explodes observes NaN and pays NaN, and so the return is NaN, which
ranks last. Only hopper and walker2d then terminate. inverted_pendulum goes on paying 1:
its return is NaN because the network's output is.
"""

import contextlib
import inspect
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float32, Int

from neurojax import checks
from neurojax.environments.options import checked_options
from neurojax.names import unknown_name
from neurojax.types import Key, Observation

EXAMPLE = "(('reset_noise_scale', 0.0),)"
BACKENDS = ("generalized", "positional", "spring", "mjx")
# That brax is not developed further, and uses what others mean to take away.
UNHELPFUL = (
    "Brax System, piplines and environments are not actively being maintained",
    "JAXopt is no longer maintained",
    "Accessing `.*` directly from `Data` is deprecated",
)


class BraxState(NamedTuple):
    """brax's own state, and the steps since the reset."""

    brax: Any
    time: Int[Array, ""]


@dataclass(frozen=True)
class Brax:
    """A brax environment by name; equal arguments are equal environments.

    Actions are `(action_size,)` numbers in [-1, 1]. `step` compiles for several
    seconds.

    Args:
        name: what brax registered it as, such as "ant".
        backend: the physics, one of `BACKENDS`. On a CPU "spring" is the fastest;
            "swimmer" has "generalized" only.
        options: pairs of a name and a hashable value, in any order: arguments of the
            environment's constructor, such as `("reset_noise_scale", 0.0)`.
        max_steps: after which an episode is truncated.

    Raises:
        ImportError: if brax is not installed.
        ValueError: if brax has no such environment or backend, or that no such option,
            or if `max_steps` is no integer of at least 1.
    """

    name: str
    backend: str = "spring"
    options: tuple[tuple[str, Any], ...] = ()
    max_steps: int = 1000

    def __post_init__(self) -> None:
        options = checked_options(self.options, EXAMPLE)
        object.__setattr__(self, "options", options)
        checks.integer_between("max_steps", self.max_steps, 1)
        checks.text("name", self.name, "ant")
        checks.text("backend", self.backend, "spring")
        made(self)

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Shape of one observation."""
        return _observation_shape(self.name, self.backend, self.options)

    @property
    def num_actions(self) -> None:
        """None: actions are continuous."""
        return None

    @property
    def action_size(self) -> int:
        """How many numbers an action has."""
        return made(self).action_size

    @property
    def action_bounds(
        self,
    ) -> tuple[Float32[np.ndarray, " size"], Float32[np.ndarray, " size"]]:
        """Lowest and highest action; brax scales to each actuator's own range."""
        ones = np.ones(self.action_size, np.float32)
        return -ones, ones

    def reset(self, key: Key) -> tuple[Observation, BraxState]:
        """Begin an episode."""
        with _quiet():
            state = made(self).reset(key)
        return state.obs, BraxState(state, jnp.int32(0))

    def step(
        self, key: Key, state: BraxState, action: Float[Array, " size"]
    ) -> tuple[
        Observation, BraxState, Float[Array, ""], Bool[Array, ""], Bool[Array, ""]
    ]:
        """Return observation, state, reward, terminated, truncated.

        The key is not used: brax draws random numbers at the reset only.
        """
        # brax writes new metrics into the old state's dictionary: give it another one.
        before = jax.tree.map(lambda leaf: leaf, state.brax)
        with _quiet():
            after = made(self).step(before, action)
        # Some rewards and metrics are Python numbers; a loop's state needs its dtypes.
        after = jax.tree.map(lambda a, b: jnp.asarray(a, b.dtype), after, state.brax)
        time = state.time + 1
        return (
            after.obs,
            BraxState(after, time),
            after.reward,
            after.done.astype(bool),
            time >= self.max_steps,
        )


def made(environment: Brax) -> Any:
    """Return brax's own environment."""
    return _make(environment.name, environment.backend, environment.options)


# One instance for each name, backend and options: making one reads a model.
@cache
def _make(name: str, backend: str, options: tuple[tuple[str, Any], ...]) -> Any:
    """The environment of brax, without wrappers."""
    registered = _import_brax()._envs
    if name not in registered:
        raise unknown_name("name", name, registered)
    if backend not in BACKENDS:
        raise unknown_name("backend", backend, BACKENDS)
    known = {*inspect.signature(registered[name]).parameters, "n_frames", "debug"}
    known -= {"backend", "kwargs"}
    for option, _ in options:
        if option not in known:
            raise unknown_name("options", option, sorted(known))
    # The first use may be inside a jitted function, whose tracers must not be cached.
    with jax.ensure_compile_time_eval(), _quiet():
        try:
            return registered[name](backend=backend, **dict(options))
        except (TypeError, ValueError, NotImplementedError) as error:
            raise ValueError(
                f"backend={backend!r}, options={options}: {name} of brax refuses them "
                f"({error}); every environment runs with backend='generalized' and "
                "without options."
            ) from error


@cache
def _observation_shape(
    name: str, backend: str, options: tuple[tuple[str, Any], ...]
) -> tuple[int, ...]:
    with _quiet():
        state = jax.eval_shape(_make(name, backend, options).reset, jax.random.key(0))
    return tuple(state.obs.shape)


def _import_brax() -> Any:
    try:
        # mujoco prints that it lacks warp, which nothing here uses.
        with _quiet(), contextlib.redirect_stdout(io.StringIO()):
            import brax.envs
            import brax.fluid
    except ImportError as error:
        raise ImportError(
            "Brax environments need brax: pip install 'neurojax[brax]'"
        ) from error
    # The swimmer's water clips by an argument name that jax no longer has.
    brax.fluid.jp = SimpleNamespace(**vars(jnp) | {"clip": _clip})
    return brax.envs


def _clip(array: Array, a_min: float) -> Array:
    return jnp.clip(array, min=a_min)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings that brax raises about itself and its own imports."""
    with warnings.catch_warnings():
        for words in UNHELPFUL:
            warnings.filterwarnings("ignore", words)
        yield
