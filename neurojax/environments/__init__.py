"""Environments: worlds that are played one episode at a time."""

from neurojax.environments.atari import Atari
from neurojax.environments.brax import Brax
from neurojax.environments.gymnasium import Gymnasium
from neurojax.environments.gymnax import Gymnax
from neurojax.environments.lunar_lander import LunarLander
from neurojax.environments.starts import gymnasium_starts
from neurojax.environments.swing_up import CartPoleSwingUp

__all__ = [
    "Atari",
    "Brax",
    "CartPoleSwingUp",
    "Gymnasium",
    "Gymnax",
    "LunarLander",
    "gymnasium_starts",
]
