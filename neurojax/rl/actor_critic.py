"""An actor and a critic side by side."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
from jaxtyping import Array

from neurojax import checks
from neurojax.types import Key, Network, Observation


class ActorCritic(NamedTuple):
    """One of each: weights, or memories. They share nothing."""

    actor: Any
    critic: Any


@dataclass(frozen=True)
class Pair:
    """Both as one network that does what the actor says.

    The critic sees what the actor sees, so that its memory goes on and is reset with
    the actor's; its values are nobody's here. Lives of both begin with the same key.
    """

    actor: Network
    critic: Network

    def __post_init__(self) -> None:
        checks.network("actor", self.actor)
        checks.network("critic", self.critic)

    def init(self, key: Key) -> ActorCritic:
        """Draw the weights of both."""
        key_actor, key_critic = jax.random.split(key)
        return ActorCritic(self.actor.init(key_actor), self.critic.init(key_critic))

    def reset(self, key: Key, weights: ActorCritic) -> ActorCritic:
        """Both memories at the start of a life."""
        return ActorCritic(
            self.actor.reset(key, weights.actor), self.critic.reset(key, weights.critic)
        )

    def apply(
        self, weights: ActorCritic, carry: ActorCritic, observation: Observation
    ) -> tuple[ActorCritic, Array]:
        """Both memories behind an observation, and the actor's output."""
        actor, output = self.actor.apply(weights.actor, carry.actor, observation)
        critic, _ = self.critic.apply(weights.critic, carry.critic, observation)
        return ActorCritic(actor, critic), output
