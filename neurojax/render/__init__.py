"""Films of episodes: to a GIF or MP4 file, in a window, or as arrays."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
