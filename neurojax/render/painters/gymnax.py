"""The environments of gymnax: classic control and MinAtar."""

from contextlib import AbstractContextManager

from neurojax.environments import Gymnax
from neurojax.render.painters import classic, minatar
from neurojax.render.picture import Painter

__all__ = ["painter"]


def painter(environment: Gymnax) -> AbstractContextManager[Painter]:
    """The painter of one of them.

    Raises:
        ValueError: if the environment belongs to neither family.
    """
    is_board = environment.name.endswith("-MinAtar")
    return (minatar if is_board else classic).painter(environment)
