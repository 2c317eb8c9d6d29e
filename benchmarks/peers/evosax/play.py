"""What is played: `GymnaxProblem` or `BraxProblem` on a random population."""

from functools import partial
from typing import Any

import gymnax
import jax
import jax.numpy as jnp
from evosax.problems.networks import MLP, tanh_output_fn
from evosax.problems.rl.brax import BraxProblem
from evosax.problems.rl.gymnax import GymnaxProblem

from benchmarks.peers.command import Options, Work
from benchmarks.peers.plays import PLAYS, weights_of
from benchmarks.peers.swing_up import SwingUp


class Flat(MLP):
    """evosax's network on an image's pixels in a row."""

    def __call__(self, x: Any, key: Any = None) -> Any:
        """Outputs of the last layer."""
        return super().__call__(x.reshape(-1).astype(jnp.float32), key)


def play(name: str, options: Options) -> Work:
    """A unit is an evaluation of the population."""
    setting = PLAYS[name]
    problem = _problem(setting)
    key = jax.random.key(0)
    state = problem.init(key)
    members = options.population or setting.members
    layers = weights_of(setting, members)
    population = {
        "params": {
            f"Dense_{index}": {"kernel": jnp.array(kernel), "bias": jnp.array(bias)}
            for index, (kernel, bias) in enumerate(layers)
        }
    }
    keys = iter(jax.random.split(jax.random.key(1), 100_000))
    found: dict[str, float] = {}

    # The trajectory of states that `eval` returns as a metric is not asked for.
    @jax.jit
    def evaluate(key, population, state):
        return problem.eval(key, population, state)[0]

    memory = evaluate.lower(key, population, state).compile().memory_analysis()
    found["bytes_per_member"] = memory.temp_size_in_bytes / members

    def run(count: int) -> None:
        for _ in range(count):
            returns = jax.block_until_ready(evaluate(next(keys), population, state))
        found["mean_return"] = float(returns.mean())

    return Work(run, lambda: found)


def _problem(setting: Any) -> Any:
    is_discrete = setting.environment in ("CartPole-v1", "Breakout-MinAtar")
    output = (lambda x, key: jnp.argmax(x)) if is_discrete else tanh_output_fn
    kind = Flat if setting.environment == "Breakout-MinAtar" else MLP
    policy = kind(setting.sizes[1:], output_fn=output)
    if setting.source == "brax":
        return BraxProblem(
            setting.environment,
            policy,
            setting.max_steps,
            setting.episodes,
            use_normalize_obs=False,
        )
    if setting.environment == "SwingUp":
        gymnax.register("SwingUp", lambda: SwingUp(hard=False))
    return GymnaxProblem(
        setting.environment,
        policy,
        setting.max_steps,
        setting.episodes,
        use_normalize_obs=False,
    )


def plays() -> dict[str, Any]:
    """The works by name."""
    return {name: partial(play, name) for name in PLAYS}
