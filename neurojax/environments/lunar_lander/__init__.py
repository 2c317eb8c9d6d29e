"""LunarLander-v3 in JAX: a port of what gymnasium and Box2D do in it."""

from neurojax.environments.lunar_lander.draws import Draws, draws_of_key, draws_of_seed
from neurojax.environments.lunar_lander.environment import LunarLander
from neurojax.environments.lunar_lander.state import LanderState

__all__ = ["Draws", "LanderState", "LunarLander", "draws_of_key", "draws_of_seed"]
