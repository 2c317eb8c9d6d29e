"""Episodes in a window."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from neurojax.render.film import filmed
from neurojax.render.picture import Frame, Painter, Shot
from neurojax.render.sdl import import_pygame
from neurojax.rollouts import EpisodeReturn
from neurojax.types import Environment, HostEnvironment, Key, Network, Weights

__all__ = ["show"]

MOST_PER_SECOND = 50.0
LAST_PICTURE = 1.0  # seconds until the window closes
NAP = 0.02  # seconds between looks at the keys


def show(
    environment: Environment | HostEnvironment,
    network: Network,
    weights: Weights,
    key: Key,
    *,
    greedy: bool = True,
    max_steps: int | None = None,
    painter: Painter | None = None,
) -> EpisodeReturn:
    """Show an episode in a window, as fast as it is lived.

    It is the episode that `record` writes down with these arguments. Esc, Q or closing
    the window ends it; it closes by itself a second after the end. A window that the
    program opened itself by pygame is closed with it.

    Args:
        environment: where to play; without a `painter`, one that `frames` can draw,
            `Gymnasium` or `Atari`.
        network: who plays.
        weights: of one member.
        key: decides the episode.
        greedy: whether to take the best discrete action instead of drawing one.
        max_steps: ends the episode early, in environment steps.
        painter: draws an environment of one's own, or another one in another way.

    Returns:
        Return and length of what was shown; NaN where the network gave a NaN, at which
        it ends.

    Raises:
        RuntimeError: if there is no display.
        ValueError: if `max_steps` is out of range, network and environment do not fit,
            or there are no pictures of the environment.
        ImportError: if a library is not installed.
    """
    pygame = import_pygame()
    with (
        filmed(
            environment,
            network,
            weights,
            key,
            greedy=greedy,
            max_steps=max_steps,
            most_per_second=MOST_PER_SECOND,
            painter=painter,
        ) as film,
        _window(pygame),
    ):
        shot = next(film.shots)
        _draw(pygame, environment, shot)
        start = time.monotonic()  # the first picture takes long
        for following in film.shots:
            due = start + following.step / film.steps_per_second
            if _is_left(pygame, due):
                return shot.so_far
            shot = following
            _draw(pygame, environment, shot)
        _is_left(pygame, time.monotonic() + LAST_PICTURE)
        return shot.so_far


@contextmanager
def _window(pygame: Any) -> Iterator[None]:
    """Whatever happens, the window is closed."""
    try:
        pygame.display.init()
        is_seen = pygame.display.get_driver() != "offscreen"
        if not is_seen and "SDL_VIDEODRIVER" not in os.environ:
            raise RuntimeError(
                "there is no display to show an episode on; write a file instead: "
                "neurojax.render.record."
            )
        yield
    finally:
        pygame.display.quit()


def _draw(pygame: Any, environment: Any, shot: Shot) -> None:
    surface = pygame.display.get_surface()
    if surface is None:
        height, width = shot.frame.shape[:2]
        surface = pygame.display.set_mode((width, height), pygame.RESIZABLE)
    total = float(shot.so_far.total_reward)
    pygame.display.set_caption(f"{_name(environment)}   step {shot.step}   {total:.1f}")
    surface.fill((0, 0, 0))
    _fit(pygame, surface, shot.frame)
    pygame.display.flip()


def _fit(pygame: Any, surface: Any, frame: Frame) -> None:
    """The picture in the middle, as large as the window lets it be."""
    picture = pygame.surfarray.make_surface(frame.swapaxes(0, 1))
    place = picture.get_rect().fit(surface.get_rect())
    if place.width and place.height:
        surface.blit(pygame.transform.smoothscale(picture, place.size), place)


def _name(environment: Any) -> str:
    for field in ("name", "game"):
        if hasattr(environment, field):
            return str(getattr(environment, field))
    return type(environment).__name__


def _is_left(pygame: Any, due: float) -> bool:
    """Wait until `due`, in naps; whether the window was closed meanwhile."""
    while True:
        for event in pygame.event.get():
            is_key = event.type == pygame.KEYDOWN
            if event.type == pygame.QUIT or (
                is_key and event.key in (pygame.K_ESCAPE, pygame.K_q)
            ):
                return True
        left = due - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(left, NAP))
