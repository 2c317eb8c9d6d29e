"""What holds for every environment in `neurojax.environments.__all__`."""

import pytest
from probe_cases import ENVIRONMENTS
from probes import expect_cases

from neurojax import environments
from neurojax.testing import check_environment, check_host_environment
from neurojax.testing.environment import check_types
from neurojax.types import Environment

ALL = {
    f"{name}-{kind}": case
    for name, cases in ENVIRONMENTS.items()
    for kind, case in cases.items()
}
SLOW = sorted(name for name, case in ALL.items() if case.is_slow)


def made(name):
    pytest.importorskip(ALL[name].needs)
    environment, twin = ALL[name].make(), ALL[name].make()
    assert environment == twin and hash(environment) == hash(twin)
    return environment


def test_every_environment_has_a_case():
    expect_cases(environments, ENVIRONMENTS, "ENVIRONMENTS")


@pytest.mark.parametrize("name", sorted(set(ALL) - set(SLOW)))
def test_environment_conforms_and_equal_ones_are_equal(name):
    environment = made(name)
    if isinstance(environment, Environment):
        check_environment(environment)
    else:
        check_host_environment(environment)


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_what_compiles_slowly_conforms(name):
    check_environment(made(name))


def test_types_of_lunar_lander_are_kept():
    check_types(made("LunarLander-discrete"))
