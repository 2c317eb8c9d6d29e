"""Experiment 2's gradient descent in PyTorch: SGD 1e-3, batch 32, network 4-50-2."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.peers.command import Options, Work
from benchmarks.peers.pairs import cartpole_pairs

BATCH_SIZE = 32


def loader_batches(observations: Tensor, labels: Tensor) -> Iterator[list[Tensor]]:
    """Shuffled epochs without end, from a DataLoader."""
    pairs = TensorDataset(observations, labels)
    loader = DataLoader(pairs, batch_size=BATCH_SIZE, shuffle=True)
    while True:
        yield from loader


def sliced_batches(observations: Tensor, labels: Tensor) -> Iterator[list[Tensor]]:
    """The same from one permutation an epoch, without a DataLoader."""
    while True:
        for chosen in torch.randperm(len(labels)).split(BATCH_SIZE):
            yield [observations[chosen], labels[chosen]]


class Learner:
    """The network and its optimizer."""

    def __init__(self, batches: Iterator[list[Tensor]]) -> None:
        self.batches = batches
        self.network = nn.Sequential(nn.Linear(4, 50), nn.Tanh(), nn.Linear(50, 2))
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=1e-3)

    @property
    def parameters(self) -> list[Tensor]:
        """Weights and biases, layer by layer."""
        return list(self.network.parameters())

    def run_steps(self, num_steps: int) -> None:
        """Takes that many steps."""
        for _ in range(num_steps):
            observations, labels = next(self.batches)
            self.optimizer.zero_grad()
            loss = functional.cross_entropy(self.network(observations), labels)
            loss.backward()
            self.optimizer.step()


def sgd(options: Options) -> Work:
    """A unit is one step."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    observations, labels = map(torch.from_numpy, cartpole_pairs())
    is_sliced = options.variant == "batched"
    make_batches = sliced_batches if is_sliced else loader_batches
    learner = Learner(make_batches(observations, labels))

    def loss() -> float:
        with torch.no_grad():
            logits = learner.network(observations)
            return functional.cross_entropy(logits, labels).item()

    before = loss()

    def check() -> dict[str, float]:
        return {"loss_before": before, "loss_after": loss()}

    return Work(learner.run_steps, check, chunk=100)
