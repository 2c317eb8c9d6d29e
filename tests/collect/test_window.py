"""The window: what is pressed, and pictures in windows of any size."""

import numpy as np
import pygame
import pytest

from collect import _window
from collect._window import BAR, View, Window

RED = np.zeros((40, 60, 3), np.uint8) + np.array([255, 0, 0], np.uint8)
VIEW = View(RED, "left", "right", (("left", "push"),), frozenset({"left"}))


@pytest.fixture
def window(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    with Window("test") as window:
        window.poll()
        yield window


def post(kind, **about):
    pygame.event.post(pygame.Event(kind, **about))


def is_red(x, y):
    return pygame.display.get_surface().get_at((x, y))[:3] == (255, 0, 0)


def test_keys_held_are_told(window, monkeypatch):
    down = {pygame.K_LEFT, pygame.K_UP, pygame.K_a}

    class Pressed:
        def __getitem__(self, key):
            return key in down

    monkeypatch.setattr(_window.pygame.key, "get_pressed", Pressed)
    assert window.poll() == ({"left", "up"}, False, False)


def test_space_escape_and_closing_are_told_once(window):
    post(pygame.KEYDOWN, key=pygame.K_SPACE)
    assert window.poll() == (frozenset(), True, False)
    assert window.poll() == (frozenset(), False, False)
    post(pygame.KEYDOWN, key=pygame.K_ESCAPE)
    assert window.poll().stop
    post(pygame.QUIT)
    assert window.poll().stop
    assert not window.poll().stop


def test_stray_key_ups_and_unknown_pads_are_borne(window):
    post(pygame.KEYUP, key=pygame.K_LEFT)
    post(pygame.KEYUP, key=pygame.K_SPACE)
    post(pygame.JOYDEVICEREMOVED, instance_id=7)
    assert window.poll() == (frozenset(), False, False)


class Pad:
    def __init__(self, axes=(), hat=None):
        self.axes, self.hat = axes, hat

    def get_instance_id(self):
        return 3

    def get_numaxes(self):
        return len(self.axes)

    def get_axis(self, number):
        return self.axes[number]

    def get_numhats(self):
        return int(self.hat is not None)

    def get_hat(self, number):
        return self.hat


@pytest.mark.parametrize(
    "pad, held",
    [
        (Pad(), set()),
        (Pad((0.3, -0.3)), set()),
        (Pad((-1.0, 0.0)), {"left"}),
        (Pad((0.9, -0.9)), {"right", "up"}),
        (Pad((0.0, 1.0)), {"down"}),
        (Pad((0.0,), (0, 1)), {"up"}),
        (Pad((0.1, 0.1), (1, 0)), {"right"}),
    ],
)
def test_a_gamepad_stands_for_arrow_keys(window, monkeypatch, pad, held):
    monkeypatch.setattr(_window.pygame.joystick, "Joystick", lambda _: pad)
    post(pygame.JOYDEVICEADDED, device_index=0)
    assert window.poll().held == held
    post(pygame.JOYBUTTONDOWN, button=0)
    assert window.poll() == (held, True, False)
    post(pygame.JOYDEVICEREMOVED, instance_id=3)
    assert window.poll().held == set()


def test_the_picture_fills_the_middle_and_keeps_its_shape(window):
    window.show(VIEW)
    assert pygame.display.get_surface().get_size() == (900, 680)
    assert is_red(2, 342) and is_red(897, 342)
    assert is_red(450, BAR + 2) and is_red(450, 680 - BAR - 3)
    assert not is_red(450, BAR - 2)
    square = VIEW._replace(frame=RED[:, :40])
    window.show(square)
    assert is_red(152, 342) and not is_red(148, 342)


def test_a_panel_darkens_the_picture(window):
    window.show(VIEW._replace(panel=("Score 3", "Press SPACE to start")))
    assert not is_red(2, 342)


@pytest.mark.parametrize("size", [(1, 1), (1, 200), (200, 81), (2000, 60), (300, 900)])
def test_no_size_of_the_window_crashes(window, size):
    pygame.display.set_mode(size, pygame.RESIZABLE)
    window.poll()
    window.show(VIEW)
    window.show(VIEW._replace(frame=None, panel=("Score 3", "Press SPACE to start")))
    window.show(VIEW)
    if min(size) > 2 * BAR + 1:
        assert is_red(size[0] // 2, size[1] // 2)
