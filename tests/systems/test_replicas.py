"""Replica r is the single system run with the r-th part of every key."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurojax.encodings import Gaussian
from neurojax.networks import MLP
from neurojax.parallel import member_mesh
from neurojax.problems import Imitation
from neurojax.strategies import SimpleGA
from neurojax.systems import Evolution, Replicas

KEY = jax.random.key(0)
NETWORK = MLP((3, 5, 2))


def single():
    rng = np.random.default_rng(0)
    observations = rng.normal(size=(37, 3)).astype(np.float32)
    labels = (observations[:, 0] > 0).astype(int)
    problem = Imitation(NETWORK, observations, labels, batch_size=11)
    return Evolution(
        SimpleGA(7, variation=Gaussian(0.1)),
        problem,
        NETWORK.init,
        test=Imitation(NETWORK, observations, labels),
        test_every=2,
    )


def generation_keys(count):
    return [jax.random.fold_in(KEY, g) for g in range(count)]


def run(system, params=None, count=4):
    """Metrics `(generations, ...)` and the last state."""
    state, step, rows = system.init(KEY, params), jax.jit(system.step), []
    for key in generation_keys(count):
        state, metrics = step(key, state)
        rows.append(metrics)
    return jax.tree.map(lambda *leaves: np.stack(leaves), *rows), state


def assert_close(a, b):
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_allclose(a[name], b[name], rtol=1e-5, err_msg=name)


@pytest.fixture(scope="module")
def unsharded():
    return run(Replicas(single(), 4))


def test_replica_equals_the_single_system_with_its_part_of_the_key(unsharded):
    rows, state = unsharded
    assert rows["fitness"].shape == (4, 4) and int(state.generation) == 4
    system = single()
    step = jax.jit(system.step)
    for r in range(4):
        alone = system.init(jax.random.split(KEY, 4)[r])
        for generation, key in enumerate(generation_keys(4)):
            alone, metrics = step(jax.random.split(key, 4)[r], alone)
            for name, value in metrics.items():
                np.testing.assert_allclose(rows[name][generation, r], value, rtol=1e-5)
    assert len(np.unique(rows["fitness"][-1])) > 1


@pytest.mark.parametrize("devices", [2, 4])
def test_sharded_over_devices_equals_unsharded(unsharded, devices):
    if len(jax.devices()) < devices:
        pytest.skip("fewer devices")
    rows, _ = run(Replicas(single(), 4, member_mesh(devices)))
    assert_close(rows, unsharded[0])


def test_each_replica_has_its_own_params():
    default = single().strategy.default_params
    params = jax.tree.map(lambda value: jnp.full(2, value), default)
    params = params._replace(std=jnp.array([1e-9, 1.0]))
    _, state = run(Replicas(single(), 2), params)
    spread = np.std(state.replicas.strategy.population[0].bias, axis=1).mean(axis=1)
    assert spread[0] < spread[1]


def test_what_cannot_be_is_refused():
    with pytest.raises(
        ValueError, match="num_replicas=0 must be an integer at least 1"
    ):
        Replicas(single(), 0)
    mesh = member_mesh(2)
    with pytest.raises(ValueError, match="num_replicas=3 must be a multiple"):
        Replicas(single(), 3, mesh)

    class Host:
        jittable = False

        def init(self, key, params=None): ...

        def step(self, key, state): ...

    with pytest.raises(ValueError, match="needs a jittable system; Host works on"):
        Replicas(Host(), 2)


def test_params_without_a_replica_axis_are_refused():
    default = single().strategy.default_params
    params = jax.tree.map(lambda number: jnp.full(2, number), default)
    Replicas(single(), 2).check_params(params)
    with pytest.raises(ValueError, match=r"leaf .std=.*replica axis.*num_replicas=2"):
        Replicas(single(), 2).init(KEY, params._replace(std=0.1))
    with pytest.raises(ValueError, match="std=Array.* must be a finite number above 0"):
        Replicas(single(), 2).init(KEY, params._replace(std=jnp.array([0.1, -1.0])))
