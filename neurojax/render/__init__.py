"""Films of episodes: to a GIF or MP4 file, in a window, or as arrays."""

from neurojax.render.drawing import frames
from neurojax.render.video import record
from neurojax.render.window import show

__all__ = ["frames", "record", "show"]
