"""neurojax: neuroevolution and gradient descent on one ask/tell loop, in JAX."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
