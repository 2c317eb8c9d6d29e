"""Networks: weights and an observation in, an output out."""

from neurojax.networks.mlp import MLP

__all__ = ["MLP"]
