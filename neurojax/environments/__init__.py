"""Environments: one episode at a time, and what plays it."""

from neurojax.environments.gymnax import Gymnax
from neurojax.environments.lunar_lander import LunarLander
from neurojax.environments.matched import gymnasium_starts
from neurojax.environments.rollout import (
    EpisodeReturn,
    Trajectory,
    choose_action,
    episode_return,
    rollout,
)

__all__ = [
    "EpisodeReturn",
    "Gymnax",
    "LunarLander",
    "Trajectory",
    "choose_action",
    "episode_return",
    "gymnasium_starts",
    "rollout",
]
