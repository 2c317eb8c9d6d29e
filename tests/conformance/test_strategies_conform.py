"""What holds for every strategy in `neurojax.strategies.__all__`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from evosax.algorithms import algorithms
from probe_cases import EVOSAX, EVOSAX_EXCEPTIONS, EVOSAX_FEW, STRATEGIES, sample
from probes import expect_cases

from neurojax import strategies
from neurojax.strategies import Evosax
from neurojax.testing import ConformanceError, check_strategy
from neurojax.testing.strategy import Runs, check_runs, check_types
from neurojax.tree import take
from neurojax.types import ShardedStrategy

# evosax's ClipUp uses a name that optax renamed.
pytestmark = pytest.mark.filterwarnings("ignore:optax.global_norm:DeprecationWarning")

ALL = {
    f"{name}-{kind}": case
    for name, cases in STRATEGIES.items()
    for kind, case in cases.items()
}
# Of each class one kind is put to all probes, eager calls and copies under `vmap`
# included, which compile much; the others are put to those of types and of runs.
WHOLE = {"SimpleGA-lognormal", "SimpleES-fixed", "GradientDescent-adam"}
WHOLE |= {
    f"Evosax-{name}"
    for name in ("CMA_ES", "DifferentialEvolution", "Open_ES", "SV_CMA_ES")
}
FEW = {f"Evosax-{name}" for name in EVOSAX_FEW}
SLOW = {f"Evosax-{name}" for name in EVOSAX} - FEW
SLOW |= {"SimpleGA-rbg", "SimpleGA-multiplicative", "SimpleES-lognormal"}
EXCEPTIONS = {f"Evosax-{name}" for name in EVOSAX_EXCEPTIONS}


def params(names, slow=()):
    marks = {True: [pytest.mark.slow], False: []}
    return [pytest.param(name, marks=marks[name in slow]) for name in sorted(names)]


def test_every_strategy_has_a_case():
    expect_cases(strategies, STRATEGIES, "STRATEGIES")
    missing = set(algorithms) - set(EVOSAX)
    assert not missing, f"add {missing} to EVOSAX in tests/conformance/probe_cases.py"


@pytest.mark.parametrize("name", params(ALL))
def test_types_are_kept_and_equal_strategies_are_equal(name):
    strategy = check_types(ALL[name].make(), sample)
    assert strategy == ALL[name].make()
    assert hash(strategy) == hash(ALL[name].make())
    # evosax keeps no member to itself.
    assert isinstance(strategy, ShardedStrategy) != isinstance(strategy, Evosax)


@pytest.mark.slow
@pytest.mark.parametrize("name", params(ALL))
def test_bfloat16_is_kept_in_every_leaf(name):
    check_types(
        ALL[name].make(),
        lambda key: jax.tree.map(lambda x: x.astype(jnp.bfloat16), sample(key)),
    )


@pytest.mark.parametrize("name", params(set(ALL) - WHOLE - EXCEPTIONS, SLOW))
def test_generations_lower_the_sphere_and_survive_nan_and_a_restart(name):
    case = ALL[name]
    check_runs(case.make(), sample, case.factor, case.num_generations)


@pytest.mark.parametrize("name", params(WHOLE, SLOW | FEW))
def test_one_of_each_kind_does_the_same_eager_compiled_and_under_vmap(name):
    case = ALL[name]
    check_strategy(
        case.make(), sample, falls_by=case.factor, num_generations=case.num_generations
    )


@pytest.mark.parametrize("name", params(FEW))
def test_a_few_of_evosax_always_run(name):
    case = ALL[name]
    check_runs(case.make(), sample, case.factor, case.num_generations)


@pytest.mark.slow
@pytest.mark.parametrize("name", params(EXCEPTIONS))
def test_what_is_listed_as_an_exception_does_not_lower_the_sphere(name):
    case = ALL[name]
    check_runs(case.make(), sample)
    with pytest.raises(ConformanceError, match="not by a factor"):
        check_runs(case.make(), sample, case.factor, case.num_generations)


@pytest.mark.slow
def test_lm_ma_es_turns_to_nan_above_twice_as_many_members_as_dimensions():
    # Listed, so that one learns when evosax repairs it.
    strategy = Evosax("LM_MA_ES", 32)
    records = Runs(strategy)(strategy.init(jax.random.key(5), sample), 0, 3)
    assert np.isnan(records[-1].fitness).any()


@pytest.mark.parametrize("name", ["SimpleGA-truncation", "GradientDescent-sgd"])
def test_best_is_never_a_member_with_nan_fitness(name):
    strategy = ALL[name].make()
    run, state = Runs(strategy), strategy.init(jax.random.key(5), sample)
    is_broken = np.zeros(strategy.population_size, bool)
    is_broken[np.argmin(run(state, 0, 1)[0].fitness)] = True
    broken = run(state, 0, 1, is_broken)[0]
    expected = take(broken.state.population, int(np.nanargmin(broken.fitness)))
    jax.tree.map(np.testing.assert_array_equal, strategy.best(broken.state), expected)
