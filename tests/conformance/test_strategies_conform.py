"""What holds for every strategy in `neurojax.strategies.__all__`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from evosax.algorithms import algorithms
from probe_cases import (
    EVOSAX,
    EVOSAX_EXCEPTIONS,
    EVOSAX_FEW,
    STRATEGIES,
    sample,
)
from probes import (
    TRACES,
    assert_close,
    assert_equal,
    begin,
    compiled_generation,
    generation_key,
    implementations,
    one_generation,
    run,
    shapes,
    squared,
)

from neurojax import strategies
from neurojax.tree import take
from neurojax.types import ShardedStrategy, Strategy

# evosax's ClipUp uses a name that optax renamed.
pytestmark = pytest.mark.filterwarnings("ignore:optax.global_norm:DeprecationWarning")

ALL = {
    f"{name}-{kind}": case
    for name, cases in STRATEGIES.items()
    for kind, case in cases.items()
}
EVOSAX_ALL = {f"Evosax-{name}" for name in EVOSAX}
EXCEPTIONS = {f"Evosax-{name}" for name in EVOSAX_EXCEPTIONS}
# Each case compiles once for all its probes; these run with -m slow.
SLOW = EVOSAX_ALL - {f"Evosax-{name}" for name in EVOSAX_FEW}
SLOW |= {"SimpleGA-rbg", "SimpleGA-multiplicative", "SimpleES-lognormal"}
EACH = [
    pytest.param(case, id=name, marks=[pytest.mark.slow] * (name in SLOW))
    for name, case in ALL.items()
]
ONE_PER_KIND = ("SimpleGA-lognormal", "SimpleES-fixed", "GradientDescent-adam")
SOME = [pytest.param(ALL[name], id=name) for name in ONE_PER_KIND]
SOME += [
    pytest.param(ALL[f"Evosax-{name}"], id=name, marks=pytest.mark.slow)
    for name in ("CMA_ES", "DifferentialEvolution", "Open_ES", "SV_CMA_ES")
]
BY_SHAPE = [pytest.param(case, id=name) for name, case in ALL.items()]


@pytest.fixture(params=EACH, scope="module")
def case(request):
    """Of module scope, so that all probes of one case follow each other."""
    return request.param


def test_every_strategy_has_a_case():
    missing = implementations(strategies) - set(STRATEGIES)
    assert not missing, f"add {missing} to STRATEGIES in conformance/probe_cases.py"
    missing = set(algorithms) - set(EVOSAX)
    assert not missing, f"add {missing} to EVOSAX in conformance/probe_cases.py"


@pytest.mark.parametrize("any_case", BY_SHAPE)
def test_protocol_is_satisfied_and_equal_strategies_are_equal(any_case):
    strategy, twin = any_case.make(), any_case.make()
    assert isinstance(strategy, Strategy)
    assert strategy == twin and hash(strategy) == hash(twin)


@pytest.mark.parametrize(
    "any_case", [p for p in BY_SHAPE if not p.id.startswith("Evosax-")]
)
def test_what_devices_keep_of_their_members_has_the_member_axis(any_case):
    strategy = any_case.make()
    assert isinstance(strategy, ShardedStrategy)
    state = jax.eval_shape(lambda key: strategy.init(key, sample), jax.random.key(0))
    for name in strategy.member_fields:
        for leaf in jax.tree.leaves(getattr(state, name)):
            assert leaf.shape[:1] == (strategy.population_size,), name


def test_fitness_falls_on_the_sphere_unless_listed(case, request):
    strategy, state = begin(case)
    before = squared(strategy.best(state))
    records = run(strategy, state, 0, case.num_generations)
    after = squared(strategy.best(records[-1].state))
    has_fallen = float(after) <= float(before) / case.factor
    is_listed = request.node.callspec.id in EXCEPTIONS
    assert has_fallen != is_listed, (
        f"fell from {before} to {after}, {'' if is_listed else 'not '}by the stated "
        f"factor {case.factor}: correct EVOSAX_EXCEPTIONS in conformance/probe_cases.py"
    )
    assert all(np.isfinite(record.fitness).all() for record in records)


@pytest.mark.slow
def test_lm_ma_es_turns_to_nan_above_twice_as_many_members_as_dimensions():
    # Listed, so that one learns when evosax repairs it.
    strategy = strategies.Evosax("LM_MA_ES", 32)
    records = run(strategy, strategy.init(jax.random.key(5), sample), 0, 3)
    assert np.isnan(records[-1].fitness).any()


def test_second_generation_and_equal_strategy_do_not_recompile(case):
    strategy, state = begin(case)
    state = run(strategy, state, 0, 2)[-1].state
    run(case.make(), state, 2, 3)
    assert TRACES.count(strategy) == 1


def test_resumed_run_equals_uninterrupted_run(case):
    strategy, state = begin(case)
    whole = run(strategy, state, 0, 6)
    saved = jax.device_get(run(strategy, state, 0, 3)[-1].state)
    resumed = run(strategy, jax.device_put(saved), 3, 6)
    assert_equal(whole[-1], resumed[-1])


def test_members_differ_and_so_do_consecutive_populations(case):
    strategy, state = begin(case)
    records = run(strategy, state, 0, 3)
    first, *_, last = (np.asarray(r.population["kernel"]) for r in records)
    distinct = len(np.unique(last.reshape(len(last), -1), axis=0))
    # ESMC puts the mean in twice; elites may reappear.
    assert distinct >= strategy.population_size - 1
    assert not np.array_equal(first, last)


def test_nan_fitness_ranks_last_and_poisons_nothing(case):
    strategy, state = begin(case)
    is_broken = np.zeros(strategy.population_size, bool)
    is_broken[[0, 2]] = True
    for records in (
        run(strategy, state, 0, 5, is_broken),
        # A generation of nothing but NaN, in the middle of a run.
        run(strategy, state, 0, 1, np.ones_like(is_broken)),
    ):
        after = run(strategy, records[-1].state, 5, 7)[-1]
        for tree in (after.population, strategy.best(after.state)):
            assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(tree))


@pytest.mark.parametrize("name", ["SimpleGA-truncation", "GradientDescent-sgd"])
def test_best_is_never_a_member_with_nan_fitness(name):
    strategy, state = begin(ALL[name])
    is_broken = np.zeros(strategy.population_size, bool)
    record = run(strategy, state, 0, 1)[0]
    is_broken[np.argmin(record.fitness)] = True
    broken = run(strategy, state, 0, 1, is_broken)[0]
    expected = take(broken.state.population, int(np.nanargmin(broken.fitness)))
    assert_equal(strategy.best(broken.state), expected)


@pytest.mark.parametrize("any_case", BY_SHAPE)
@pytest.mark.parametrize(
    "dtype", [pytest.param("bfloat16", marks=pytest.mark.slow), "mixed"]
)
def test_structure_shapes_and_dtypes_are_kept(any_case, dtype):
    strategy = any_case.make()

    def draw(key):
        genotype = any_case.sample(key)
        if dtype == "mixed":
            return genotype | {"bias": genotype["bias"].astype(jnp.bfloat16)}
        return jax.tree.map(lambda leaf: leaf.astype(dtype), genotype)

    key = jax.random.key(0)
    state = jax.eval_shape(lambda k: strategy.init(k, draw), key)
    is_broken = jax.ShapeDtypeStruct((strategy.population_size,), bool)
    record = jax.eval_shape(
        lambda *rest: one_generation(strategy, *rest), key, state, is_broken
    )
    assert shapes(record.state) == shapes(state)
    genotype = jax.eval_shape(draw, key)
    assert shapes(jax.eval_shape(strategy.best, state)) == shapes(genotype)
    size = strategy.population_size
    for leaf, one in zip(
        jax.tree.leaves(record.population), jax.tree.leaves(genotype), strict=True
    ):
        assert (leaf.shape, leaf.dtype) == ((size, *one.shape), one.dtype)


@pytest.mark.parametrize("any_case", BY_SHAPE)
def test_no_key_is_used_twice(any_case):
    strategy = any_case.make()
    key = jax.random.key(0)
    with jax.debug_key_reuse(True):
        state = jax.eval_shape(
            jax.jit(lambda k: strategy.init(k, any_case.sample)), key
        )
        is_broken = jax.ShapeDtypeStruct((strategy.population_size,), bool)
        jax.eval_shape(
            jax.jit(lambda *rest: one_generation(strategy, *rest)),
            key,
            state,
            is_broken,
        )


@pytest.mark.parametrize("some", SOME)
def test_jit_equals_eager(some):
    strategy, state = begin(some)
    compiled = run(strategy, state, 0, 2)
    is_broken = np.zeros(strategy.population_size, bool)
    for generation in range(2):
        record = one_generation(strategy, generation_key(generation), state, is_broken)
        assert_close(record.population, compiled[generation].population)
        state = record.state


@pytest.mark.parametrize("some", SOME)
def test_vmap_over_seeds_equals_loop(some):
    strategy = some.make()
    is_broken = np.zeros(strategy.population_size, bool)
    keys = jax.random.split(jax.random.key(3), 3)
    starts = [strategy.init(key, some.sample) for key in keys]
    together = jax.tree.map(lambda *leaves: jnp.stack(leaves), *starts)
    step = jax.jit(jax.vmap(lambda s: one_generation(strategy, keys[0], s, is_broken)))
    together = step(step(together).state)
    for i, state in enumerate(starts):
        for _ in range(2):
            record = compiled_generation(strategy, keys[0], state, is_broken)
            state = record.state
        assert_close(record.population, take(together.population, i))
