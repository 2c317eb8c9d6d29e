"""Environments of gymnasium themselves, on the host."""

import warnings
from typing import Any


def make(environment_id: str, render_mode: str | None = None) -> Any:
    """Return a gymnasium environment with its step limit, without its slow checker.

    Raises:
        ImportError: if gymnasium or the simulator is not installed.
    """
    try:
        import gymnasium

        with warnings.catch_warnings():
            # Box2D's extension warns while it is loaded, and crashes the interpreter if
            # that warning is turned into an error.
            warnings.simplefilter("ignore", DeprecationWarning)
            return gymnasium.make(
                environment_id, render_mode=render_mode, disable_env_checker=True
            )
    except ImportError as error:  # gymnasium's DependencyNotInstalled is one
        raise ImportError(
            f"{environment_id} needs gymnasium and its simulator ({error}): "
            "pip install 'neurojax[envs]'"
        ) from error
