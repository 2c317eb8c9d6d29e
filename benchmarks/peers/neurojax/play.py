"""What is played: `Control.eval` of a random population."""

import time
from functools import partial
from math import gcd
from typing import Any

import jax

from benchmarks.peers.command import Options, Work
from benchmarks.peers.plays import PLAYS, weights_of
from neurojax.environments import Brax, CartPoleSwingUp, Gymnax
from neurojax.networks import MLP
from neurojax.networks.initializers import Layer
from neurojax.parallel import member_mesh
from neurojax.parallel.mesh import by_member, place, replicated, shard_members
from neurojax.problems import Control
from neurojax.types import Environment, Key, Metrics, Population


def play(name: str, options: Options) -> Work:
    """A unit is an evaluation of the population, spread over the devices there are."""
    setting = PLAYS[name]
    environment = _environment(setting.environment, setting.source)
    network = MLP(setting.sizes)
    problem = Control(
        environment,
        network,
        num_episodes=setting.episodes,
        max_steps=setting.max_steps,
    )
    members = options.population or setting.members
    mesh = member_mesh(gcd(members, jax.device_count()))
    layers = weights_of(setting, members)
    population = tuple(Layer(*map(jax.numpy.asarray, layer)) for layer in layers)
    population = place(population, by_member(mesh))
    keys = iter(place(jax.random.split(jax.random.key(1), 100_000), replicated(mesh)))
    found: dict[str, float] = {}

    def evaluate(population: Population, key: Key) -> tuple[Metrics, tuple[()]]:
        return problem.eval(key, population, ())[2], ()

    began = time.perf_counter()
    spread = jax.jit(shard_members(evaluate, mesh))
    compiled = spread.lower(population, next(keys)).compile()
    found["compile_s"] = time.perf_counter() - began
    if (memory := compiled.memory_analysis()) is not None:
        found["bytes_per_member"] = memory.temp_size_in_bytes * mesh.size / members

    def run(count: int) -> None:
        played = [compiled(population, next(keys))[0] for _ in range(count)]
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
