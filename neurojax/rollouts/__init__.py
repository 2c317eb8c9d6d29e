"""Ways to play: a network in an environment, for one episode or a population's."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
