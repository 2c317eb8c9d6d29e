"""The control benchmark: its tasks, its tables, a tiny run."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from flax import linen

from benchmarks.control import runs
from benchmarks.control.__main__ import run
from benchmarks.control.args import Args
from benchmarks.control.convnet import ConvNet
from benchmarks.control.methods import LABELS, Start, strategy_of
from benchmarks.control.report import scores_table, targets_table
from benchmarks.control.tasks import TASKS
from neurojax.networks import MLP

SMALL = {"tasks": ("easy",), "methods": ("pgpe",), "seeds": 2, "episodes": 1}


class Convolutions(linen.Module):
    """EvoJAX's network for MNIST with flax's own convolutions."""

    @linen.compact
    def __call__(self, image):
        for features in (8, 16):
            image = linen.relu(linen.Conv(features, (5, 5), padding="SAME")(image))
            image = linen.max_pool(image, (2, 2), (2, 2))
        return linen.Dense(10)(image.reshape(-1))


# All by matrices; the first by neighbourhoods; both, as MNIST's.
@pytest.mark.parametrize("shape", [(8, 8, 1), (12, 8, 3), (28, 28, 1)])
def test_products_are_convolutions(shape):
    network = ConvNet(shape)
    first, second, head = weights = network.init(jax.random.key(1))
    images = jax.random.normal(jax.random.key(0), (3, *shape))
    params = {"Dense_0": head._asdict()}
    for index, layer in enumerate((first, second)):
        kernel = layer.kernel.reshape(5, 5, -1, layer.kernel.shape[-1])
        params[f"Conv_{index}"] = {"kernel": kernel, "bias": layer.bias}
    theirs = jax.vmap(partial(Convolutions().apply, {"params": params}))(images)
    ours = network.apply_batch(weights, images)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    _, one = network.apply(weights, (), images[1])
    np.testing.assert_allclose(one, ours[1], rtol=1e-4, atol=1e-5)


def test_digits_are_split_once_and_for_all():
    task = TASKS["digits"](16)
    assert task.network.image_shape == (8, 8, 1)
    rows = [problem.init(jax.random.key(0)) for problem in (task.train, task.test)]
    assert [len(state.labels) for state in rows] == [1348, 449]
    assert 0 <= float(rows[0].observations.min()) < float(rows[0].observations.max())
    assert float(rows[0].observations.max()) == 1.0


def test_every_method_has_settings_for_every_task():
    for name in TASKS:
        for method in LABELS:
            strategy, std = strategy_of(method, name)
            assert strategy.population_size in (64, 100, 256) and std >= 0


def test_weights_start_at_zero_or_around_it():
    network = MLP((3, 50, 50, 2))
    none = Start(network, 0.0)(jax.random.key(0))
    assert all(jnp.all(leaf == 0) for leaf in jax.tree.leaves(none))
    leaves = jax.tree.leaves(Start(network, 0.1)(jax.random.key(0)))
    drawn = np.concatenate([np.ravel(leaf) for leaf in leaves])
    assert abs(drawn.std() - 0.1) < 0.005


def rows(by, seed, scores, cpu=1.0):
    return [
        {
            "task": "easy",
            "method": "pgpe",
            "seed": seed,
            "by": by,
            "generation": 10 * (index + 1),
            "score": score,
            "seconds": 2.0 * (index + 1),
            "cpu_seconds": cpu * (index + 1),
            "compile_seconds": 3.0,
        }
        for index, score in enumerate(scores)
    ]


def test_targets_are_met_at_the_first_test_that_meets_them():
    found = [
        *rows("neurojax", 0, [100, 901, 880]),
        *rows("neurojax", 1, [100, 500, 950]),
        *rows("neurojax", 2, [100, 500, 600]),
        *rows("evojax", 0, [900, 901, 880], cpu=20.0),
    ]
    table = targets_table(pd.DataFrame(found), [TASKS["easy"](1)])
    ours, theirs = table.rows
    assert ours[3:8] == [
        *("neurojax", "2 of 3", "25 [20, 30]", "5.0 [4.0, 6.0]", "2.5 [2.0, 3.0]")
    ]
    assert theirs[3:6] == ["evojax", "1 of 1", "10 [10, 10]"]
    scores = scores_table(pd.DataFrame(found[:9]), [TASKS["easy"](1)])
    (row,) = scores.rows
    assert row[2] == 30 and row[3].startswith("810 [") and row[5] == "935.4"


def test_a_run_is_tested_kept_and_not_repeated(tmp_path, capsys):
    args = Args(**SMALL, generations=20, out=tmp_path)
    run(args)
    first = pd.read_parquet(tmp_path / "runs.parquet")
    assert first.generation.tolist() == [10, 20, 10, 20]
    assert (first.cpu_seconds >= 0).all() and first.score.between(0, 1000).all()
    assert "0 of 2" in capsys.readouterr().out
    run(args)
    assert "easy-pgpe-0" not in capsys.readouterr().out, "trained again"
    pd.testing.assert_frame_equal(first, pd.read_parquet(tmp_path / "runs.parquet"))
    for name in ("figure.png", "table.md", "run.json"):
        assert (tmp_path / name).stat().st_size > 100


@pytest.mark.slow
def test_a_run_ends_at_its_target():

    task = TASKS["easy"](1)
    object.__setattr__(task, "targets", (-1.0,))  # met by any score
    args = Args(generations=40, to_target=True)
    found = runs.run(args, task, "pgpe", 0, lambda share: None)
    assert [row["generation"] for row in found] == [10]


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"tasks": ("easier",)}, "--tasks easier: choose from"),
        ({"methods": ()}, "--methods : choose from"),
        ({"peers": ("rllib",)}, "--peers rllib: choose from"),
        ({"generations": 0}, "--generations 0 must be at least 1"),
        ({"generations": 9}, "--generations 9 must be at least 10: every 10th"),
        ({"seeds": 0}, "--seeds 0 must be at least 1"),
    ],
)
def test_what_cannot_be_run_is_refused(changes, words):
    with pytest.raises(SystemExit, match=words):
        Args(**{**SMALL, **changes}).check()
