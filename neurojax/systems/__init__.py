"""Systems: whole methods, put together; `train` runs them."""

from neurojax.systems.evolution import Evolution
from neurojax.systems.replicas import Replicas

__all__ = ["Evolution", "Replicas"]
