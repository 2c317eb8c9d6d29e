"""Ways to play: a network in an environment, for one episode or a population's."""

from neurojax.rollouts.actions import choose_action
from neurojax.rollouts.single import (
    EpisodeReturn,
    Trajectory,
    episode_return,
    rollout,
)

__all__ = [
    "EpisodeReturn",
    "Trajectory",
    "choose_action",
    "episode_return",
    "rollout",
]
