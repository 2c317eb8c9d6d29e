import jax
import jax.numpy as jnp
import numpy as np
from learning_probes import Value

from neurojax.rl import PPO, actor_and_critic
from neurojax.rl.ppo_training import proceed, start, train


def test_training_is_one_program_of_metrics_per_update(ppo):
    learner, metrics = train(ppo, jax.random.key(0), num_envs=5, num_steps=53)
    assert metrics["value_loss"].shape == (3,)
    # A random policy holds the pole for about 22 steps.
    assert 10 < jnp.nanmean(metrics["mean_return"]) < 50
    again, _ = train(ppo, jax.random.key(0), num_envs=5, num_steps=53)
    other, _ = train(ppo, jax.random.key(1), num_envs=5, num_steps=53)
    assert jax.tree.all(jax.tree.map(jnp.array_equal, learner, again))
    assert not jax.tree.all(jax.tree.map(jnp.array_equal, learner, other))


def test_training_goes_on_in_the_midst_of_its_episodes(ppo):
    """So that an episode may be longer than the steps between two updates."""
    training = start(ppo, jax.random.key(0), num_envs=5)
    key = jax.random.key(1)
    for number in range(1, 4):
        training, metrics = proceed(ppo, key, training, num_updates=1, num_steps=2)
        assert training.lockstep.time.tolist() == [2 * number] * 5
        assert jnp.isnan(metrics["mean_return"]).all()  # no pole falls so soon


def test_the_mean_return_is_that_of_the_episodes_that_ended():
    """Each pays 1 in its only step."""
    ppo = PPO(Value(), *actor_and_critic(Value(), (3,)), num_updates=2)
    _, metrics = train(ppo, jax.random.key(0), num_envs=8, num_steps=3)
    np.testing.assert_allclose(metrics["mean_return"], 1.0)
