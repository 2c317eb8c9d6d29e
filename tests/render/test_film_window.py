"""The window: opened, closed by the person or by itself."""

import sys

import jax
import numpy as np
import pygame
import pytest
from film_toys import NEVER, Waver

from neurojax.environments import CartPoleSwingUp, Gymnasium
from neurojax.render import frames, show, window

KEY = jax.random.key(2)
PLAYER = (CartPoleSwingUp(max_steps=20), Waver(1), NEVER, KEY)


@pytest.fixture(autouse=True)
def unseen(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setattr(window, "LAST_PICTURE", 0.0)
    yield
    pygame.quit()


def seen(monkeypatch):
    """Steps that were drawn, and captions."""
    steps, captions, draw = [], [], window._draw

    def noting(pygame, environment, shot):
        draw(pygame, environment, shot)
        steps.append(shot.step)
        captions.append(pygame.display.get_caption()[0])

    monkeypatch.setattr(window, "_draw", noting)
    return steps, captions


@pytest.mark.parametrize(
    "environment",
    [PLAYER[0], Gymnasium("Pendulum-v1", (("max_episode_steps", 4),))],
    ids=str,
)
def test_an_episode_is_shown_to_its_end(monkeypatch, environment):
    steps, captions = seen(monkeypatch)
    result = show(environment, *PLAYER[1:])
    every = 2 if environment is PLAYER[0] else 1
    assert steps == list(range(0, int(result.length) + 1, every))
    assert len(captions[-1]) > 10 and str(steps[-1]) in captions[-1]
    assert not pygame.display.get_init()


@pytest.mark.parametrize(
    "event",
    [
        pygame.Event(pygame.QUIT),
        pygame.Event(pygame.KEYDOWN, key=pygame.K_ESCAPE),
        pygame.Event(pygame.KEYDOWN, key=pygame.K_q),
    ],
)
def test_a_person_can_close_it(monkeypatch, event):
    steps, _ = seen(monkeypatch)
    draw = window._draw

    def then_press(pygame, environment, shot):
        draw(pygame, environment, shot)
        if shot.step == 4:
            pygame.event.post(pygame.Event(pygame.KEYDOWN, key=pygame.K_a))
            pygame.event.post(event)

    monkeypatch.setattr(window, "_draw", then_press)
    result = show(*PLAYER)
    assert steps == [0, 2, 4] and result.length == 4
    assert not pygame.display.get_init()


def test_the_picture_fills_the_window_whatever_its_size():
    pygame.display.init()
    frame = np.full((40, 60, 3), 255, np.uint8)
    for size, inside, outside in [
        ((120, 80), [(0, 0), (119, 79)], []),
        ((60, 80), [(0, 20), (59, 59)], [(0, 18), (59, 61)]),
        ((200, 40), [(70, 0), (129, 39)], [(68, 0), (131, 39)]),
        ((1, 1), [], []),
    ]:
        surface = pygame.display.set_mode(size)
        surface.fill((0, 0, 0))
        window._fit(pygame, surface, frame)
        assert all(surface.get_at(place)[:3] == (255,) * 3 for place in inside)
        assert all(surface.get_at(place)[:3] == (0,) * 3 for place in outside)


def test_without_a_display_it_says_what_to_do(monkeypatch):
    monkeypatch.delenv("SDL_VIDEODRIVER")
    monkeypatch.setattr(pygame.display, "get_driver", lambda: "offscreen")
    with pytest.raises(RuntimeError, match="no display.*record"):
        show(*PLAYER)


@pytest.mark.parametrize(
    "use", [show, lambda *player: list(frames(player[0], np.zeros(1)))]
)
def test_without_pygame_it_names_the_extra(monkeypatch, use):
    monkeypatch.setitem(sys.modules, "pygame", None)
    with pytest.raises(ImportError, match=r"neurojax\[envs\]"):
        use(*PLAYER)
