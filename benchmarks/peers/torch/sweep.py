"""Experiment 1 in PyTorch, one seed, all six data-set sizes (its section 1.1).

The network is 4-64-32-2 with ReLU. `--fraction` runs that share of the epochs or
generations, and the row's times are then scaled up to the whole.
"""

import random
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.peers.command import Options, Work
from benchmarks.peers.pairs import cartpole_pairs

SIZES = (100, 300, 1000, 3000, 10_000, 30_000)
NUM_EPOCHS = 150
POPULATION_SIZE = 100
NUM_GENERATIONS = 100
TOURNAMENT_SIZE = 3
SIGMA = 0.01

Weights = list[Tensor]


def make_network() -> nn.Sequential:
    """4-64-32-2 with torch's own initialisation."""
    return nn.Sequential(
        nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 2)
    )


def make_weights() -> Weights:
    """The parameters of such a network."""
    return [parameter.detach() for parameter in make_network().parameters()]


def forward(weights: Weights, observations: Tensor) -> Tensor:
    """Logits of the same network, given as its list of parameters."""
    *hidden_layers, (kernel, bias) = zip(weights[::2], weights[1::2], strict=True)
    activation = observations
    for hidden_kernel, hidden_bias in hidden_layers:
        activation = torch.relu(
            functional.linear(activation, hidden_kernel, hidden_bias)
        )
    return functional.linear(activation, kernel, bias)


@torch.no_grad()
def accuracy(weights: Weights, observations: Tensor, labels: Tensor) -> float:
    """Share of the labels that argmax meets."""
    actions = forward(weights, observations).argmax(-1)
    return (actions == labels).float().mean().item()


def train(observations: Tensor, labels: Tensor, num_epochs: int) -> Weights:
    """Adam 1e-3, batch 64, reshuffled each epoch."""
    network = make_network()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    pairs = TensorDataset(observations, labels)
    loader = DataLoader(pairs, batch_size=64, shuffle=True)
    for _ in range(num_epochs):
        for batch_observations, batch_labels in loader:
            optimizer.zero_grad()
            logits = network(batch_observations)
            functional.cross_entropy(logits, batch_labels).backward()
            optimizer.step()
    return list(network.parameters())


def make_child(parent: Weights) -> Weights:
    """The parent's parameters with noise on every one."""
    return [leaf + SIGMA * torch.randn_like(leaf) for leaf in parent]


@torch.no_grad()
def evolve(observations: Tensor, labels: Tensor, num_generations: int) -> Weights:
    """One elite and 99 children of tournament winners; returns the last best."""
    population = [make_weights() for _ in range(POPULATION_SIZE)]
    for generation in range(num_generations + 1):
        fitness = [accuracy(one, observations, labels) for one in population]
        best = max(range(POPULATION_SIZE), key=fitness.__getitem__)
        if generation == num_generations:
            break
        children = []
        for _ in range(POPULATION_SIZE - 1):
            rivals = random.sample(range(POPULATION_SIZE), TOURNAMENT_SIZE)
            winner = max(rivals, key=fitness.__getitem__)
            children.append(make_child(population[winner]))
        population = [population[best], *children]
    return population[best]


def sweep_dl(options: Options) -> Work:
    """A unit is the sweep by gradient descent."""
    num_epochs = max(1, round(options.fraction * NUM_EPOCHS))
    return _sweep(train, num_epochs, num_epochs / NUM_EPOCHS, options)


def sweep_ga(options: Options) -> Work:
    """A unit is the sweep by the genetic algorithm."""
    num_generations = max(1, round(options.fraction * NUM_GENERATIONS))
    # The last population is evaluated too, and evaluation is nearly all of the time.
    done = (num_generations + 1) / (NUM_GENERATIONS + 1)
    return _sweep(evolve, num_generations, done, options)


def _sweep(
    learn: Callable[[Tensor, Tensor, int], Weights],
    length: int,
    done: float,
    options: Options,
) -> Work:
    torch.set_num_threads(options.threads)
    torch.manual_seed(42)
    random.seed(42)
    observations, labels = map(torch.from_numpy, cartpole_pairs())
    test = slice(0, 5000)
    matches: dict[str, float] = {}

    def run_sweeps(num_sweeps: int) -> None:
        for _ in range(num_sweeps):
            for size in SIZES:
                chosen = 5000 + torch.randperm(len(labels) - 5000)[:size]
                weights = learn(observations[chosen], labels[chosen], length)
                match = accuracy(weights, observations[test], labels[test])
                matches[f"match_{size}"] = match

    return Work(run_sweeps, lambda: matches, done=done)
