"""pygame, the library (on top of SDL) of windows and of gymnasium's renderers."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["import_pygame", "without_sound"]


@contextmanager
def without_sound() -> Iterator[None]:
    """No loudspeaker is opened: gymnasium starts all of pygame to draw."""
    name = "SDL_AUDIODRIVER"
    is_set = name in os.environ
    os.environ.setdefault(name, "dummy")
    try:
        yield
    finally:
        if not is_set:
            os.environ.pop(name, None)


def import_pygame() -> Any:
    """Return pygame, which gymnasium draws with.

    Raises:
        ImportError: if it is not installed.
    """
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        import pygame
    except ImportError as error:
        raise ImportError(
            "Pictures and windows need pygame-ce: pip install 'neurojax[envs]'"
        ) from error
    return pygame
