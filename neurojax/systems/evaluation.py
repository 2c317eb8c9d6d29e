"""What a population is worth, for every system: decoded, spread, tested, summed up.

A system makes its members in its own way and asks here how they do.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jax.sharding import Mesh
from jaxtyping import Array, Float, Int

from neurojax import checks, ranking
from neurojax.parallel.mesh import evaluate_sharded, place, replicated, shard_members
from neurojax.problems.blocks import in_parts
from neurojax.tree import decode_population, repeat, take, without_data
from neurojax.types import (
    Decode,
    Fitness,
    FitnessLike,
    Key,
    LearningProblem,
    Metrics,
    NetworkProblem,
    PartwiseProblem,
    Population,
    Problem,
    State,
    Weights,
    identity,
)

__all__ = [
    "Evaluation",
    "check_weights",
    "evaluate",
    "put_to_test",
    "score",
    "summary",
]

# A population and what all share -> what belongs to members, and what is shared.
Run: TypeAlias = Callable[[Population, Any], tuple[Any, Any]]


class Evaluation(NamedTuple):
    """What the members came to; all but the state has the leading member axis."""

    fitness: Fitness
    metrics: Metrics
    gradient: Population | None  # of each member's fitness; None if not asked for
    state: State  # the problem's next


def evaluate(
    key: Key,
    problem: Problem,
    population: Population,
    state: State,
    *,
    decode: Decode = identity,
    with_gradient: bool = False,
    mesh: Mesh | None = None,
    are_spread: bool = False,
) -> Evaluation:
    """Decode every member and evaluate it.

    A `PartwiseProblem` with a limit has no more members decoded at the same time.

    Args:
        key: for the problem.
        problem: evaluates weights.
        population: genotypes.
        state: the problem's.
        decode: genotype to weights.
        with_gradient: whether to differentiate each member's fitness by its genotype.
        mesh: devices to spread the members over; None takes the default device.
        are_spread: whether the members live on the mesh's devices already, each on one
            (`parallel.mesh.shards_members`), and gradients are to stay there. Else
            every device has all of them.
    """
    learns = isinstance(problem, LearningProblem)
    run: Run = partial(_play if learns else _eval, problem, decode)
    run = _differentiated(run) if with_gradient else partial(_plain, run)
    if mesh is not None:
        run = _on_own_devices(run, mesh) if are_spread else evaluate_sharded(run, mesh)
    ((fitness, record, metrics), gradient), after = run(population, (key, state))
    after = problem.learn(state, record) if learns else after
    return Evaluation(fitness, metrics, gradient, after)


def summary(fitness: Fitness, metrics: Metrics) -> Metrics:
    """Fitness and metrics of the best member under their names, and `..._mean`.

    These are means over the population, NaN left out.
    """
    values = {**metrics, "fitness": fitness}
    best = take(values, ranking.best_index(fitness))
    means = {f"{name}_mean": jnp.nanmean(of, axis=0) for name, of in values.items()}
    return means | best


def put_to_test(
    key: Key,
    test: Problem,
    best: Callable[[], Weights],
    state: State,
    generation: int | Int[Array, ""],
    every: int,
) -> Metrics:
    """Fitness and metrics of one member on another problem, prefixed `test_`.

    Args:
        key: for the test.
        test: the problem.
        best: makes the weights to be tested; called when a test is due.
        state: the test's.
        generation: how many are done. A test is due when `every` divides it; else the
            metrics are NaN or, if the test runs on the host, left out.
        every: generations from test to test.
    """

    def put() -> Metrics:
        fitness, _, metrics = test.eval(key, repeat(best(), 1), state)
        metrics = {"fitness": checks.as_fitness(fitness), **metrics}
        return {f"test_{name}": values[0] for name, values in metrics.items()}

    if not test.jittable:
        return put() if int(generation) % every == 0 else {}
    if every == 1:
        return put()
    shapes = jax.eval_shape(put)
    nothing = jax.tree.map(lambda s: jnp.full(s.shape, jnp.nan, s.dtype), shapes)
    return jax.lax.cond(generation % every == 0, put, lambda: nothing)


def score(
    problem: Problem, weights: Weights, key: Key
) -> tuple[Float[Array, ""], Metrics]:
    """Fitness and metrics of one set of weights.

        fitness, metrics = score(problem, system.best(state), jax.random.key(1))

    Args:
        problem: fresh, as `problem.init` leaves it. What `Evolution.best` returns of a
            problem that normalises observations is for one with its `player`:
            `Control(environment, problem.player)`.
        weights: of one member.
        key: decides draws, such as the episodes.
    """
    checks.problem("problem", problem)
    checks.key("key", key)
    check_weights("weights are", weights, "problem", problem)
    key_init, key_eval = jax.random.split(key)
    # Data come by `init`, which must not be compiled: equal problems may differ in it.
    state = problem.init(key_init)
    if not problem.jittable:
        return _score(problem, weights, key_eval, state)
    return _score_compiled(without_data(problem), weights, key_eval, state)


def check_weights(made: str, weights: Weights, name: str, problem: Problem) -> None:
    """Refuse weights of other shapes than the problem's network has, if it has one.

    `made` says where they come from, `name` which argument the problem is.
    """
    if not isinstance(problem, NetworkProblem):
        return
    needed = jax.eval_shape(problem.network.init, jax.random.key(0))
    shapes = [
        [jnp.shape(leaf) for leaf in jax.tree.leaves(tree)]
        for tree in (weights, needed)
    ]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"{made} weights of shapes {checks.short(shapes[0])}, but the {name}'s "
            f"network={checks.short(problem.network)} needs {checks.short(shapes[1])}, "
            "as its init draws them."
        )


def _score(
    problem: Problem, weights: Weights, key: Key, state: State
) -> tuple[Float[Array, ""], Metrics]:
    fitness, _, metrics = problem.eval(key, repeat(weights, 1), state)
    return take((checks.as_fitness(fitness), metrics), 0)


_score_compiled = jax.jit(_score, static_argnums=0)


def _play(
    problem: LearningProblem, decode: Decode, population: Population, rest: Any
) -> tuple[Any, Any]:
    key, state = rest

    def play(members: Population) -> tuple[FitnessLike, Any, Metrics]:
        return problem.play(key, decode_population(decode, members), state)

    partwise = isinstance(problem, PartwiseProblem)
    limit = problem.max_members_at_once if partwise else None
    return in_parts(play, population, limit), ()


def _eval(
    problem: Problem, decode: Decode, population: Population, rest: Any
) -> tuple[Any, Any]:
    key, state = rest
    weights = decode_population(decode, population)
    fitness, after, metrics = problem.eval(key, weights, state)
    return (fitness, (), metrics), after


def _plain(run: Run, population: Population, rest: Any) -> tuple[Any, Any]:
    (fitness, *others), common = run(population, rest)
    return ((checks.as_fitness(fitness), *others), None), common


def _differentiated(run: Run) -> Run:
    def loss(population: Population, rest: Any) -> tuple[Array, tuple[Any, Any]]:
        (fitness, *others), common = run(population, rest)
        if not jnp.issubdtype(fitness.dtype, jnp.floating):
            raise ValueError(
                f"the problem's fitness has dtype {fitness.dtype}, whose gradient is 0 "
                "everywhere; return a smooth float, or use a strategy without gradient."
            )
        fitness = checks.as_fitness(fitness)
        return jnp.sum(fitness), ((fitness, *others), common)

    def differentiated(population: Population, rest: Any) -> tuple[Any, Any]:
        gradient_of = jax.value_and_grad(loss, has_aux=True)
        (_, (of_members, common)), gradient = gradient_of(population, rest)
        return (of_members, gradient), common

    return differentiated


def _on_own_devices(run: Run, mesh: Mesh) -> Run:
    def spread(population: Population, rest: Any) -> tuple[Any, Any]:
        (of_members, gradient), common = shard_members(run, mesh)(population, rest)
        return (place(of_members, replicated(mesh)), gradient), common

    return spread
