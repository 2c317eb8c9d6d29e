"""What an environment tells of its observations and actions."""

import numpy as np

from neurojax.testing.expect import expect
from neurojax.types import ContinuousActions, Environment, HostEnvironment


def check_spaces(environment: Environment | HostEnvironment) -> None:
    """Check `max_steps`, `observation_shape`, and `num_actions` or `action_bounds`."""
    name = type(environment).__name__
    expect(
        _is_count(environment.max_steps),
        f"{name}.max_steps={environment.max_steps!r} must be an int of at least 1.",
    )
    shape = environment.observation_shape
    expect(
        isinstance(shape, tuple) and all(_is_count(axis) for axis in shape),
        f"{name}.observation_shape={shape!r} must be a tuple of positive ints.",
    )
    number = environment.num_actions
    if number is not None:
        expect(
            _is_count(number),
            f"{name}.num_actions={number!r} must be an int of at least 1, or None "
            "where actions are continuous.",
        )
        return
    _check_bounds(environment)


def _check_bounds(environment: Environment | HostEnvironment) -> None:
    says = isinstance(environment, ContinuousActions)
    bounds = environment.action_bounds if says else None
    if not isinstance(bounds, tuple) or len(bounds) != 2:
        bounds = (np.zeros(0), np.zeros(0))
    low, high = np.asarray(bounds[0]), np.asarray(bounds[1])
    is_pair = low.ndim == 1 and low.shape == high.shape and low.size > 0
    is_finite = np.isfinite(low).all() and np.isfinite(high).all()
    expect(
        is_pair and is_finite and (low < high).all(),
        f"{type(environment).__name__}.action_bounds must be two arrays (action_size,) "
        "of finite numbers, lowest and highest, as actions are continuous "
        f"(num_actions=None); found {low} and {high}.",
    )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
