"""Films of episodes in simulators outside JAX."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array
from jaxtyping import Key as Keys

from neurojax.environments import Atari, Gymnasium
from neurojax.environments.atari import console
from neurojax.environments.gymnasium import Lockstep, make
from neurojax.render.picture import Frame, Painter, Shot, checked, no_pictures
from neurojax.render.sdl import without_sound
from neurojax.rollouts import EpisodeReturn
from neurojax.rollouts.host_program import Policy
from neurojax.rollouts.simulators import begin, seen, step
from neurojax.types import Carry, HostEnvironment, Key, Network, Weights

__all__ = ["CAMERAS", "Camera", "camera", "host_shots"]

USUAL_RATE = 30.0  # of simulators that do not say theirs
ATARI_RATE = 60.0  # frames of the console
ROWS, COLUMNS, ZOOM = 210, 160, 2  # of its screen


class Camera(NamedTuple):
    """One simulator, and pictures of it."""

    simulator: Any  # a vector environment of one
    picture: Callable[[], Frame]
    steps_per_second: float


@contextmanager
def camera(
    environment: HostEnvironment, given: Painter | None = None
) -> Iterator[Camera]:
    """A simulator to be filmed, open while the `with` block lasts.

    Raises:
        ValueError: if nobody draws it, neither a given painter nor one of `CAMERAS`.
    """
    if given is not None:
        painter, simulator = checked(given), environment.vector(1)
        picture = partial(painter.paint, simulator)
        yield Camera(simulator, picture, painter.steps_per_second)
        return
    opened = [o for kind, o in CAMERAS.items() if isinstance(environment, kind)]
    if not opened:
        raise no_pictures(environment)
    with without_sound(), opened[0](environment) as made:
        yield made


def host_shots(
    made: Camera,
    player: tuple[HostEnvironment, Network, bool, int],
    weights: Weights,
    key: Key,
    every: int,
) -> Iterator[Shot]:
    """Play the episode that `HostControl` plays with the key, in pictures."""
    policy, environment, num_steps = Policy(*player), player[0], player[-1]
    weights = jax.tree.map(lambda leaf: jnp.asarray(leaf)[None], weights)
    seeds, keys, carry = _begin(policy, weights, jax.random.split(key, 1))
    observation = begin(environment, made.simulator, [int(seeds[0])])
    total, time = 0.0, 0
    while True:
        now = keys[:, time] if keys.shape[1] else None
        shown = seen(environment, (1, 1), observation)
        carry, action, is_broken = _act(policy, weights, carry, shown, now)
        if is_broken:
            yield Shot(made.picture(), time, _sums(np.nan, time + 1))
            return
        if time % every == 0:
            yield Shot(made.picture(), time, _sums(total, time))
        observation, reward, terminated, truncated = step(
            environment, made.simulator, np.asarray(action), 1
        )
        total, time = total + float(reward[0]), time + 1
        if terminated[0] or truncated[0] or time == num_steps:
            yield Shot(made.picture(), time, _sums(total, time))
            return


@partial(jax.jit, static_argnums=0)
def _begin(
    policy: Policy, weights: Weights, keys: Keys[Array, "1"]
) -> tuple[Array, Keys[Array, "1 steps"], Carry]:
    return policy.begin(weights, keys)


@partial(jax.jit, static_argnums=0)
def _act(
    policy: Policy, weights: Weights, carry: Carry, shown: Any, keys: Any
) -> tuple[Carry, Array, Array]:
    carry, actions, is_broken = policy.act(weights, carry, shown, keys)
    return carry, actions[0], is_broken[0, 0]


def _sums(total: float, length: int) -> EpisodeReturn:
    return EpisodeReturn(jnp.float32(total), jnp.int32(length))


@contextmanager
def _simulator(environment: Gymnasium) -> Iterator[Camera]:
    options = dict(environment.options)
    with closing(make(environment.name, **options)) as unseen:
        modes = unseen.metadata.get("render_modes", [])
    if "rgb_array" not in modes:
        raise ValueError(
            f"environment={environment} has no pictures: its render modes are {modes}, "
            "and 'rgb_array' is needed."
        )
    with closing(make(environment.name, "rgb_array", **options)) as simulator:
        rate = simulator.metadata.get("render_fps", USUAL_RATE)
        yield Camera(Lockstep([simulator]), simulator.render, float(rate))


@contextmanager
def _console(environment: Atari) -> Iterator[Camera]:
    with closing(_TwoConsoles(environment)) as both:
        rate = ATARI_RATE / environment.action_repeat
        yield Camera(both, both.picture, rate)


class _TwoConsoles:
    """The console that the network sees, and one that plays the same in colour."""

    def __init__(self, environment: Atari):
        self._seen = environment.vector(1)
        self._drawn = console(
            environment,
            img_height=ROWS,
            img_width=COLUMNS,
            grayscale=False,
            stack_num=1,
        )
        self._screen = np.zeros(0, np.uint8)

    def reset(self, *, seed: list[int]) -> tuple[Any, dict]:
        """Begin a game on both."""
        self._screen, _ = self._drawn.reset(seed=np.array(seed))
        return self._seen.reset(seed=seed)

    def step(self, actions: np.ndarray) -> tuple:
        """One step of both."""
        self._screen = self._drawn.step(actions)[0]
        return self._seen.step(actions)

    def picture(self) -> Frame:
        """The screen as it is now."""
        screen = self._screen.reshape(ROWS, COLUMNS, 3)
        return screen.repeat(ZOOM, axis=0).repeat(ZOOM, axis=1)

    def close(self) -> None:
        """End both."""
        self._seen.close()
        self._drawn.close()


# One line for each class whose pictures are its simulator's own.
CAMERAS: dict[type, Callable[[Any], AbstractContextManager[Camera]]] = {
    Atari: _console,
    Gymnasium: _simulator,
}
