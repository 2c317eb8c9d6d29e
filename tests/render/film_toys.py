"""Networks for films, and files to look at."""

import subprocess
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from imageio_ffmpeg import get_ffmpeg_exe


@dataclass(frozen=True)
class Waver:
    """Its outputs go up and down, and are NaN from the step of its weight on."""

    num_outputs: int

    def init(self, key):
        return jnp.float32(jnp.inf)

    def reset(self, key, weights):
        return jnp.float32(0.0)

    def apply(self, weights, carry, observation):
        waves = jnp.sin(carry * (0.37 + jnp.arange(self.num_outputs)))
        outputs = waves + jnp.sum(observation)
        return carry + 1, jnp.where(carry >= weights, jnp.nan, outputs)


NEVER = jnp.float32(jnp.inf)


def read_mp4(path, width, height):
    """The pictures of a film."""
    # imageio's reader forks, of which JAX warns.
    command = [get_ffmpeg_exe(), "-loglevel", "error", "-i", str(path)]
    command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    data = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(data, np.uint8).reshape(-1, height, width, 3)
