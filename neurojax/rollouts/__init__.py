"""Ways to play: a network in an environment, for one episode or a population's."""

from neurojax.rollouts.actions import choose_action
from neurojax.rollouts.episode import Step
from neurojax.rollouts.experience import Lockstep, collect, start_lockstep
from neurojax.rollouts.single import EpisodeReturn, episode_return, rollout

__all__ = [
    "EpisodeReturn",
    "Lockstep",
    "Step",
    "choose_action",
    "collect",
    "episode_return",
    "rollout",
    "start_lockstep",
]
