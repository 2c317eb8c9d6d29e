"""The cells of the hybrid study, at one total budget of FLOPs.

Adam's base takes half of it; what follows takes the rest: Adam going on (the method
`adam` at the whole budget), Adam on a fresh head, or SNES on a head, whose fitness is
cross-entropy, macro-F1 or the return of an episode.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import jax

from benchmarks.imitation.heads import (
    AtPlay,
    Kind,
    as_inputs,
    head_network,
    merged,
    merged_network,
)
from benchmarks.imitation.methods import method, network_of
from benchmarks.imitation.protocol import Protocol
from benchmarks.shared.cell import Cell, Plan, Subsets
from benchmarks.shared.measures import TUNING_EPISODE_SEED, Measure, at_play
from benchmarks.shared.method import Method
from benchmarks.shared.runner import Job
from benchmarks.shared.store import Store
from benchmarks.shared.trained import best_scale, cell_job
from neurojax.networks import MLP

BASE = "hybrid_base"
SHOWN = {"macro_f1": 4, "validation_macro_f1": 4, "return": 1}
TUNING_EPISODES = 100


class Variant(NamedTuple):
    """What is trained on a base: by which method, for which objective."""

    label: str
    kind: Kind
    method: str
    objective: str


VARIANTS = {
    "hybrid_head_adam": Variant(
        "Adam on a fresh head", "features", "adam", "cross_entropy"
    ),
    "hybrid_features": Variant("Evolved head", "features", "snes", "cross_entropy"),
    "hybrid_features_f1": Variant("Evolved head (F1)", "features", "snes", "macro_f1"),
    "hybrid_features_return": Variant(
        "Evolved head (return)", "features", "snes", "return"
    ),
    "hybrid_residual": Variant("Evolved residual", "residual", "snes", "cross_entropy"),
    "hybrid_residual_f1": Variant(
        "Evolved residual (F1)", "residual", "snes", "macro_f1"
    ),
    "hybrid_residual_return": Variant(
        "Evolved residual (return)", "residual", "snes", "return"
    ),
}
LABELS = {
    BASE: "Adam, half the budget",
    **{name: variant.label for name, variant in VARIANTS.items()},
}


class Base(NamedTuple):
    """A trained network: the cell that trained it, and its weights, one per seed."""

    cell: Cell
    network: MLP
    weights: Any


class Measures(NamedTuple):
    """How networks of one shape are measured: on two sets of rows, and at play."""

    test: Measure
    validation: Measure
    play: Measure


def names(task: str) -> tuple[str, ...]:
    """The variants of a task: a return as fitness needs a simulator that costs little.

    With LunarLander's the six minutes of a study would become hours.
    """
    is_cheap = task == "CartPole-v1"
    return tuple(n for n, v in VARIANTS.items() if is_cheap or v.objective != "return")


def num_jobs(protocol: Protocol, num_sizes: int) -> int:
    """How many cells `jobs` yields."""
    return (1 + len(names(protocol.dataset.name))) * (num_sizes + 1)


def jobs(
    protocol: Protocol,
    sizes: tuple[int, ...],
    rate: float,
    store: Store,
    measures: Any,
) -> Iterator[Job]:
    """Bases first, then what is trained on them, tuned on validation as all methods.

    Args:
        protocol: data, seeds and budget.
        sizes: numbers of training pairs.
        rate: Adam's learning rate, as tuned.
        store: keeps the bases' weights.
        measures: `Measures` of a network.
    """
    network = _network(protocol)
    of_base = measures(network)
    cells = [_base(protocol, protocol.tuning_cells("snes")[0], f"tune-{BASE}", rate)]
    for size in sorted(sizes):
        cell = protocol.cell("adam", size, rate)
        cells.append(_base(protocol, cell, f"{BASE}-n{size}", rate))
    for cell in cells:
        yield _base_job(protocol, cell, store, of_base)
    tuning, *bases = [_trained(cell, network, store) for cell in cells]
    for name in names(protocol.dataset.name):
        measured = measures(merged_network(VARIANTS[name].kind, network))
        cell = _variant(protocol, name, tuning)
        per_scale = len(cell.seeds) // len(cell.method.scales)
        scales = [s for s in cell.method.scales for _ in range(per_scale)]
        cell = replace(cell, name=f"tune-{name}", scales=scales)
        yield _tuning_job(protocol, name, cell, tuning, store, measured)
        rows = store.finished(cell.name) or []
        scale = best_scale(rows, _criterion(VARIANTS[name]))
        for base in bases:
            cell = _variant(protocol, name, base)
            scales = [scale] * len(cell.seeds)
            cell = replace(cell, name=f"{name}-n{base.cell.size}", scales=scales)
            on = _on(name, base)
            yield cell_job(
                store,
                cell,
                protocol.plan(cell),
                on(measured.test),
                SHOWN,
                on(measured.play),
            )


def _criterion(variant: Variant) -> str:
    return "return" if variant.objective == "return" else "validation_macro_f1"


def _network(protocol: Protocol) -> MLP:
    dataset = protocol.dataset
    inputs = dataset.observation_shape[0]
    return network_of("adam", inputs, dataset.num_actions, protocol.options)


def _base(protocol: Protocol, cell: Cell, name: str, rate: float) -> Cell:
    """Adam's cell on the same subsets and seeds, under the base's name."""
    adam = method("adam", protocol.options, cell.size)
    chosen = replace(adam, name=BASE, label=LABELS[BASE])
    return replace(cell, name=name, method=chosen, scales=[rate] * len(cell.seeds))


def _half(protocol: Protocol) -> float:
    return protocol.amounts.flops / 2


def _base_job(protocol: Protocol, cell: Cell, store: Store, of: Measures) -> Job:
    def keep(weights: Any) -> dict[str, Any]:
        store.keep_weights(cell.name, weights)
        return of.play(weights)

    halved = protocol.amounts._replace(flops=_half(protocol))
    plan = replace(protocol, amounts=halved).plan(cell)
    return cell_job(store, cell, plan, of.test, SHOWN, keep)


def _trained(cell: Cell, network: MLP, store: Store) -> Base:
    one = jax.eval_shape(network.init, jax.random.key(0))
    like = jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct((len(cell.seeds), *leaf.shape), leaf.dtype),
        one,
    )
    return Base(cell, network, store.weights(cell.name, like))


def _variant(protocol: Protocol, name: str, base: Base) -> Cell:
    variant = VARIANTS[name]
    cell, rows = base.cell, base.cell.source
    assert isinstance(rows, Subsets)
    spent = cell.flops(cell.generations_for(_half(protocol), cell.flops))
    common = {
        "name": name,
        "method": _method(protocol, name, cell.size),
        "network": head_network(variant.kind, base.network),
        "seeds": cell.seeds,
        "scales": cell.scales,
        "flops_before": spent,
    }
    if variant.objective == "return":
        task = protocol.dataset.name
        source = AtPlay(rows, variant.kind, base.network, task, base.weights)
        return Cell(source=source, **common)
    subsets = as_inputs(variant.kind, base.network, base.weights, rows.subsets)
    return Cell(source=replace(rows, subsets=subsets), **common)


def _method(protocol: Protocol, name: str, size: int) -> Method:
    variant = VARIANTS[name]
    chosen = method(variant.method, protocol.options, size)
    objective = "cross_entropy" if variant.objective == "return" else variant.objective
    return replace(chosen, name=name, label=variant.label, objective=objective)


def _on(name: str, base: Base) -> Callable[[Measure], Measure]:
    """Turns a measure of whole networks into one of heads on a base."""
    kind = VARIANTS[name].kind
    return lambda measure: lambda head: measure(merged(kind, base.weights, head))


def _tuning_job(
    protocol: Protocol, name: str, cell: Cell, base: Base, store: Store, of: Measures
) -> Job:
    # A return is judged on other episodes than those that the study's policies play.
    judged = of.validation
    if VARIANTS[name].objective == "return":
        network = merged_network(VARIANTS[name].kind, base.network)
        task = protocol.dataset.name
        judged = at_play(network, task, TUNING_EPISODES, TUNING_EPISODE_SEED)
    last = cell.generations_for(protocol.amounts.flops, cell.flops)
    measure = _on(name, base)(judged)
    return cell_job(store, cell, Plan((last,)), measure, SHOWN)
