"""Networks at play in gymnasium on worker processes, against a plain loop."""

import functools
import gc
import multiprocessing
import signal

import jax
import numpy as np
import pytest

from benchmarks._gymnasium import at_host_play, episode_returns
from benchmarks._measures import EPISODE_SEED, Measure
from neurojax.data.policy import Layer, Policy
from neurojax.environments.gymnasium import make
from neurojax.networks import MLP

LANDER, POLE = "LunarLander-v3", "CartPole-v1"
EPISODES = 3


@functools.cache
def population(networks: int, *sizes: int) -> tuple:
    keys = jax.random.split(jax.random.key(7), networks)
    return jax.jit(jax.vmap(MLP(sizes).init))(keys)


def network(weights: tuple, index: int) -> Policy:
    return tuple(Layer(*(np.asarray(leaf[index]) for leaf in part)) for part in weights)


def act(policy: Policy, observation: np.ndarray) -> int:
    *hidden, last = policy
    for layer in hidden:
        observation = np.tanh(observation @ layer.kernel + layer.bias)
    return int(np.argmax(observation @ last.kernel + last.bias))


def plain_returns(task: str, choose) -> list[float]:
    returns = []
    for index in range(EPISODES):
        environment = make(task)
        observation, _ = environment.reset(seed=EPISODE_SEED + index)
        total, ended = 0.0, False
        while not ended:
            observation, reward, terminated, truncated, _ = environment.step(
                choose(observation)
            )
            total, ended = total + float(reward), terminated or truncated
        environment.close()
        returns.append(total)
    return returns


def workers() -> set[int | None]:
    return {process.pid for process in multiprocessing.active_children()}


@pytest.fixture(scope="module")
def lander() -> Measure:
    return at_host_play(LANDER, EPISODES, workers=1)


def test_every_episode_equals_a_plain_loop(lander):
    weights = population(2, 8, 16, 4)
    measured = lander(weights)["return"]
    for index, value in enumerate(measured):
        policy = network(weights, index)
        expected = plain_returns(LANDER, lambda seen, p=policy: act(p, seen))
        assert episode_returns(LANDER, EPISODES, policy).tolist() == expected
        assert value == np.mean(expected)
    assert measured[0] != measured[1]


def test_the_number_of_workers_does_not_matter(lander):
    weights = population(6, 8, 16, 4)
    one, started = lander(weights)["return"], workers()
    measure = at_host_play(LANDER, EPISODES, workers=2)
    two = measure(weights)["return"]
    assert one.shape == (6,) and one.dtype == np.float64
    np.testing.assert_array_equal(one, two)
    assert len(workers() - started) == 2
    del measure
    gc.collect()
    assert workers() == started


def test_a_second_call_uses_the_same_workers(lander):
    weights = population(2, 8, 16, 4)
    first, started = lander(weights)["return"], workers()
    np.testing.assert_array_equal(first, lander(weights)["return"])
    assert started and workers() == started


@pytest.mark.parametrize(("bias", "action"), [((0.0, 1.0), 1), ((0.5, 0.5), 0)])
def test_the_largest_output_acts_and_the_first_of_equals(bias, action):
    policy = (Layer(np.zeros((4, 2), np.float32), np.array(bias, np.float32)),)
    expected = plain_returns(POLE, lambda _: action)
    assert episode_returns(POLE, EPISODES, policy).tolist() == expected


def test_weights_that_are_not_finite_have_no_return(lander):
    weights = population(2, 8, 16, 4)
    broken = (
        weights[0]._replace(kernel=weights[0].kernel.at[1, 0, 0].set(np.nan)),
        weights[1],
    )
    returns = lander(broken)["return"]
    assert np.isfinite(returns[0]) and np.isnan(returns[1])


def test_a_dead_worker_is_reported_and_replaced(lander):
    weights = population(2, 8, 16, 4)
    before = lander(weights)["return"]
    for process in multiprocessing.active_children():
        process.kill()
    with pytest.raises(RuntimeError, match="died.*fewer workers"):
        lander(weights)
    np.testing.assert_array_equal(lander(weights)["return"], before)


def test_an_interrupt_ends_the_workers(lander):
    two, many = population(2, 8, 16, 4), population(600, 8, 16, 4)
    before = lander(two)["return"]
    previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    with pytest.raises(KeyboardInterrupt):  # many take four seconds
        lander(many)
    signal.signal(signal.SIGALRM, previous)
    assert not workers()
    np.testing.assert_array_equal(lander(two)["return"], before)


def test_what_cannot_be_played_is_refused(lander):
    with pytest.raises(ValueError, match="num_episodes=0"):
        at_host_play(POLE, 0)
    with pytest.raises(ValueError, match="workers=0"):
        at_host_play(POLE, 1, workers=0)
    with pytest.raises(ValueError, match="Pendulum-v1 .* Discrete actions"):
        at_host_play("Pendulum-v1", 1)
    with pytest.raises(ValueError, match="4 inputs to 2 outputs, .* 8 and 4"):
        lander(population(2, 4, 8, 2))
