"""A data set small enough to check by hand: 3 episodes of 2, 5 and 4 transitions."""

import jaxtyping
import numpy as np
import pytest

from neurojax.data import Dataset

LENGTHS = (2, 5, 4)


@pytest.fixture
def fields() -> dict:
    """The arguments of a sound data set, to be spoiled one by one."""
    generator = np.random.default_rng(0)
    num_transitions = sum(LENGTHS)
    starts = np.zeros(num_transitions, bool)
    starts[[0, 2, 7]] = True
    return {
        "observations": generator.normal(size=(num_transitions, 3)).astype(np.float32),
        "actions": (np.arange(num_transitions) % 5).astype(np.int32),
        "rewards": np.arange(num_transitions, dtype=np.float32),
        "episode_starts": starts,
        "num_actions": 7,
        "name": "Small-v0",
        "source": "made by hand",
    }


@pytest.fixture
def dataset(fields) -> Dataset:
    return Dataset(**fields)


@pytest.fixture
def without_type_checker():
    """As users run it: arrays meet our own checks, not those of the annotations."""
    before = jaxtyping.config.jaxtyping_disable
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", before)
