"""A population sharded over eight virtual devices equals one device, at few bytes."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from benchmarks.devices.traffic import exchanged_bytes
from neurojax.encodings import Gaussian, SparseGaussian
from neurojax.keys import unrolled
from neurojax.networks import MLP
from neurojax.parallel import member_mesh
from neurojax.parallel.mesh import place, replicated, shard_members
from neurojax.problems import Imitation
from neurojax.strategies import Evosax, GradientDescent, SimpleES, SimpleGA
from neurojax.systems import Evolution
from neurojax.tree import num_parameters

NETWORK = MLP((3, 5, 2))
LOGNORMAL = Gaussian(adaptation="lognormal")
SGD = optax.sgd(0.1)
STRATEGIES = {
    "SimpleGA": lambda size: SimpleGA(size, variation=Gaussian(0.1)),
    "SimpleES": lambda size: SimpleES(size, variation=Gaussian(0.1)),
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


FEW = {("SimpleGA", 8), ("SimpleES", 13), ("GradientDescent", 8)}


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


# And how many genotypes (or as large things: std, gradients) travel per generation.
TRAVELS = {
    "SimpleGA": (SimpleGA(16), 8),
    "SimpleGA, 4 parents": (SimpleGA(16, num_parents=4, num_elites=2), 4),
    "SimpleGA, crossover": (SimpleGA(16, variation=Gaussian(crossover_rate=0.5)), 8),
    "SimpleGA, std of parents": (SimpleGA(16, variation=LOGNORMAL), 16),
    "SimpleGA, sparse": (SimpleGA(16, variation=SparseGaussian(0.1)), 8),
    "SimpleGA, 13 members": (SimpleGA(13), 0),
    "SimpleGA, tournament": (SimpleGA(16, selection="tournament"), 0),
    "SimpleGA, rbg": (SimpleGA(16, variation=Gaussian(noise="rbg")), 0),
    "SimpleES": (SimpleES(16), 1),
    "SimpleES, every option": (
        SimpleES(16, LOGNORMAL, start="population"),
        2,
    ),
    "SimpleES, table": (SimpleES(16, Gaussian(noise="table")), 0),
    "SNES": (Evosax("SNES", 16), 0),
    "Open_ES": (Evosax("Open_ES", 16), 0),
    "CMA_ES": (Evosax("CMA_ES", 16), 0),
    "PSO": (Evosax("PSO", 16), 0),
    "GradientDescent": (GradientDescent(SGD, 16), 0),
    "GradientDescent, 13 members": (GradientDescent(SGD, 13), 16),
}
OFTEN = {"SimpleGA", "SimpleGA, 13 members", "SimpleES", "Open_ES"}
EACH = [pytest.param(n, marks=[pytest.mark.slow] * (n not in OFTEN)) for n in TRAVELS]


@pytest.mark.parametrize("name", EACH)
def test_only_fitness_survivors_and_sums_travel_between_devices(name):
    strategy, genotypes = TRAVELS[name]
    observations = np.ones((5, 3), np.float32)
    labels = np.array([0, 1, 0, 1, 1])
    problem = Imitation(NETWORK, observations, labels, metrics=("accuracy",))
    system = Evolution(strategy, problem, NETWORK.init, mesh=member_mesh(8))
    state = system.init(jax.random.key(0))

    def step(key, state):
        return system.step(unrolled(key), state)  # as `train` does

    compiled = jax.jit(step).lower(jax.random.key(1), state).compile()
    moved = sum(exchanged_bytes(compiled.as_text()).values())
    genotype = 4 * num_parameters(jax.eval_shape(NETWORK.init, jax.random.key(0)))
    filled_up = -(-strategy.population_size // 8) * 8
    # Fitness and accuracy; beside survivors and means also who survives, and some sums.
    most = 2 * 4 * filled_up
    if genotypes and not strategy.uses_gradient:
        most += 2 * 4 * filled_up + 40
    members = moved - genotypes * genotype
    assert 4 * strategy.population_size <= members <= most


@pytest.mark.parametrize("name", ["SimpleGA", "SimpleES", "GradientDescent"])
def test_every_device_keeps_its_own_members(name):
    strategy, mesh = STRATEGIES[name](16), member_mesh(8)
    _, _, state = run(strategy, mesh)
    for field, value in state.strategy._asdict().items():
        for leaf in jax.tree.leaves(value):
            rows = leaf.sharding.shard_shape(leaf.shape)[:1]
            if field in strategy.member_fields:
                assert rows == (2,), field
            else:
                assert rows == leaf.shape[:1], field


def test_a_tree_is_put_whole_on_every_device():
    tree = {"a": jnp.array([1.0, jnp.nan]), "key": jax.random.key(3)}
    everywhere = replicated(member_mesh(4))
    whole = place(tree, everywhere)
    for name, leaf in whole.items():
        assert leaf.is_fully_replicated and len(leaf.sharding.device_set) == 4
        assert leaf.dtype == tree[name].dtype
    np.testing.assert_array_equal(whole["a"], tree["a"])
    assert jax.eval_shape(lambda: place(tree, everywhere))["a"].shape == (2,)


def test_members_and_what_they_share_may_hold_empty_arrays():
    members = {"x": jnp.arange(16.0), "none": jnp.zeros((16, 0, 3)), "size": ()}
    rest = {"none": jnp.zeros((5, 0), jnp.int32), "factor": jnp.float32(2)}

    def function(own, rest):
        assert own["none"].shape == (2, 0, 3) and rest["none"].shape == (5, 0)
        assert rest["none"].dtype == jnp.int32
        return {**own, "x": own["x"] * rest["factor"]}, rest

    run = jax.jit(shard_members(function, member_mesh(8)))
    found, common = run(members, rest)
    np.testing.assert_array_equal(found["x"], 2 * np.arange(16.0))
    assert found["none"].shape == (16, 0, 3) and common["none"].shape == (5, 0)


def test_mesh_takes_all_devices_a_number_of_them_or_a_list():
    assert member_mesh().size == len(jax.devices())
    assert member_mesh(3).size == 3
    assert list(member_mesh(jax.devices()[2:5]).devices) == jax.devices()[2:5]
    assert member_mesh(2) == member_mesh(2)


@pytest.mark.parametrize("devices", [0, -1, 1000])
def test_more_devices_than_there_are_and_none_are_refused(devices):
    with pytest.raises(
        ValueError, match=f"devices={devices} .*(but there are|at least 1)"
    ):
        member_mesh(devices)


def test_a_device_is_in_a_mesh_once():
    with pytest.raises(ValueError, match=r"devices=.*jax.devices\(\), each once"):
        member_mesh(jax.devices()[:1] * 2)
