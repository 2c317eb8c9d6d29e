"""neurojax: neuroevolution and gradient descent on one ask/tell loop, in JAX."""

from neurojax import (
    data,
    encodings,
    environments,
    metrics,
    networks,
    parallel,
    problems,
    ranking,
    render,
    rollouts,
    strategies,
    systems,
    training,
    types,
)
from neurojax.training import train

__all__ = [
    "data",
    "encodings",
    "environments",
    "metrics",
    "networks",
    "parallel",
    "problems",
    "ranking",
    "render",
    "rollouts",
    "strategies",
    "systems",
    "train",
    "training",
    "types",
]
