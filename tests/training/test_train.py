import gc
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from training_toys import (
    TRACES,
    OnePlusOne,
    Walk,
    Watch,
    assert_same_history,
    assert_same_state,
)

from neurojax.keys import unrolled
from neurojax.training import copy_state, train
from neurojax.training.loop import _next_count

KEY = jax.random.key(0)


def test_generation_g_draws_from_the_run_key_folded_with_g():
    key_init, key_run = jax.random.split(KEY)
    state, history = train(Walk(), KEY, 3)
    position = np.zeros(3, np.int32)
    for g in range(3):
        position += np.asarray(
            jax.random.randint(jax.random.fold_in(key_run, g), (3,), -1, 2)
        )
        np.testing.assert_array_equal(history.metrics["position"][g], position)
    assert int(state.generation) == 3
    np.testing.assert_array_equal(history.generation, [1, 2, 3])
    assert_same_state(state.key, key_init)


def test_the_es_gets_to_the_optimum():
    _, history = train(OnePlusOne(), KEY, 500)
    assert history.metrics["fitness"].shape == (500,)
    assert history.metrics["fitness"][-1] < 1e-4 < history.metrics["fitness"][0]


@pytest.mark.parametrize("system", [Walk(), OnePlusOne(), Walk(jittable=False)])
def test_resumed_run_equals_uninterrupted_run(system):
    whole_state, whole = train(system, KEY, 53)
    state, history = None, None
    for stop in (1, 17, 18, 53):
        state, history = train(system, KEY, stop, state=state, history=history)
    assert_same_state(state, whole_state)
    assert_same_history(history, whole)
    assert history.metrics["fitness"].shape == (53,)


@dataclass(frozen=True)
class KeepsKey(Walk):
    """Its state holds a part of the key of its last step."""

    def step(self, key, state):
        key_step, key_kept = jax.random.split(key)
        state, metrics = super().step(key_step, state)
        return state._replace(key=key_kept), metrics


@pytest.mark.parametrize(
    ("jittable", "key"), [(True, KEY), (False, KEY), (True, unrolled(KEY))]
)
def test_a_key_kept_from_a_step_is_of_jaxs_own_kind(jittable, key):
    state, _ = train(KeepsKey(jittable), key, 3)
    key_last = jax.random.fold_in(jax.random.split(KEY)[1], 2)
    assert_same_state(state.key, jax.random.split(key_last)[1])


def test_without_history_only_the_new_generations_are_returned():
    state, _ = train(Walk(), KEY, 5)
    _, history = train(Walk(), KEY, 12, state=state)
    np.testing.assert_array_equal(history.generation, np.arange(6, 13))


@pytest.mark.parametrize("system", [Walk(), OnePlusOne()])
def test_chunk_size_does_not_change_results(system):
    state, history = train(system, KEY, 41)
    for chunk in (1, 7):
        other_state, other = train(system, KEY, 41, chunk=chunk)
        assert_same_state(state, other_state)
        assert_same_history(history, other)


def test_jittable_equals_host_loop():
    state, history = train(Walk(), KEY, 23)
    host_state, host = train(Walk(jittable=False), KEY, 23)
    assert_same_state(state, host_state)
    assert_same_history(history, host)
    _, history = train(OnePlusOne(), KEY, 23)
    _, host = train(OnePlusOne(jittable=False), KEY, 23)
    np.testing.assert_allclose(
        history.metrics["fitness"], host.metrics["fitness"], rtol=1e-5
    )
    assert host.compile_seconds == 0 < host.run_seconds
    assert history.compile_seconds >= 0 < history.run_seconds


def test_one_compilation_serves_any_number_of_generations():
    del TRACES[:]
    state = None
    for number in (1, 2, 100, 1017, 2500):
        state, _ = train(Walk(name="count"), KEY, number, state=state)
    train(Walk(name="count"), jax.random.key(1), 3, params=jnp.arange(3))
    assert TRACES == ["count"]  # an equal system is the same system


def test_the_program_is_compiled_apart_from_running():
    _, first = train(Walk(name="apart"), KEY, 50)
    _, second = train(Walk(name="apart"), KEY, 50)
    assert first.compile_seconds > 10 * second.compile_seconds
    assert first.run_seconds < first.compile_seconds


def test_the_callers_state_stays_usable():
    state = Walk().init(KEY)
    kept = copy_state(state)
    train(Walk(), KEY, 5, state=state)
    gc.collect()
    assert_same_state(state, kept)
    first, _ = train(Walk(), KEY, 5)
    kept = copy_state(first)
    train(Walk(), KEY, 9, state=first)
    assert_same_state(first, kept)


def test_nothing_left_to_do_returns_at_once():
    watch = Watch()
    state, history = train(Walk(), KEY, 0, callbacks=[watch])
    assert int(state.generation) == 0
    assert history.metrics == {} and history.generation.shape == (0,)
    state, history = train(Walk(), KEY, 4)
    again, same = train(Walk(), KEY, 4, state=state, history=history, callbacks=[watch])
    assert again is state and same is history
    assert watch.events == []


def test_params_go_to_init():
    state, _ = train(Walk(), KEY, 0, params=jnp.array([5, 6, 7]))
    np.testing.assert_array_equal(state.position, [5, 6, 7])


@pytest.mark.parametrize("jittable", [True, False])
def test_callbacks_see_every_generation_once(jittable):
    class Collect(Watch):
        def update(self, chunk):
            length = len(chunk.metrics["fitness"])
            seen.extend(range(chunk.generation - length + 1, chunk.generation + 1))
            history = chunk.history()
            np.testing.assert_array_equal(
                history.generation, np.arange(chunk.generation) + 1
            )
            np.testing.assert_array_equal(
                history.metrics["position"][-1], chunk.state.position
            )
            assert 1 <= length <= 7 and chunk.num_generations == 30
            return super().update(chunk)

    seen, collect = [], Collect()
    train(Walk(jittable=jittable), KEY, 30, callbacks=[collect], chunk=7)
    assert seen == list(range(1, 31))
    assert collect.events == [("open", 30, 0), ("close",)]


@pytest.mark.parametrize(
    ("count", "seconds", "chunk", "expected"),
    [
        (1, 1e-6, 1000, 16),  # at most 16 times as many
        (16, 0.001, 1000, 256),
        (256, 0.25, 1000, 716),
        (800, 0.7, 1000, 800),
        (800, 1.4, 1000, 400),
        (1000, 0.01, 1000, 1000),
        (1, 60.0, 1000, 1),
        (7, 0.0, 50, 50),
    ],
)
def test_the_next_call_should_take_seven_tenths_of_a_second(
    count, seconds, chunk, expected
):
    assert _next_count(count, seconds, chunk) == expected


def test_a_callback_ends_the_run_and_all_the_others_still_look():
    first, second = Watch(stop_at=8), Watch()
    state, history = train(Walk(), KEY, 100, callbacks=[first, second], chunk=7)
    assert int(state.generation) == first.generations[-1] == second.generations[-1] < 16
    assert history.generation[-1] == int(state.generation)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError("disk")])
def test_callbacks_are_closed_and_the_error_is_raised(error):
    first, second = Watch(), Watch(error=error)
    with pytest.raises(type(error)):
        train(Walk(), KEY, 100, callbacks=[first, second], chunk=7)
    assert first.events == second.events == [("open", 100, 0), ("close",)]


def test_only_opened_callbacks_are_closed():
    class Fails(Watch):
        def open(self, num_generations, generation):
            raise RuntimeError("cannot open")

    first, fails = Watch(), Fails()
    with pytest.raises(RuntimeError):
        train(Walk(), KEY, 9, callbacks=[first, fails])
    assert first.events == [("open", 9, 0), ("close",)] and fails.events == []


@dataclass(frozen=True)
class Script(Walk):
    fitness: tuple = ()

    def step(self, key, state):
        state, metrics = super().step(key, state)
        fitness = jnp.array(self.fitness)[state.generation - 1]
        return state, metrics | {"fitness": fitness}


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("fitness", "words"),
    [
        ((1.0, 2.0, NAN, 1.0, NAN), "generation 3 is nan"),
        ((1.0, 2.0, 3.0, INF, 1.0), "generation 4 is inf"),
        ((-INF, 2.0, 3.0, 2.0, 1.0), "generation 1 is -inf"),
        (((NAN, 1.0), (NAN, NAN), (1.0, 1.0)), "generation 2 is nan"),  # replicas
    ],
)
@pytest.mark.parametrize("jittable", [True, False])
def test_generations_without_a_finite_fitness_are_told_once(jittable, fitness, words):
    system = Script(jittable, fitness=fitness)
    with pytest.warns(UserWarning, match=f"{words}. Likely a reward") as told:
        train(system, KEY, len(fitness), chunk=1)
    assert len(told) == 1


def test_a_finite_fitness_beside_others_is_not_told():
    train(Script(False, fitness=((NAN, 1.0), (2.0, INF))), KEY, 2)
