"""Proximal policy optimisation, clipped (Schulman et al., 2017, arXiv:1707.06347).

Pure functions for discrete actions; `ppo_gymnax` and `ppo_gymnasium` bring the
experience. Differs from the paper: policy and value network share no layer; advantages
are standardised within each minibatch; an episode cut by a step limit is continued by
the value of the observation it was cut at; gradients are clipped by their global norm;
the learning rate falls linearly in all tasks, the clipping range in none.
"""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Int

from neurojax.keys import unrolled
from neurojax.rl import actor_critic
from neurojax.rl.actor_critic import ActorCritic
from neurojax.types import Key, Metrics


class Trajectory(NamedTuple):
    """What the environments showed; every leaf starts with `(steps, envs)`."""

    observations: Float[Array, "steps envs size"]
    actions: Int[Array, "steps envs"]
    log_probabilities: Float[Array, "steps envs"]  # of `actions`, when they were drawn
    rewards: Float[Array, "steps envs"]
    terminated: Bool[Array, "steps envs"]  # the task ended: nothing follows
    ended: Bool[Array, "steps envs"]  # terminated, or cut by the step limit
    next_observations: Float[Array, "steps envs size"]  # before any reset


class Minibatch(NamedTuple):
    """Transitions without order; every leaf starts with `(batch,)`."""

    observations: Float[Array, "batch size"]
    actions: Int[Array, " batch"]
    log_probabilities: Float[Array, " batch"]
    advantages: Float[Array, " batch"]
    targets: Float[Array, " batch"]  # of the value network


class Learner(NamedTuple):
    """What the next update needs."""

    weights: ActorCritic
    optimizer_state: optax.OptState


def generalized_advantages(
    rewards: Float[Array, "steps envs"],
    values: Float[Array, "steps envs"],
    next_values: Float[Array, "steps envs"],
    terminated: Bool[Array, "steps envs"],
    ended: Bool[Array, "steps envs"],
    discount: float,
    trace: float,
) -> Float[Array, "steps envs"]:
    """Return generalised advantage estimates (Schulman et al., 2016, arXiv:1506.02438).

    delta_t = r_t + discount * V(s_{t+1}) - V(s_t),
    A_t = delta_t + discount * trace * A_{t+1},
    with V(s_{t+1}) = 0 after a terminal step and A_{t+1} = 0 after any last step.
    """
    errors = rewards + discount * jnp.where(terminated, 0.0, next_values) - values

    def backwards(advantage, step):
        error, is_last = step
        advantage = error + discount * trace * jnp.where(is_last, 0.0, advantage)
        return advantage, advantage

    start = jnp.zeros_like(errors[0])
    return jax.lax.scan(backwards, start, (errors, ended), reverse=True)[1]


def clipped_policy_loss(
    log_ratios: Float[Array, " batch"], advantages: Float[Array, " batch"], clip: float
) -> Float[Array, ""]:
    """Return the pessimistic surrogate, to minimise (equation 7 of the paper).

    `log_ratios` are log-probabilities of the actions now minus those when drawn.
    """
    ratios = jnp.exp(log_ratios)
    clipped = jnp.clip(ratios, 1.0 - clip, 1.0 + clip)
    return -jnp.mean(jnp.minimum(ratios * advantages, clipped * advantages))


@dataclass(frozen=True)
class PPO:
    """The choices of a learner, and its two functions `init` and `update`.

    `num_updates` is the length of training that the learning rate falls over, to a
    tenth of its first value. Rewards are multiplied by `reward_scale` so that values
    are of order 1 to 10, which a fresh value network reaches soon.
    """

    observation_size: int
    num_actions: int
    num_updates: int
    hidden_sizes: tuple[int, ...] = (64, 64)
    learning_rate: float = 1e-3
    discount: float = 0.99
    trace: float = 0.95  # lambda of the advantage estimates
    clip: float = 0.2
    num_epochs: int = 4
    num_minibatches: int = 8
    entropy_weight: float = 0.0
    value_weight: float = 0.5
    max_gradient_norm: float = 0.5
    reward_scale: float = 1.0

    def __post_init__(self):
        for name in ("discount", "trace", "clip"):
            value = getattr(self, name)
            if not 0.0 < value <= 1.0:
                raise ValueError(f"{name}={value} must lie in (0, 1].")
        for name in ("num_actions", "num_updates", "num_epochs", "num_minibatches"):
            value = getattr(self, name)
            if value < 1:
                raise ValueError(f"{name}={value} must be at least 1.")

    @property
    def optimizer(self) -> optax.GradientTransformation:
        """Adam behind a bound on the gradient's norm, with a falling learning rate."""
        num_gradients = self.num_updates * self.num_epochs * self.num_minibatches
        schedule = optax.linear_schedule(
            self.learning_rate, 0.1 * self.learning_rate, num_gradients
        )
        return optax.chain(
            optax.clip_by_global_norm(self.max_gradient_norm),
            optax.adam(schedule, eps=1e-5),
        )

    @partial(jax.jit, static_argnums=0)
    def init(self, key: Key) -> Learner:
        """Draw the first weights."""
        weights = actor_critic.init(
            unrolled(key), self.observation_size, self.num_actions, self.hidden_sizes
        )
        return Learner(weights, self.optimizer.init(weights))

    def loss(
        self, weights: ActorCritic, minibatch: Minibatch
    ) -> tuple[Float[Array, ""], Metrics]:
        """Return policy loss + weighted value loss - weighted entropy (equation 9)."""
        log_policy = actor_critic.log_policy(weights, minibatch.observations)
        chosen = _chosen(log_policy, minibatch.actions)
        policy_loss = clipped_policy_loss(
            chosen - minibatch.log_probabilities,
            _standardised(minibatch.advantages),
            self.clip,
        )
        values = actor_critic.values(weights, minibatch.observations)
        value_loss = jnp.mean((values - minibatch.targets) ** 2)
        entropy = -jnp.mean(jnp.sum(jnp.exp(log_policy) * log_policy, axis=-1))
        total = (
            policy_loss + self.value_weight * value_loss - self.entropy_weight * entropy
        )
        return total, {"value_loss": value_loss, "entropy": entropy}

    @partial(jax.jit, static_argnums=0)
    def update(
        self, key: Key, learner: Learner, trajectory: Trajectory
    ) -> tuple[Learner, Metrics]:
        """Learn from a trajectory in `num_epochs` passes over shuffled minibatches."""
        size = trajectory.actions.size
        if size % self.num_minibatches:
            raise ValueError(
                f"num_minibatches={self.num_minibatches} must divide the {size} "
                "transitions (steps x envs) of a trajectory."
            )
        batch = self._batch(learner.weights, trajectory)
        orders = jax.vmap(jax.random.permutation, in_axes=(0, None))(
            jax.random.split(unrolled(key), self.num_epochs), size
        )
        rows = orders.reshape(self.num_epochs * self.num_minibatches, -1)

        def descend(learner, rows):
            minibatch = jax.tree.map(lambda leaf: leaf[rows], batch)
            gradient, metrics = jax.grad(self.loss, has_aux=True)(
                learner.weights, minibatch
            )
            steps, optimizer_state = self.optimizer.update(
                gradient, learner.optimizer_state
            )
            weights = optax.apply_updates(learner.weights, steps)
            return learner._replace(
                weights=weights, optimizer_state=optimizer_state
            ), metrics

        learner, metrics = jax.lax.scan(descend, learner, rows)
        return learner, jax.tree.map(jnp.mean, metrics)

    def _batch(self, weights: ActorCritic, trajectory: Trajectory) -> Minibatch:
        values = actor_critic.values(weights, trajectory.observations)
        advantages = generalized_advantages(
            self.reward_scale * trajectory.rewards,
            values,
            actor_critic.values(weights, trajectory.next_observations),
            trajectory.terminated,
            trajectory.ended,
            self.discount,
            self.trace,
        )
        batch = Minibatch(
            trajectory.observations,
            trajectory.actions,
            trajectory.log_probabilities,
            advantages,
            advantages + values,
        )
        return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), batch)


def _chosen(
    log_policy: Float[Array, "*batch actions"], actions: Int[Array, "*batch"]
) -> Float[Array, "*batch"]:
    return jnp.take_along_axis(log_policy, actions[..., None], axis=-1)[..., 0]


def _standardised(advantages: Float[Array, " batch"]) -> Float[Array, " batch"]:
    return (advantages - jnp.mean(advantages)) / (jnp.std(advantages) + 1e-8)


def draw_actions(
    key: Key, weights: ActorCritic, observations: Float[Array, "envs size"]
) -> tuple[Int[Array, " envs"], Float[Array, " envs"]]:
    """Sample actions from the policy; return them and their log-probabilities."""
    log_policy = actor_critic.log_policy(weights, observations)
    actions = jax.random.categorical(key, log_policy)
    return actions, _chosen(log_policy, actions)
