"""Networks: weights and an observation in, an output out."""

from neurojax.networks.cnn import CNN
from neurojax.networks.flax import Flax
from neurojax.networks.gru import GRU
from neurojax.networks.mlp import MLP
from neurojax.networks.normalized import Normalized

__all__ = ["CNN", "GRU", "MLP", "Flax", "Normalized"]
