"""Environments of gymnasium themselves, on the host."""

import warnings
from typing import Any


def make(environment_id: str) -> Any:
    """Return a gymnasium environment with its step limit, without its slow checker."""
    try:
        import gymnasium

        with warnings.catch_warnings():
            # Box2D's extension warns while it is loaded, and crashes the interpreter if
            # that warning is turned into an error.
            warnings.simplefilter("ignore", DeprecationWarning)
            return gymnasium.make(environment_id, disable_env_checker=True)
    except ImportError as error:  # gymnasium's DependencyNotInstalled is one
        raise ImportError(
            f"{environment_id} needs gymnasium and its simulator: "
            "pip install neurojax[envs]"
        ) from error
