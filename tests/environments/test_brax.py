import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurojax.environments import Brax
from neurojax.environments import brax as adapter
from neurojax.networks import MLP
from neurojax.problems import Control
from neurojax.testing.environment import check_types

pytest.importorskip("brax")

KEY = jax.random.key(0)
SMALL = "inverted_pendulum"
LARGE = ("ant", "halfcheetah", "hopper", "humanoid", "humanoidstandup", "walker2d")
REST = ("inverted_double_pendulum", "pusher", "reacher")


def brax_itself(name, backend):
    with adapter._quiet():
        return adapter._import_brax().get_environment(name, backend=backend)


def check_equal_to_brax(name, backend, num_steps):
    environment, reference = Brax(name, backend), brax_itself(name, backend)
    actions = jax.random.uniform(KEY, (num_steps, environment.action_size), minval=-1.0)

    def ours(key):
        def step(state, action):
            observation, state, reward, end, _ = environment.step(KEY, state, action)
            return state, (observation, reward, end)

        observation, state = environment.reset(key)
        return observation, *jax.lax.scan(step, state, actions)[1]

    def theirs(key):
        def step(state, action):
            state = reference.step(state, action)
            return state, (state.obs, state.reward, state.done)

        state = reference.reset(key)
        return state.obs, *jax.lax.scan(step, state, actions)[1]

    found = jax.jit(ours)(KEY)
    with adapter._quiet():
        expected = jax.jit(theirs)(KEY)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
    _, observations, rewards, terminated = found
    assert np.isfinite(observations).all() and np.isfinite(rewards).all()
    assert np.abs(np.diff(observations, axis=0)).max() > 0.01
    return rewards, terminated


def test_each_step_of_a_pendulum_that_falls_is_braxs():
    rewards, terminated = check_equal_to_brax(SMALL, "spring", 40)
    assert (rewards == 1).all()
    # The end is told, and the pendulum falls on: nothing starts anew.
    assert not terminated[0] and terminated[-1]


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE + REST)
def test_each_step_of_every_other_environment_is_braxs(name):
    check_equal_to_brax(name, "spring", 20)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["generalized", "positional", "mjx"])
def test_each_step_of_the_other_backends_is_braxs(backend):
    check_equal_to_brax("ant", backend, 5)


@pytest.mark.slow
def test_the_swimmer_swims_with_todays_jax():
    check_equal_to_brax("swimmer", "generalized", 20)


def test_control_plays_it():
    environment, network = Brax("fast", max_steps=3), MLP((2, 1))
    problem = Control(environment, network, num_episodes=2)
    forwards = jax.tree.map(jnp.ones_like, network.init(KEY))
    population = jax.tree.map(lambda leaf: jnp.stack([leaf, -leaf]), forwards)
    fitness, _, metrics = jax.jit(problem.eval)(KEY, population, ())
    # The rewards of the test below, and nothing for an action below 0.
    np.testing.assert_allclose(fitness, [-0.004, 0.0], rtol=1e-5)
    np.testing.assert_array_equal(metrics["length"], [3, 3])


def test_the_time_limit_truncates():
    environment = Brax("fast", max_steps=3)
    _, state = environment.reset(KEY)
    ends, rewards = [], []
    for _ in range(3):
        _, state, reward, *end = environment.step(KEY, state, jnp.ones(1))
        ends.append([bool(flag) for flag in end])
        rewards.append(float(reward))
    assert ends == [[False, False]] * 2 + [[False, True]]
    # Its speed grows by 0.02 a step of 0.02 s, and the reward is the way.
    np.testing.assert_allclose(rewards, [0.0004, 0.0012, 0.0024], rtol=1e-5)


def test_spaces_are_told():
    environment = Brax("ant")
    assert environment.observation_shape == (27,)
    assert (environment.num_actions, environment.action_size) == (None, 8)
    low, high = environment.action_bounds
    assert (low.tolist(), high.tolist()) == ([-1.0] * 8, [1.0] * 8)
    assert environment.max_steps == 1000


@pytest.mark.slow
def test_an_action_of_1_is_the_actuators_limit():
    pendulum = brax_itself(SMALL, "spring")
    # 3 in the model: brax scales [-1, 1] to it, so that the bounds are [-1, 1].
    assert pendulum.sys.actuator.ctrl_range.tolist() == [[-3.0, 3.0]]
    environment = Brax(SMALL)

    @jax.jit
    def after(force):
        _, state = environment.reset(KEY)
        return environment.step(KEY, state, force[None])[0]

    at, beyond = after(jnp.float32(1.0)), after(jnp.float32(1.5))
    np.testing.assert_allclose(at, beyond, rtol=1e-6)
    assert np.abs(after(jnp.float32(0.5)) - at).max() > 0.01


@pytest.mark.parametrize(
    ("name", "options"),
    [("ant", ()), ("ant", (("terminate_when_unhealthy", False),)), ("reacher", ())],
)
def test_types_are_kept_and_old_states_too(name, options):
    check_types(Brax(name, options=options))


def test_equal_arguments_are_equal():
    options = (("obs_mode", "ndarray"), ("asymmetric_obs", False))
    one = Brax("fast", options=options)
    other = Brax("fast", "spring", options[::-1], 1000)
    assert one == other and hash(one) == hash(other)
    assert one != Brax("fast") != Brax("fast", "mjx") != Brax("fast", max_steps=9)


def test_another_limit_reads_no_second_model():
    assert adapter.made(Brax("ant", max_steps=9)) is adapter.made(Brax("ant"))


def test_first_use_inside_jit_leaves_no_tracer_behind():
    options = (("n_frames", 3),)
    jax.eval_shape(lambda key: Brax("ant", options=options).reset(key)[0], KEY)
    model = jax.tree.leaves(adapter.made(Brax("ant", options=options)).sys)
    assert model and not any(isinstance(leaf, jax.core.Tracer) for leaf in model)


def test_options_reach_the_constructor():
    assert Brax(
        "ant", options=(("exclude_current_positions_from_observation", False),)
    ).observation_shape == (29,)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": "Antt"}, "name='Antt' must be one of.*did you mean 'ant'"),
        ({"name": "ant", "backend": "sprng"}, "backend='sprng'.*mean 'spring'"),
        ({"name": "swimmer"}, "swimmer of brax refuses.*spring.*'generalized'"),
        (
            {"name": "ant", "options": (("reset_noise", 0.0),)},
            "options='reset_noise' must be one of.*mean 'reset_noise_scale'",
        ),
        (
            {"name": "ant", "options": (("use_contact_forces", True),)},
            "options=.*use_contact_forces.*not implemented",
        ),
        ({"name": "ant", "options": (("n_frames", [1]),)}, "hashable.*tuples"),
        ({"name": "ant", "options": ((("debug", False),) * 2)}, "twice"),
        ({"name": "fast", "max_steps": 0}, "max_steps=0 must be an integer at least 1"),
    ],
)
def test_bad_input_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        Brax(**arguments)


def test_missing_brax_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "brax.envs", None)
    with pytest.raises(ImportError, match=r"pip install 'neurojax\[brax\]'"):
        Brax(SMALL, options=(("n_frames", 7),))


def test_brax_is_loaded_at_first_use_and_without_a_word():
    code = (
        "import sys, warnings; warnings.simplefilter('error'); import neurojax as nj; "
        "assert not {'brax', 'mujoco', 'jaxopt'} & {*sys.modules}; "
        "nj.environments.Brax('ant'); assert 'brax' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
