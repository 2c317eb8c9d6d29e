"""What `Control` and `HostControl` are not built of; checks of types aside."""

import jax
import numpy as np
import pytest

from neurojax.environments import CartPoleSwingUp, Gymnasium, LunarLander
from neurojax.environments.gymnasium import make
from neurojax.networks import MLP
from neurojax.parallel.workers import Workers
from neurojax.problems import Control, HostControl
from neurojax.tree import spawn

SWING_UP, POLE = CartPoleSwingUp(), Gymnasium("CartPole-v1")
NETWORK, TWO = MLP((5, 1)), MLP((4, 2))


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (POLE, "an environment outside JAX.*problems.HostControl plays"),
        (make("CartPole-v1"), "environment=<TimeLimit.*must be an environment"),
        ("CartPole-v1", "environment='CartPole-v1' is of type str"),
        (CartPoleSwingUp, r"is a class, .*CartPoleSwingUp\(...\)"),
        (None, "environment=None is of type NoneType"),
    ],
)
def test_control_names_the_right_kind_of_environment(environment, words, unchecked):
    with pytest.raises(ValueError, match=words):
        unchecked(Control, environment, NETWORK)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (LunarLander(), "an environment that runs in JAX.*problems.Control plays"),
        (make("CartPole-v1"), r"environment=<TimeLimit.*Gymnasium\('CartPole-v1'\)"),
        ("CartPole-v1", r"is of type str.*Gymnasium\('CartPole-v1'\)"),
        (Gymnasium, r"is a class, .*Gymnasium\(...\)"),
    ],
)
def test_host_control_names_the_right_kind(environment, words, unchecked):
    with pytest.raises(ValueError, match=words):
        unchecked(HostControl, environment, TWO)


@pytest.mark.parametrize("value", [2.5, "3", True, 0])
@pytest.mark.parametrize(
    ("problem", "arguments", "names"),
    [
        (Control, (SWING_UP, NETWORK), ["max_members_at_once"]),
        (HostControl, (POLE, TWO), ["num_episodes", "max_steps", "chunk_size"]),
    ],
)
def test_numbers_that_are_no_counts_are_refused(
    problem, arguments, names, value, unchecked
):
    for name in names:
        with pytest.raises(ValueError, match=f"{name}={value!r} must be an integer"):
            unchecked(problem, *arguments, **{name: value})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"num_episodes": None}, "num_episodes=None must be an integer"),
        ({"greedy": None}, "greedy=None must be True or False"),
        ({"normalize_observations": "yes"}, "normalize_observations='yes' must be"),
        ({"network": None}, "network=None is of type NoneType; it must be a network"),
        ({"workers": Workers}, r"workers=<class.*Workers.*parallel.Workers\(2\)"),
    ],
)
def test_other_wrong_kinds_are_refused(options, words, unchecked):
    with pytest.raises(ValueError, match=words):
        unchecked(HostControl, **{"environment": POLE, "network": TWO, **options})


@pytest.mark.parametrize(
    "problem", [Control(SWING_UP, NETWORK), HostControl(POLE, TWO, max_steps=3)]
)
def test_a_population_of_another_network_is_told(problem):
    population = spawn(jax.random.key(0), MLP((3, 2, 7)).init, 3)
    with pytest.raises(ValueError, match="weights.*they belong to another network"):
        problem.eval(jax.random.key(0), population, ())


def test_numbers_of_numpy_are_counts(unchecked):
    number = np.int64(3)
    problem = unchecked(HostControl, POLE, TWO, number, chunk_size=number)
    assert problem == HostControl(POLE, TWO, 3, chunk_size=3)
