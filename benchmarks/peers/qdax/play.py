"""What is played: its own unroll of its brax ant ("ant_uni"), and its score.

QDax (Chalumeau et al., 2024) has no CartPole and no swing-up. Its ant also records the
contacts of the feet, from which it makes descriptors: work that the others do not do.
"""

from typing import Any

import jax
import jax.numpy as jnp
from qdax.core.neuroevolution.networks.networks import MLP
from qdax.tasks.brax import v2 as environments
from qdax.tasks.brax.v2.env_creators import (
    make_policy_network_play_step_fn_brax,
    scoring_function_brax_envs,
)

from benchmarks.peers.command import Options, Work
from benchmarks.peers.plays import PLAYS, weights_of


def play_ant(options: Options) -> Work:
    """A unit is an evaluation of the population."""
    setting = PLAYS["play_ant"]
    environment: Any = environments.create(
        "ant_uni", episode_length=setting.max_steps, backend="spring"
    )
    policy = MLP(setting.sizes[1:], activation=jnp.tanh, final_activation=jnp.tanh)
    members = options.population or setting.members
    layers = weights_of(setting, members)
    population = {
        "params": {
            f"Dense_{index}": {"kernel": jnp.array(kernel), "bias": jnp.array(bias)}
            for index, (kernel, bias) in enumerate(layers)
        }
    }
    step = make_policy_network_play_step_fn_brax(environment, policy)
    found: dict[str, float] = {}

    def descriptor(transitions: Any, mask: Any) -> jax.Array:
        return jnp.zeros((mask.shape[0], 1))

    def run(count: int) -> None:
        for _ in range(count):
            fitness, _, _ = scoring_function_brax_envs(
                population,
                jax.random.key(0),
                setting.max_steps,
                environment.reset,
                step,
                descriptor,
            )
            jax.block_until_ready(fitness)
        found["mean_return"] = float(fitness.mean())

    return Work(run, lambda: found)


def plays() -> dict[str, Any]:
    """The works by name."""
    return {"play_ant": play_ant}
