"""A strategy on a problem: ask, evaluate, tell."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import Mesh
from jaxtyping import Array, Int

from neurojax import ranking
from neurojax.parallel.hosts import check_equal
from neurojax.parallel.mesh import (
    evaluate_sharded,
    place,
    place_population,
    place_strategy,
    replicated,
    shard_members,
    shards_members,
)
from neurojax.tree import by_value, decode_population, repeat
from neurojax.types import (
    Decode,
    Fitness,
    Key,
    LearningProblem,
    Metrics,
    Params,
    Population,
    Problem,
    Sample,
    State,
    Strategy,
    identity,
)


class EvolutionState(NamedTuple):
    """What the next generation needs."""

    generation: Int[Array, ""]
    strategy: State
    problem: State
    test: State
    params: Params


@partial(jax.jit, static_argnames=("strategy", "sample", "mesh"))
def _init_strategy(
    strategy: Strategy, key: Key, sample: Sample, params: Params, mesh: Mesh | None
) -> State:
    # One program: op by op, a population's first draw takes seconds to compile.
    state = strategy.init(key, sample, params)
    return state if mesh is None else place_strategy(strategy, state, mesh)


@dataclass(frozen=True)
class Evolution:
    """One generation: ask the strategy, evaluate on the problem, tell the strategy.

    A strategy with `uses_gradient` is told the gradient of every member's fitness.

    Metrics of a generation: `fitness` (of the best member), `fitness_mean` (NaN left
    out), the problem's metrics for the best member under their own names, and, with a
    `test` problem, its fitness and metrics for `strategy.best`, prefixed `test_`; they
    are NaN in the generations between two tests.

    Args:
        strategy: makes populations.
        problem: evaluates them.
        sample: draws one genotype: `network.init`, or `lambda key: weights`.
        decode: genotype to weights; applied once per generation, outside any loop.
        mesh: devices to spread the members over (`parallel.member_mesh()`), of all
            hosts that joined. What travels is told in `neurojax.parallel.mesh`; results
            are those of one device, up to the order in which numbers are summed.
        test: a second problem, to which `strategy.best` is put.
        test_every: generations between two tests; the last of each such number is
            tested.
    """

    strategy: Strategy
    problem: Problem
    sample: Sample
    decode: Decode = identity
    mesh: Mesh | None = None
    test: Problem | None = None
    test_every: int = 1

    def __post_init__(self) -> None:
        for name in ("sample", "decode"):
            object.__setattr__(self, name, by_value(getattr(self, name)))
        if self.test_every < 1:
            raise ValueError(f"test_every={self.test_every} must be at least 1.")
        if self.strategy.uses_gradient and not self.problem.jittable:
            raise ValueError(
                f"{type(self.strategy).__name__} needs gradients, which a host problem "
                f"({type(self.problem).__name__}) cannot give; use a strategy without."
            )
        if self.mesh is not None and not self.problem.jittable:
            raise ValueError(
                "mesh shards jittable problems; drop it for a host problem."
            )

    @property
    def jittable(self) -> bool:
        """Whether the whole generation is one compiled program."""
        return self.problem.jittable and (self.test is None or self.test.jittable)

    def init(self, key: Key, params: Params | None = None) -> EvolutionState:
        """Draw the strategy's start and put the data on the device."""
        key_strategy, key_problem, key_test = jax.random.split(key, 3)
        params = self.strategy.default_params if params is None else params
        params = jax.tree.map(jnp.asarray, params)
        test = () if self.test is None else self.test.init(key_test)
        many_hosts = self.mesh is not None and self.mesh.is_multi_process
        mesh = None if many_hosts else self.mesh
        state = EvolutionState(
            jnp.int32(0),
            _init_strategy(self.strategy, key_strategy, self.sample, params, mesh),
            self.problem.init(key_problem),
            test,
            params,
        )
        if many_hosts:
            check_equal(state)
        # Placed as later generations leave it, or the second would compile anew.
        return self._place(state)

    def step(self, key: Key, state: EvolutionState) -> tuple[EvolutionState, Metrics]:
        """One generation."""
        key_ask, key_eval, key_tell, key_test = jax.random.split(key, 4)
        population, strategy = self.strategy.ask(key_ask, state.strategy, state.params)
        population = place_population(self.strategy, population, self.mesh)
        fitness, problem, metrics, gradient = self._evaluate(
            key_eval, population, state.problem
        )
        strategy, report = self.strategy.tell(
            key_tell, population, fitness, strategy, state.params, gradient=gradient
        )
        after = state._replace(
            generation=state.generation + 1, strategy=strategy, problem=problem
        )
        state = self._place(after)
        best = ranking.best_index(fitness)
        report |= {name: values[best] for name, values in metrics.items()}
        report |= {"fitness": fitness[best], "fitness_mean": jnp.nanmean(fitness)}
        return state, report | self._test(key_test, state)

    def best(self, state: EvolutionState) -> Any:
        """The weights of the strategy's best genotype.

        A problem with a `solution` adds what it has learnt, such as the normalisation
        of observations; its `player` plays them.
        """
        weights = self.decode(self.strategy.best(state.strategy))
        solution = getattr(self.problem, "solution", None)
        return weights if solution is None else solution(weights, state.problem)

    def _place(self, state: EvolutionState) -> EvolutionState:
        """The state where every generation leaves it: on all devices of the mesh."""
        if self.mesh is None:
            return state
        strategy = place_strategy(self.strategy, state.strategy, self.mesh)
        rest = place(state._replace(strategy=()), replicated(self.mesh))
        return rest._replace(strategy=strategy)

    def _spread(
        self, evaluate: Callable[[Population, Any], tuple[Any, Any]]
    ) -> Callable[[Population, Any], tuple[Any, Any]]:
        """`evaluate` with the members on the devices of the mesh."""
        mesh = self.mesh
        if mesh is None:
            return evaluate
        if not shards_members(self.strategy, mesh):
            return evaluate_sharded(evaluate, mesh)

        def sharded(population: Population, rest: Any) -> tuple[Any, Any]:
            (*of_members, gradient), common = shard_members(evaluate, mesh)(
                population, rest
            )
            return (*place(of_members, replicated(mesh)), gradient), common

        return sharded

    def _evaluate(
        self, key: Key, population: Population, state: State
    ) -> tuple[Fitness, State, Metrics, Population | None]:
        """Fitness, next problem state, metrics and, if it is used, the gradient."""

        def loss(population: Population, rest: tuple[Key, State]) -> tuple[Array, Any]:
            weights = decode_population(self.decode, population)
            if isinstance(problem, LearningProblem):
                fitness, record, metrics = problem.play(rest[0], weights, rest[1])
                return jnp.sum(fitness), ((fitness, metrics, record), ())
            fitness, next_state, metrics = problem.eval(rest[0], weights, rest[1])
            return jnp.sum(fitness), ((fitness, metrics, ()), next_state)

        def evaluate(population: Population, rest: tuple[Key, State]) -> Any:
            if not self.strategy.uses_gradient:
                of_members, next_state = loss(population, rest)[1]
                return (*of_members, None), next_state
            (_, (of_members, next_state)), gradient = jax.value_and_grad(
                loss, has_aux=True
            )(population, rest)
            return (*of_members, gradient), next_state

        problem = self.problem
        run = self._spread(evaluate)
        (fitness, metrics, record, gradient), after = run(population, (key, state))
        learns = isinstance(problem, LearningProblem)
        state = problem.learn(state, record) if learns else after
        return fitness, state, metrics, gradient

    def _test(self, key: Key, state: EvolutionState) -> Metrics:
        test = self.test
        if test is None:
            return {}

        def put(state: EvolutionState) -> Metrics:
            best = repeat(self.best(state), 1)
            fitness, _, metrics = test.eval(key, best, state.test)
            metrics = {"fitness": fitness, **metrics}
            return {f"test_{name}": values[0] for name, values in metrics.items()}

        if not test.jittable:
            due = int(state.generation) % self.test_every == 0
            return put(state) if due else {}
        if self.test_every == 1:
            return put(state)
        shapes = jax.eval_shape(put, state)
        nothing = jax.tree.map(lambda s: jnp.full(s.shape, jnp.nan, s.dtype), shapes)
        return jax.lax.cond(
            state.generation % self.test_every == 0, put, lambda _: nothing, state
        )
