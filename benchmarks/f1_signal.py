"""Signal and noise of macro-F1 as the fitness of a population of small mutants.

Selection sees members that differ little, through an estimate on one batch. The signal
is what their true values differ by; the noise is what their estimates' errors differ
by: an error that all members share changes no ranking.

    python -m benchmarks.f1_signal                     # about a minute
    python -m benchmarks.f1_signal --task LunarLander-v3
    python -m benchmarks.f1_signal --steps 0 1000 --batch-sizes 320
"""

import json
import math
import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd
import tyro
from scipy.stats import rankdata

from benchmarks._start import Device, start
from benchmarks._statistics import mean_interval
from benchmarks._store import record
from benchmarks._tables import Frame, markdown
from neurojax.atomic import write_atomically
from neurojax.data import Dataset, by_episode, load, subset
from neurojax.encodings.direct import mutate
from neurojax.networks import MLP
from neurojax.parallel import member_mesh
from neurojax.parallel.mesh import evaluate_sharded
from neurojax.problems import Imitation
from neurojax.strategies import GradientDescent
from neurojax.systems import Evolution, Replicas
from neurojax.training import train
from neurojax.tree import repeat, take
from neurojax.types import Key, Population, State

Row = dict[str, Any]
Array = np.ndarray

HIDDEN = 50
KEY = 0
ESTIMATORS = {
    "sampled_independent": "sampled F1, own draws for each member",
    "sampled_common": "sampled F1, draws shared by all members",
    "expected": "F1 of expected counts",
    "cross_entropy": "cross-entropy",
}


@dataclass(frozen=True)
class Args:
    """Signal and noise of a population's fitness."""

    task: str = "CartPole-v1"
    """CartPole-v1 or LunarLander-v3."""
    data: str = "expert"
    """`expert` (made here, cached), `huggingface`, or a .parquet/.jsonl/.npz file."""
    pairs: int = 100_000
    """Training rows; values on all of them are the truth."""
    steps: tuple[int, ...] = (0, 300, 10_000)
    """Adam steps (rate 1e-3, batch 64) after which the parent is mutated."""
    batch_sizes: tuple[int, ...] = (32, 3200)
    """Rows of an estimate, below `--pairs`."""
    members: int = 200
    """Mutants of each parent."""
    mutation_std: float = 1e-3
    """Standard deviation of every weight's mutation."""
    repeats: int = 50
    """Batches that each estimate is repeated on."""
    seeds: int = 5
    """Independent parents."""
    device: Device = "auto"
    """auto takes the fastest there is."""
    out: Path = Path("results/f1_signal")
    """Folder of the results."""
    smoke: bool = False
    """Tiny sizes, to see that everything works."""


class Noise(NamedTuple):
    """How well an estimator tells members apart.

    Attributes:
        signal: std over members of the true value.
        noise: std over members of estimate minus truth; rms over repeats.
        total_noise: std over repeats of estimate minus truth, what is common to all
            members included; rms over members.
        rank_correlation: Spearman's, of estimate and truth; mean over repeats.
    """

    signal: float
    noise: float
    total_noise: float
    rank_correlation: float


def main(args: Args) -> None:
    """Measure, print the table, write both files."""
    began = time.perf_counter()
    args = smaller(args) if args.smoke else args
    check(args)
    start(args.device)
    dataset, rows = _load(args)
    measured = measure(args, dataset, rows)
    text = table(pd.DataFrame(measured))
    content = {
        **record(),
        "settings": asdict(args),
        "data": dataset.source,
        "wall_seconds": round(time.perf_counter() - began, 1),
        "rows": measured,
    }
    args.out.mkdir(parents=True, exist_ok=True)
    encoded = json.dumps(content, indent=1, default=str).encode()
    write_atomically(args.out / "f1_signal.json", encoded)
    write_atomically(args.out / "table.md", text.encode())
    print(text)
    print(
        f"Wrote {args.out}/table.md and f1_signal.json in {content['wall_seconds']} s."
    )


def check(args: Args) -> None:
    """Refuse numbers that nothing can be measured with.

    Raises:
        SystemExit: naming the option, its value and the remedy.
    """
    for name in ("steps", "batch_sizes"):
        if not getattr(args, name):
            raise SystemExit(f"--{_option(name)} is empty; name at least one.")
    least = {"pairs": 2, "members": 2, "repeats": 2, "seeds": 1, "batch_sizes": 1}
    for name, smallest in {**least, "steps": 0}.items():
        values = getattr(args, name)
        for value in values if isinstance(values, tuple) else (values,):
            if value < smallest:
                raise SystemExit(
                    f"--{_option(name)} {value} must be at least {smallest}."
                )
    if not (math.isfinite(args.mutation_std) and args.mutation_std > 0):
        raise SystemExit(f"--mutation-std {args.mutation_std} must be above 0.")
    if max(args.batch_sizes) >= args.pairs:
        raise SystemExit(
            f"--batch-sizes {max(args.batch_sizes)} must lie below --pairs "
            f"{args.pairs}: the truth has no noise; lower the one or raise the other."
        )


def _option(name: str) -> str:
    return name.replace("_", "-")


def smaller(args: Args) -> Args:
    """The same command at sizes that take seconds."""
    return replace(
        args,
        pairs=500,
        steps=(0, 20),
        batch_sizes=(32, 100),
        members=8,
        repeats=3,
        seeds=2,
    )


def _load(args: Args) -> tuple[Dataset, Array]:
    """The data set and the training rows that are used."""
    try:
        dataset = load(args.data, args.task)
        split = by_episode(dataset, 0.1, seed=0, validation_fraction=0.1)
    except (ValueError, ImportError, OSError) as error:
        raise SystemExit(str(error)) from None
    if args.pairs > len(split.train):
        raise SystemExit(
            f"--pairs {args.pairs} must be at most {len(split.train)}, the training "
            f"rows of {args.data}; lower it."
        )
    return dataset, subset(split.train, args.pairs, seed=0)


def measure(args: Args, dataset: Dataset, rows: Array) -> list[Row]:
    """One row for each stage, seed, batch size and estimator."""
    problem = _problem(dataset, rows)
    key_train, key_seeds = jax.random.split(jax.random.key(KEY))
    measured = []
    for steps, parents in _parents(args, problem, key_train):
        began = time.perf_counter()
        keys = jax.random.split(jax.random.fold_in(key_seeds, steps), args.seeds)
        for seed, key in enumerate(keys):
            key_mutants, key_batches = jax.random.split(key)
            parent = take(parents, seed)
            population = mutants(key_mutants, parent, args.members, args.mutation_std)
            found = compare(
                problem, key_batches, population, args.batch_sizes, args.repeats
            )
            measured += [{"steps": steps, "seed": seed, **row} for row in found]
        seconds = time.perf_counter() - began
        print(f"{steps} Adam steps: measured in {seconds:.1f} s", flush=True)
    return measured


def _problem(dataset: Dataset, rows: Array) -> Imitation:
    """All metrics of a network with one hidden layer on these rows."""
    inputs = int(np.prod(dataset.observation_shape))
    network = MLP((inputs, HIDDEN, dataset.num_actions))
    metrics = ("cross_entropy", "macro_f1", "sampled_macro_f1")
    return Imitation(network, *dataset.take(rows), metrics=metrics)


def _parents(args: Args, problem: Imitation, key: Key) -> Any:
    """Yield (steps, the parents of all seeds), training from stage to stage."""
    learner = Evolution(
        GradientDescent(optax.adam(1e-3)),
        replace(problem, metrics=(), batch_size=min(64, args.pairs)),
        problem.network.init,
    )
    system, state, history = Replicas(learner, args.seeds), None, None
    for steps in sorted(set(args.steps)):
        state, history = train(system, key, steps, state=state, history=history)
        yield steps, jax.vmap(learner.best)(state.replicas)


def mutants(key: Key, parent: Any, members: int, std: float) -> Population:
    """Copies of the parent, every weight mutated."""
    is_mutated = jnp.ones(members, bool)
    return mutate(key, repeat(parent, members), std, is_mutated, "threefry")


def compare(
    problem: Imitation,
    key: Key,
    population: Population,
    batch_sizes: tuple[int, ...],
    repeats: int,
) -> list[Row]:
    """Signal and noise of every estimator at every batch size, against all rows."""
    state = problem.init(key)
    truth = _host(_truth(problem, population, state))
    result = []
    for batch_size in sorted(set(batch_sizes)):
        batched = replace(problem, batch_size=batch_size)
        keys = jax.random.split(jax.random.fold_in(key, batch_size), repeats)
        estimates = _host(_estimates(batched, keys, population, state))
        for name in ESTIMATORS:
            of = truth["cross_entropy" if name == "cross_entropy" else "macro_f1"]
            noise = noise_of(estimates[name], of)
            result.append(
                {"batch_size": batch_size, "estimator": name, **noise._asdict()}
            )
    return result


def _host(values: dict[str, Any]) -> dict[str, Array]:
    return {name: np.asarray(value, float) for name, value in values.items()}


@partial(jax.jit, static_argnames="problem")
def _truth(problem: Imitation, population: Population, state: State) -> dict[str, Any]:
    """Cross-entropy and expected-count F1 on all rows, `(members,)` each."""

    def on_all_rows(population: Population, state: State) -> Any:
        metrics = problem.eval(jax.random.key(0), population, state)[2]
        return {name: metrics[name] for name in ("cross_entropy", "macro_f1")}, ()

    return evaluate_sharded(on_all_rows, member_mesh())(population, state)[0]


@partial(jax.jit, static_argnames="problem")
def _estimates(
    problem: Imitation, keys: Key, population: Population, state: State
) -> dict[str, Any]:
    """Estimates on one batch for each key, `(repeats, members)` each."""

    def on_batches(keys: Key, rest: tuple[Population, State]) -> Any:
        return jax.lax.map(lambda key: _on_a_batch(problem, key, *rest), keys), ()

    # The devices share the repeats, as if they were members.
    run = evaluate_sharded(on_batches, member_mesh())
    return run(keys, (population, state))[0]


def _on_a_batch(
    problem: Imitation, key: Key, population: Population, state: State
) -> dict[str, Any]:
    """Every estimate of every member on one batch, `(members,)` each."""
    key_batch, key_shared, key_own = jax.random.split(key, 3)
    # The first batch of a fresh epoch: rows without replacement.
    state = state._replace(key=key_batch)
    shared = problem.eval(key_shared, population, state)[2]
    sampled = replace(problem, metrics=("sampled_macro_f1",), shared_draws=False)
    own = sampled.eval(key_own, population, state)[2]
    return {
        "sampled_independent": own["sampled_macro_f1"],
        "sampled_common": shared["sampled_macro_f1"],
        "expected": shared["macro_f1"],
        "cross_entropy": shared["cross_entropy"],
    }


def noise_of(estimates: Array, truth: Array) -> Noise:
    """Compare estimates `(repeats, members)` with the true values `(members,)`."""
    error = estimates - truth
    return Noise(
        signal=float(truth.std(ddof=1)),
        noise=float(np.sqrt(error.var(axis=1, ddof=1).mean())),
        total_noise=float(np.sqrt(error.var(axis=0, ddof=1).mean())),
        rank_correlation=_rank_correlation(estimates, truth),
    )


def _rank_correlation(estimates: Array, truth: Array) -> float:
    """Spearman's, mean over repeats; 0 where all members are estimated alike."""
    center = (len(truth) + 1) / 2
    x, y = rankdata(estimates, axis=1) - center, rankdata(truth) - center
    norm = np.sqrt((x**2).sum(axis=1) * (y**2).sum())
    return float(np.mean(x @ y / np.maximum(norm, 1e-9)))


def table(frame: Frame) -> str:
    """In markdown; cells are a mean and its 95 % interval over seeds."""
    frame = frame.assign(
        ratio=frame.signal / frame.noise, total_ratio=frame.signal / frame.total_noise
    )
    columns = {
        "signal": ("signal", ".2g"),
        "noise": ("noise", ".2g"),
        "ratio": ("signal / noise", ".2g"),
        "total_noise": ("noise with the common part", ".2g"),
        "total_ratio": ("signal / it", ".2g"),
        "rank_correlation": ("rank correlation", ".3f"),
    }
    by = ["steps", "batch_size", "estimator"]
    rows = []
    for (steps, batch_size, name), group in frame.groupby(by, sort=False):
        cells = [_cell(group[c].to_numpy(), form) for c, (_, form) in columns.items()]
        rows.append([steps, batch_size, ESTIMATORS[name], *cells])
    headings = [heading for heading, _ in columns.values()]
    return markdown(["Adam steps", "batch", "fitness", *headings], rows)


def _cell(values: Array, form: str) -> str:
    mean, low, high = mean_interval(values)
    return f"{mean:{form}} [{low:{form}}, {high:{form}}]"


if __name__ == "__main__":
    main(tyro.cli(Args, prog="python -m benchmarks.f1_signal", description=__doc__))
