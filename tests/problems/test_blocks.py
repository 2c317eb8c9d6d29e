"""How a batch is cut into tiles."""

import jax
import pytest

from neurojax.problems.blocks import CPU_TILE, LANES, tiling


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="tiles of a CPU")
@pytest.mark.parametrize("batch", [1, 31, 640, 641, 1000, 3200, 50_000, 450_001])
def test_tiles_cover_the_batch_fill_vectors_and_none_is_empty(batch):
    tiles, rows = tiling(batch)
    assert rows <= CPU_TILE
    assert tiles * rows >= batch > (tiles - 1) * rows
    assert tiles == 1 or rows % LANES == 0
