"""Who draws which environment: one line for each."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from neurojax.environments import Brax, CartPoleSwingUp, Gymnax, LunarLander
from neurojax.render.picture import Painter, checked, no_pictures

__all__ = ["PAINTERS", "painter_of"]

# The file beside this one whose `painter(environment)` draws the class.
PAINTERS: dict[type, str] = {
    Brax: "brax",
    CartPoleSwingUp: "classic",
    Gymnax: "gymnax",
    LunarLander: "lander",
}


@contextmanager
def painter_of(environment: Any, given: Painter | None = None) -> Iterator[Painter]:
    """The painter of an environment in JAX, at work while the `with` block lasts.

    Raises:
        ValueError: if there is none, neither given nor in `PAINTERS`.
        ImportError: if a library is not installed.
    """
    if given is not None:
        yield checked(given)
        return
    kinds = [kind for kind in PAINTERS if isinstance(environment, kind)]
    if not kinds:
        raise no_pictures(environment)
    # Imported where it is used: most draw with a library of their own.
    module = import_module(f"{__package__}.{PAINTERS[kinds[0]]}")
    with module.painter(environment) as painter:
        yield painter
