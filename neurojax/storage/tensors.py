"""Named arrays and words in one safetensors file that knows when it is damaged.

The sha256 in the metadata covers everything else: words, names, dtypes, shapes, bytes.
"""

import hashlib
import json
from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np

from neurojax.storage.damaged import DamagedFileError

__all__ = ["DTYPES", "DamagedFileError", "decode", "digest", "encode"]

# safetensors' own numpy loader lacks the types that numpy itself lacks.
DTYPES = {
    "BOOL": np.dtype(bool),
    "C64": np.dtype(np.complex64),
    "BF16": np.dtype(jnp.bfloat16),
    "F8_E4M3": np.dtype(jnp.float8_e4m3fn),
    "F8_E5M2": np.dtype(jnp.float8_e5m2),
    **{f"F{8 * size}": np.dtype(f"f{size}") for size in (2, 4, 8)},
    **{f"I{8 * size}": np.dtype(f"i{size}") for size in (1, 2, 4, 8)},
    **{f"U{8 * size}": np.dtype(f"u{size}") for size in (1, 2, 4, 8)},
}


def encode(arrays: dict[str, np.ndarray], words: dict[str, str]) -> bytes:
    """Return the safetensors file that holds `arrays`, with `words` as metadata."""
    from safetensors.numpy import save

    for name, array in arrays.items():
        if array.dtype not in DTYPES.values():
            raise ValueError(
                f"{name!r} has dtype {array.dtype}, which safetensors cannot hold; "
                f"convert it to one of {sorted(str(d) for d in DTYPES.values())}."
            )
    arrays = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    return save(arrays, {**words, "sha256": digest(arrays, words)})


def decode(data: bytes) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Return `(arrays, words)` as they were given to `encode`; arrays are read-only.

    Raises:
        DamagedFileError: if the bytes are not exactly those that `encode` made.
    """
    from safetensors import SafetensorError, deserialize

    try:
        tensors = deserialize(data)
        length = int.from_bytes(data[:8], "little")
        words = json.loads(data[8 : 8 + length])["__metadata__"]
        written = words.pop("sha256")
        arrays = {
            name: np.frombuffer(t["data"], DTYPES[t["dtype"]]).reshape(t["shape"])
            for name, t in tensors
        }
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedFileError(f"not a whole safetensors file: {error}") from error
    if digest(arrays, words) != written:
        raise DamagedFileError("its sha256 differs from the one written into it")
    return arrays, words


def digest(arrays: Mapping[str, np.ndarray], words: Mapping[str, str]) -> str:
    """Return the sha256, in hexadecimal, of named arrays and words.

    It covers names, dtypes, shapes and bytes. All schema versions share this recipe.
    """
    sha = hashlib.sha256(json.dumps(dict(words), sort_keys=True).encode())
    for name in sorted(arrays):
        array = arrays[name]
        sha.update(json.dumps([name, str(array.dtype), array.shape]).encode())
        sha.update(array.tobytes())
    return sha.hexdigest()
