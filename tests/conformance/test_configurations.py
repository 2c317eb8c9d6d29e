"""What is in every `__all__` runs under JAX's stricter configurations, with one result.

What fails inside another library is listed by name, with the reason, so that one learns
when it is repaired.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from probe_cases import (
    ENVIRONMENTS,
    NETWORKS,
    PROBLEMS,
    STRATEGIES,
    SYSTEMS,
    sample,
)

from neurojax import environments, problems
from neurojax.networks import MLP
from neurojax.problems.minibatch import permuted
from neurojax.rollouts import episode_return
from neurojax.testing.expect import expect_close, expect_types, strong
from neurojax.testing.strategy import generation, key_of
from neurojax.training import train
from neurojax.tree import spawn

# evosax's ClipUp uses a name that optax renamed.
pytestmark = pytest.mark.filterwarnings("ignore:optax.global_norm:DeprecationWarning")

CONFIGURATIONS = {
    "x64": lambda: jax.enable_x64(True),
    "ranks": lambda: jax.numpy_rank_promotion("raise"),
    "dtypes": lambda: jax.numpy_dtype_promotion("strict"),
    "nans": lambda: jax.debug_nans(True),
    "eager": lambda: jax.disable_jit(),
}
KEY = jax.random.key(3)


def strategy_runs(make):
    strategy = make()
    nobody = np.zeros(strategy.population_size, bool)
    step = jax.jit(lambda key, state: generation(strategy, key, state, nobody))
    state = strategy.init(KEY, sample)
    for number in range(2):
        record = step(key_of(number), state)
        state = record.state
    return record.population, record.fitness, strategy.best(state)


def network_lives(case):
    network = case.make()
    weights = network.init(KEY)
    carry = network.reset(KEY, weights)
    observation = jnp.ones(case.observation_shape, jnp.float32)
    apply = jax.jit(network.apply)
    carry, _ = apply(weights, carry, observation)
    return weights, apply(weights, carry, observation)


def environment_is_played(make):
    environment = make()
    network = MLP.fitting(environment, hidden=(3,))
    return episode_return(environment, network, network.init(KEY), KEY, max_steps=3)


def problem_is_evaluated(case):
    problem = case.make()
    population = spawn(KEY, case.network().init, 3)
    return problem.eval(KEY, population, problem.init(KEY))


def system_is_trained(make):
    state, history = train(make(), KEY, 2)
    return state, history.metrics


def batch_is_drawn(size):
    return permuted(KEY, jnp.arange(4), size), permuted(KEY, jnp.arange(size), size)


CASES = {
    **{
        f"{name}-{kind}": (strategy_runs, case.make)
        for name, cases in STRATEGIES.items()
        for kind, case in cases.items()
    },
    **{name: (network_lives, case) for name, case in NETWORKS.items()},
    **{
        f"{name}-{kind}": (environment_is_played, case.make)
        for name, cases in ENVIRONMENTS.items()
        for kind, case in cases.items()
        if hasattr(getattr(environments, name), "reset")
    },
    **{
        name: (problem_is_evaluated, case)
        for name, case in PROBLEMS.items()
        if getattr(problems, name).jittable
    },
    **{name: (system_is_trained, make) for name, make in SYSTEMS.items()},
    "minibatch": (batch_is_drawn, 7),
}
FAST = {
    "minibatch": set(CONFIGURATIONS),
    "SimpleES-fixed": {"x64", "dtypes"},
    "SimpleGA-lognormal": {"x64", "nans"},
    "GradientDescent-adam": {"nans"},
    "Evosax-SNES": {"ranks"},
    "GRU": {"ranks", "dtypes"},
    "Imitation": {"x64", "nans"},
    "CartPoleSwingUp-easy": {"x64"},
}
EACH = [
    pytest.param(
        name,
        configuration,
        id=f"{name}-{configuration}",
        marks=[] if configuration in FAST.get(name, ()) else [pytest.mark.slow],
    )
    for name in CASES
    for configuration in CONFIGURATIONS
]


# (beginning of a case's name, configuration): why it does not hold there.
NOT_OURS = {
    ("Gymnax-discrete", "dtypes"): "gymnax's own code promotes dtypes",
    ("Gymnax-pixels", "dtypes"): "gymnax's own code promotes dtypes",
    ("Control", "dtypes"): "gymnax's own code promotes dtypes",
    ("Brax", "dtypes"): "brax's own code promotes dtypes",
    ("Brax", "ranks"): "brax's own code promotes ranks",
    ("Brax", "x64"): "brax draws in float64",
    **{
        (f"Evosax-{name}", "nans"): "evosax fills its first state with NaN"
        for name in (
            "CMAAnchoredLES",
            "EvoTF_ES",
            "GradientlessDescent",
            "GuidedES",
            "HillClimbing",
            "iAMaLGaM_Full",
            "iAMaLGaM_Univariate",
            "LES",
            "LGA",
            "RandomSearch",
        )
    },
    ("Evosax-EvoTF_ES", "x64"): "evosax selects between float32 and float64",
    ("Gymnax-continuous", "x64"): "gymnax draws Pendulum's start in float64",
    ("Evolution", "nans"): "metrics are NaN between two tests, which is what they say",
    ("Replicas", "nans"): "metrics are NaN between two tests, which is what they say",
}


def not_ours(name, configuration):
    for (beginning, where), reason in NOT_OURS.items():
        if name.startswith(beginning) and where == configuration:
            return reason
    return None


@functools.cache
def as_usual(name):
    run, case = CASES[name]
    return run(case)


@pytest.mark.parametrize(("name", "configuration"), EACH)
def test_a_configuration_changes_no_result(name, configuration, request):
    if reason := not_ours(name, configuration):
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    run, case = CASES[name]
    expected = as_usual(name)
    with CONFIGURATIONS[configuration]():
        found = run(case)
    remedy = "name dtypes and axes where they are made"
    if configuration == "x64" and name.startswith("Evosax"):
        expect_types(name, strong(found), strong(expected), remedy)  # other numbers
    else:
        expect_close(name, found, expected, remedy, 1e-4)
