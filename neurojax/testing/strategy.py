"""Probes of a strategy, which has to minimise a sum of squares."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from neurojax.testing.expect import (
    ConformanceError,
    Program,
    drawn,
    expect,
    expect_arrays,
    expect_close,
    expect_equal,
    expect_finite,
    expect_types,
    keys_used_once,
    satisfying,
)
from neurojax.tree import take
from neurojax.types import (
    Fitness,
    Genotype,
    Key,
    Metrics,
    Params,
    Population,
    Sample,
    ShardedStrategy,
    State,
    Strategy,
)


class Generation(NamedTuple):
    """The state after a generation, and what was in it."""

    state: State
    population: Population
    fitness: Fitness
    metrics: Metrics


def real_genotype(key: Key) -> Genotype:
    """Eleven numbers in two leaves, around 1, where their squares sum to 14."""
    key_kernel, key_bias = jax.random.split(key)
    return {
        "kernel": 1 + 0.5 * jax.random.normal(key_kernel, (3, 2), jnp.float32),
        "bias": 1 + 0.5 * jax.random.normal(key_bias, (5,), jnp.float32),
    }


def squared(genotype: Genotype) -> Float[Array, ""]:
    """The sum of the squares of all numbers."""
    leaves = jax.tree.leaves(genotype)
    return sum((jnp.sum(x.astype(jnp.float32) ** 2) for x in leaves), jnp.float32(0))


def check_strategy(
    strategy: object,
    sample: Sample = real_genotype,
    *,
    falls_by: float | None = None,
    num_generations: int = 60,
) -> None:
    """Check that a strategy does what systems rely on, on a sum of squares.

    Types: populations of genotypes as `sample` draws them, each leaf with its dtype, a
    state of arrays that stays as it is, params that may be swept, no key used twice.
    Runs: one compilation; a state that was saved goes on bit for bit; members differ;
    NaN fitness ranks last and spoils nothing; compiled, eager and under `vmap` it does
    the same.

    Args:
        strategy: what to check.
        sample: draws a genotype; some leaves are tried in bfloat16, too.
        falls_by: how many times lower the squares of `best` must end.
        num_generations: in which they must.

    Raises:
        ConformanceError: at the first thing that is wrong.
    """
    checked = check_types(strategy, sample)
    runs = check_runs(checked, sample, falls_by, num_generations)
    check_modes(checked, sample, runs)


def check_types(strategy: object, sample: Sample = real_genotype) -> Strategy:
    """Check all that can be told without compiling; return the strategy."""
    checked = satisfying(strategy, Strategy)
    name, size = type(checked).__name__, checked.population_size
    draw, key = _in_two_dtypes(sample), jax.random.key(0)
    params = jax.tree.map(jnp.asarray, checked.default_params)
    try:
        with keys_used_once(name):
            state = jax.eval_shape(
                jax.jit(lambda key, params: checked.init(key, draw, params)),
                key,
                params,
            )
            after = jax.eval_shape(
                jax.jit(partial(generation, checked)),
                key,
                state,
                jax.ShapeDtypeStruct((size,), bool),
                params,
            )
            best = jax.eval_shape(checked.best, state)
    except jax.errors.ConcretizationTypeError as error:
        raise ConformanceError(
            f"{name} decides on the value of an array in Python, so that it can be "
            f"neither compiled nor swept; use jnp.where or jax.lax.cond. ({error})"
        ) from error
    one = jax.eval_shape(draw, key)
    expect_types(f"{name}.best(state)", best, one, "return a genotype as sample's")
    members = jax.eval_shape(jax.vmap(draw), jax.random.split(key, size))
    remedy = "return population_size genotypes as sample's, and keep each leaf's dtype"
    expect_types(f"{name}.ask's population", after.population, members, remedy)
    remedy = "give init's fields the types that tell returns"
    expect_types(f"{name}.tell's state", after.state, state, remedy)
    for metric, value in after.metrics.items():
        words = f"{name}.tell's metric {metric!r} has shape {value.shape}; reduce it"
        expect(value.shape == (), f"{words} to a number.")
    if isinstance(checked, ShardedStrategy):
        _check_member_fields(checked, state)
    return checked


def check_runs(
    strategy: Strategy,
    sample: Sample = real_genotype,
    falls_by: float | None = None,
    num_generations: int = 60,
) -> "Runs":
    """Check what shows while generations run; return the program that ran them."""
    name, runs = type(strategy).__name__, Runs(strategy)
    state = strategy.init(jax.random.key(5), sample)
    expect_arrays(f"{name}.init's state", state)
    records = runs(state, 0, 6)
    saved = jax.device_put(jax.device_get(records[2].state))
    remedy = "keep in the state all that the next generation needs, and nothing outside"
    resumed = runs(saved, 3, 6)[-1]
    expect_equal(
        f"{name}, resumed from its saved state: generation",
        resumed,
        records[-1],
        remedy,
    )
    runs.program.expect_one_trace()
    _check_variety(name, records)
    _check_broken(strategy, runs, state)
    if falls_by is not None:
        before = squared(strategy.best(state))
        last = runs(records[-1].state, 6, num_generations)[-1]
        after = squared(strategy.best(last.state))
        expect(
            after * falls_by <= before,
            f"{name}.best fell from {before} to {after} in {num_generations} "
            f"generations, not by a factor of {falls_by}; lower fitness is better.",
        )
    return runs


def check_modes(strategy: Strategy, sample: Sample, runs: "Runs") -> None:
    """Check that eager calls and copies under `vmap` do what the program does."""
    name, key = type(strategy).__name__, jax.random.key(3)
    together = drawn(lambda key: strategy.init(key, sample), key, 3)
    starts = [take(together, index) for index in range(3)]
    compiled = [runs(start, 0, 2) for start in starts]
    remedy = "change nothing outside the state, and draw from the key alone"
    eager, nobody = starts[0], np.zeros(strategy.population_size, bool)
    step = jax.jit(
        jax.vmap(partial(generation, strategy), in_axes=(None, 0, None)),
    )
    for number in range(2):
        key = key_of(number)
        record = generation(strategy, key, eager, nobody)
        expected = compiled[0][number].population
        expect_close(
            f"{name}, not compiled: population", record.population, expected, remedy
        )
        eager, many = record.state, step(key, together, nobody)
        together = many.state
        for index in range(3):
            found = take(many.population, index)
            expected = compiled[index][number].population
            expect_close(f"{name} under vmap: population", found, expected, remedy)


class Runs:
    """Generations of a strategy by one program.

    The squares are the fitness, and NaN is that of members that are broken.
    """

    def __init__(self, strategy: Strategy):
        self.program = Program(generation, strategy)
        self._nobody = np.zeros(strategy.population_size, bool)

    def __call__(
        self,
        state: State,
        start: int,
        stop: int,
        is_broken: Bool[np.ndarray, " population"] | None = None,
    ) -> list[Generation]:
        """Run the generations from `start` up to `stop`."""
        records, broken = [], self._nobody if is_broken is None else is_broken
        for number in range(start, stop):
            records.append(self.program(key_of(number), state, broken))
            state = records[-1].state
        return records


def key_of(number: int) -> Key:
    """The key of a generation."""
    return jax.random.fold_in(jax.random.key(11), number)


def generation(
    strategy: Strategy,
    key: Key,
    state: State,
    is_broken: Any,
    params: Params | None = None,
) -> Generation:
    """Ask, evaluate, tell."""
    key_ask, key_tell = jax.random.split(key)
    population, state = strategy.ask(key_ask, state, params)
    fitness = jnp.where(is_broken, jnp.nan, jax.vmap(squared)(population))
    gradient = None
    if strategy.uses_gradient:
        gradient = jax.grad(lambda p: jnp.sum(jax.vmap(squared)(p)))(population)
    state, metrics = strategy.tell(
        key_tell, population, fitness, state, params, gradient=gradient
    )
    return Generation(state, population, fitness, metrics)


def _in_two_dtypes(sample: Sample) -> Sample:
    """The same draw, every other leaf of float32 in bfloat16."""

    def draw(key: Key) -> Genotype:
        leaves, structure = jax.tree.flatten(sample(key))
        for index in range(0, len(leaves), 2):
            if leaves[index].dtype == jnp.float32:
                leaves[index] = leaves[index].astype(jnp.bfloat16)
        return jax.tree.unflatten(structure, leaves)

    return draw


def _check_member_fields(strategy: ShardedStrategy, state: State) -> None:
    for field in strategy.member_fields:
        for leaf in jax.tree.leaves(getattr(state, field)):
            expect(
                leaf.shape[:1] == (strategy.population_size,),
                f"{type(strategy).__name__}.member_fields names {field!r}, of shape "
                f"{leaf.shape}; name fields alone whose leaves all have the member "
                "axis in front.",
            )


def _check_variety(name: str, records: list[Generation]) -> None:
    first, last = (
        np.concatenate(
            [np.asarray(x, float).reshape(len(x), -1) for x in jax.tree.leaves(tree)],
            axis=1,
        )
        for tree in (records[0].population, records[2].population)
    )
    distinct = len(np.unique(last, axis=0))
    expect(
        distinct >= len(last) - 1,  # some put the mean in twice
        f"{name}.ask gave {len(last)} members, of which {distinct} differ; draw each "
        "with numbers of its own.",
    )
    expect(
        not np.array_equal(first, last),
        f"{name}.ask gave the same population in generations 0 and 2; tell must "
        "change what ask makes.",
    )


def _check_broken(strategy: Strategy, runs: Runs, state: State) -> None:
    name, size = type(strategy).__name__, strategy.population_size
    some, everybody = np.zeros(size, bool), np.ones(size, bool)
    some[:3:2] = True
    remedy = "rank NaN last, as neurojax.ranking does, and tell it to no mean"
    for is_broken, words, stop in (
        (some, "with NaN fitness of some members", 5),
        (everybody, "with a generation of nothing but NaN fitness", 1),
    ):
        broken = runs(state, 0, stop, is_broken)[-1]
        after = runs(broken.state, 5, 7)[-1]
        expect_finite(f"{name}, {words}: population", after.population, remedy)
        expect_finite(f"{name}, {words}: best", strategy.best(after.state), remedy)
