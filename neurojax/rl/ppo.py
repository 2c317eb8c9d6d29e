"""Proximal policy optimisation, clipped (Schulman et al., 2017, arXiv:1707.06347).

Differs from the paper: actor and critic share no layer; advantages are standardised
within each minibatch; an episode cut by a limit of steps is continued by the value of
the observation it was cut at; gradients are clipped by their global norm; the learning
rate falls linearly in all tasks, the clipping range in none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from neurojax import checks
from neurojax.keys import unrolled
from neurojax.rl.actor_critic import ActorCritic, Pair
from neurojax.rl.advantages import generalized_advantages
from neurojax.rl.checks import check_networks, has_memory
from neurojax.rl.outputs import layout_of, outputs_of, values_of
from neurojax.rl.policy import entropy, log_probability
from neurojax.rollouts import Lives, Step
from neurojax.types import Environment, Key, Metrics, Network, Observation

VALUE_WEIGHT = 0.5  # of the critic's loss; Adam hardly sees it
MAX_GRADIENT_NORM = 0.5  # Andrychowicz et al., 2021, arXiv:2006.05990, sec. 3.7


class Learner(NamedTuple):
    """What the next update needs."""

    weights: ActorCritic
    optimizer_state: optax.OptState


class Minibatch(NamedTuple):
    """What one gradient is of; every leaf starts with `(batch,)`.

    Without `lives`, steps without order; with them, environments with `(batch, steps)`.
    """

    observation: Observation
    action: Array
    log_probability: Float[Array, "*batch"]  # of `action`, when it was drawn
    advantage: Float[Array, "*batch"]
    target: Float[Array, "*batch"]  # of the critic
    lives: ActorCritic  # `Lives` of each, or None


def clipped_policy_loss(
    log_ratios: Float[Array, "*batch"], advantages: Float[Array, "*batch"], clip: float
) -> Float[Array, ""]:
    """The pessimistic surrogate, to minimise (equation 7 of the paper).

    `log_ratios` are log-probabilities of the actions now minus those when drawn.
    """
    checks.swept("clip", clip, checks.POSITIVE_PROBABILITY)
    ratios = jnp.exp(log_ratios)
    clipped = jnp.clip(ratios, 1.0 - clip, 1.0 + clip)
    return -jnp.mean(jnp.minimum(ratios * advantages, clipped * advantages))


@dataclass(frozen=True)
class PPO:
    """The choices of a learner, and its two functions `init` and `update`.

    Args:
        environment: where the steps come from: what the actor's outputs mean.
        actor: plays there with `greedy=False`.
        critic: maps an observation to one number: the expected discounted sum of
            scaled rewards from it on. A memory of its own remembers observations of the
            episode; where that is cut, it goes on to the value of what followed.
        num_updates: length of the training that the learning rate falls over, to a
            tenth of its first value.
        learning_rate: of Adam, at first.
        discount: of later rewards, per step.
        trace: lambda of the advantage estimates.
        clip: how far the ratio of an action's probabilities may go from 1.
        num_epochs: passes over the steps in an update.
        num_minibatches: parts of the steps, one gradient each; of the environments, if
            a network has a memory.
        entropy_weight: what a nat of entropy is worth.
        reward_scale: multiplies rewards, so that values are of order 1 to 10, which a
            fresh critic reaches soon.

    Raises:
        ValueError: if a number is out of its range, or a network does not fit.
    """

    environment: Environment
    actor: Network
    critic: Network
    num_updates: int
    learning_rate: float = 1e-3
    discount: float = 0.99
    trace: float = 0.95
    clip: float = 0.2
    num_epochs: int = 4
    num_minibatches: int = 8
    entropy_weight: float = 0.0
    reward_scale: float = 1.0

    def __post_init__(self) -> None:
        checks.environment("environment", self.environment)
        checks.network("actor", self.actor)
        checks.network("critic", self.critic)
        for name in ("num_updates", "num_epochs", "num_minibatches"):
            checks.integer_between(name, getattr(self, name), 1)
        for name in ("learning_rate", "reward_scale"):
            checks.positive(name, getattr(self, name))
        for name in ("discount", "trace", "clip"):
            rule = checks.POSITIVE_PROBABILITY
            checks.number_where(name, getattr(self, name), rule)
        checks.not_negative("entropy_weight", self.entropy_weight)
        check_networks(self.environment, self.actor, self.critic)

    @property
    def player(self) -> Pair:
        """Who collects steps, with a learner's weights: both memories go on then."""
        return Pair(self.actor, self.critic)

    @property
    def optimizer(self) -> optax.GradientTransformation:
        """Adam behind a bound on the gradient's norm, with a falling learning rate."""
        num_gradients = self.num_updates * self.num_epochs * self.num_minibatches
        schedule = optax.linear_schedule(
            self.learning_rate, 0.1 * self.learning_rate, num_gradients
        )
        return optax.chain(
            optax.clip_by_global_norm(MAX_GRADIENT_NORM),
            optax.adam(schedule, eps=1e-5),
        )

    @partial(jax.jit, static_argnums=0)
    def init(self, key: Key) -> Learner:
        """Draw the first weights."""
        checks.key("key", key)
        weights = self.player.init(unrolled(key))
        return Learner(weights, self.optimizer.init(weights))

    def loss(
        self, weights: ActorCritic, minibatch: Minibatch
    ) -> tuple[Float[Array, ""], Metrics]:
        """Policy loss + weighted value loss - weighted entropy (equation 9)."""
        observation, lives = minibatch.observation, minibatch.lives
        output = outputs_of(self.actor, weights.actor, lives.actor, observation)
        log_ratios = self._of_each(log_probability, output, minibatch.action)
        log_ratios -= minibatch.log_probability
        advantages = _standardised(minibatch.advantage)
        policy_loss = clipped_policy_loss(log_ratios, advantages, self.clip)
        values = outputs_of(self.critic, weights.critic, lives.critic, observation)
        value_loss = jnp.mean((values[..., 0] - minibatch.target) ** 2)
        spread = jnp.mean(self._of_each(entropy, output))
        total = policy_loss + VALUE_WEIGHT * value_loss - self.entropy_weight * spread
        return total, {"value_loss": value_loss, "entropy": spread}

    @partial(jax.jit, static_argnums=0)
    def update(
        self, key: Key, learner: Learner, steps: Step, lives: Lives | None = None
    ) -> tuple[Learner, Metrics]:
        """Learn in `num_epochs` passes over shuffled minibatches.

        Metrics are means over the minibatches.

        Args:
            key: decides the minibatches.
            learner: whose `player` played the steps.
            steps: `(steps, envs)`, as `rollouts.collect` returns them.
            lives: of these steps, by `rollouts.lives_of`; read only where a network has
                a memory.

        Raises:
            ValueError: if `num_minibatches` does not divide the steps, or environments
                whose lives are remembered; if a network has a memory and there are no
                `lives`.
        """
        checks.key("key", key)
        checks.state_of("PPO", learner, Learner)
        checks.instance("steps", steps, Step, "must be what rollouts.collect returns.")
        each = self._lives_of_each(lives)
        batch = self._batch(learner.weights, steps, each)
        rows = self._rows(key, len(batch.target), each)

        def descend(learner: Learner, rows: Array) -> tuple[Learner, Metrics]:
            minibatch = jax.tree.map(lambda leaf: leaf[rows], batch)
            gradient, metrics = jax.grad(self.loss, has_aux=True)(
                learner.weights, minibatch
            )
            change, optimizer_state = self.optimizer.update(
                gradient, learner.optimizer_state
            )
            weights = optax.apply_updates(learner.weights, change)
            return learner._replace(
                weights=weights, optimizer_state=optimizer_state
            ), metrics

        learner, metrics = jax.lax.scan(descend, learner, rows)
        return learner, jax.tree.map(jnp.mean, metrics)

    def _lives_of_each(self, lives: Lives | None) -> ActorCritic:
        """The lives of the actor and of the critic; None if neither remembers."""
        if not (has_memory(self.actor) or has_memory(self.critic)):
            return ActorCritic(None, None)
        if lives is None or not isinstance(lives.carry, ActorCritic):
            carry = "lives=None" if lives is None else f"lives.carry={lives.carry}"
            raise ValueError(
                f"{carry} is no memory of both networks, but actor={self.actor} or "
                f"critic={self.critic} has one; collect with the learner's `player` "
                "and give update() the `rollouts.lives_of` these steps."
            )
        return ActorCritic(*(lives._replace(carry=carry) for carry in lives.carry))

    def _rows(
        self, key: Key, size: int, lives: ActorCritic
    ) -> Int[Array, "gradients rows"]:
        """Which rows of the batch are in each minibatch of all epochs."""
        if size % self.num_minibatches:
            unit = "steps (steps x envs)" if lives.actor is None else "environments"
            raise ValueError(
                f"num_minibatches={self.num_minibatches} must divide the {size} {unit} "
                "of an update."
            )
        orders = jax.vmap(jax.random.permutation, in_axes=(0, None))(
            jax.random.split(unrolled(key), self.num_epochs), size
        )
        return orders.reshape(self.num_epochs * self.num_minibatches, -1)

    def _batch(
        self, weights: ActorCritic, steps: Step, lives: ActorCritic
    ) -> Minibatch:
        to_rows, from_rows = layout_of(steps.reward.shape, lives.actor)
        rows = jax.tree.map(to_rows, steps)
        output = outputs_of(self.actor, weights.actor, lives.actor, rows.observation)
        values, next_values = map(
            from_rows, values_of(self.critic, weights.critic, lives.critic, rows)
        )
        advantages = generalized_advantages(
            self.reward_scale * steps.reward,
            values,
            next_values,
            steps.terminated,
            steps.truncated,
            self.discount,
            self.trace,
        )
        return Minibatch(
            rows.observation,
            rows.action,
            self._of_each(log_probability, output, rows.action),
            to_rows(advantages),
            to_rows(advantages + values),
            lives,
        )

    def _of_each(
        self, measure: Callable, output: Float[Array, "*batch outputs"], *others: Array
    ) -> Float[Array, "*batch"]:
        """Of every step a measure of the policy."""
        measure = partial(measure, self.environment)
        for _ in output.shape[:-1]:
            measure = jax.vmap(measure)
        return measure(output, *others)


def _standardised(advantages: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    return (advantages - jnp.mean(advantages)) / (jnp.std(advantages) + 1e-8)
