"""Small policies on disk and in numpy: weights of an `MLP` whose outputs are logits.

They are played in numpy, as data sets must be the same bit for bit wherever they are
made: compiled products round another way on another machine or with another compiler.

A policy file is a safetensors file of float32 tensors `layers.0.kernel` (inputs,
outputs), `layers.0.bias` (outputs,), `layers.1.kernel`, ... and of text metadata (task,
seed, mean return, command, versions, and a sha256). It holds numbers only: reading one
runs no code.
"""

import json
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import safetensors.numpy
from jaxtyping import Float32, Int
from safetensors import SafetensorError

from neurojax.networks.initializers import Layer
from neurojax.storage import tensors
from neurojax.storage.atomic import write_atomically
from neurojax.storage.damaged import DamagedFileError

__all__ = ["Policy", "greedy_actions", "load_policy", "save_policy"]

Policy: TypeAlias = tuple[Layer, ...]  # of numpy

FORMAT = "neurojax policy"


def greedy_actions(
    policy: Policy, observations: Float32[np.ndarray, "batch size"]
) -> Int[np.ndarray, " batch"]:
    """Return the most likely action for each observation."""
    activations = observations
    for layer in policy[:-1]:
        activations = np.tanh(activations @ layer.kernel + layer.bias)
    return np.argmax(activations @ policy[-1].kernel + policy[-1].bias, axis=-1)


def save_policy(policy: Policy, path: Path, metadata: dict[str, str]) -> None:
    """Write a policy file and its checksum, whole or not at all."""
    arrays = {
        f"layers.{index}.{name}": np.ascontiguousarray(array, np.float32)
        for index, layer in enumerate(policy)
        for name, array in layer._asdict().items()
    }
    write_atomically(path, tensors.encode(arrays, {**metadata, "format": FORMAT}))


def load_policy(path: Path) -> tuple[Policy, dict[str, str]]:
    """Return a policy and its metadata.

    Raises:
        DamagedFileError: If the file is not such a policy, or not as it was written.
            Those of older versions hold no checksum.
    """
    try:
        arrays, metadata = _read(path.read_bytes())
        policy = tuple(
            Layer(arrays[f"layers.{index}.kernel"], arrays[f"layers.{index}.bias"])
            for index in range(len(arrays) // 2)
        )
        _check_layers(policy, arrays)
    except (DamagedFileError, SafetensorError, KeyError) as error:
        raise DamagedFileError(
            f"{path} is not a policy file ({error}); train it again with "
            "python -m neurojax.data.experts.train."
        ) from error
    return policy, metadata


def _read(data: bytes) -> tuple[dict[str, Any], dict[str, str]]:
    """Return arrays and metadata; of an older file as they stand there."""
    length = int.from_bytes(data[:8], "little")
    header = data[8 : 8 + length]
    # Two words, so that damage to one leaves the other.
    if b'"sha256"' in header or b'"format"' in header:
        arrays, words = tensors.decode(data)
        return arrays, {name: words[name] for name in words if name != "format"}
    return safetensors.numpy.load(data), json.loads(header).get("__metadata__") or {}


def _check_layers(policy: Policy, arrays: dict[str, np.ndarray]) -> None:
    """Refuse layers that do not follow one another."""
    if not policy or len(arrays) != 2 * len(policy):
        raise DamagedFileError(f"its tensors {sorted(arrays)} are no layers")
    outputs = [layer.kernel.shape[:1] for layer in policy[1:]]
    for index, (kernel, bias) in enumerate(policy):
        wanted = (outputs + [policy[-1].bias.shape])[index]
        is_layer = kernel.ndim == 2 and kernel.shape[1:] == bias.shape == wanted
        if not is_layer or not kernel.dtype == bias.dtype == np.float32:
            raise DamagedFileError(
                f"layers.{index} has a kernel of {kernel.dtype}{list(kernel.shape)} "
                f"and a bias of {bias.dtype}{list(bias.shape)}, which are no layer"
            )
