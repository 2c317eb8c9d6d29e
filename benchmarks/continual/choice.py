"""Which weights of a training are its last: those of the best validation."""

from typing import Any

import jax
import numpy as np

from benchmarks.shared.store import Store
from neurojax.networks import GRU, MLP


class Choice:
    """Each run's weights at its lowest validation cross-entropy so far, on disk.

    A cell that is killed and goes on offers the same weights again, so what was kept
    before the kill does no harm.
    """

    def __init__(self, store: Store, name: str, network: MLP | GRU, runs: int) -> None:
        self._store, self._name = store, f"{name}-chosen"
        one = jax.eval_shape(network.init, jax.random.key(0))
        self._like = {
            "weights": jax.tree.map(lambda leaf: np.zeros((runs, *leaf.shape)), one),
            "loss": np.zeros(runs),
        }

    @property
    def weights(self) -> Any:
        """The chosen weights of every run."""
        return self._store.weights(self._name, self._like)["weights"]

    def offer(self, weights: Any, loss: np.ndarray) -> None:
        """Keep the weights of the runs whose loss is lower than any before."""
        weights = jax.tree.map(np.asarray, weights)
        if self._store.has_weights(self._name):
            kept = self._store.weights(self._name, self._like)
            # Not `loss < kept`: a NaN is never better.
            is_kept = ~(loss < kept["loss"])
            loss = np.where(is_kept, kept["loss"], loss)
            weights = jax.tree.map(
                lambda old, new: np.where(_along(is_kept, old), old, new),
                kept["weights"],
                weights,
            )
        self._store.keep_weights(self._name, {"weights": weights, "loss": loss})


def _along(mask: np.ndarray, leaf: np.ndarray) -> np.ndarray:
    return mask.reshape(-1, *[1] * (leaf.ndim - 1))
