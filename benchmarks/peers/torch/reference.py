"""The study's two training loops with their evaluation (its experiment 2), in PyTorch.

Training sees the first of the pairs; 50 000 others test one network: its cross-entropy,
and the macro-F1 of its sampled actions, by scikit-learn.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.peers.command import Options, Work
from benchmarks.peers.pairs import train_and_test
from benchmarks.peers.torch.evolution import (
    SIGMA,
    Loop,
    copy_tensors,
    forward,
    sampled_f1,
)
from benchmarks.peers.torch.gradient import Learner, loader_batches

BATCH_SIZE = 3200
NUM_STEPS = 313  # of an epoch: 10 000 pairs in batches of 32, the last of 16
ADAPTATION_RATE = 0.01


class AdaptiveLoop(Loop):
    """Individuals with a sigma for every parameter, which mutates too."""

    def __init__(self) -> None:
        super().__init__()
        self.sigmas = [
            [torch.full_like(parameter, SIGMA) for parameter in network]
            for network in self.networks
        ]

    def mutate(self) -> None:
        """Varies every sigma, then adds noise of that sigma."""
        for network, sigmas in zip(self.networks, self.sigmas, strict=True):
            for parameter, sigma in zip(network, sigmas, strict=True):
                sigma.mul_(1 + ADAPTATION_RATE * torch.randn_like(sigma))
                parameter.addcmul_(sigma, torch.randn_like(parameter))

    def overwrite(self, loser: int, survivor: int) -> None:
        """Copies the survivor, its sigmas included, over the loser."""
        super().overwrite(loser, survivor)
        copy_tensors(self.sigmas[survivor], self.sigmas[loser])


class Evaluation:
    """Loss and F1, on the test pairs, of every network tested so far."""

    def __init__(self, observations: Tensor, labels: Tensor) -> None:
        self.observations, self.labels = observations, labels
        self.losses: list[float] = []
        self.scores: list[float] = []

    @torch.no_grad()
    def add(self, network: list[Tensor]) -> None:
        """Puts a network to the test."""
        logits = forward(network, self.observations)
        self.losses.append(functional.cross_entropy(logits, self.labels).item())
        self.scores.append(sampled_f1(logits, self.labels))

    def check(self) -> dict[str, float]:
        """The first loss and the last, the last F1 and the number of tests."""
        return {
            "loss_before": self.losses[0],
            "loss_after": self.losses[-1],
            "f1_after": self.scores[-1],
            "tests": len(self.losses),
        }


def reference_ga(options: Options) -> Work:
    """A unit is a generation of the self-adaptive GA and the test of its best."""
    (observations, labels), evaluation = _start(options, 100_000)
    torch.set_grad_enabled(False)
    population = AdaptiveLoop()

    def generation() -> None:
        chosen = torch.randperm(len(labels))[:BATCH_SIZE]
        population.mutate()
        fitness = population.cross_entropy(observations[chosen], labels[chosen])
        population.truncate(fitness)
        evaluation.add(population.networks[int(fitness.argmin())])

    return Work(_times(generation), evaluation.check)


def reference_sgd(options: Options) -> Work:
    """A unit is an epoch of SGD and a test."""
    pairs, evaluation = _start(options, 10_000)
    learner = Learner(loader_batches(*pairs))

    def epoch() -> None:
        learner.run_steps(NUM_STEPS)
        evaluation.add(learner.parameters)

    return Work(_times(epoch), evaluation.check)


def _start(options: Options, num_pairs: int) -> tuple[list[Tensor], Evaluation]:
    """Observations and labels to train on, and the evaluation on the others."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    train, test = train_and_test(num_pairs)
    evaluation = Evaluation(*map(torch.from_numpy, test))
    return list(map(torch.from_numpy, train)), evaluation


def _times(unit: Callable[[], None]) -> Callable[[int], None]:
    def run_units(num_units: int) -> None:
        for _ in range(num_units):
            unit()

    return run_units
