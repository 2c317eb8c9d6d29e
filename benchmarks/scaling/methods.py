"""The methods of the scaling study by name."""

from functools import cache

import optax

from benchmarks.shared.method import (
    ADAM_RATES,
    MUTATION_STDS,
    Method,
    evosax_method,
    evosax_names,
)
from neurojax.encodings import Gaussian
from neurojax.names import unknown_name
from neurojax.strategies import GradientDescent, SimpleES, SimpleGA
from neurojax.types import Strategy

POPULATION_SIZE = 64
SGD_RATES = (1e-2, 3e-2, 1e-1, 3e-1, 1.0)


@cache  # one optimiser object for all cells, so that they share a compiled program
def method(name: str) -> Method:
    """The method of that name: one of ours, or any evosax algorithm in snake case.

    Raises:
        ValueError: naming the nearest names.
    """
    if name in OURS:
        return OURS[name]()
    if name not in evosax_names():
        raise unknown_name("--methods", name, [*OURS, *evosax_names()])
    return evosax_method(name, POPULATION_SIZE, 256)


def _gradient(
    name: str,
    label: str,
    optimizer: optax.GradientTransformation,
    rates: tuple[float, ...],
) -> Method:
    # An optimiser of rate 1 times `update_scale`: the scale is the learning rate.
    strategy = GradientDescent(optimizer)
    return Method(name, label, strategy, 64, "epoch", "update_scale", rates)


def _evolution(name: str, label: str, strategy: Strategy) -> Method:
    return Method(name, label, strategy, 256, "subset", "std", MUTATION_STDS)


OURS = {
    "adam": lambda: _gradient("adam", "Adam", optax.adam(1.0), ADAM_RATES),
    "sgd": lambda: _gradient("sgd", "SGD", optax.sgd(1.0), SGD_RATES),
    "simple_ga": lambda: _evolution(
        "simple_ga", "Simple GA", SimpleGA(POPULATION_SIZE, num_elites=1)
    ),
    "simple_ga_adaptive": lambda: _evolution(
        "simple_ga_adaptive",
        "Simple GA, adaptive std",
        SimpleGA(
            POPULATION_SIZE,
            num_elites=1,
            variation=Gaussian(adaptation="lognormal", adaptation_rate=0.1),
        ),
    ),
    "simple_es": lambda: _evolution(
        "simple_es", "Simple ES", SimpleES(POPULATION_SIZE)
    ),
}
