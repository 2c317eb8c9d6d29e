"""Evolution after gradients: heads evolved on frozen networks that Adam trained.

A base network is trained with half of the budget. With the other half a head is
evolved: `features` reads the base's hidden layer in place of the base's own last layer;
`residual` is a network like the base, silent at first, whose output is added to the
base's. Base and head together are one network with one hidden layer (`merged`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from benchmarks.shared.cell import Subsets
from benchmarks.shared.method import Method
from neurojax.data import Transitions
from neurojax.environments import Gymnax
from neurojax.networks import MLP
from neurojax.networks.initializers import Layer, uniform_fan_in
from neurojax.problems import Control
from neurojax.types import Fitness, Key, Metrics, Population, Weights

Kind = Literal["features", "residual"]
Layers = tuple[Layer, ...]

PLAY_STEPS = 500  # counted for every episode: those that end early cost less


def merged_network(kind: Kind, base: MLP) -> MLP:
    """The network that base and head are together."""
    inputs, hidden, outputs = base.sizes
    return MLP((inputs, hidden if kind == "features" else 2 * hidden, outputs))


def merged(kind: Kind, base: Layers, head: Layers) -> Layers:
    """Weights of `merged_network`; leading axes, the same for both, are kept."""
    if kind == "features":
        return (base[0], *head)
    first = Layer(
        jnp.concatenate([base[0].kernel, head[0].kernel], axis=-1),
        jnp.concatenate([base[0].bias, head[0].bias], axis=-1),
    )
    last = Layer(
        jnp.concatenate([base[1].kernel, head[1].kernel], axis=-2),
        base[1].bias + head[1].bias,
    )
    return (first, last)


def head_inputs(
    kind: Kind, base: MLP, weights: Layers, observations: Float[Array, "batch ..."]
) -> Float[Array, "batch inputs"]:
    """What a head is trained on: features, or observations and the base's logits."""
    if kind == "residual":
        logits = base.apply_batch(weights, observations)
        return jnp.concatenate([observations, logits], axis=1)
    return base.activation(observations @ weights[0].kernel + weights[0].bias)


def head_network(kind: Kind, base: MLP) -> "MLP | Residual":
    """What is evolved, on these inputs."""
    return MLP(base.sizes[1:]) if kind == "features" else Residual(base.sizes)


@dataclass(frozen=True)
class Residual:
    """A network whose output is added to the last inputs, which are logits."""

    sizes: tuple[int, ...]

    @property
    def matmul_flops(self) -> int:
        """Operations of one forward pass."""
        return MLP(self.sizes).matmul_flops

    def init(self, key: Key) -> Layers:
        """Draw the network, its last layer zero: it changes nothing at first."""

        def layer(key: Key, fan_in: int, fan_out: int) -> Layer:
            drawn = uniform_fan_in(key, fan_in, fan_out)
            is_last = (fan_in, fan_out) == self.sizes[-2:]
            return jax.tree.map(jnp.zeros_like, drawn) if is_last else drawn

        return MLP(self.sizes, initializer=layer).init(key)

    def reset(self, key: Key, weights: Layers) -> tuple[()]:
        """No memory."""
        return ()

    def apply(
        self, weights: Layers, carry: tuple[()], observation: Float[Array, " inputs"]
    ) -> tuple[tuple[()], Float[Array, " outputs"]]:
        """Logits for one row of inputs."""
        return carry, self.apply_batch(weights, observation[None])[0]

    def apply_batch(
        self, weights: Layers, observations: Float[Array, "batch inputs"]
    ) -> Float[Array, "batch outputs"]:
        """Logits for a batch of inputs."""
        split = observations.shape[1] - self.sizes[-1]
        change = MLP(self.sizes).apply_batch(weights, observations[:, :split])
        return observations[:, split:] + change


@dataclass(frozen=True)
class HeadControl:
    """Playing with a frozen base; the population are heads, the state is the base."""

    kind: Kind
    of: MLP  # the base; what is evolved is not its weights
    task: str
    base: Any = field(compare=False, repr=False)

    jittable = True

    def init(self, key: Key) -> Weights:
        """The base's weights travel in the state, so that each run has its own."""
        return self.base

    def eval(
        self, key: Key, population: Population, state: Weights
    ) -> tuple[Fitness, Weights, Metrics]:
        """One episode of every head, the same for all; fitness is minus the return."""
        whole = jax.vmap(lambda head: merged(self.kind, state, head))(population)
        control = Control(
            Gymnax(self.task),
            merged_network(self.kind, self.of),
            max_steps=PLAY_STEPS,
        )
        fitness, _, metrics = control.eval(key, whole, ())
        return fitness, state, metrics


@dataclass(frozen=True)
class AtPlay:
    """Heads whose fitness is the return of an episode: a `Source` of environment steps.

    Attributes:
        rows: that the bases were trained on.
        kind: of the heads.
        base: the network that they stand on.
        task: what is played.
        bases: weights, one for each run.
    """

    rows: Subsets
    kind: Kind
    base: MLP
    task: str
    bases: Any

    @property
    def size(self) -> int:
        """Rows that each base was trained on."""
        return self.rows.size

    @property
    def length(self) -> int:
        """Rows to which they were padded."""
        return self.rows.length

    def samples(self, method: Method, generations: int) -> int:
        """Environment steps that one member may have made."""
        return generations * PLAY_STEPS

    def flops_per_sample(self, method: Method, network: Any) -> int:
        """Matmul operations of a step, of base and head."""
        return method.flops_per_sample(
            merged_network(self.kind, self.base).matmul_flops
        )

    def problem(self, method: Method, network: Any) -> HeadControl:
        """Playing with the first base; each run has its own in the state."""
        first = jax.tree.map(lambda leaf: leaf[0], self.bases)
        return HeadControl(self.kind, self.base, self.task, first)

    def own(self, state: Weights) -> Weights:
        """Each run's base."""
        return self.bases


def as_inputs(
    kind: Kind, network: MLP, bases: Layers, subsets: Sequence[Transitions]
) -> list[Transitions]:
    """Each run's training rows as its own base turns them into the head's inputs."""

    def one(run: int, rows: Transitions) -> Transitions:
        base = jax.tree.map(lambda leaf: leaf[run], bases)
        inputs = head_inputs(kind, network, base, jnp.asarray(rows.observations))
        return Transitions(np.asarray(inputs), rows.actions)

    return [one(run, rows) for run, rows in enumerate(subsets)]
