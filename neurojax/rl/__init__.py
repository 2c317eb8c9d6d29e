"""Pieces of reinforcement learning as functions; the learners that teach by example."""

from neurojax.rl import host_ppo as ppo_gymnasium
from neurojax.rl import ppo_training as ppo_gymnax
from neurojax.rl.actor_critic import ActorCritic, Layer
from neurojax.rl.ppo import (
    PPO,
    Learner,
    Trajectory,
    clipped_policy_loss,
    generalized_advantages,
)

__all__ = [
    "PPO",
    "ActorCritic",
    "Layer",
    "Learner",
    "Trajectory",
    "clipped_policy_loss",
    "generalized_advantages",
    "ppo_gymnasium",
    "ppo_gymnax",
]
