"""neurojax: neuroevolution and gradient descent on one ask/tell loop, in JAX."""

from neurojax import (
    data,
    environments,
    metrics,
    networks,
    parallel,
    problems,
    ranking,
    render,
    strategies,
    systems,
    training,
    types,
)
from neurojax.training import train

__all__ = [
    "data",
    "environments",
    "metrics",
    "networks",
    "parallel",
    "problems",
    "ranking",
    "render",
    "strategies",
    "systems",
    "train",
    "training",
    "types",
]
