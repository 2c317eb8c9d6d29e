"""What holds for every system in `neurojax.systems.__all__`."""

import jax
import numpy as np
import pytest
from probe_cases import SYSTEMS
from probes import expect_cases, implementations

from neurojax import systems
from neurojax.testing import check_system
from neurojax.training import train

NAMES = sorted(implementations(systems) & set(SYSTEMS))


def test_every_system_has_a_case():
    expect_cases(systems, SYSTEMS, "SYSTEMS")


@pytest.mark.parametrize("name", NAMES)
def test_system_conforms_and_its_fitness_falls(name):
    system, twin = SYSTEMS[name](), SYSTEMS[name]()
    assert system == twin and hash(system) == hash(twin)
    check_system(system)
    fitness = train(twin, jax.random.key(0), 30)[1].metrics["fitness"]
    # log(2) is chance; the labels can be read off one input.
    assert np.all(fitness[-1] < 0.6 * fitness[0]), fitness
