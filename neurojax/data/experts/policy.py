"""Small policies on disk and in numpy: weights of an `MLP` whose outputs are logits.

They are played in numpy, as data sets must be the same bit for bit wherever they are
made: compiled products round another way on another machine or with another compiler.

A policy file is a safetensors file of float32 tensors `layers.0.kernel` (inputs,
outputs), `layers.0.bias` (outputs,), `layers.1.kernel`, ... and of text metadata (task,
seed, mean return, command, versions). It holds numbers only: reading one runs no code.
"""

from pathlib import Path
from typing import TypeAlias

import numpy as np
from jaxtyping import Float32, Int
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from neurojax.networks.initializers import Layer
from neurojax.storage.atomic import write_atomically

__all__ = ["Policy", "greedy_actions", "load_policy", "save_policy"]

Policy: TypeAlias = tuple[Layer, ...]  # of numpy


def greedy_actions(
    policy: Policy, observations: Float32[np.ndarray, "batch size"]
) -> Int[np.ndarray, " batch"]:
    """Return the most likely action for each observation."""
    activations = observations
    for layer in policy[:-1]:
        activations = np.tanh(activations @ layer.kernel + layer.bias)
    return np.argmax(activations @ policy[-1].kernel + policy[-1].bias, axis=-1)


def save_policy(policy: Policy, path: Path, metadata: dict[str, str]) -> None:
    """Write a policy file, whole or not at all."""
    tensors = {
        f"layers.{index}.{name}": np.ascontiguousarray(array, np.float32)
        for index, layer in enumerate(policy)
        for name, array in layer._asdict().items()
    }
    write_atomically(path, save(tensors, metadata))


def load_policy(path: Path) -> tuple[Policy, dict[str, str]]:
    """Return a policy and its metadata.

    Raises:
        ValueError: If the file is not such a policy.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = dict(file.metadata() or {})
            num_layers = len(file.keys()) // 2
            policy = tuple(
                Layer(
                    file.get_tensor(f"layers.{index}.kernel"),
                    file.get_tensor(f"layers.{index}.bias"),
                )
                for index in range(num_layers)
            )
    except SafetensorError as error:
        raise ValueError(
            f"{path} is not a policy file ({error}); train it again with "
            "python -m neurojax.data.experts.train."
        ) from error
    return policy, metadata
