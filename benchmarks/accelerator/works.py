"""What is evaluated, by whom, and its floor. No peer and no JAX is imported.

The floor counts what no program can do without: the products of the networks, and one
reading of each member's weights at every step of its longest episode (its episodes
share them). Simulators, activations and random numbers come on top.
"""

from typing import NamedTuple

from benchmarks.peers.plays import PLAYS

PEERS = ("evosax", "evojax", "qdax")
IMITATION = "ga_ce_3200"
IMITATION_BATCH, IMITATION_SIZES = 3200, (4, 50, 2)
# Of the most telling first.
WORKS: dict[str, tuple[str, ...]] = {
    "play_cartpole": ("neurojax", "evosax", "evojax"),
    IMITATION: ("neurojax", "evosax"),
    "play_swing_up": ("neurojax", "evosax", "evojax"),
    "play_breakout": ("neurojax", "evosax"),
    "play_ant": ("neurojax", "evosax", "qdax"),
    "play_cartpole_good": ("neurojax", "evosax", "evojax"),
}
# Every member plays all steps of these, so that launches can be told per step.
LASTING = ("play_swing_up", "play_ant", "play_cartpole_good")


class Floor(NamedTuple):
    """What a unit of work needs at least."""

    flops: float
    bytes_read: float


def _parameters(sizes: tuple[int, ...]) -> tuple[int, int]:
    """Kernel entries, and all numbers, of an MLP."""
    pairs = list(zip(sizes, sizes[1:], strict=False))
    kernels = sum(i * o for i, o in pairs)
    return kernels, kernels + sum(sizes[1:])


def num_weights(work: str) -> int:
    """Numbers of one member."""
    sizes = IMITATION_SIZES if work == IMITATION else PLAYS[work].sizes
    return _parameters(sizes)[1]


def floor(work: str, population: int, steps: float) -> Floor:
    """The floor of a unit of `steps` environment steps, or of a generation."""
    if work == IMITATION:
        kernels, numbers = _parameters(IMITATION_SIZES)
        samples = population * IMITATION_BATCH
        # Parents are read, children written and read again.
        return Floor(2.0 * kernels * samples, 3 * 4.0 * numbers * population)
    kernels, numbers = _parameters(PLAYS[work].sizes)
    return Floor(2.0 * kernels * steps, 4.0 * numbers * steps / PLAYS[work].episodes)
