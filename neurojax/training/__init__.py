"""Run systems: `train`, and callbacks that show, save, log and end a run."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
