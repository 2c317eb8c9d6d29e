"""The skeletons that newcomers copy pass the probes, and work together."""

import re
import runpy
from pathlib import Path
from types import SimpleNamespace

import jax
import numpy as np
import pytest

from neurojax.problems import Control
from neurojax.render import frames
from neurojax.systems import Evolution, Replicas
from neurojax.testing import (
    check_environment,
    check_network,
    check_problem,
    check_strategy,
    check_system,
)
from neurojax.training import train

ROOT = Path(__file__).parents[2]
SKELETONS = sorted((ROOT / "docs" / "skeletons").glob("*.py"))
KEY = jax.random.key(0)


def skeleton(name):
    return SimpleNamespace(**runpy.run_path(str(ROOT / "docs/skeletons" / name)))


MyStrategy = skeleton("strategy.py").MyStrategy
MyNetwork = skeleton("network.py").MyNetwork
MyProblem = skeleton("problem.py").MyProblem
MyEnvironment = skeleton("environment.py").MyEnvironment
MySystem = skeleton("system.py").MySystem


def guess(key):
    return jax.random.normal(key, (3,))


@pytest.mark.parametrize("path", SKELETONS, ids=lambda path: path.stem)
def test_each_has_a_recipe_that_names_it(path):
    recipes = (ROOT / "CONTRIBUTING.md").read_text()
    assert f"](docs/skeletons/{path.name})" in recipes
    assert f"check_{path.stem}(" in recipes


def test_every_file_that_a_recipe_names_exists():
    named = re.findall(r"\]\((docs/[^)]*)\)", (ROOT / "CONTRIBUTING.md").read_text())
    assert named and all((ROOT / path).is_file() for path in named)


def test_the_strategy_passes_and_lowers_the_sphere():
    check_strategy(MyStrategy(7), falls_by=5.0, num_generations=60)


def test_the_network_passes():
    check_network(MyNetwork((3, 5)), (3,))


def test_the_problem_passes():
    check_problem(MyProblem(3), guess)


def test_the_environment_passes():
    check_environment(MyEnvironment())


def test_the_system_passes_and_its_replicas_do():
    system = MySystem(MyProblem(3), guess)
    check_system(system)
    fitness = train(Replicas(system, 2), KEY, 100)[1].metrics["fitness"]
    assert np.all(fitness[-1] < 0.1 * fitness[0])


def test_they_work_together():
    network = MyNetwork((1, 2))
    problem = Control(MyEnvironment(), network)
    system = Evolution(MyStrategy(7), problem, network.init)
    history = train(system, KEY, 10)[1]
    # At worst 50 steps; walking on from the first half takes at most 6.
    assert history.metrics["return"].max() >= -6


def test_an_environment_of_ones_own_is_refused_where_it_cannot_be_drawn():
    _, state = MyEnvironment().reset(KEY)
    states = jax.tree.map(lambda leaf: leaf[None], state)
    with pytest.raises(ValueError, match=r"environment=MyEnvironment.*no pictures"):
        next(frames(MyEnvironment(), states))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: MyStrategy(0), "population_size=0"),
        (lambda: MyStrategy(3, -1.0), "std=-1.0"),
        (lambda: MyNetwork((1, 2), 1.0), "leak=1.0"),
        (lambda: MyProblem(0), "size=0"),
        (lambda: MyEnvironment(1), "length=1 must be at least 2"),
        (lambda: MySystem(MyProblem(3), guess, 0.0), "std=0.0"),
    ],
)
def test_impossible_arguments_are_refused_by_name(make, words):
    with pytest.raises(ValueError, match=words):
        make()
