"""A life begins with a key, from which no other draw of the episode changes."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from environment_toys import Walk
from players import Constant

from neurojax.keys import key_of_life
from neurojax.problems import Control, HostControl, Imitation
from neurojax.rollouts import episode_return, rollout
from neurojax.rollouts.population import population_returns

KEY = jax.random.key(7)
WALK = Walk(goal=5, max_steps=11, limit=11, noise=1.0)
MEMBERS = jnp.array([[0.5, 0.0], [0.0, 0.5], [1.0, 0.0]])


@dataclass(frozen=True)
class Inspired(Constant):
    """Its outputs are drawn at the start of its life, and added to its weights."""

    def reset(self, key, weights):
        return jax.random.normal(key, (self.num_outputs,))

    def apply(self, weights, carry, observation):
        return carry, weights + carry


@dataclass(frozen=True)
class HostWalk:
    """Pays 1 for action 1, on the host. Three steps."""

    max_steps = 3
    observation_shape = (1,)
    num_actions = 2

    def vector(self, num_envs):
        return self

    def reset(self, *, seed):
        return np.zeros((len(seed), 1)), {}

    def step(self, actions):
        none = np.zeros(len(actions), bool)
        return np.zeros((len(actions), 1)), actions.astype(float), none, none, {}


# The numbers of the next two tests are from before lives had keys.
def test_an_episode_is_the_one_it_was_before_lives_had_keys():
    weights = MEMBERS[0]
    played = episode_return(WALK, Constant(2), weights, KEY, greedy=False)
    assert int(played.length) == 9
    np.testing.assert_allclose(played.total_reward, 25.799057, rtol=1e-6)
    steps = rollout(WALK, Constant(2), weights, KEY, greedy=False)
    assert steps.action.tolist() == [0, 0, 0, 1, 1, 1, 1, 0, 1, 0, 0]
    first, last = steps.reward[0], steps.reward[8]
    np.testing.assert_allclose([first, last], [0.30971327, 5.3229413], rtol=1e-6)


def test_a_population_plays_as_it_did_before_lives_had_keys():
    keys = jax.random.split(KEY, 2)
    played, _ = population_returns(
        WALK, Constant(2), MEMBERS, keys, greedy=False, block=2
    )
    assert played.length.tolist() == [[5, 6], [5, 6], [7, 7]]
    expected = [[24.16844, 26.035261], [24.16844, 26.035261], [31.029816, 27.662433]]
    np.testing.assert_allclose(played.total_reward, expected, rtol=1e-6)


def test_a_network_may_draw_its_first_carry_from_the_episodes_key():
    network, keys = Inspired(2), jax.random.split(KEY, 5)
    carries = [jax.random.normal(key_of_life(key), (2,)) for key in keys]
    goes = [bool(carry[1] > carry[0]) for carry in carries]
    assert len(set(goes)) == 2, "all lives begin alike"
    nothing, still = jnp.zeros(2), Walk(goal=99)
    for key, wanted in zip(keys, goes, strict=True):
        steps = rollout(still, network, nothing, key)
        assert steps.action.tolist() == [int(wanted)] * 7


def test_all_ways_to_play_begin_a_life_with_the_same_key():
    network, keys = Inspired(2), jax.random.split(KEY, 5)
    players = jnp.zeros((3, 2))
    played, _ = population_returns(WALK, network, players, keys, block=2)
    for episode, key in enumerate(keys):
        alone = episode_return(WALK, network, players[0], key)
        assert played.length[:, episode].tolist() == [int(alone.length)] * 3
    goes = [int(jnp.argmax(jax.random.normal(key_of_life(k), (2,)))) for k in keys]
    for normalizes in (False, True):
        problem = HostControl(
            HostWalk(),
            network,
            num_episodes=5,
            chunk_size=3,
            normalize_observations=normalizes,
        )
        _, _, metrics = problem.eval(KEY, players, problem.init(KEY))
        np.testing.assert_allclose(metrics["return"], 3 * np.mean(goes), rtol=1e-6)


@pytest.mark.parametrize("axes", [1, 2], ids=["pairs", "sequences"])
def test_every_row_of_an_evaluation_begins_with_the_evaluations_key(axes):
    network, shape = Inspired(3), (7, 2)[:axes]
    problem = Imitation(network, np.zeros((*shape, 1)), np.ones(shape, int))
    fitness, _, _ = problem.eval(KEY, jnp.zeros((2, 3)), problem.init(KEY))
    logits = jax.random.normal(key_of_life(KEY), (3,))
    wanted = -jax.nn.log_softmax(logits)[1]
    np.testing.assert_allclose(fitness, [wanted] * 2, rtol=1e-6)
    other, _, _ = problem.eval(jax.random.key(8), jnp.zeros((2, 3)), problem.init(KEY))
    assert not np.allclose(other, fitness)


def test_control_plays_the_lives_of_its_episodes():
    network = Inspired(2)
    _, _, metrics = Control(WALK, network, num_episodes=5).eval(
        KEY, jnp.zeros((2, 2)), ()
    )
    keys = jax.random.split(KEY, 5)
    alone = [episode_return(WALK, network, jnp.zeros(2), key).length for key in keys]
    np.testing.assert_allclose(metrics["length"], np.mean(alone), rtol=1e-6)
