"""The strategies of EvoJAX's benchmark, at its settings.

Numbers: https://github.com/google/evojax, `scripts/benchmarks/configs`. Its simple GA
has no configuration there: its default mutation std of 0.01 moves nothing on these
tasks, and is ours at 0.1 on the swing-ups and 0.03 elsewhere.
"""

from dataclasses import dataclass
from typing import Any

import jax
import optax

from neurojax.encodings import Gaussian
from neurojax.strategies import Evosax, SimpleGA
from neurojax.types import Genotype, Key, Network, Strategy

LABELS = {
    "pgpe": "PGPE",
    "open_es": "OpenAI-ES",
    "sep_cma_es": "CMA-ES (separable)",
    "simple_ga": "simple GA",
}
# Learning rate of the mean, of the std, initial std.
PGPE = {
    "easy": (0.05, 0.1, 0.1),
    "hard": (0.05, 0.1, 0.1),
    "mnist": (0.006, 0.089, 0.039),
    "ant": (0.01, 0.07, 0.04),
}
# Initial learning rate and std, the lowest of both; they fall by 0.999 a generation.
OPEN_ES = {
    "easy": (0.02, 0.03, 0.001, 0.01),
    "hard": (0.02, 0.03, 0.001, 0.01),
    "mnist": (0.01, 0.03, 0.001, 0.01),
    "ant": (0.01, 0.04, 0.005, 0.001),
}
SEP_CMA_ES = {"easy": 0.15, "hard": 0.15, "mnist": 0.065, "ant": 0.1}
SIMPLE_GA = {"easy": 0.1, "hard": 0.1, "mnist": 0.03, "ant": 0.03}
# The smaller population that EvoJAX reports for ant, for all methods.
POPULATION_SIZE = {"pgpe": 64, "open_es": 100, "sep_cma_es": 100, "simple_ga": 64}
ANT_POPULATION_SIZE = 256


@dataclass(frozen=True)
class Start:
    """Draws weights around 0, with this standard deviation."""

    network: Network
    std: float

    def __call__(self, key: Key) -> Genotype:
        """Draw the weights of one network."""
        shapes = jax.eval_shape(self.network.init, key)
        leaves, treedef = jax.tree.flatten(shapes)
        keys = jax.random.split(key, len(leaves))
        draws = [
            self.std * jax.random.normal(key, leaf.shape, leaf.dtype)
            for key, leaf in zip(keys, leaves, strict=True)
        ]
        return treedef.unflatten(draws)


def strategy_of(method: str, task: str) -> tuple[Strategy, float]:
    """The strategy, and the std of the weights that it starts from."""
    settings = "mnist" if task == "digits" else task
    size = ANT_POPULATION_SIZE if task == "ant" else POPULATION_SIZE[method]
    if method == "pgpe":
        rate, std_rate, std = PGPE[settings]
        params = {"std_init": std, "std_lr": std_rate}
        return Evosax("PGPE", size, {"optimizer": optax.adam(rate)}, params), 0.0
    if method == "open_es":
        return Evosax("Open_ES", size, open_es_options(*OPEN_ES[settings])), 0.0
    if method == "sep_cma_es":
        params = {"std_init": SEP_CMA_ES[settings]}
        return Evosax("Sep_CMA_ES", size, params=params), 0.0
    std = SIMPLE_GA[settings]
    return SimpleGA(size, variation=Gaussian(std)), std


def open_es_options(rate: float, std: float, last_rate: float, last_std: float) -> Any:
    """evosax's options for OpenAI-ES with both numbers falling."""

    def falling(first: float, last: float) -> Any:
        return optax.exponential_decay(first, 1, 0.999, end_value=last)

    optimizer = optax.adam(falling(rate, last_rate), b1=0.99)
    return {"optimizer": optimizer, "std_schedule": falling(std, last_std)}
