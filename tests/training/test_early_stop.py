import inspect
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from training_toys import assert_same_history

import neurojax.training.early_stop as early_stop
from neurojax.training import Checkpoint, EarlyStop, restore, train

KEY = jax.random.key(0)


class ScriptState(NamedTuple):
    generation: jax.Array


@dataclass(frozen=True)
class Script:
    """Fitness by the script."""

    fitness: tuple
    jittable: bool = True
    metric: str = "fitness"
    means: tuple | None = None

    def init(self, key, params=None):
        return ScriptState(jnp.int32(0))

    def step(self, key, state):
        fitness = jnp.array(self.fitness)[state.generation]
        metrics = {self.metric: fitness}
        if self.means is not None:
            metrics[f"{self.metric}_mean"] = jnp.array(self.means)[state.generation]
        return ScriptState(state.generation + 1), metrics


NAN = float("nan")
pytestmark = pytest.mark.filterwarnings("ignore:the best fitness")


@pytest.mark.parametrize(
    ("fitness", "stop", "expected"),
    [
        ((5.0, 4.0, 3.0, 2.0, 1.0), dict(target=3.0), 3),
        ((5.0, NAN, 3.5, 2.0, 1.0), dict(target=3.0), 4),
        ((5.0, 4.0, 4.0, 4.0, 1.0), dict(patience=2), 4),
        ((5.0, 6.0, 4.0, NAN, NAN), dict(patience=2), 5),
        ((NAN, NAN, 1.0, 1.0, 1.0), dict(patience=2), 2),
        ((5.0, 4.0, 3.0, 2.0, 1.0), dict(patience=1), 5),
        ((5.0, 5.0, 5.0, 0.0, 1.0), dict(patience=3, target=0.0), 4),
    ],
)
def test_the_run_ends_at_the_generation_worked_by_hand(fitness, stop, expected):
    script = Script(fitness, jittable=False)  # nothing to compile
    _, history = train(script, KEY, 5, callbacks=[EarlyStop(**stop)], chunk=1)
    assert history.generation[-1] == expected


def test_patience_goes_on_after_a_resume():
    script, stop = Script((5.0, 4.0, 4.0, 4.0, 4.0, 4.0)), EarlyStop(patience=3)
    _, whole = train(script, KEY, 6, callbacks=[stop], chunk=1)
    state, history = train(script, KEY, 3, callbacks=[stop], chunk=1)
    _, history = train(
        script, KEY, 6, state=state, history=history, callbacks=[stop], chunk=1
    )
    assert history.generation[-1] == 5
    assert_same_history(history, whole)


def test_the_whole_chunk_is_looked_at():
    fitness = (5.0, 1.0, *np.linspace(3, 4, 20).tolist())
    _, history = train(Script(fitness), KEY, 22, callbacks=[EarlyStop(target=1.0)])
    assert history.generation[-1] < 22


RISING = Script((67.0, 300.0, 500.0, 480.0, 470.0), False, "return")


@pytest.mark.parametrize(
    ("stop", "expected"),
    [
        (dict(target=475.0), 3),
        (dict(target=475.0, maximize=True), 3),
        (dict(patience=2), 5),
        (dict(patience=3), 5),
        (dict(target=501.0, patience=1), 4),
        (dict(patience=2, maximize=False), 3),
    ],
)
def test_a_return_rises_to_its_target(stop, expected):
    stop = EarlyStop(metric="return", **stop)
    _, history = train(RISING, KEY, 5, callbacks=[stop], chunk=1)
    assert history.generation[-1] == expected


@pytest.mark.parametrize(
    ("system", "stop", "words"),
    [
        (RISING, dict(target=475.0, metric="return", maximize=False), "maximize=True"),
        (
            Script((-67.0, -9.0), False),
            dict(target=475.0),
            r"\(fitness -67\): fitness is minimised, and at most.*maximize=True",
        ),
        (
            Script((0.7, 0.5), False, "loss", (0.9, 0.8)),
            dict(target=0.1, metric="loss", maximize=True),
            "loss is maximised, and at least the target.*maximize=False",
        ),
    ],
)
def test_a_target_on_the_wrong_side_is_refused_with_the_reason(system, stop, words):
    with pytest.raises(
        ValueError, match=f"target={stop['target']} is reached.*{words}"
    ):
        train(system, KEY, 2, callbacks=[EarlyStop(**stop)])
    state, history = train(system, KEY, 2)
    with pytest.raises(ValueError, match=words):
        train(
            system, KEY, 3, state=state, history=history, callbacks=[EarlyStop(**stop)]
        )


def test_a_lucky_first_member_may_reach_the_target():
    lucky = Script((500.0, 500.0), False, "return", (20.0, 30.0))
    stop = EarlyStop(target=475.0, metric="return")
    _, history = train(lucky, KEY, 2, callbacks=[stop])
    assert len(history.generation) == 1


@pytest.mark.parametrize("stop", [dict(target=300.0), dict(patience=2)])
def test_a_run_that_had_ended_stays_ended(stop):
    class Never:
        def open(self, num_generations, generation):
            raise AssertionError("opened")

        update = close = open

    stop = EarlyStop(metric="return", **stop)
    state, history = train(RISING, KEY, 5, callbacks=[stop], chunk=1)
    done = len(history.generation)
    again, same = train(
        RISING, KEY, 99, state=state, history=history, callbacks=[Never(), stop]
    )
    assert again is state and len(same.generation) == done


def test_an_unknown_metric_is_told_before_a_generation():
    class Never(Script):
        def step(self, key, state):
            if not isinstance(state.generation, jax.core.Tracer):
                raise AssertionError("stepped")
            return super().step(key, state)

    with pytest.raises(ValueError, match="metric='loss' is not among.*'fitness'"):
        train(Never((1.0,)), KEY, 1, callbacks=[EarlyStop(target=0.5, metric="loss")])


@pytest.mark.parametrize(
    ("stop", "words"),
    [
        (dict(target=NAN), "target=nan must be a finite number"),
        (dict(target="0"), "target='0' must be a finite number"),
        (dict(patience=1.5), "patience=1.5 must be an integer"),
        (dict(patience=True), "patience=True must be an integer"),
        (
            dict(target=1, metric="wins"),
            "'wins' does not tell.*maximize=True or",
        ),
        (dict(target=1, maximize="no"), "maximize='no' must be True, False or None"),
        (dict(target=1, metric=None), "metric=None does not tell"),
    ],
)
def test_what_cannot_be_meant_is_refused(stop, words, monkeypatch):
    # Without the tests' type checks, as users have it.
    unchecked = inspect.unwrap(early_stop.is_maximized)
    monkeypatch.setattr(early_stop, "is_maximized", unchecked)
    with pytest.raises(ValueError, match=words):
        inspect.unwrap(EarlyStop.__init__)(object.__new__(EarlyStop), **stop)


def test_lines_that_are_run_again_end_where_they_ended(tmp_path):
    ends = []
    for _ in range(3):
        like = jax.eval_shape(RISING.init, KEY)
        state, history = restore(tmp_path, like) or (None, None)
        stop = EarlyStop(target=300.0, metric="return")
        how = dict(state=state, history=history, callbacks=[stop, Checkpoint(tmp_path)])
        _, history = train(RISING, KEY, 5, **how, chunk=1)
        ends.append(len(history.generation))
    assert ends == [2, 2, 2]
