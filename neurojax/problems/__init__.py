"""Problems: a population in, fitness out."""

from neurojax.problems.control import Control
from neurojax.problems.host_control import HostControl
from neurojax.problems.imitation import Imitation

__all__ = ["Control", "HostControl", "Imitation"]
