import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurojax.data import EXPERT_TASKS
from neurojax.data.experts.episodes import episodes
from neurojax.data.experts.policy import load_policy
from neurojax.data.experts.train import main, mean_return
from neurojax.networks.initializers import Layer
from neurojax.rl import actor_critic
from neurojax.rl import host_ppo as ppo_gymnasium
from neurojax.rl import ppo_training as ppo_gymnax


def test_training_on_gymnax_is_one_program_of_metrics_per_update(ppo):
    _, metrics = ppo_gymnax.train(
        ppo, "CartPole-v1", jax.random.key(0), num_envs=5, num_steps=53
    )
    assert metrics["value_loss"].shape == (3,)
    # A random policy holds the pole for about 22 steps.
    assert 10 < jnp.nanmean(metrics["mean_return"]) < 50


def test_training_on_gymnasium_repeats_with_the_same_key(ppo):
    runs = [
        ppo_gymnasium.train(
            ppo, "CartPole-v1", jax.random.key(seed), num_envs=5, num_steps=53
        )
        for seed in (0, 0, 1)
    ]
    same = jax.tree.map(jnp.array_equal, runs[0][0].weights, runs[1][0].weights)
    assert jax.tree.all(same)
    np.testing.assert_array_equal(runs[0][1], runs[1][1])
    assert not np.array_equal(runs[0][1], runs[2][1])
    assert 10 < runs[0][1].mean() < 50


def test_every_update_on_gymnasium_is_reported(ppo):
    seen = []
    ppo_gymnasium.train(
        ppo,
        "CartPole-v1",
        jax.random.key(0),
        num_envs=5,
        num_steps=53,
        on_update=lambda update, learner, mean: seen.append(update),
    )
    assert seen == [0, 1, 2]


def test_an_episode_in_lockstep_ends_where_gymnasium_ends_it():
    play = ppo_gymnasium.Lockstep("CartPole-v1", num_envs=3, seed=0)
    always_right = np.ones(3, int)
    lengths = []
    for step in range(1, 20):
        before = play.observations
        _, terminated, ended, reached = play.step(always_right)
        assert not np.array_equal(before, play.observations)
        for index in np.flatnonzero(ended):
            lengths.append(step)
            assert terminated[index]
            assert abs(reached[index, 2]) > 0.2  # radians: the pole has fallen
            assert abs(play.observations[index, 2]) < 0.05  # and stands again
    play.close()
    assert len(lengths) >= 3
    assert min(lengths) >= 7


def test_numpy_and_jax_see_the_same_policy(learner):
    observations = np.random.default_rng(1).normal(size=(11, 4)).astype(np.float32)
    policy = jax.tree.map(np.asarray, learner.weights.policy)
    np.testing.assert_allclose(
        ppo_gymnasium._log_policy(policy, observations),
        actor_critic.log_policy(learner.weights, jnp.asarray(observations)),
        atol=1e-6,
    )


def test_a_missing_gymnax_names_the_extra(ppo, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "gymnax", None)
    with pytest.raises(ImportError, match=r"pip install neurojax\[envs\]"):
        ppo_gymnax.train(ppo, "CartPole-v1", jax.random.key(0), num_envs=3)


def test_mean_return_is_that_of_the_episodes():
    policy = (Layer(np.zeros((4, 2), np.float32), np.array([0, 1], np.float32)),)
    task = EXPERT_TASKS["CartPole-v1"]
    played = itertools.islice(episodes(task, policy, 0), 7)
    expected = np.mean([episode.total_reward for episode in played])
    assert mean_return(task, policy, 7, 0) == (expected, 0.0)
    assert 7 < expected < 12  # always pushing right drops the pole in about 9 steps


@pytest.mark.slow
def test_ppo_learns_to_balance_the_pole(tmp_path):
    output = tmp_path / "policy.safetensors"
    main(["--task", "CartPole-v1", "--seed", "1", "--output", str(output)])
    policy, metadata = load_policy(output)
    assert mean_return(EXPERT_TASKS["CartPole-v1"], policy, 100, 0)[0] >= 475
    assert metadata["seed"] == "1"
