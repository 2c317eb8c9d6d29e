"""Experiment 2's gradient descent in PyTorch: SGD 1e-3, batch 32, network 4-50-2."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.peers._command import Options, Work
from benchmarks.peers._pairs import cartpole_pairs

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


def sgd(options: Options) -> Work:
    """A unit is one step."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    observations, labels = map(torch.from_numpy, cartpole_pairs())
    network = nn.Sequential(nn.Linear(4, 50), nn.Tanh(), nn.Linear(50, 2))
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-3)
    is_sliced = options.variant == "batched"
    make_batches = sliced_batches if is_sliced else loader_batches
    batches = make_batches(observations, labels)

    def loss() -> float:
        with torch.no_grad():
            return functional.cross_entropy(network(observations), labels).item()

    def run_steps(num_steps: int) -> None:
        for _ in range(num_steps):
            batch_observations, batch_labels = next(batches)
            optimizer.zero_grad()
            logits = network(batch_observations)
            functional.cross_entropy(logits, batch_labels).backward()
            optimizer.step()

    before = loss()
    return Work(
        run_steps, lambda: {"loss_before": before, "loss_after": loss()}, chunk=100
    )
