"""The tasks of EvoJAX's benchmark: what is played or classified, and how well is well.

Numbers: https://github.com/google/evojax, `scripts/benchmarks` (read in 2026): its
configurations, targets and published scores. EvoJAX's policies end in a tanh; ours do
in `choose_action`, which means the same force.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.control.convnet import ConvNet
from benchmarks.control.peers.loop import TEST_EPISODES
from neurojax.environments import Brax, CartPoleSwingUp
from neurojax.networks import MLP
from neurojax.problems import Control, Imitation
from neurojax.types import Environment, Network, Problem

BATCH_SIZE = 1024
HELD_OUT = 0.25  # of the digits


@dataclass(frozen=True, eq=False)
class Task:
    """What a method is trained on and tested by.

    Attributes:
        name: on the command line.
        title: in tables and figures.
        network: what is evolved.
        train: gives each member its fitness.
        test: measures one network; its metric `score` is a member's, higher is better.
        score: the metric of `test` that is the score.
        targets: scores to be reached, in rising order.
        published: final scores of EvoJAX by method, means over its test episodes.
        generations: as many as EvoJAX makes.
    """

    name: str
    title: str
    network: Network
    train: Problem
    test: Problem
    score: str
    targets: tuple[float, ...]
    published: dict[str, float]
    generations: int


def _swing_up(hard: bool, episodes: int) -> Task:
    easy = {"pgpe": 935.4268, "open_es": 929.4153}
    published = {"pgpe": 631.1020, "open_es": 604.6940} if hard else easy
    return _played(
        "hard" if hard else "easy",
        f"cart-pole swing-up, {'hard' if hard else 'easy'}",
        CartPoleSwingUp(hard),
        MLP((5, 64, 64, 1)),
        (600.0,) if hard else (900.0,),
        published,
        1000,
        episodes,
    )


def _ant(episodes: int) -> Task:
    ant = Brax("ant")
    return _played(
        "ant",
        "brax ant (spring)",
        ant,
        MLP((*ant.observation_shape, 32, 32, 32, 32, ant.action_size)),
        (3000.0,),
        {"pgpe": 6054.3887, "open_es": 6726.2100},
        1200,
        episodes,
        normalize_observations=True,
    )


def _played(
    name: str,
    title: str,
    environment: Environment,
    network: Network,
    targets: tuple[float, ...],
    published: dict[str, float],
    generations: int,
    episodes: int,
    normalize_observations: bool = False,
) -> Task:
    train = Control(
        environment,
        network,
        num_episodes=episodes,
        normalize_observations=normalize_observations,
    )
    # What is tested brings its normalisation along.
    test = Control(environment, train.player, num_episodes=TEST_EPISODES)
    return Task(
        name, title, network, train, test, "return", targets, published, generations
    )


def _classified(
    name: str, title: str, load: Callable[[], tuple[Any, ...]], published: dict
) -> Task:
    images, labels, test_images, test_labels = load()
    network = ConvNet(images.shape[1:])
    train = Imitation(
        network, images, labels, batch_size=BATCH_SIZE, sampling="replacement"
    )
    test = Imitation(network, test_images, test_labels, metrics=("accuracy",))
    return Task(
        name, title, network, train, test, "accuracy", (0.90, 0.97), published, 2000
    )


def _load_digits() -> tuple[np.ndarray, ...]:
    """scikit-learn's 1797 digits of 8 x 8 pixels, a fixed quarter of them held out."""
    from sklearn.datasets import load_digits

    found: Any = load_digits()
    images = (found.images / 16).astype(np.float32)[..., None]
    labels = found.target.astype(np.int32)
    order = np.random.default_rng(0).permutation(len(images))
    held_out = int(HELD_OUT * len(images))
    test, train = order[:held_out], order[held_out:]
    return images[train], labels[train], images[test], labels[test]


def _load_mnist() -> tuple[np.ndarray, ...]:
    """MNIST from the HuggingFace hub: 60 000 digits of 28 x 28 pixels, 10 000 more."""
    from datasets import load_dataset

    try:
        found: Any = load_dataset("ylecun/mnist")
    except (OSError, ValueError) as error:  # no network, or no such set
        raise SystemExit(
            f"--tasks mnist: the HuggingFace hub does not give it ({error}). Without "
            "the hub use --tasks digits, scikit-learn's small digits."
        ) from None
    parts = []
    for split in ("train", "test"):
        split = found[split].with_format("numpy")
        images = np.asarray(split["image"], np.float32) / 255
        parts += [images[..., None], np.asarray(split["label"], np.int32)]
    return tuple(parts)


MNIST_SCORES = {"pgpe": 0.9743, "open_es": 0.9669}
TASKS: dict[str, Callable[[int], Task]] = {
    "easy": lambda episodes: _swing_up(False, episodes),
    "hard": lambda episodes: _swing_up(True, episodes),
    "digits": lambda _: _classified(
        "digits", "digits of scikit-learn (8 x 8)", _load_digits, {}
    ),
    "mnist": lambda _: _classified("mnist", "MNIST", _load_mnist, MNIST_SCORES),
    "ant": _ant,
}
