"""A population sharded over eight virtual devices equals one device, at few bytes."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from benchmarks._devices_traffic import exchanged_bytes
from neurojax.keys import unrolled
from neurojax.networks import MLP
from neurojax.parallel import member_mesh
from neurojax.parallel.mesh import replicate
from neurojax.problems import Imitation
from neurojax.strategies import Evosax, GradientDescent, SimpleES, SimpleGA
from neurojax.systems import Evolution
from neurojax.tree import num_parameters

NETWORK = MLP((3, 5, 2))
SGD = optax.sgd(0.1)
STRATEGIES = {
    "SimpleGA": lambda size: SimpleGA(size, mutation_std=0.1),
    "SimpleES": lambda size: SimpleES(size, mutation_std=0.1),
    "GradientDescent": lambda size: GradientDescent(SGD, size),
    "Evosax": lambda size: Evosax("SNES", size),
}

pytestmark = pytest.mark.skipif(len(jax.devices()) < 8, reason="fewer than 8 devices")


def run(strategy, mesh):
    rng = np.random.default_rng(0)
    observations = rng.normal(size=(37, 3)).astype(np.float32)
    labels = (observations[:, 0] > 0).astype(int)
    problem = Imitation(NETWORK, observations, labels, batch_size=11)
    system = Evolution(strategy, problem, NETWORK.init, mesh=mesh)
    state, rows = system.init(jax.random.key(0)), []
    traces = []

    @jax.jit
    def step(key, state):
        traces.append(None)
        return system.step(key, state)

    for generation in range(3):
        state, metrics = step(jax.random.key(generation), state)
        rows.append(metrics)
    assert len(traces) == 1, "the second generation was compiled anew"
    best = jax.tree.leaves(system.best(state))
    return best, [float(row["fitness_mean"]) for row in rows], state


FEW = {("SimpleGA", 13), ("SimpleES", 50), ("GradientDescent", 8)}


# 13 and 50 members are not divided by 8 devices.
@pytest.mark.parametrize(
    "name, size",
    [
        pytest.param(name, size, marks=[pytest.mark.slow] * ((name, size) not in FEW))
        for name in STRATEGIES
        for size in (8, 13, 50)
    ],
)
def test_sharded_population_equals_one_device(name, size):
    strategy = STRATEGIES[name](size)
    alone, sharded = run(strategy, None), run(strategy, member_mesh(8))
    np.testing.assert_allclose(alone[1], sharded[1], atol=1e-6)
    for a, b in zip(alone[0], sharded[0], strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    assert int(alone[2].problem.step) == int(sharded[2].problem.step) == 3


TRAVELS = {
    "SimpleGA": SimpleGA(16),
    "SimpleGA, 13 members": SimpleGA(13),
    "SimpleGA, every option": SimpleGA(
        16, adaptation="lognormal", crossover=True, selection="tournament", noise="rbg"
    ),
    "SimpleES": SimpleES(16),
    "SimpleES, every option": SimpleES(
        16, adaptation="lognormal", start="population", noise="table"
    ),
    "SNES": Evosax("SNES", 16),
    "Open_ES": Evosax("Open_ES", 16),
    "CMA_ES": Evosax("CMA_ES", 16),
    "PSO": Evosax("PSO", 16),
    "GradientDescent": GradientDescent(SGD, 16),
}
OFTEN = {"SimpleGA, 13 members", "SimpleES", "Open_ES"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] * (n not in OFTEN)) for n in TRAVELS],
)
def test_only_fitness_and_metrics_travel_between_devices(name):
    strategy, mesh = TRAVELS[name], member_mesh(8)
    observations = np.ones((5, 3), np.float32)
    labels = np.array([0, 1, 0, 1, 1])
    problem = Imitation(NETWORK, observations, labels, metrics=("accuracy",))
    system = Evolution(strategy, problem, NETWORK.init, mesh=mesh)
    state = system.init(jax.random.key(0))

    def step(key, state):
        return system.step(unrolled(key), state)  # as `train` does

    compiled = jax.jit(step).lower(jax.random.key(1), state).compile()
    moved = sum(exchanged_bytes(compiled.as_text()).values())
    filled_up = -(-strategy.population_size // 8) * 8
    fitness_and_accuracy = 2 * 4 * filled_up
    if strategy.uses_gradient:
        parameters = num_parameters(jax.eval_shape(NETWORK.init, jax.random.key(0)))
        assert moved <= 4 * parameters * filled_up + fitness_and_accuracy
    else:
        assert 4 * strategy.population_size <= moved <= fitness_and_accuracy


def test_a_tree_is_put_whole_on_every_device():
    tree = {"a": jnp.array([1.0, jnp.nan]), "key": jax.random.key(3)}
    whole = replicate(tree, member_mesh(4))
    for name, leaf in whole.items():
        assert leaf.is_fully_replicated and len(leaf.sharding.device_set) == 4
        assert leaf.dtype == tree[name].dtype
    np.testing.assert_array_equal(whole["a"], tree["a"])
    assert jax.eval_shape(lambda: replicate(tree, member_mesh(4)))["a"].shape == (2,)


def test_mesh_takes_all_devices_a_number_of_them_or_a_list():
    assert member_mesh().size == len(jax.devices())
    assert member_mesh(3).size == 3
    assert list(member_mesh(jax.devices()[2:5]).devices) == jax.devices()[2:5]
    assert member_mesh(2) == member_mesh(2)


@pytest.mark.parametrize("devices", [0, -1, 1000])
def test_more_devices_than_there_are_and_none_are_refused(devices):
    with pytest.raises(ValueError, match=f"devices={devices} but there are"):
        member_mesh(devices)
