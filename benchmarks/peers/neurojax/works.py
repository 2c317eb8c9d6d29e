"""The works of the comparison in neurojax: each is one `train` call on one system."""

import time
from typing import Any

import jax
import numpy as np
import optax

from benchmarks.peers.command import Options, Work
from benchmarks.peers.pairs import cartpole_pairs
from neurojax.encodings import Gaussian
from neurojax.environments import Gymnax
from neurojax.networks import MLP
from neurojax.parallel import member_mesh
from neurojax.problems import Control, Imitation
from neurojax.strategies import GradientDescent, SimpleES, SimpleGA
from neurojax.systems import Evolution
from neurojax.training import train

NETWORK = MLP((4, 50, 2))
SWEEP_NETWORK = MLP((4, 64, 32, 2), jax.nn.relu)
SIZES = (100, 300, 1000, 3000, 10_000, 30_000)
MESH_BATCH = 1000  # smaller batches cost less than telling the devices of each other


def evolution(name: str, batch_size: int, options: Options) -> Work:
    """A unit is a generation of 50 members on a fresh minibatch."""
    variation, size = Gaussian(1e-3, noise=_noise(options)), options.population or 50
    strategy = SimpleGA(size, num_elites=0, variation=variation)
    if name.startswith("es"):
        strategy = SimpleES(size, variation)
    objective = "sampled_macro_f1" if name.endswith("f1") else "cross_entropy"
    problem = Imitation(
        NETWORK,
        *cartpole_pairs(),
        objective=objective,
        batch_size=batch_size,
        sampling="subset",
    )
    mesh = member_mesh() if batch_size > MESH_BATCH else None
    system = Evolution(strategy, problem, NETWORK.init, mesh=mesh)
    return _generations(system, at_least=1000 if batch_size == 32 else 10)


def sgd(options: Options) -> Work:
    """A unit is an SGD step on 32 pairs of a shuffled epoch."""
    strategy = GradientDescent(optax.sgd(1e-3))
    problem = Imitation(NETWORK, *cartpole_pairs(), batch_size=32)
    return _generations(Evolution(strategy, problem, NETWORK.init), at_least=5000)


def cartpole(options: Options) -> Work:
    """A unit is a generation: 256 members play an episode of up to 500 steps."""
    network = MLP((4, 32, 32, 2))
    strategy = SimpleGA(256, variation=Gaussian(noise=_noise(options)))
    problem = Control(Gymnax("CartPole-v1"), network)
    system = Evolution(strategy, problem, network.init, mesh=member_mesh())
    return _generations(system, at_least=10)


def _noise(options: Options) -> Any:
    return options.variant or "threefry"


def _generations(system: Evolution, at_least: int) -> Work:
    """Generations of one long run; `at_least` of them hide the cost of a call."""
    key = jax.random.key(0)
    state = system.init(key)
    found: dict[str, float] = {}

    def run(count: int) -> None:
        nonlocal state
        target = int(state.generation) + count
        state, history = train(system, key, target, state=state)
        found.setdefault("first_fitness", float(history.metrics["fitness"][0]))
        found["last_fitness"] = float(history.metrics["fitness"][-1])

    return Work(run, lambda: found, chunk=at_least)


def sweep_dl(options: Options) -> Work:
    """A unit is experiment 1's sweep by Adam: six sizes, 150 epochs of batch 64."""

    def system(observations: np.ndarray, labels: np.ndarray) -> Evolution:
        problem = Imitation(SWEEP_NETWORK, observations, labels, batch_size=64)
        return Evolution(GradientDescent(ADAM), problem, SWEEP_NETWORK.init)

    epochs = max(1, round(150 * options.fraction))
    return _sweep(system, lambda size: epochs * -(-size // 64), epochs / 150)


def sweep_ga(options: Options) -> Work:
    """A unit is experiment 1's sweep by the GA: six sizes, 101 evaluations of 100."""
    strategy = SimpleGA(100, selection="tournament", variation=Gaussian(0.01))

    def system(observations: np.ndarray, labels: np.ndarray) -> Evolution:
        problem = Imitation(SWEEP_NETWORK, observations, labels, objective="accuracy")
        return Evolution(strategy, problem, SWEEP_NETWORK.init, mesh=member_mesh())

    generations = max(1, round(101 * options.fraction))
    return _sweep(system, lambda size: generations, generations / 101)


ADAM = optax.adam(1e-3)


def _sweep(system_of: Any, generations_of: Any, done: float) -> Work:
    observations, labels = cartpole_pairs()
    rng = np.random.default_rng(42)
    key = jax.random.key(42)
    test = Imitation(
        SWEEP_NETWORK, observations[:5000], labels[:5000], objective="accuracy"
    )
    test_state = test.init(key)
    chosen = {s: 5000 + rng.permutation(len(labels) - 5000)[:s] for s in SIZES}
    systems = {s: system_of(observations[c], labels[c]) for s, c in chosen.items()}
    began = time.perf_counter()
    for system in systems.values():
        train(system, key, 1)
    found = {"compile_s": time.perf_counter() - began}

    def run(count: int) -> None:
        for _ in range(count):
            for size, system in systems.items():
                state, _ = train(system, key, generations_of(size))
                best = jax.tree.map(lambda leaf: leaf[None], system.best(state))
                fitness = test.eval(key, best, test_state)[0]
                found[f"match_{size}"] = 1.0 - float(fitness[0])

    return Work(run, lambda: found, done=done)
