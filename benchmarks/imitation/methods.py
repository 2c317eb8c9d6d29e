"""The methods of the imitation study by name, under the protocol's options."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple

import optax

from benchmarks.shared.method import (
    ADAM_RATES,
    MUTATION_STDS,
    Method,
    evosax_method,
    evosax_names,
)
from neurojax import ranking
from neurojax.encodings import Gaussian
from neurojax.names import unknown_name
from neurojax.networks import MLP
from neurojax.networks.initializers import normal_fan_in, uniform_fan_in
from neurojax.strategies import Evosax, GradientDescent, SimpleES, SimpleGA
from neurojax.tree import take
from neurojax.types import Genotype

POPULATION_SIZE = 50
GRADIENT_BATCH = 32
PUBLISHED_SCALE = 1e-3  # learning rate and mutation std alike
SGD_RATES = (3e-2, 1e-1, 3e-1, 1.0, 3.0)
EVOSAX_SCALES = (1e-2, 3e-2, 1e-1, 3e-1, 1.0)  # Adam's rate or the initial std

Split = Literal["episode", "transition"]
Init = Literal["same", "wider"]
SigmaRule = Literal["lognormal", "multiplicative"]
Reported = Literal["best", "misindexed"]
Start = Literal["mean", "population"]
Fitness = Literal["expected", "sampled"]
Cadence = Literal["samples", "evaluations"]
Scales = Literal["tuned", "published"]


class Options(NamedTuple):
    """What the two protocols decide differently; the command line explains each."""

    split: Split
    ea_batch: int
    ea_init: Init
    elites: int
    sigma_rule: SigmaRule
    es_start: Start
    es_ddof: int
    f1_fitness: Fitness
    reported: Reported
    cadence: Cadence
    scales: Scales


REFERENCE = Options(
    split="transition",
    ea_batch=3200,
    ea_init="wider",
    elites=0,
    sigma_rule="multiplicative",
    es_start="population",
    es_ddof=1,
    f1_fitness="sampled",
    reported="misindexed",
    cadence="evaluations",
    scales="published",
)
FAIR = Options(
    split="episode",
    ea_batch=32,
    ea_init="same",
    elites=0,
    sigma_rule="lognormal",
    es_start="mean",
    es_ddof=0,
    f1_fitness="expected",
    reported="best",
    cadence="samples",
    scales="tuned",
)

NINE = ("sgd",) + tuple(
    f"{strategy}_{sigma}{objective}"
    for strategy in ("simple_ga", "simple_es")
    for sigma in ("fixed", "adaptive")
    for objective in ("", "_f1")
)
# Label, optimiser of rate 1, rates to try, objective.
GRADIENT = {
    "sgd": ("SGD", optax.sgd(1.0), SGD_RATES, "cross_entropy"),
    "sgd_long": ("SGD, equal steps", optax.sgd(1.0), SGD_RATES, "cross_entropy"),
    "adam": ("Adam", optax.adam(1.0), ADAM_RATES, "cross_entropy"),
    "adam_f1": ("Adam (F1)", optax.adam(1.0), ADAM_RATES, "macro_f1"),
}
# Their number to tune is Adam's rate, part of the compiled program; their std is fixed.
FOLLOWERS = ("open_es", "pgpe")
FOLLOWER_STD = 0.05
EVOSAX = ("open_es", "pgpe", "snes", "sep_cma_es")
FAIR_METHODS = ("sgd", "adam", "adam_f1", *NINE[1:], *EVOSAX)


def network_of(name: str, inputs: int, actions: int, options: Options) -> MLP:
    """The study's network; the initial weights depend on the method if asked."""
    wider = options.ea_init == "wider" and name not in GRADIENT
    initializer = normal_fan_in if wider else uniform_fan_in
    return MLP((inputs, 50, actions), initializer=initializer)


@cache  # one optimiser object for all cells, so that they share a compiled program
def method(
    name: str, options: Options, size: int, scale: float | None = None
) -> Method:
    """The method of that name for a training set of `size` pairs.

    `scale` matters only where it is part of the program (`FOLLOWERS`).

    Raises:
        ValueError: naming the nearest names.
    """
    if name in GRADIENT:
        return _gradient(name)
    if name in NINE:
        return _simple(name, options, _batch(options, size))
    if name in FOLLOWERS:
        rate = EVOSAX_SCALES[2] if scale is None else scale
        return _follower(name, rate, _batch(options, size))
    if name not in evosax_names():
        known = [*GRADIENT, *NINE[1:], "hybrid", *evosax_names()]
        raise unknown_name("--methods", name, known)
    batch = _batch(options, size)
    return evosax_method(name, POPULATION_SIZE, batch, EVOSAX_SCALES)


def _batch(options: Options, size: int) -> int | None:
    """None where the batch would be the whole set."""
    return options.ea_batch if options.ea_batch < size else None


@cache
def _gradient(name: str) -> Method:
    label, optimizer, rates, objective = GRADIENT[name]
    return Method(
        name,
        label,
        GradientDescent(optimizer),
        GRADIENT_BATCH,
        "epoch",
        "update_scale",
        rates,
        objective=objective,
    )


@cache
def _follower(name: str, rate: float, batch: int | None) -> Method:
    """An evosax algorithm that follows its estimated gradient by Adam at this rate."""
    std = optax.constant_schedule(FOLLOWER_STD)
    options: dict[str, Any] = {"optimizer": optax.adam(rate)}
    params = {}
    if name == "open_es":
        options["std_schedule"] = std
    else:
        params = {"std_init": FOLLOWER_STD}
    strategy = Evosax(name, POPULATION_SIZE, options, params)
    label = {"open_es": "OpenES (evosax)", "pgpe": "PGPE (evosax)"}[name]
    return Method(name, label, strategy, batch, "subset", None, EVOSAX_SCALES)


@cache
def _simple(name: str, options: Options, batch: int | None) -> Method:
    is_ga, is_f1 = name.startswith("simple_ga"), name.endswith("_f1")
    is_adaptive = "adaptive" in name
    label = f"{'Adaptive' if is_adaptive else 'Fixed'} {'GA' if is_ga else 'ES'}"
    objective = "cross_entropy"
    if is_f1:
        label += " (F1)"
        is_sampled = options.f1_fitness == "sampled"
        objective = "sampled_macro_f1" if is_sampled else "macro_f1"
    strategy = (_ga if is_ga else _es)(options, is_adaptive)
    misindexed = is_ga and options.reported == "misindexed"
    return Method(
        name,
        label,
        strategy,
        batch,
        "subset",
        "std",
        MUTATION_STDS,
        objective=objective,
        shared_draws=options.f1_fitness == "expected",
        reported=Misindexed(POPULATION_SIZE // 2) if misindexed else None,
    )


def _ga(options: Options, is_adaptive: bool) -> SimpleGA:
    return SimpleGA(
        POPULATION_SIZE,
        num_elites=options.elites,
        variation=_variation(options, is_adaptive),
    )


def _es(options: Options, is_adaptive: bool) -> SimpleES:
    return SimpleES(
        POPULATION_SIZE,
        _variation(options, is_adaptive),
        start=options.es_start,
        ddof=options.es_ddof,
    )


def _variation(options: Options, is_adaptive: bool) -> Gaussian:
    if not is_adaptive:
        return Gaussian(PUBLISHED_SCALE)
    if options.sigma_rule == "multiplicative":  # as it was: no bounds
        return Gaussian(PUBLISHED_SCALE, "multiplicative", min_std=0.0, max_std=1e9)
    return Gaussian(PUBLISHED_SCALE, "lognormal", 0.1, min_std=1e-5, max_std=1.0)


@dataclass(frozen=True)
class Misindexed:
    """What the reference program reports as its best network.

    It sorts the population, then looks up the old index of the best in the new order:
    there stands the survivor of rank `argmin(fitness) mod survivors`.
    """

    num_survivors: int

    def __call__(self, state: Any) -> Genotype:
        """The genotype reported."""
        rank = ranking.best_index(state.fitness) % self.num_survivors
        return take(state.population, ranking.order(state.fitness)[rank])
