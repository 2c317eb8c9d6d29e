"""A run that goes on under another key, params, data or system is told by name."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from training_toys import Walk

from neurojax.encodings import Gaussian
from neurojax.networks import MLP
from neurojax.problems import Imitation
from neurojax.strategies import GradientDescent, SimpleGA
from neurojax.systems import Evolution, Replicas
from neurojax.training import Checkpoint, Run, restore, save, train
from neurojax.training.callbacks import NO_HISTORY
from neurojax.training.fingerprint import differences, fingerprint

KEY = jax.random.key(0)
HOST = Walk(jittable=False)


def run_of(system, key=KEY, params=None):
    return Run(system, key, params, None, NO_HISTORY, 0, 1, ())


def told(before, after):
    one, other = fingerprint(run_of(before)), fingerprint(run_of(after))
    return differences(one, other)


def go_on(directory, system=HOST, key=KEY, number=9, into=None, **how):
    state, history = restore(directory, jax.eval_shape(HOST.init, KEY))
    callbacks = [Checkpoint(into or directory)]
    return train(
        system, key, number, state=state, history=history, callbacks=callbacks, **how
    )


@pytest.fixture
def saved(tmp_path):
    train(HOST, KEY, 4, callbacks=[Checkpoint(tmp_path / "run")])
    return tmp_path / "run"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (dict(key=jax.random.key(1)), r"key: uint32 \[0, 0\] saved, uint32 \[0, 1\] g"),
        (dict(system=replace(HOST, name="ran")), "system.name: 'walk' saved, 'ran' gi"),
    ],
)
@pytest.mark.parametrize("number", [4, 9])  # also where nothing is left to do
def test_an_edited_script_is_refused_by_name(saved, changed, words, number):
    with pytest.raises(ValueError, match=f"{words}.*Go on with what was saved, or"):
        go_on(saved, number=number, **changed)
    go_on(saved, number=9)


@dataclass(frozen=True)
class Long(Walk):
    jittable: bool = False
    numbers: tuple = (1, 2.0, None, 4, 5, 6)


def test_a_long_list_of_differences_is_cut(tmp_path):
    train(Long(), KEY, 4, callbacks=[Checkpoint(tmp_path)])
    with pytest.raises(ValueError, match=r"5 saved, 6 given; and 1 more\. Go on"):
        go_on(tmp_path, Long(numbers=(2, 3.0, None, 5, 6, 7)))


def test_an_edited_script_may_go_on_elsewhere(saved, tmp_path):
    _, history = go_on(saved, key=jax.random.key(1), into=tmp_path / "other")
    assert len(history.generation) == 9


def test_other_params_are_refused_and_none_are_as_before(tmp_path):
    start, other = jnp.arange(3), jnp.zeros(3, jnp.int32)
    train(HOST, KEY, 4, params=start, callbacks=[Checkpoint(tmp_path)])
    with pytest.raises(ValueError, match=r"params: int32 \[0, 1, 2\] saved.*\[0, 0, 0"):
        go_on(tmp_path, params=other)
    go_on(tmp_path, number=6)  # without effect once there is a state
    with pytest.raises(ValueError, match="params"):
        go_on(tmp_path, params=other)
    go_on(tmp_path, params=start)


def test_a_checkpoint_that_does_not_say_its_run_is_gone_on_with(tmp_path):
    state, history = train(HOST, KEY, 4)
    save(tmp_path / "generation_0000000004.safetensors", state, history)
    go_on(tmp_path)
    with pytest.raises(ValueError, match="key: "):
        go_on(tmp_path, key=jax.random.key(1), number=12)


def cloning(**changed):
    rng = np.random.default_rng(0)
    given = dict(
        network=MLP((4, 8, 2)),
        observations=rng.normal(size=(50, 4)),
        actions=rng.integers(0, 2, 50),
        batch_size=8,
    )
    return Imitation(**given | changed)


def system(problem=None, strategy=None, **changed):
    strategy = strategy or SimpleGA(8, variation=Gaussian(0.1))
    problem = problem or cloning()
    return Evolution(strategy, problem, problem.network.init, **changed)


OBSERVATIONS = np.random.default_rng(0).normal(size=(50, 4))
OBSERVATIONS[7, 2] += 1e-3
SGD = [GradientDescent(optax.adam(rate)) for rate in (1e-2, 1e-3, 1e-2)]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (system(), system(strategy=SimpleGA(8, variation=Gaussian(5.0))), "0.1 saved"),
        (system(), system(cloning(observations=OBSERVATIONS)), "problem.observations"),
        (system(), system(cloning(batch_size=9)), "problem.batch_size: 8 saved, 9"),
        (system(), system(test=cloning()), "system.test: None saved, Imitation given"),
        (system(strategy=SGD[0]), system(strategy=SGD[1]), "optimizer.*0.01 saved"),
        (system(), Replicas(system(), 3), "system: Evolution saved, Replicas given"),
        (
            system(cloning(network=MLP((4, 8, 2), jax.nn.relu))),
            system(),
            "activation: relu saved, tanh given",
        ),
    ],
)
def test_what_a_systems_fields_reach_is_compared(before, after, words):
    import re

    assert any(re.search(words, difference) for difference in told(before, after))


@dataclass(frozen=True)
class Holds:
    what: Any
    workers: Any = None
    mesh: Any = None


def test_functions_are_compared_by_their_numbers():
    before = Holds(lambda key: jnp.zeros(2) + 0.5)
    after = Holds(lambda key: jnp.zeros(2) + 0.25)
    (difference,) = told(before, after)
    assert "what" in difference and "numbers" in difference
    assert "[0.5] saved, [0.25] given" in difference


def endless():
    def one():
        return two()

    def two():
        return one()

    return one


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (system(), system()),
        (system(strategy=SGD[0]), system(strategy=SGD[2])),
        (Holds(1, workers=3, mesh="a"), Holds(1, workers=4, mesh="b")),
        (Holds(object()), Holds(object())),
        (Holds(endless()), Holds(endless())),
        (Holds(np.array([object()] * 9)), Holds(np.array([object()] * 9))),
        (Holds(jnp.ones(99, jnp.bfloat16)), Holds(jnp.ones(99, jnp.bfloat16))),
        (Holds(np.zeros((0, 9))), Holds(np.zeros((0, 9)))),
        (Holds({"a": (1, "b")}), Holds({"a": (1, "b")})),
        (Holds(partial(max, 3)), Holds(partial(max, 3))),
    ],
)
def test_equal_systems_and_other_machines_are_the_same_run(before, after):
    assert told(before, after) == []
    assert "0x" not in "".join(fingerprint(run_of(before)).values())  # no addresses
