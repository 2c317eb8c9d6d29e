"""A population sharded over eight virtual devices equals one device."""

import jax
import numpy as np
import optax
import pytest

from neurojax.networks import MLP
from neurojax.parallel import member_mesh
from neurojax.problems import Imitation
from neurojax.strategies import Evosax, GradientDescent, SimpleES, SimpleGA
from neurojax.systems import Evolution

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


def test_mesh_takes_all_devices_a_number_of_them_or_a_list():
    assert member_mesh().size == len(jax.devices())
    assert member_mesh(3).size == 3
    assert list(member_mesh(jax.devices()[2:5]).devices) == jax.devices()[2:5]
    assert member_mesh(2) == member_mesh(2)


@pytest.mark.parametrize("devices", [0, -1, 1000])
def test_more_devices_than_there_are_and_none_are_refused(devices):
    with pytest.raises(ValueError, match=f"devices={devices} but there are"):
        member_mesh(devices)
