"""The study's two training loops with their evaluation (its experiment 2), in neurojax.

Each is one `train` call on one system. Training sees the first of the pairs; 50 000
others test one network: its cross-entropy, and the macro-F1 of its sampled actions.
"""

from typing import Any

import jax
import optax

from benchmarks.peers.command import Options, Work
from benchmarks.peers.neurojax.works import NETWORK
from benchmarks.peers.pairs import Pairs, train_and_test
from neurojax.encodings import Gaussian
from neurojax.parallel import member_mesh
from neurojax.problems import Imitation
from neurojax.strategies import GradientDescent, SimpleGA
from neurojax.systems import Evolution
from neurojax.training import train

NUM_STEPS = 313  # of an epoch: 10 000 pairs in batches of 32, the last of 16
CHUNK = 10  # units in one call of `train`, which hide its cost


def reference_ga(options: Options) -> Work:
    """A unit is a generation of the self-adaptive GA and the test of its best."""
    pairs, test_pairs = train_and_test(100_000)
    noise: Any = options.variant or "threefry"
    strategy = SimpleGA(
        50,
        num_elites=0,
        variation=Gaussian(1e-3, "multiplicative", noise=noise),
    )
    problem = Imitation(NETWORK, *pairs, batch_size=3200, sampling="subset")
    test = _test(test_pairs)
    system = Evolution(strategy, problem, NETWORK.init, mesh=member_mesh(), test=test)
    return _units(system, num_steps=1)


def reference_sgd(options: Options) -> Work:
    """A unit is an epoch of SGD and a test."""
    pairs, test_pairs = train_and_test(10_000)
    system = Evolution(
        GradientDescent(optax.sgd(1e-3)),
        Imitation(NETWORK, *pairs, batch_size=32),
        NETWORK.init,
        test=_test(test_pairs),
        test_every=NUM_STEPS,
    )
    return _units(system, NUM_STEPS)


def _test(pairs: Pairs) -> Imitation:
    return Imitation(NETWORK, *pairs, metrics=("sampled_macro_f1",))


def _units(system: Evolution, num_steps: int) -> Work:
    """Units of one long run, each of `num_steps` steps and tested at its end."""
    key = jax.random.key(0)
    state = system.init(key)
    losses: list[float] = []
    scores: list[float] = []

    def run(count: int) -> None:
        nonlocal state
        target = int(state.generation) + count * num_steps
        state, history = train(system, key, target, state=state)
        tested = slice(num_steps - 1, None, num_steps)
        losses.extend(history.metrics["test_fitness"][tested].tolist())
        scores.extend(history.metrics["test_sampled_macro_f1"][tested].tolist())

    def check() -> dict[str, float]:
        return {
            "loss_before": losses[0],
            "loss_after": losses[-1],
            "f1_after": scores[-1],
            "tests": len(losses),
        }

    return Work(run, check, chunk=CHUNK)
