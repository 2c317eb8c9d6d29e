"""One generation of experiment 2's evolution in PyTorch (its section 2.4).

Mutate all 50 individuals, score them on one fresh batch, then select: the best 25 and
copies of them (ga), or a weighted mean of all (es).
"""

import torch
from sklearn.metrics import f1_score
from torch import Tensor
from torch.nn import functional

from benchmarks.peers.command import Options, Work
from benchmarks.peers.pairs import cartpole_pairs
from benchmarks.peers.torch import batched

POPULATION_SIZE = 50
NUM_SURVIVORS = 25
NUM_TRIALS = 10
SIGMA = 1e-3


class Loop:
    """A population as a list of networks, each a list of tensors."""

    def __init__(self) -> None:
        self.networks = [make_network() for _ in range(POPULATION_SIZE)]

    def mutate(self) -> None:
        """Adds noise to every parameter of every individual."""
        for network in self.networks:
            for parameter in network:
                parameter.add_(torch.randn_like(parameter), alpha=SIGMA)

    def cross_entropy(self, observations: Tensor, labels: Tensor) -> Tensor:
        """Mean cross-entropy of each individual."""
        losses = [
            functional.cross_entropy(forward(network, observations), labels)
            for network in self.networks
        ]
        return torch.stack(losses)

    def f1_error(self, observations: Tensor, labels: Tensor) -> Tensor:
        """1 - macro-F1 of each individual's sampled actions, mean over the trials."""
        scores = [
            sampled_f1(forward(network, observations), labels)
            for network in self.networks
        ]
        return 1 - torch.tensor(scores)

    def truncate(self, fitness: Tensor) -> None:
        """Copies the best 25 over the worst 25."""
        ranks = torch.argsort(fitness).tolist()
        survivors, losers = ranks[:NUM_SURVIVORS], ranks[NUM_SURVIVORS:]
        for survivor, loser in zip(survivors, losers, strict=True):
            self.overwrite(loser, survivor)

    def overwrite(self, loser: int, survivor: int) -> None:
        """Copies the survivor over the loser."""
        copy_tensors(self.networks[survivor], self.networks[loser])

    def average(self, fitness: Tensor) -> None:
        """Sets all to their mean, weighted by softmax of standardised fitness."""
        weights = batched.recombination_weights(fitness)
        for same_parameter in zip(*self.networks, strict=True):
            mean = torch.tensordot(weights, torch.stack(same_parameter), dims=1)
            for parameter in same_parameter:
                parameter.copy_(mean)


def copy_tensors(originals: list[Tensor], copies: list[Tensor]) -> None:
    """Copies each tensor over the one in its place."""
    for original, copy in zip(originals, copies, strict=True):
        copy.copy_(original)


def make_network() -> list[Tensor]:
    """The network 4-50-2, its weights and biases drawn from N(0, 1/fan_in)."""
    shapes = ((50, 4), (50,), (2, 50), (2,))
    scales = (4**-0.5, 4**-0.5, 50**-0.5, 50**-0.5)
    return [
        torch.randn(shape) * scale for shape, scale in zip(shapes, scales, strict=True)
    ]


def forward(network: list[Tensor], observations: Tensor) -> Tensor:
    """Logits; what an `nn.Module` of two `Linear`s does, without the module's cost."""
    weights_in, bias_in, weights_out, bias_out = network
    hidden = torch.tanh(functional.linear(observations, weights_in, bias_in))
    return functional.linear(hidden, weights_out, bias_out)


def sampled_f1(logits: Tensor, labels: Tensor) -> float:
    """Mean over the trials of scikit-learn's macro-F1 of actions drawn from softmax."""
    actions = torch.multinomial(logits.softmax(-1), NUM_TRIALS, replacement=True)
    truth = labels.numpy()
    scores = [
        f1_score(
            truth,
            trial,
            labels=[0, 1],
            average="macro",
            zero_division=0,  # pyright: ignore[reportArgumentType]: default is a str
        )
        for trial in actions.T.numpy()
    ]
    return sum(scores) / NUM_TRIALS


def work(name: str, batch_size: int, options: Options) -> Work:
    """`name` is ga_ce, es_ce or ga_f1; a unit is one generation."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    torch.set_grad_enabled(False)
    observations, labels = map(torch.from_numpy, cartpole_pairs())
    is_batched = options.variant == "batched"
    population = batched.Batched() if is_batched else Loop()
    score = population.f1_error if name == "ga_f1" else population.cross_entropy
    select = population.average if name == "es_ce" else population.truncate
    held = slice(0, 10_000)
    before = population.cross_entropy(observations[held], labels[held])

    def run_generations(num_generations: int) -> None:
        for _ in range(num_generations):
            chosen = torch.randperm(len(labels))[:batch_size]
            population.mutate()
            select(score(observations[chosen], labels[chosen]))

    def check() -> dict[str, float]:
        after = population.cross_entropy(observations[held], labels[held])
        return {"loss_before": before.mean().item(), "loss_after": after.mean().item()}

    return Work(run_generations, check)
