"""The metrics against scikit-learn and against themselves."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, log_loss

from neurojax import metrics


def random_data(seed, rows=211, classes=5, labels_below=None):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(rows, classes)).astype(np.float32)
    labels = rng.integers(labels_below or classes, size=rows)
    return jnp.asarray(logits), jnp.asarray(labels, jnp.int32)


def sklearn_f1(labels, predictions, classes):
    return f1_score(
        labels, predictions, labels=range(classes), average="macro", zero_division=0
    )


@pytest.mark.parametrize("labels_below", [5, 3, 1])
def test_macro_f1_of_one_hot_logits_equals_scikit_learn(labels_below):
    # Below 5, classes are absent from the labels; they count.
    logits, labels = random_data(0, labels_below=labels_below)
    predictions = np.argmax(logits, axis=1)
    one_hot = jnp.where(jnp.arange(5) == predictions[:, None], 0.0, -1e9)
    expected = sklearn_f1(labels, predictions, 5)
    np.testing.assert_allclose(metrics.macro_f1(one_hot, labels), expected, rtol=1e-5)
    sampled = metrics.sampled_macro_f1(jax.random.key(0), one_hot, labels, 3)
    np.testing.assert_allclose(sampled, expected, rtol=1e-5)


def test_a_class_absent_everywhere_counts_as_zero():
    logits = jnp.array([[0.0, -1e9, -1e9], [-1e9, 0.0, -1e9]])
    labels = jnp.array([0, 1])
    np.testing.assert_allclose(metrics.macro_f1(logits, labels), 2 / 3, rtol=1e-6)


def test_accuracy_and_cross_entropy_equal_scikit_learn():
    logits, labels = random_data(1)
    probability = np.asarray(jax.nn.softmax(logits.astype(float)), float)
    predictions = np.argmax(logits, axis=1)
    accuracy = accuracy_score(labels, predictions)
    np.testing.assert_allclose(metrics.accuracy(logits, labels), accuracy, rtol=1e-6)
    probability /= probability.sum(axis=1, keepdims=True)
    loss = log_loss(labels, probability, labels=range(5))
    np.testing.assert_allclose(metrics.cross_entropy(logits, labels), loss, rtol=1e-5)


def test_sampled_f1_averages_to_the_expected_count_f1():
    logits, labels = random_data(2, rows=499)
    sampled = metrics.sampled_macro_f1(jax.random.key(3), logits, labels, 1000)
    # The difference is of order 1 / rows.
    np.testing.assert_allclose(sampled, metrics.macro_f1(logits, labels), atol=0.003)


def test_sampled_actions_follow_the_policy():
    row = jnp.array([1.0, -0.5, 0.3])
    logits = jnp.tile(row, (1, 1))
    counts = metrics.SampledMacroF1(20_000).tally(
        jax.random.key(4), logits, jnp.array([0])
    )
    share = np.mean(counts.predicted, axis=0)
    np.testing.assert_allclose(share, jax.nn.softmax(row), atol=0.015)


@pytest.mark.parametrize("name", metrics.METRICS)
def test_padded_rows_count_nowhere_and_tiles_add_up(name):
    metric = metrics.METRICS[name]
    logits, labels = random_data(5, rows=28)
    if name == "sampled_macro_f1":
        logits *= 1e9  # one-hot, so that it does not depend on its key
    tally, finish = jax.jit(metric.tally), jax.jit(metric.finish)
    key = jax.random.key(6)
    whole = finish(tally(key, logits[:21], labels[:21]))
    padded = tally(key, logits, labels.at[21:].set(-1))
    np.testing.assert_allclose(finish(padded), whole, rtol=1e-5)
    tiles = [
        tally(jax.random.fold_in(key, i), logits[7 * i :][:7], labels[7 * i :][:7])
        for i in range(3)
    ]
    total = jax.tree.map(lambda *parts: sum(parts), *tiles)
    np.testing.assert_allclose(finish(total), whole, rtol=1e-5)


@pytest.mark.parametrize("name", metrics.METRICS)
def test_metrics_say_which_way_is_better(name):
    metric = metrics.METRICS[name]
    labels = jnp.array([0, 1, 2])
    right = 50.0 * jnp.eye(3)
    good, bad = (
        metric.finish(metric.tally(jax.random.key(0), logits, labels))
        for logits in (right, -right)
    )
    assert (good > bad) == metric.higher_is_better


def test_nan_logits_give_nan_cross_entropy_and_finite_counts_of_others():
    logits, labels = random_data(7, rows=11)
    assert np.isnan(metrics.cross_entropy(logits.at[3, 0].set(jnp.nan), labels))


def test_no_trials_are_refused():
    with pytest.raises(ValueError, match="num_trials=0 must be an integer at least 1"):
        metrics.SampledMacroF1(0)


def test_the_gradient_of_macro_f1_is_finite_where_a_class_is_all_but_absent():
    def score(logit):
        logits = jnp.stack([jnp.zeros(3), jnp.full(3, -logit)], axis=1)
        return metrics.macro_f1(logits, jnp.zeros(3, jnp.int32))

    for logit in (10.0, 50.0, 70.0, 90.0, 200.0):
        assert np.isfinite(jax.grad(score)(logit))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *((name, metric.higher_is_better) for name, metric in metrics.METRICS.items()),
        ("fitness", False),
        ("loss", False),
        ("return", True),
        ("match", True),
        ("test_return", True),
        ("test_fitness", False),
        ("return_mean", True),
        ("validation_macro_f1", True),
    ],
)
def test_the_way_that_is_better_is_known_by_name(name, expected):
    assert metrics.is_maximized(name) is expected
    assert metrics.is_maximized(name, not expected) is not expected


def test_a_name_that_does_not_tell_needs_the_word():
    with pytest.raises(ValueError, match="metric='length' does not tell.*'return'"):
        metrics.is_maximized("length")
    assert metrics.is_maximized("length", True)
