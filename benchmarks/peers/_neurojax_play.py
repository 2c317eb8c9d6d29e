"""What neurojax_loop plays: `Control.eval` of a random population."""

from functools import partial
from typing import Any

import jax

from benchmarks.peers._command import Options, Work
from benchmarks.peers._play import PLAYS, weights_of
from neurojax.environments import Brax, CartPoleSwingUp, Gymnax
from neurojax.networks import MLP
from neurojax.networks.initializers import Layer
from neurojax.problems import Control
from neurojax.types import Environment


def play(name: str, options: Options) -> Work:
    """A unit is an evaluation of the population by one compiled program."""
    setting = PLAYS[name]
    environment = _environment(setting.environment, setting.source)
    network = MLP(setting.sizes)
    problem = Control(
        environment,
        network,
        num_episodes=setting.episodes,
        max_steps=setting.max_steps,
    )
    members = setting.members
    if options.variant:  # another population size
        members = int(options.variant)
    layers = weights_of(setting, members)
    population = tuple(Layer(*map(jax.numpy.asarray, layer)) for layer in layers)
    keys = iter(jax.random.split(jax.random.key(1), 100_000))
    found: dict[str, float] = {}
    compiled = jax.jit(problem.eval).lower(jax.random.key(0), population, ()).compile()
    if (memory := compiled.memory_analysis()) is not None:
        found["bytes_per_member"] = memory.temp_size_in_bytes / members

    def run(count: int) -> None:
        played = [compiled(next(keys), population, ())[2] for _ in range(count)]
        lengths = [float(metrics["length"].sum()) for metrics in played]
        found["steps"] = setting.episodes * sum(lengths) / count
        found["mean_return"] = float(played[-1]["return"].mean())

    return Work(run, lambda: found)


def _environment(name: str, source: str) -> Environment:
    if source == "brax":
        return Brax(name)
    return CartPoleSwingUp() if name == "SwingUp" else Gymnax(name)


def plays() -> dict[str, Any]:
    """The works by name."""
    return {name: partial(play, name) for name in PLAYS}
