"""Behaviour cloning: which rows are seen, what they give, and what is refused."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from neurojax import metrics
from neurojax.networks import MLP
from neurojax.problems import Imitation
from neurojax.problems.imitation import _check_data, _metric
from neurojax.tree import spawn

NETWORK = MLP((3, 5, 2))
KEY = jax.random.key(0)


def data(rows, seed=0):
    rng = np.random.default_rng(seed)
    observations = rng.normal(size=(rows, 3)).astype(np.float32)
    return observations, rng.integers(2, size=rows)


def numbered(rows, **options):
    """A problem whose observations hold their row's number."""
    observations = np.tile(np.arange(rows, dtype=np.float32)[:, None], (1, 3))
    return Imitation(NETWORK, observations, np.zeros(rows, int), **options)


@partial(jax.jit, static_argnums=0)
def evaluate(problem, population, state):
    return problem.eval(KEY, population, state)


def batches(problem, steps, size=None):
    """Rows of each batch that count, and their labels' number."""
    state = problem.init(KEY)
    if size is not None:
        state = state._replace(size=jnp.int32(size))

    @jax.jit
    def draw(key, step):
        observations, labels = problem._batch(key, state._replace(step=step))
        return observations[:, 0], labels

    found = []
    for step in range(steps):
        rows, labels = draw(jax.random.fold_in(KEY, step), jnp.int32(step))
        found.append(np.asarray(rows)[np.asarray(labels) >= 0].astype(int).tolist())
    return found


@pytest.mark.parametrize("rows, batch", [(37, 10), (40, 10), (7, 7), (5, 1), (11, 4)])
def test_an_epoch_visits_every_row_once_and_its_last_batch_is_smaller(rows, batch):
    steps = -(-rows // batch)
    seen = batches(numbered(rows, batch_size=batch), 2 * steps)
    last = rows - (steps - 1) * batch
    assert [len(part) for part in seen] == ([batch] * (steps - 1) + [last]) * 2
    first, second = sum(seen[:steps], []), sum(seen[steps:], [])
    assert sorted(first) == sorted(second) == list(range(rows))
    assert rows < 8 or first != second


def test_epochs_of_another_key_come_in_another_order():
    problem = numbered(37, batch_size=37)
    a, b = (problem._batch(KEY, problem.init(jax.random.key(i)))[0] for i in (1, 2))
    assert not np.array_equal(a, b)


def test_subsets_are_of_distinct_rows_and_fresh_each_time():
    seen = batches(numbered(37, batch_size=10, sampling="subset"), 20)
    assert all(len(set(part)) == 10 for part in seen)
    assert len({tuple(part) for part in seen}) == 20
    assert set(sum(seen, [])) == set(range(37))


def test_replacement_draws_rows_twice():
    seen = batches(numbered(11, batch_size=11, sampling="replacement"), 20)
    assert all(len(part) == 11 for part in seen)
    assert any(len(set(part)) < 11 for part in seen)
    assert set(sum(seen, [])) == set(range(11))


@pytest.mark.parametrize("sampling", ["epoch", "subset", "replacement"])
def test_padded_rows_are_never_drawn(sampling):
    problem = numbered(23, batch_size=5, sampling=sampling)
    seen = sum(batches(problem, 12, size=13), [])
    assert set(seen) <= set(range(13))
    if sampling == "epoch":
        assert sorted(seen[: 13 * 4]) == sorted(list(range(13)) * 4)


def test_the_whole_set_equals_the_metrics_on_all_rows():
    observations, actions = data(101)
    names = ("accuracy", "macro_f1")
    problem = Imitation(NETWORK, observations, actions, metrics=names)
    population = spawn(KEY, NETWORK.init, 3)
    state = problem.init(KEY)
    fitness, after, reported = evaluate(problem, population, state)
    labels = jnp.asarray(actions, jnp.int32)
    for member in range(3):
        weights = jax.tree.map(lambda leaf, m=member: leaf[m], population)
        logits = NETWORK.apply_batch(weights, jnp.asarray(observations))
        loss = metrics.cross_entropy(logits, labels)
        np.testing.assert_allclose(fitness[member], loss, rtol=1e-5)
        score = accuracy_score(actions, np.argmax(logits, axis=1))
        np.testing.assert_allclose(reported["accuracy"][member], score, rtol=1e-6)
        f1 = metrics.macro_f1(logits, labels)
        np.testing.assert_allclose(reported["macro_f1"][member], f1, rtol=1e-5)
    assert int(after.step) == 1
    by_accuracy = replace(problem, objective="accuracy")
    fitness = evaluate(by_accuracy, population, state)[0]
    np.testing.assert_allclose(fitness, 1 - reported["accuracy"], rtol=1e-5)


@pytest.mark.parametrize("rows, members", [(640, 7), (641, 7), (1281, 1), (1281, 7)])
def test_tiles_and_member_blocks_change_nothing(rows, members):
    observations, actions = data(rows)
    problem = Imitation(NETWORK, observations, actions, metrics=("macro_f1",))
    population = spawn(KEY, NETWORK.init, members)
    fitness, _, reported = evaluate(problem, population, problem.init(KEY))

    @jax.jit
    @partial(jax.vmap, in_axes=(0, None, None))
    def untiled(weights, observations, labels):
        logits = NETWORK.apply_batch(weights, observations)
        loss = metrics.cross_entropy(logits, labels)
        return loss, metrics.macro_f1(logits, labels)

    loss, f1 = untiled(population, observations, jnp.asarray(actions, jnp.int32))
    np.testing.assert_allclose(fitness, loss, rtol=2e-5)
    np.testing.assert_allclose(reported["macro_f1"], f1, rtol=2e-5)


def test_data_of_one_padded_length_share_a_program():
    traces = []

    def step(problem, population, state):
        traces.append(problem)
        return problem.eval(KEY, population, state)[0]

    step = jax.jit(step, static_argnums=0)
    population = spawn(KEY, NETWORK.init, 3)
    found = []
    for seed, size in [(1, 31), (2, 17)]:
        problem = Imitation(NETWORK, *data(37, seed), batch_size=5)
        state = problem.init(KEY)._replace(size=jnp.int32(size))
        found.append(step(problem, population, state))
    assert len(traces) == 1
    assert not np.allclose(*found)


def test_all_members_see_the_same_rows_and_the_same_random_numbers():
    problem = Imitation(NETWORK, *data(37), "sampled_macro_f1", batch_size=5)
    weights = NETWORK.init(KEY)
    population = jax.tree.map(lambda leaf: jnp.stack([leaf] * 3), weights)
    fitness = evaluate(problem, population, problem.init(KEY))[0]
    assert len(np.unique(fitness)) == 1


def spoiled(**changes):
    observations, actions = data(7)
    arguments = {"network": NETWORK, "observations": observations, "actions": actions}
    return Imitation(**arguments | changes)


def with_nan():
    observations, _ = data(7)
    observations[4, 1] = np.nan
    return observations


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: spoiled(batch_size=0), r"batch_size=0 must be an integer in \[1, 7\]"),
        (lambda: spoiled(batch_size=8), r"batch_size=8 must be an integer in \[1, 7\]"),
        (lambda: spoiled(observations=with_nan()), "first in row 4"),
        (lambda: spoiled(actions=np.array([0, 1, 2, 0, 0, 0, 0])), r"\[0, 2\].*2 outp"),
        (lambda: spoiled(actions=np.array([0, -1, 0, 0, 0, 0, 0])), r"over \[-1, 0\]"),
        (lambda: spoiled(actions=np.zeros(7)), "dtype float64; convert"),
        (
            lambda: spoiled(actions=np.zeros(6, int)),
            r"shape \(7, 3\) and actions the shape \(6",
        ),
        (lambda: spoiled(actions=np.zeros((7, 1), int)), r"shape \(7, 1\)"),
        (lambda: spoiled(network=MLP((4, 2))), "number of inputs must be 3"),
        (lambda: spoiled(network=MLP((3, 1))), "the network has 1 outputs"),
        (
            lambda: spoiled(observations=np.zeros((0, 3)), actions=np.zeros(0, int)),
            r"shape \(0, 3\) and actions.*at least one",
        ),
        (lambda: _metric("f2"), "metric='f2' must be one of.*accuracy"),
        (lambda: spoiled(objective="f2"), "metric='f2' must be one of"),
        (lambda: spoiled(metrics=("accuracy", "f2")), "metric='f2' must be one of"),
    ],
)
def test_bad_input_is_refused_at_the_door(make, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        make()


@pytest.mark.parametrize(
    "options, message",
    [
        ({"network": MLP}, "network=.* is a class"),
        ({"observations": None}, "observations=None"),
        ({"observations": [["a", "b", "c"]] * 7}, "observations=.* of dtype <U1"),
        ({"observations": np.ones((7, 3), complex)}, "complex128 must hold real"),
        ({"observations": np.full((7, 3), 1e300)}, "in float32, an infinity.*row 0"),
        ({"batch_size": True}, "batch_size=True must be an integer"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_the_door(options, message):
    observations, actions = data(7)
    right = {"network": NETWORK, "observations": observations, "actions": actions}
    with pytest.raises(ValueError, match=message):
        Imitation(**right | options)


def test_sequences_without_any_action_are_refused():
    observations = np.ones((2, 3, 3), np.float32)
    with pytest.raises(ValueError, match="actions are all -1"):
        Imitation(NETWORK, observations, np.full((2, 3), -1))


def test_unknown_sampling_is_refused():
    problem = object.__new__(Imitation)
    for name, value in {**spoiled().__dict__, "sampling": "random"}.items():
        object.__setattr__(problem, name, value)
    with pytest.raises(ValueError, match="sampling='random' must be one of"):
        problem.__post_init__()


def test_a_network_without_a_vector_of_logits_is_refused():
    class Square:
        def init(self, key):
            return ()

        def reset(self, key, weights):
            return ()

        def apply(self, weights, carry, observation):
            return carry, jnp.zeros((2, 2))

    with pytest.raises(ValueError, match=r"outputs of shape \(2, 2\)"):
        _check_data(Square(), *data(7))


def test_members_share_the_draws_of_a_metric_unless_told_otherwise():
    same = jax.tree.map(lambda leaf: jnp.stack([leaf] * 4), NETWORK.init(KEY))

    def fitness(**options) -> np.ndarray:
        problem = Imitation(
            NETWORK, *data(500), objective="sampled_macro_f1", **options
        )
        return np.asarray(evaluate(problem, same, problem.init(KEY))[0])

    shared, apart = fitness(), fitness(shared_draws=False)
    assert len(set(shared.tolist())) == 1
    assert len(set(apart.tolist())) == 4
    np.testing.assert_allclose(apart, shared, atol=0.05)
