"""A strategy on a problem: ask, evaluate, tell."""

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import Mesh
from jaxtyping import Array, Int

from neurojax import checks
from neurojax.parallel.hosts import check_equal
from neurojax.parallel.mesh import (
    check_mesh,
    place,
    place_population,
    place_strategy,
    replicated,
    shards_members,
)
from neurojax.systems.evaluation import (
    check_weights,
    evaluate,
    put_to_test,
    summary,
)
from neurojax.tree import by_value
from neurojax.types import (
    ChecksParams,
    Decode,
    Key,
    Metrics,
    Params,
    PlayableProblem,
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


def _number(value: Any) -> Array:
    """Of params, as an array: 64 bits are not used, whatever `jax_enable_x64` says."""
    array = jnp.asarray(value)
    return array.astype(jnp.float32) if array.dtype == jnp.float64 else array


@dataclass(frozen=True)
class Evolution:
    """One generation: ask the strategy, evaluate on the problem, tell the strategy.

    A strategy with `uses_gradient` is told the gradient of every member's fitness.

    Metrics of a generation: `fitness` and the problem's metrics, of the best member
    under their own names and the population's means as `fitness_mean` and so on (NaN
    left out), and, with a `test` problem, its fitness and metrics for `strategy.best`,
    prefixed `test_`; they are NaN in the generations between two tests. (Only a test
    tells the names of its metrics: one on the host is put once more at the start.)

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

    Raises:
        ValueError: if an argument is of the wrong kind or out of its range, or `sample`
            and `decode` do not make weights of the problem's network.
    """

    strategy: Strategy
    problem: Problem
    sample: Sample
    decode: Decode = identity
    mesh: Mesh | None = None
    test: Problem | None = None
    test_every: int = 1

    def __post_init__(self) -> None:
        checks.strategy("strategy", self.strategy)
        checks.problem("problem", self.problem)
        what = "a function from a key to one genotype, such as network.init"
        checks.function("sample", self.sample, what)
        checks.function("decode", self.decode, "a function from a genotype to weights")
        for name in ("sample", "decode"):
            object.__setattr__(self, name, by_value(getattr(self, name)))
        check_mesh(self.mesh)
        if self.test is not None:
            checks.problem("test", self.test)
        checks.integer_between("test_every", self.test_every, 1)
        if self.strategy.uses_gradient and not self.problem.jittable:
            raise ValueError(
                f"{type(self.strategy).__name__} needs gradients, which a host problem "
                f"({type(self.problem).__name__}) cannot give; use a strategy without."
            )
        if self.mesh is not None and not self.problem.jittable:
            raise ValueError(
                "mesh shards jittable problems; drop it for a host problem."
            )
        self._check_weights()

    def _check_weights(self) -> None:
        """Refuse weights that the problem's network, or the test's, does not take."""
        key = jax.random.key(0)
        genotype = checks.sampled(self.sample, key)
        weights = jax.eval_shape(self.decode, genotype)
        made = "sample and decode make" if self.decode != identity else "sample makes"
        check_weights(made, weights, "problem", self.problem)
        if self.test is not None:
            if isinstance(self.problem, PlayableProblem):
                weights = jax.eval_shape(self.problem.player.init, key)
            check_weights("the problem leaves", weights, "test", self.test)

    @property
    def jittable(self) -> bool:
        """Whether the whole generation is one compiled program."""
        return self.problem.jittable and (self.test is None or self.test.jittable)

    def check_params(self, params: Params) -> None:
        """Refuse params that the strategy refuses."""
        if isinstance(self.strategy, ChecksParams):
            self.strategy.check_params(params)

    def init(self, key: Key, params: Params | None = None) -> EvolutionState:
        """Draw the strategy's start and put the data on the device."""
        checks.key("key", key)
        if params is not None:
            self.check_params(params)
        key_strategy, key_problem, key_test = jax.random.split(key, 3)
        params = self.strategy.default_params if params is None else params
        params = jax.tree.map(_number, params)
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
        checks.state_of("Evolution", state, EvolutionState)
        key_ask, key_eval, key_tell, key_test = jax.random.split(key, 4)
        population, strategy = self.strategy.ask(key_ask, state.strategy, state.params)
        population = place_population(self.strategy, population, self.mesh)
        fitness, metrics, gradient, problem = evaluate(
            key_eval,
            self.problem,
            population,
            state.problem,
            decode=self.decode,
            with_gradient=self.strategy.uses_gradient,
            mesh=self.mesh,
            are_spread=self.mesh is not None
            and shards_members(self.strategy, self.mesh),
        )
        strategy, report = self.strategy.tell(
            key_tell, population, fitness, strategy, state.params, gradient=gradient
        )
        after = state._replace(
            generation=state.generation + 1, strategy=strategy, problem=problem
        )
        state = self._place(after)
        report |= summary(fitness, metrics)
        if self.test is not None:
            report |= self._tested(self.test, key_test, state)
        return state, report

    def best(self, state: EvolutionState) -> Any:
        """The weights of the strategy's best genotype.

        A `PlayableProblem` adds what it has learnt, such as the normalisation of
        observations; its `player` plays them.
        """
        checks.state_of("Evolution", state, EvolutionState)
        weights = self.decode(self.strategy.best(state.strategy))
        if not isinstance(self.problem, PlayableProblem):
            return weights
        return self.problem.solution(weights, state.problem)

    def _tested(self, test: Problem, key: Key, state: EvolutionState) -> Metrics:
        put = partial(put_to_test, key, test, partial(self.best, state), state.test)
        report = put(state.generation, self.test_every)
        if report:
            return report
        if (blank := vars(self).get("_untested")) is None:
            blank = jax.tree.map(partial(jnp.full_like, fill_value=jnp.nan), put(0, 1))
            # Of this object alone: it is no field, and equal systems may lack it.
            object.__setattr__(self, "_untested", blank)
        return blank

    def _place(self, state: EvolutionState) -> EvolutionState:
        """The state where every generation leaves it: on all devices of the mesh."""
        if self.mesh is None:
            return state
        strategy = place_strategy(self.strategy, state.strategy, self.mesh)
        rest = place(state._replace(strategy=()), replicated(self.mesh))
        return rest._replace(strategy=strategy)
