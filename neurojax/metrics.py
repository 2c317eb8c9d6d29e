"""Classification metrics as sums over samples, so that any batch can be streamed.

A metric is two steps: `tally` sums statistics over a batch, tallies of several batches
add up, and `finish` turns the total into the metric. A label of -1 marks a padded row
and counts nowhere. `B` is the batch, `K` the number of classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from neurojax import checks
from neurojax.types import Key

__all__ = [
    "Accuracy",
    "Counts",
    "CrossEntropy",
    "MacroF1",
    "Mean",
    "Metric",
    "SampledMacroF1",
    "accuracy",
    "cross_entropy",
    "is_maximized",
    "macro_f1",
    "sampled_macro_f1",
]

Logits = Float[Array, "B K"]
Labels = Int[Array, " B"]
Scalar = Float[Array, ""]


@runtime_checkable
class Metric(Protocol):
    """A number for a whole batch of logits and labels; sums in, scalar out."""

    higher_is_better: ClassVar[bool]

    def tally(self, key: Key, logits: Logits, labels: Labels) -> Any:
        """Sums over the batch, as a pytree; those of several batches add up."""
        ...

    def finish(self, tally: Any) -> Scalar:
        """The metric of all samples tallied."""
        ...


class Mean(NamedTuple):
    """A sum over samples and their number."""

    total: Scalar
    count: Scalar


class Counts(NamedTuple):
    """Per class: true positives, predictions and labels, each `(..., K)`."""

    true_positives: Float[Array, "*trials K"]
    predicted: Float[Array, "*trials K"]
    actual: Float[Array, " K"]


def _is_class(labels: Labels, num_classes: int) -> Bool[Array, "B K"]:
    return labels[:, None] == jnp.arange(num_classes)[None]


def _mean(values: Float[Array, " B"], labels: Labels) -> Mean:
    is_sample = labels >= 0
    total = jnp.sum(jnp.where(is_sample, values, 0.0), dtype=jnp.float32)
    return Mean(total, jnp.sum(is_sample, dtype=jnp.float32))


@dataclass(frozen=True)
class CrossEntropy:
    """Mean negative log-likelihood of the labels, in nats; lower is better."""

    higher_is_better: ClassVar[bool] = False

    def tally(self, key: Key, logits: Logits, labels: Labels) -> Mean:
        """Sum the negative log-likelihoods."""
        # A sum over classes instead of a gather: it vectorises over the batch.
        picked = jnp.sum(jnp.where(_is_class(labels, logits.shape[1]), logits, 0), 1)
        return _mean(jax.nn.logsumexp(logits, axis=1) - picked, labels)

    def finish(self, tally: Mean) -> Scalar:
        """Divide by the number of samples."""
        return tally.total / tally.count


@dataclass(frozen=True)
class Accuracy:
    """Share of samples whose largest logit is the label's; higher is better."""

    higher_is_better: ClassVar[bool] = True

    def tally(self, key: Key, logits: Logits, labels: Labels) -> Mean:
        """Count the samples that match."""
        is_right = jnp.argmax(logits, axis=1).astype(labels.dtype) == labels
        return _mean(is_right.astype(jnp.float32), labels)

    def finish(self, tally: Mean) -> Scalar:
        """Divide by the number of samples."""
        return tally.total / tally.count


TINY = 1e-12  # expected samples of a class below which it counts as absent


def f1(counts: Counts) -> Scalar:
    """Macro-F1 from counts, averaged over classes and trials; 0/0 counts as 0."""
    claimed = counts.predicted + counts.actual
    # Expected counts may be tiny; the gradient divides by their square.
    claimed = jnp.where(claimed > TINY, claimed, 1.0)
    score = 2 * counts.true_positives / claimed
    return jnp.mean(score)


@dataclass(frozen=True)
class MacroF1:
    """Macro-F1 of the stochastic policy softmax(logits), from expected counts.

    Every class's counts are replaced by their expectations under the policy: no noise,
    differentiable, and equal to the mean over sampled actions up to O(1/B). Averages
    over all K classes; one absent from both predictions and labels counts as 0.
    """

    higher_is_better: ClassVar[bool] = True

    def tally(self, key: Key, logits: Logits, labels: Labels) -> Counts:
        """Sum the expected counts."""
        probability = jax.nn.softmax(logits, axis=1)
        probability *= (labels >= 0)[:, None].astype(probability.dtype)
        is_class = _is_class(labels, logits.shape[1])
        return Counts(
            jnp.sum(jnp.where(is_class, probability, 0.0), axis=0),
            jnp.sum(probability, axis=0),
            jnp.sum(is_class, axis=0, dtype=jnp.float32),
        )

    def finish(self, tally: Counts) -> Scalar:
        """Turn the counts into F1."""
        return f1(tally)


def _count(masks: list[Bool[Array, "*trials B"]]) -> Float[Array, "*trials masks"]:
    """How many samples are in each mask."""

    def add(a: Sequence[Array], b: Sequence[Array]) -> tuple[Array, ...]:
        return tuple(x + y for x, y in zip(a, b, strict=True))

    # One pass: on a CPU a sum for each mask draws the random numbers anew every time.
    numbers = tuple(mask.astype(jnp.int32) for mask in masks)
    zeros = (jnp.int32(0),) * len(masks)
    sums = jax.lax.reduce(numbers, zeros, add, (masks[0].ndim - 1,))
    return jnp.stack(sums, axis=-1).astype(jnp.float32)


@dataclass(frozen=True)
class SampledMacroF1:
    """Macro-F1 of actions sampled from softmax(logits), averaged over `num_trials`.

    One uniform number per sample and trial picks the action by inverting the cumulative
    distribution, so that members evaluated with the same key share their random
    numbers.
    """

    num_trials: int = 10
    higher_is_better: ClassVar[bool] = True

    def __post_init__(self) -> None:
        checks.integer_between("num_trials", self.num_trials, 1)

    def tally(self, key: Key, logits: Logits, labels: Labels) -> Counts:
        """Count sampled predictions, trial by trial."""
        num_classes = logits.shape[1]
        shape = (self.num_trials, labels.shape[0])
        uniform = jax.random.uniform(key, shape, jnp.float32)
        # Class-major, so that every comparison vectorises over the batch.
        cumulative = jnp.cumsum(jax.nn.softmax(logits.T, axis=0), axis=0)
        below = [uniform < cumulative[k][None] for k in range(num_classes - 1)]
        below += [jnp.ones_like(uniform, bool)]
        chosen = [below[0]] + [
            hit & ~earlier for hit, earlier in zip(below[1:], below, strict=False)
        ]
        is_class = [labels == k for k in range(num_classes)]
        hits = [a & b[None] for a, b in zip(chosen, is_class, strict=True)]
        is_sample = (labels >= 0)[None]
        sums = _count([*hits, *(a & is_sample for a in chosen)])
        return Counts(
            sums[..., :num_classes],
            sums[..., num_classes:],
            _count(is_class),
        )

    def finish(self, tally: Counts) -> Scalar:
        """Turn every trial's counts into F1 and average."""
        return f1(tally)


METRICS: dict[str, Metric] = {
    "cross_entropy": CrossEntropy(),
    "accuracy": Accuracy(),
    "macro_f1": MacroF1(),
    "sampled_macro_f1": SampledMacroF1(),
}
# Of every metric that this project names: whether higher is better.
DIRECTIONS: dict[str, bool] = {
    "fitness": False,
    "loss": False,
    "return": True,
    "match": True,
    **{name: metric.higher_is_better for name, metric in METRICS.items()},
}


def is_maximized(name: str, maximize: bool | None = None) -> bool:
    """Whether higher is better of a metric of a run; `maximize` decides if given.

    Of another problem (`test_return`), part (`validation_accuracy`) or of the mean
    (`return_mean`) it is as of the metric itself.

    Raises:
        ValueError: if `maximize` is neither bool nor None, or None where the name does
            not tell.
    """
    if isinstance(maximize, bool):
        return maximize
    if maximize is not None:
        raise ValueError(f"maximize={maximize!r} must be True, False or None.")
    plain = str(name).removeprefix("test_").removeprefix("validation_")
    plain = plain.removesuffix("_mean")
    if plain not in DIRECTIONS:
        raise ValueError(
            f"metric={name!r} does not tell which way is better, as one of "
            f"{sorted(DIRECTIONS)} does; give maximize=True or maximize=False."
        )
    return DIRECTIONS[plain]


def cross_entropy(logits: Logits, labels: Labels) -> Scalar:
    """Mean negative log-likelihood in nats; lower is better."""
    return _measure(CrossEntropy(), logits, labels)


def accuracy(logits: Logits, labels: Labels) -> Scalar:
    """Share of samples whose largest logit is the label's, in [0, 1]."""
    return _measure(Accuracy(), logits, labels)


def macro_f1(logits: Logits, labels: Labels) -> Scalar:
    """Expected-count macro-F1 of the policy softmax(logits), in [0, 1].

    With one-hot probabilities it equals scikit-learn's `f1_score(labels=range(K),
    average="macro", zero_division=0)`.
    """
    return _measure(MacroF1(), logits, labels)


def sampled_macro_f1(
    key: Key, logits: Logits, labels: Labels, num_trials: int = 10
) -> Scalar:
    """Macro-F1 of actions sampled from softmax(logits), averaged over trials."""
    checks.key("key", key)
    metric = SampledMacroF1(num_trials)
    return metric.finish(metric.tally(key, logits, labels))


def _measure(metric: Metric, logits: Logits, labels: Labels) -> Scalar:
    # These metrics draw nothing: the key is never used.
    return metric.finish(metric.tally(jax.random.key(0), logits, labels))
