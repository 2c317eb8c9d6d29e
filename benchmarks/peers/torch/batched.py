"""The population of `_torch_evolution` as stacked tensors, one bmm for each layer."""

import torch
from torch import Tensor
from torch.nn import functional

POPULATION_SIZE = 50
NUM_SURVIVORS = 25
NUM_TRIALS = 10
SIGMA = 1e-3


def recombination_weights(fitness: Tensor) -> Tensor:
    """Softmax of minus the standardised fitness."""
    return torch.softmax(-(fitness - fitness.mean()) / (fitness.std() + 1e-8), 0)


class Batched:
    """Each parameter of the 50 networks 4-50-2 in one tensor."""

    def __init__(self) -> None:
        shapes = ((4, 50), (1, 50), (50, 2), (1, 2))
        fans_in = (4, 4, 50, 50)
        self.parameters = [
            torch.randn(POPULATION_SIZE, *shape) * fan_in**-0.5
            for shape, fan_in in zip(shapes, fans_in, strict=True)
        ]

    def logits(self, observations: Tensor) -> Tensor:
        """Of every individual, `(population, batch, 2)`."""
        weights_in, bias_in, weights_out, bias_out = self.parameters
        inputs = observations.expand(POPULATION_SIZE, -1, -1)
        # In place: a second tensor of 50 x 3200 x 50 costs more than its tanh.
        hidden = torch.baddbmm(bias_in, inputs, weights_in).tanh_()
        return torch.baddbmm(bias_out, hidden, weights_out)

    def mutate(self) -> None:
        """Adds noise to every parameter of every individual."""
        for parameter in self.parameters:
            parameter.add_(torch.randn_like(parameter), alpha=SIGMA)

    def cross_entropy(self, observations: Tensor, labels: Tensor) -> Tensor:
        """Mean cross-entropy of each individual."""
        logits = self.logits(observations)
        targets = labels.expand(POPULATION_SIZE, -1).flatten()
        losses = functional.cross_entropy(
            logits.flatten(0, 1), targets, reduction="none"
        )
        return losses.view(POPULATION_SIZE, -1).mean(1)

    def f1_error(self, observations: Tensor, labels: Tensor) -> Tensor:
        """1 - macro-F1 of each individual's sampled actions, mean over the trials."""
        probabilities = self.logits(observations).softmax(-1).flatten(0, 1)
        actions = torch.multinomial(probabilities, NUM_TRIALS, replacement=True)
        actions = actions.view(POPULATION_SIZE, len(labels), NUM_TRIALS)
        score = torch.zeros(POPULATION_SIZE, NUM_TRIALS)
        for label in (0, 1):
            is_chosen, is_true = actions == label, (labels == label)[:, None]
            hits = (is_chosen & is_true).sum(1)
            counted = is_chosen.sum(1) + is_true.sum()
            score += 2 * hits / counted.clamp(min=1)
        return 1 - (score / 2).mean(1)

    def truncate(self, fitness: Tensor) -> None:
        """Keeps the best 25 and a copy of each."""
        best = torch.argsort(fitness)[:NUM_SURVIVORS].repeat(2)
        self.parameters = [parameter[best] for parameter in self.parameters]

    def average(self, fitness: Tensor) -> None:
        """Sets all to their mean, weighted by softmax of standardised fitness."""
        weights = recombination_weights(fitness)
        for parameter in self.parameters:
            parameter.copy_(torch.tensordot(weights, parameter, dims=1))
