"""Gymnasium's environments in lockstep, against plain loops."""

import sys

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.registration import registry
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete

from neurojax.environments.gymnasium import Gymnasium, _properties, make
from neurojax.types import HostEnvironment

BOX = Box(-1, 1, (2,), np.float64)
SEEDS = [3, 11, 2**31 - 1]


def plain_episode(name, seed, act, **options):
    """All that one simulator returns, and no more steps than the episode has."""
    environment = make(name, **options)
    observations, rewards = [environment.reset(seed=seed)[0]], []
    ended = False
    while not ended:
        observation, reward, terminated, truncated, _ = environment.step(
            act(len(rewards))
        )
        observations.append(observation)
        rewards.append(reward)
        ended = terminated or truncated
    environment.close()
    return observations, rewards, (terminated, truncated)


@pytest.mark.parametrize("name", ["CartPole-v1", "LunarLander-v3"])
def test_every_episode_equals_a_plain_loop_and_rests_after_its_end(name):
    vector = Gymnasium(name).vector(3)
    plain = [plain_episode(name, seed, lambda t: t % 2) for seed in SEEDS]
    for _ in range(2):  # used again, simulators give the same
        observations, info = vector.reset(seed=SEEDS)
        assert info == {}
        for index, (seen, _, _) in enumerate(plain):
            np.testing.assert_array_equal(observations[index], seen[0])
        for time in range(max(len(rewards) for _, rewards, _ in plain) + 2):
            actions = np.full(3, time % 2, np.int32)
            observations, rewards, terminated, truncated, _ = vector.step(actions)
            for index, (seen, paid, ends) in enumerate(plain):
                now = min(time + 1, len(paid))
                np.testing.assert_array_equal(observations[index], seen[now])
                assert rewards[index] == (paid[time] if time < len(paid) else 0.0)
                has_ended = time + 1 >= len(paid)
                found = terminated[index], truncated[index]
                assert found == (ends if has_ended else (False, False))
    assert len({len(rewards) for _, rewards, _ in plain}) > 1
    vector.close()


def test_what_is_returned_is_not_overwritten_by_the_next_step():
    vector = Gymnasium("CartPole-v1").vector(2)
    first, _ = vector.reset(seed=[0, 1])
    before = first.copy()
    vector.step(np.array([0, 1]))
    np.testing.assert_array_equal(first, before)


def test_continuous_actions_arrive_as_they_are():
    name, push = "Pendulum-v1", np.array([0.7], np.float32)
    environment = Gymnasium(name, (("max_episode_steps", 9),))
    _, paid, _ = plain_episode(name, 3, lambda _: push, max_episode_steps=9)
    vector = environment.vector(1)
    vector.reset(seed=[3])
    rewards = [vector.step(push[None])[1][0] for _ in range(9)]
    assert rewards == paid


def test_properties_are_those_of_the_registered_environment():
    pole, pendulum = Gymnasium("CartPole-v1"), Gymnasium("Pendulum-v1")
    assert isinstance(pole, HostEnvironment)
    assert (pole.max_steps, pole.observation_shape) == (500, (4,))
    assert (pole.num_actions, pole.action_size, pole.action_bounds) == (2, None, None)
    assert (pendulum.num_actions, pendulum.action_size) == (None, 1)
    low, high = pendulum.action_bounds
    assert (low.tolist(), high.tolist()) == ([-2.0], [2.0])
    assert low.dtype == np.float32


def test_options_reach_the_environment_and_make_it_another():
    options = (("max_episode_steps", 7), ("continuous", True))
    lander = Gymnasium("LunarLander-v3", options)
    assert (lander.max_steps, lander.action_size) == (7, 2)
    assert lander == Gymnasium("LunarLander-v3", tuple(reversed(options)))
    assert hash(lander) == hash(Gymnasium("LunarLander-v3", options))
    assert lander != Gymnasium("LunarLander-v3")


class Stub(gymnasium.Env):
    """Pays what it was told to do, unless it is told to answer otherwise.

    `begun` is what `reset` returns, and `stepped` what the step number `at` does.
    """

    def __init__(self, observation_space, action_space, begun=None, stepped=(), at=1):
        self.observation_space, self.action_space = observation_space, action_space
        self.begun, self.stepped, self.at = begun, stepped, at

    def reset(self, *, seed=None, options=None):
        self.time = 0
        zeros = np.zeros(self.observation_space.shape)
        return (zeros, {}) if self.begun is None else self.begun

    def step(self, action):
        assert self.action_space.contains(action)
        self.time += 1
        if self.stepped != () and self.time == self.at:
            return self.stepped
        return np.zeros(self.observation_space.shape), action, False, False, {}


class Seedless(Stub):
    def reset(self):
        return np.zeros(2), {}


class Missing(Stub):
    def __init__(self, *_):
        raise gymnasium.error.DependencyNotInstalled("pip install what-simulates")


@pytest.fixture
def register():
    names = []

    def enter(
        observation_space, action_space, max_episode_steps=4, *, kind=Stub, **answers
    ):
        names.append(f"neurojax/Stub{len(registry)}-v0")
        gymnasium.register(
            names[-1],
            lambda: kind(observation_space, action_space, **answers),
            max_episode_steps=max_episode_steps,
        )
        return names[-1]

    _properties.cache_clear()
    yield enter
    for name in names:
        del registry[name]


def test_discrete_actions_that_start_elsewhere_are_counted_from_0(register):
    environment = Gymnasium(register(BOX, Discrete(3, start=5)))
    assert environment.num_actions == 3
    vector = environment.vector(2)
    vector.reset(seed=[0, 0])
    assert vector.step(np.array([0, 2], np.int32))[1].tolist() == [5.0, 7.0]


def test_an_environment_without_a_limit_needs_one(register):
    name = register(BOX, Discrete(2), None)
    with pytest.raises(ValueError, match="no step limit.*max_episode_steps"):
        Gymnasium(name)
    assert Gymnasium(name, (("max_episode_steps", 3),)).max_steps == 3


@pytest.mark.parametrize(
    ("observations", "actions", "message"),
    [
        (Dict({"a": BOX}), Discrete(2), "observations Dict.*FlattenObservation"),
        (Discrete(4), Discrete(2), "observations Discrete.*FlattenObservation"),
        (BOX, MultiDiscrete([2, 3]), "actions MultiDiscrete.*Discrete action or"),
        (BOX, Box(0, 1, (2, 2)), "actions Box.*one axis"),
        (BOX, Box(0, np.inf, (2,)), "infinite bounds.*RescaleAction"),
    ],
)
def test_spaces_that_networks_cannot_fill_are_refused(
    register, observations, actions, message
):
    with pytest.raises(ValueError, match=message):
        Gymnasium(register(observations, actions))


SEEN = np.zeros(2)
WHOLE = Box(0, 9, (2,), np.int32)


@pytest.mark.parametrize(
    ("space", "begun", "words"),
    [
        (BOX, SEEN, "reset returned array.*; return an observation and info"),
        (BOX, (SEEN, {}, 0), "reset returned 3 values in a tuple"),
        (BOX, (np.zeros(3), {}), r"shape \(3,\), where observation_space has \(2,\)"),
        (BOX, (0.0, {}), r"an observation of shape \(\), where.*make them agree"),
        (BOX, ([[0], [0, 1]], {}), "reset returned no array to observe"),
        (BOX, ({"a": 1}, {}), "observation {'a': 1}; return an array of numbers"),
        (WHOLE, (np.array([1.0, 2.5]), {}), "float64.*cut off to the int32"),
        (Box(0, 9, (2,), np.uint8), ([1, 300], {}), "int64.*cut off to the uint8"),
    ],
)
def test_what_reset_must_not_return_is_refused(register, space, begun, words):
    name = register(space, Discrete(2), begun=begun)
    with pytest.raises(ValueError, match=f"{name}.*{words}"):
        Gymnasium(name).vector(2).reset(seed=[0, 1])


@pytest.mark.parametrize("at", [1, 3])
@pytest.mark.parametrize(
    ("stepped", "words"),
    [
        ((SEEN, 1.0, False, {}), "step must return an observation, a reward.*got 4"),
        (None, "step must return an observation, a reward.*NoneType"),
        (
            (SEEN, None, False, False, {}),
            "reward=None of type NoneType; return",
        ),
        ((SEEN, object(), False, False, {}), "reward=<object.*; return a float"),
        ((SEEN, np.ones(2), False, False, {}), "reward=array.*; return a float"),
        ((np.zeros(3), 1.0, False, False, {}), r"an observation of shape \(3,\)"),
    ],
)
def test_what_step_must_not_return_is_refused_whenever_it_does(
    register, stepped, at, words
):
    name = register(BOX, Discrete(2), stepped=stepped, at=at)
    vector = Gymnasium(name).vector(2)
    vector.reset(seed=[0, 1])
    with pytest.raises(ValueError, match=f"{name}.*{words}"):
        for _ in range(4):
            vector.step(np.zeros(2, np.int32))


@pytest.mark.parametrize(
    ("stepped", "words"),
    [
        ((SEEN, "1", False, False, {}), "reward='1' of type str; return a float"),
        ((SEEN, 1.0, None, False, {}), "terminated=None.*; return True or False"),
        ((SEEN, 1.0, False, "no", {}), "truncated='no'.*; return True or False"),
        ((1.0, 1.0, False, False, {}), r"observation of shape \(\)"),
    ],
)
def test_what_numpy_would_take_is_looked_for_in_the_first_step(
    register, stepped, words
):
    name = register(BOX, Discrete(2), stepped=stepped)
    vector = Gymnasium(name).vector(1)
    vector.reset(seed=[0])
    with pytest.raises(ValueError, match=f"{name}.*{words}"):
        vector.step(np.zeros(1, np.int32))


def test_a_reset_without_a_seed_is_refused(register):
    name = register(BOX, Discrete(2), kind=Seedless)
    with pytest.raises(ValueError, match=f"{name}.*must take a seed: def reset"):
        Gymnasium(name).vector(1).reset(seed=[0])


def test_a_simulators_own_error_stays_its_own(register):
    name = register(BOX, Discrete(2))
    vector = Gymnasium(name).vector(1)
    vector.reset(seed=[0])
    with pytest.raises(AssertionError):  # of the stub, at an action that there is not
        vector.step(np.array([7], np.int32))


def test_a_simulator_without_what_it_needs_names_the_package(register):
    name = register(BOX, Discrete(2), kind=Missing)
    with pytest.raises(ImportError, match=r"needs.*what-simulates.*neurojax\[envs\]"):
        Gymnasium(name)


def test_an_environment_in_place_of_its_name_is_refused(unchecked):
    words = r"name=<.*CartPole.*must be what.*Gymnasium\('CartPole-v1'\)"
    with pytest.raises(ValueError, match=words):
        unchecked(Gymnasium, make("CartPole-v1"))
    with pytest.raises(ValueError, match="name=None must be what gymnasium registered"):
        unchecked(Gymnasium, None)


@pytest.mark.parametrize("name", ["", "LunarLander-v2"])
def test_a_name_that_gymnasium_does_not_take_is_refused(name):
    with pytest.raises(ValueError, match=f"name={name!r}: "):
        Gymnasium(name)


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="'Cartpole-v1'.*did you mean 'CartPole-v1'"):
        Gymnasium("Cartpole-v1")


def test_unknown_options_are_refused():
    with pytest.raises(ValueError, match="CartPole-v1 has no such option.*colour"):
        Gymnasium("CartPole-v1", (("colour", "red"),))
    with pytest.raises(ValueError, match="max_episode_steps=0 must be an integer"):
        Gymnasium("CartPole-v1", (("max_episode_steps", 0),))
    with pytest.raises(ValueError, match="max_episode_steps=True must be an integer"):
        Gymnasium("CartPole-v1", (("max_episode_steps", True),))
    with pytest.raises(ValueError, match="an option twice"):
        Gymnasium("CartPole-v1", (("max_episode_steps", 3), ("max_episode_steps", 4)))


def test_a_missing_gymnasium_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    _properties.cache_clear()
    with pytest.raises(ImportError, match=r"CartPole-v1 needs.*neurojax\[envs\]"):
        Gymnasium("CartPole-v1")
