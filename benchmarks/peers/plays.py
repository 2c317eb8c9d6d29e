"""What the play_* works are: who plays what, how many, how long. No peer is imported.

A unit is one evaluation of a fixed population, the same for all: no strategy, no
statistics. Members are random networks, as in the first generations; those of
play_cartpole_good all play to the end, as in the last ones.
"""

from typing import NamedTuple

import numpy as np

Array = np.ndarray
MOST_DRAWN = 4096
BALANCING = (0.1, 0.3, 1.0, 0.6)  # pushes CartPole where this product is positive


class Play(NamedTuple):
    """A population at play."""

    environment: str  # gymnax's or brax's name; "SwingUp"
    members: int
    episodes: int
    max_steps: int
    sizes: tuple[int, ...]  # of the layers, the observation's numbers first
    source: str = "gymnax"
    is_good: bool = False


CARTPOLE = Play("CartPole-v1", 256, 4, 500, (4, 64, 64, 2))
PLAYS = {
    "play_cartpole": CARTPOLE,
    "play_cartpole_good": CARTPOLE._replace(is_good=True),
    "play_swing_up": Play("SwingUp", 64, 16, 1000, (5, 64, 64, 1)),
    "play_breakout": Play("Breakout-MinAtar", 64, 4, 1000, (400, 64, 3)),
    "play_ant": Play("ant", 64, 1, 200, (27, 32, 32, 32, 32, 8), "brax"),
}


def weights_of(setting: Play, members: int) -> list[tuple[Array, Array]]:
    """Kernel `(members, in, out)` and bias `(members, out)` of each layer.

    Beyond `MOST_DRAWN` members the same weights come again: to draw more would take
    longer than to play.
    """
    if members > MOST_DRAWN:
        drawn = weights_of(setting, MOST_DRAWN)
        copies = -(-members // MOST_DRAWN)
        return [
            (np.tile(k, (copies, 1, 1))[:members], np.tile(b, (copies, 1))[:members])
            for k, b in drawn
        ]
    rng = np.random.default_rng(0)
    layers = []
    for fan_in, fan_out in zip(setting.sizes, setting.sizes[1:], strict=False):
        kernel = rng.normal(size=(members, fan_in, fan_out)) / np.sqrt(fan_in)
        layers.append((kernel.astype(np.float32), np.zeros((members, fan_out), "f4")))
    if setting.is_good:
        (first, _), (second, _), (last, _) = layers
        first[:, :, 0] = BALANCING
        second[:, :, 0] = 0
        second[:, 0, 0] = 1
        last *= 0.01
        last[:, 0] = (-5, 5)
    return layers
