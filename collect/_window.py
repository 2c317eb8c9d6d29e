"""The window that people play in, and what they press there."""

import os
import sys
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")  # gymnasium starts a mixer

import pygame

KEYS = {
    "left": pygame.K_LEFT,
    "right": pygame.K_RIGHT,
    "up": pygame.K_UP,
    "down": pygame.K_DOWN,
}
SIZE, BAR, MARGIN = (900, 680), 40, 14
BACKGROUND, SHADE, TEXT, FAINT, ACCENT = (
    (22, 24, 30),
    (22, 24, 30, 215),
    (238, 240, 245),
    (150, 156, 168),
    (255, 196, 61),
)
STICK_THRESHOLD = 0.5


class Inputs(NamedTuple):
    """What is pressed.

    Attributes:
        held: names of the arrow keys that are down now.
        start: SPACE was pressed since the last look.
        stop: ESC was pressed since, or the window was closed.
    """

    held: frozenset[str]
    start: bool
    stop: bool


class View(NamedTuple):
    """What is to be seen.

    Attributes:
        frame: the simulator's picture, (height, width, 3); None before the first one.
        left, right: the upper bar.
        help: the lower bar; key names (or "") and what they do.
        held: the key names to highlight there.
        panel: lines in the middle, over the darkened picture; the first is the largest.
    """

    frame: np.ndarray | None
    left: str
    right: str
    help: tuple[tuple[str, str], ...] = ()
    held: frozenset[str] = frozenset()
    panel: tuple[str, ...] = ()


def choose_driver(needs_display: bool) -> None:
    """Draw into memory where there is no display and nobody needs one.

    Raises:
        ValueError: if there is no display for a person to play at.
    """
    has_display = not sys.platform.startswith("linux") or any(
        os.environ.get(name)
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    )
    if has_display:
        return
    if needs_display:
        raise ValueError(
            "--player='keyboard' needs a display, and there is none (DISPLAY is not "
            "set); play on a desktop, or try --player random."
        )
    os.environ["SDL_VIDEODRIVER"] = "dummy"


class Window:
    """A window of any size, open while its `with` block lasts."""

    def __init__(self, title: str):
        self.title = title
        self._pads: dict[int, Any] = {}

    def __enter__(self) -> Self:
        pygame.display.init()
        pygame.font.init()
        pygame.joystick.init()
        pygame.display.set_caption(self.title)
        pygame.display.set_mode(SIZE, pygame.RESIZABLE)
        self._fonts = {size: pygame.font.Font(None, size) for size in (24, 30, 52)}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pygame.quit()

    def poll(self) -> Inputs:
        """Return what is held now, and what was pressed since the last call."""
        start = stop = False
        for event in pygame.event.get():
            if event.type == pygame.JOYDEVICEADDED:
                pad = pygame.joystick.Joystick(event.device_index)
                self._pads[pad.get_instance_id()] = pad
            elif event.type == pygame.JOYDEVICEREMOVED:
                self._pads.pop(event.instance_id, None)
            start |= _is_key(event, pygame.K_SPACE) or _is_first_button(event)
            stop |= _is_key(event, pygame.K_ESCAPE) or event.type == pygame.QUIT
        pressed = pygame.key.get_pressed()
        held = {name for name, key in KEYS.items() if pressed[key]}
        return Inputs(
            frozenset(held.union(*map(_directions, self._pads.values()))), start, stop
        )

    def show(self, view: View) -> None:
        """Draw, whatever the size of the window now is."""
        surface = pygame.display.get_surface()
        assert surface is not None
        surface.fill(BACKGROUND)
        middle = surface.get_rect().inflate(0, -2 * BAR)
        if view.frame is not None:
            _draw_frame(surface, view.frame, middle)
        if view.panel:
            self._draw_panel(surface, view.panel, middle)
        self._draw_upper_bar(surface, view)
        self._draw_lower_bar(surface, view)
        pygame.display.flip()

    def _draw_upper_bar(self, surface: pygame.Surface, view: View) -> None:
        width = surface.get_width()
        left = self._fonts[24].render(view.left, True, FAINT)
        right = self._fonts[30].render(view.right, True, TEXT)
        surface.blit(right, right.get_rect(midright=(width - MARGIN, BAR // 2)))
        if left.get_width() + right.get_width() + 3 * MARGIN <= width:
            surface.blit(left, left.get_rect(midleft=(MARGIN, BAR // 2)))

    def _draw_lower_bar(self, surface: pygame.Surface, view: View) -> None:
        x, y = MARGIN, surface.get_height() - BAR // 2
        for name, meaning in view.help:
            color = ACCENT if name in view.held else FAINT
            text = self._fonts[24].render(f"{name.upper()}  {meaning}", True, color)
            surface.blit(text, text.get_rect(midleft=(x, y)))
            x += text.get_width() + 2 * MARGIN

    def _draw_panel(
        self, surface: pygame.Surface, lines: tuple[str, ...], area: pygame.Rect
    ) -> None:
        shade = pygame.Surface(surface.get_size(), pygame.SRCALPHA)
        shade.fill(SHADE)
        surface.blit(shade, (0, 0))
        sizes = [52, *(30 for _ in lines[1:])]
        colors = [TEXT, *(ACCENT if "SPACE" in line else TEXT for line in lines[1:])]
        y = area.centery - 22 * len(lines)
        for line, size, color in zip(lines, sizes, colors, strict=True):
            text = self._fonts[size].render(line, True, color)
            surface.blit(text, text.get_rect(midtop=(area.centerx, y)))
            y += text.get_height() + MARGIN


def _draw_frame(surface: pygame.Surface, frame: np.ndarray, area: pygame.Rect) -> None:
    """The picture, as large as fits."""
    if area.width < 1 or area.height < 1:  # a window of next to no height
        return
    picture = pygame.surfarray.make_surface(frame.swapaxes(0, 1))
    fitted = picture.get_rect().fit(area)
    surface.blit(pygame.transform.smoothscale(picture, fitted.size), fitted)


def _is_key(event: pygame.Event, key: int) -> bool:
    return event.type == pygame.KEYDOWN and event.key == key


def _is_first_button(event: pygame.Event) -> bool:
    return event.type == pygame.JOYBUTTONDOWN and event.button == 0


def _directions(pad: Any) -> set[str]:
    """The arrow keys that a gamepad's cross and first stick stand for."""
    x = y = 0.0
    if pad.get_numaxes() >= 2:
        x, y = pad.get_axis(0), -pad.get_axis(1)  # a stick's axis points down
    for hat in range(pad.get_numhats()):
        x, y = x + pad.get_hat(hat)[0], y + pad.get_hat(hat)[1]
    is_held = {
        "left": x < -STICK_THRESHOLD,
        "right": x > STICK_THRESHOLD,
        "up": y > STICK_THRESHOLD,
        "down": y < -STICK_THRESHOLD,
    }
    return {name for name, held in is_held.items() if held}
