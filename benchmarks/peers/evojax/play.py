"""What is played: `SimManager.eval_params` of a random population."""

from functools import partial
from typing import Any

import jax.numpy as jnp
from evojax import SimManager
from evojax.policy import MLPPolicy
from evojax.task.cartpole import CartPoleSwingUp

from benchmarks.peers.command import Options, Work
from benchmarks.peers.evojax.works import CartPole
from benchmarks.peers.plays import PLAYS, weights_of

TASKS = {
    "play_cartpole": CartPole,
    "play_cartpole_good": CartPole,
    "play_swing_up": CartPoleSwingUp,
}


def play(name: str, options: Options) -> Work:
    """A unit is an evaluation of the population."""
    setting = PLAYS[name]
    members = options.population or setting.members
    task = TASKS[name]()
    policy = MLPPolicy(
        input_dim=task.obs_shape[0],
        hidden_dims=list(setting.sizes[1:-1]),
        output_dim=setting.sizes[-1],
    )
    simulation = SimManager(
        n_repeats=setting.episodes,
        test_n_repeats=1,
        pop_size=members,
        n_evaluations=1,
        policy_net=policy,
        train_vec_task=task,
        valid_vec_task=task,
    )
    layers = weights_of(setting, members)
    # EvoJAX's order: by layer, bias before kernel.
    flat = [part.reshape(members, -1) for k, b in layers for part in (b, k)]
    population = jnp.concatenate(flat, axis=1)
    found: dict[str, float] = {}

    def run(count: int) -> None:
        for _ in range(count):
            scores, _ = simulation.eval_params(population, test=False)
        found["mean_return"] = float(jnp.mean(scores))

    return Work(run, lambda: found)


def plays() -> dict[str, Any]:
    """The works by name: EvoJAX's brax task needs a brax of 2022."""
    return {name: partial(play, name) for name in TASKS}
