"""Environments: one episode at a time, and what plays it."""

from neurojax.environments.actions import choose_action
from neurojax.environments.atari import Atari
from neurojax.environments.brax import Brax
from neurojax.environments.gymnasium import Gymnasium
from neurojax.environments.gymnax import Gymnax
from neurojax.environments.lunar_lander import LunarLander
from neurojax.environments.matched import gymnasium_starts
from neurojax.environments.rollout import (
    EpisodeReturn,
    Trajectory,
    episode_return,
    rollout,
)
from neurojax.environments.swing_up import CartPoleSwingUp

__all__ = [
    "Atari",
    "Brax",
    "CartPoleSwingUp",
    "EpisodeReturn",
    "Gymnasium",
    "Gymnax",
    "LunarLander",
    "Trajectory",
    "choose_action",
    "episode_return",
    "gymnasium_starts",
    "rollout",
]
