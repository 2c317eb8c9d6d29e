"""Mistakes with the interface that people make, each with the word that must be told.

Run as a program it tries those of the table and all of `public_names`, from the given
number on, and prints how each ended as JSON, one a line.
"""

import json
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

import neurojax as nj

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS))

from public_names import (  # noqa: E402
    ALIASES,
    CLONING,
    DATA,
    EVOLUTION,
    FOLDER,
    GA,
    KEY,
    NET,
    OBSERVATIONS,
    PLAYER,
    POLE,
    RIGHT,
    WEIGHTS,
    call_with,
    cases,
)

CARTPOLE = nj.environments.Gymnax("CartPole-v1")
HOST = nj.environments.Gymnasium("CartPole-v1")
LABELS = np.array([0, 1] * 3)
ES = nj.strategies.SimpleES(4)
POPULATION, ASKED = GA.ask(KEY, GA.init(KEY, NET.init))
MEMBERS = jax.vmap(NET.init)(jax.random.split(KEY, 3))
STATE = EVOLUTION.init(KEY)
PARAMS = GA.default_params
MANY = 10**12


class Case(NamedTuple):
    """A mistake, the word that its error must hold, and the call."""

    name: str
    word: str
    call: Callable[[], Any]


def evolution(**options: Any) -> Any:
    """An Evolution with some argument replaced, and its first state."""
    right = {"strategy": GA, "problem": CLONING, "sample": NET.init}
    return nj.systems.Evolution(**right | options).init(KEY)


def train(**options: Any) -> Any:
    """A run of one generation with some argument replaced."""
    right = {"system": EVOLUTION, "key": KEY, "num_generations": 1}
    return nj.train(**right | options)


def imitation(**options: Any) -> Any:
    """An Imitation with some argument replaced."""
    right = {"network": NET, "observations": OBSERVATIONS, "actions": LABELS}
    return nj.problems.Imitation(**right | options)


def tell(strategy: Any, fitness: Any, members: Any = None) -> Any:
    """A strategy told fitness, and a population if it is another."""
    population, state = strategy.ask(KEY, strategy.init(KEY, NET.init))
    members = population if members is None else members
    return strategy.tell(KEY, members, fitness, state)


def played(**options: Any) -> Any:
    """An episode with some argument replaced."""
    right = {"environment": CARTPOLE, "network": NET, "weights": WEIGHTS, "key": KEY}
    given = right | options
    first = [given.pop(name) for name in right]
    return nj.rollouts.episode_return(*first, **given)


def recorded(**options: Any) -> Any:
    """A film of an episode with some argument replaced."""
    right = {"environment": POLE, "network": PLAYER, "weights": PLAYER.init(KEY)}
    given = {**right, "key": KEY, "path": str(FOLDER / "x.gif"), "max_steps": 2}
    return nj.render.record(**given | options)


def evosax(name: str = "CMA_ES", size: int = 4, **options: Any) -> Any:
    """An evosax algorithm and its first state."""
    return nj.strategies.Evosax(name, size, **options).init(KEY, NET.init)


def control(**options: Any) -> Any:
    """A Control with some argument replaced."""
    right = {"environment": POLE, "network": PLAYER}
    return nj.problems.Control(**right | options)


def host_control(**options: Any) -> Any:
    """A HostControl with some argument replaced."""
    right = {"environment": HOST, "network": NET}
    return nj.problems.HostControl(**right | options)


TABLE = [
    # Strategies and encodings.
    Case(
        "a million million members",
        "population_size",
        lambda: nj.strategies.SimpleGA(MANY),
    ),
    Case("std beyond float32", "std", lambda: nj.encodings.Gaussian(1e308)),
    Case("std as an array", "std", lambda: nj.encodings.Gaussian(jnp.array(-1.0))),
    Case(
        "std as an array of NaN",
        "std",
        lambda: nj.encodings.Gaussian(jnp.array(np.nan)),
    ),
    Case(
        "std as two numbers",
        "std",
        lambda: nj.encodings.Gaussian(jnp.array([0.1, 0.2])),
    ),
    Case(
        "std outside of its bounds",
        "std",
        lambda: nj.encodings.Gaussian(2.0, "lognormal"),
    ),
    Case(
        "bounds of std as text", "min_std", lambda: nj.encodings.Gaussian(min_std="0")
    ),
    Case(
        "crossover as a word",
        "crossover_rate",
        lambda: nj.encodings.Gaussian(crossover_rate="no"),
    ),
    Case("GA told text as fitness", "fitness", lambda: tell(GA, ["a"] * 4)),
    Case("ES told a list as fitness", "fitness", lambda: tell(ES, [1.0] * 4)),
    Case("GA told too few fitness", "fitness", lambda: tell(GA, jnp.zeros(3))),
    Case(
        "GA told another population",
        "population",
        lambda: tell(GA, jnp.zeros(4), MEMBERS),
    ),
    Case("sample that is weights", "sample", lambda: GA.init(KEY, WEIGHTS)),
    Case("sample that gives nothing", "sample", lambda: GA.init(KEY, lambda key: {})),
    Case("sample that gives None", "sample", lambda: GA.init(KEY, lambda key: None)),
    Case("sample of text", "sample", lambda: GA.init(KEY, lambda key: "a")),
    Case("init with a number as key", "key", lambda: GA.init(0, NET.init)),
    Case("ask with a number as key", "key", lambda: GA.ask(0, ASKED)),
    Case(
        "ask with another's state", "state", lambda: GA.ask(KEY, ES.init(KEY, NET.init))
    ),
    Case("best of another's state", "state", lambda: ES.best(ASKED)),
    Case("params as a dictionary", "params", lambda: GA.ask(KEY, ASKED, {"std": 0.1})),
    Case(
        "params of NaN", "std", lambda: GA.ask(KEY, ASKED, PARAMS._replace(std=np.nan))
    ),
    Case(
        "gradient descent without gradient",
        "gradient",
        lambda: tell(nj.strategies.GradientDescent(optax.sgd(0.1), 4), jnp.zeros(4)),
    ),
    Case(
        "an optimiser with a line search",
        "optimizer",
        lambda: nj.strategies.GradientDescent(optax.lbfgs()).init(KEY, NET.init),
    ),
    Case(
        "an optimiser's maker",
        "optimizer",
        lambda: nj.strategies.GradientDescent(optax.adam),
    ),
    Case("evosax: options as a list", "options", lambda: evosax(options=["adam"])),
    Case("evosax: options as a number", "options", lambda: evosax(options=5)),
    Case(
        "evosax: optimizer as a word",
        "optimizer",
        lambda: evosax("Open_ES", options={"optimizer": "adam"}),
    ),
    Case("evosax: std as text", "std_init", lambda: evosax(params={"std_init": "x"})),
    Case("evosax: std of None", "std_init", lambda: evosax(params={"std_init": None})),
    Case("evosax: std below 0", "std_init", lambda: evosax(params={"std_init": -1})),
    Case("evosax: std of NaN", "std_init", lambda: evosax(params={"std_init": np.nan})),
    Case(
        "evosax: one member of CMA-ES", "population_size", lambda: evosax("cma_es", 1)
    ),
    Case("evosax: five members of ESMC", "population_size", lambda: evosax("ESMC", 5)),
    Case(
        "evosax: three members of OpenAI-ES",
        "population_size",
        lambda: evosax("Open_ES", 3),
    ),
    # Networks.
    Case(
        "activation as a word",
        "activation",
        lambda: nj.networks.MLP((4, 2), activation="tanh"),
    ),
    Case(
        "no initializer",
        "initializer",
        lambda: nj.networks.MLP((4, 2), initializer=None),
    ),
    Case("one size", "sizes", lambda: nj.networks.MLP((4,))),
    Case("two sizes of a GRU", "sizes", lambda: nj.networks.GRU((4, 2))),
    Case(
        "hidden sizes as a number",
        "hidden_sizes",
        lambda: nj.networks.CNN((6, 6, 1), 2, hidden_sizes=128),
    ),
    Case(
        "a picture without channels", "input_shape", lambda: nj.networks.CNN((6, 6), 2)
    ),
    Case(
        "an observation of another size",
        "observation",
        lambda: NET.apply(WEIGHTS, (), jnp.ones(5)),
    ),
    Case(
        "a batch of another size",
        "observation",
        lambda: NET.apply_batch(WEIGHTS, jnp.ones((300, 5))),
    ),
    Case(
        "weights of a population",
        "weights",
        lambda: NET.apply(MEMBERS, (), jnp.ones(4)),
    ),
    Case(
        "normalized observations of a word",
        "observation_shape",
        lambda: nj.networks.Normalized(NET, "4"),
    ),
    # Imitation and data.
    Case(
        "observations of text",
        "observations",
        lambda: imitation(observations=[["a"] * 4] * 6),
    ),
    Case(
        "observations of objects",
        "observations",
        lambda: imitation(observations=np.array([[{}] * 4] * 6)),
    ),
    Case(
        "observations of unequal rows",
        "observations",
        lambda: imitation(observations=[[1.0], [1.0, 2.0]]),
    ),
    Case(
        "observations of complex numbers",
        "observations",
        lambda: imitation(observations=OBSERVATIONS * 1j),
    ),
    Case(
        "observations infinite in float32",
        "observations",
        lambda: imitation(observations=np.full((6, 4), 1e300)),
    ),
    Case(
        "no observations",
        "observations",
        lambda: imitation(observations=[], actions=[]),
    ),
    Case("a label too many", "actions", lambda: imitation(actions=LABELS + 1)),
    Case(
        "sequences of padding alone",
        "actions",
        lambda: imitation(
            observations=OBSERVATIONS.reshape(2, 3, 4), actions=np.full((2, 3), -1)
        ),
    ),
    Case("a batch beyond the data", "batch_size", lambda: imitation(batch_size=7)),
    Case("metrics as a word", "metrics", lambda: imitation(metrics="accuracy")),
    Case("weights for a network", "network", lambda: imitation(network=WEIGHTS)),
    Case(
        "a network of another size",
        "network",
        lambda: imitation(network=nj.networks.MLP((5, 2))),
    ),
    Case("rows beyond the data set", "rows", lambda: DATA.take(np.array([99]))),
    Case("rows of floats", "rows", lambda: DATA.take(np.array([1.0]))),
    Case("a seed below 0", "seed", lambda: nj.data.by_episode(DATA, 0.4, -1)),
    Case("all rows for the test", "num_test", lambda: nj.data.first_rows(DATA, 6)),
    Case(
        "observations without numbers",
        "observations",
        lambda: nj.data.Dataset(
            np.zeros((6, 0), np.float32),
            DATA.actions,
            DATA.rewards,
            DATA.episode_starts,
            2,
            "x",
        ),
    ),
    Case("a data set of None", "dataset", lambda: nj.data.save(None, FOLDER / "x.npz")),
    Case("loads None", "source", lambda: nj.data.load(None, "CartPole-v1")),
    Case(
        "loads no transitions",
        "num_transitions",
        lambda: nj.data.load(FOLDER / "six.npz", "CartPole-v1", num_transitions=0),
    ),
    Case(
        "plays for a year",
        "num_transitions",
        lambda: nj.data.load("expert", "CartPole-v1", num_transitions=10**10),
    ),
    # Systems.
    Case("no strategy", "strategy", lambda: evolution(strategy=None)),
    Case(
        "an optimiser for a strategy",
        "strategy",
        lambda: evolution(strategy=optax.adam(0.1)),
    ),
    Case("no problem", "problem", lambda: evolution(problem=None)),
    Case(
        "strategy and problem swapped",
        "strategy",
        lambda: evolution(strategy=CLONING, problem=GA),
    ),
    Case("no sample", "sample", lambda: evolution(sample=None)),
    Case("a network for its init", "sample", lambda: evolution(sample=NET)),
    Case("weights for init", "sample", lambda: evolution(sample=WEIGHTS)),
    Case(
        "init of another network",
        "sample",
        lambda: evolution(sample=nj.networks.MLP((4, 3)).init),
    ),
    Case("no decode", "decode", lambda: evolution(decode=None)),
    Case(
        "decode to other shapes",
        "decode",
        lambda: evolution(decode=lambda genotype: genotype[0].kernel),
    ),
    Case(
        "a test of another network",
        "test",
        lambda: evolution(test=imitation(network=nj.networks.MLP((4, 3, 2)))),
    ),
    Case("tests at a cadence of text", "test_every", lambda: evolution(test_every="2")),
    Case("a number for a mesh", "mesh", lambda: evolution(mesh=2)),
    Case("devices for a mesh", "mesh", lambda: evolution(mesh=jax.devices())),
    Case("replicas of nothing", "system", lambda: nj.systems.Replicas(None, 2)),
    Case(
        "params without a replica axis",
        "params",
        lambda: nj.systems.Replicas(EVOLUTION, 2).init(KEY, PARAMS),
    ),
    Case("no devices", "devices", lambda: nj.parallel.member_mesh([])),
    Case(
        "scored by another network's weights",
        "weights",
        lambda: nj.systems.score(CLONING, nj.networks.MLP((4, 3)).init(KEY), KEY),
    ),
    # train.
    Case("a system's class", "system", lambda: train(system=nj.systems.Evolution)),
    Case("a strategy for a system", "system", lambda: train(system=GA)),
    Case(
        "trains with params as a dictionary",
        "params",
        lambda: train(params={"std": 0.1}),
    ),
    Case(
        "trains with params of NaN",
        "std",
        lambda: train(params=PARAMS._replace(std=np.nan)),
    ),
    Case(
        "trains with params below 0",
        "std",
        lambda: train(params=PARAMS._replace(std=-1.0)),
    ),
    Case(
        "goes on from another strategy's state",
        "state",
        lambda: train(state=evolution(strategy=ES)),
    ),
    Case(
        "goes on from another population's state",
        "state",
        lambda: train(state=evolution(strategy=nj.strategies.SimpleGA(6))),
    ),
    Case(
        "goes on from shapes",
        "state",
        lambda: train(state=jax.eval_shape(EVOLUTION.init, KEY)),
    ),
    Case(
        "goes on from state and history together",
        "state",
        lambda: train(state=(STATE, None)),
    ),
    Case(
        "a dictionary for a history", "history", lambda: train(state=STATE, history={})
    ),
    Case(
        "a history without a state",
        "history",
        lambda: train(history=nj.training.History({}, np.zeros(0, int), 0.0, 0.0)),
    ),
    Case(
        "a class for a callback",
        "callbacks",
        lambda: train(callbacks=[nj.training.Progress]),
    ),
    Case(
        "a metric that nobody has",
        "metric",
        lambda: train(
            callbacks=[nj.training.EarlyStop(0.0, metric="los", maximize=False)]
        ),
    ),
    # Callbacks and files.
    Case(
        "a checkpoint without a folder",
        "directory",
        lambda: nj.training.Checkpoint(None),
    ),
    Case(
        "a checkpoint in a folder without a name",
        "directory",
        lambda: nj.training.Checkpoint(""),
    ),
    Case(
        "a checkpoint in a file",
        "file",
        lambda: train(callbacks=[nj.training.Checkpoint(FOLDER / "six.npz")]),
    ),
    Case(
        "a path with a zero byte",
        "path",
        lambda: nj.training.save(
            "a\0b", STATE, nj.training.History({}, np.zeros(0, int), 0.0, 0.0)
        ),
    ),
    Case("a target of NaN", "target", lambda: nj.training.EarlyStop(np.nan)),
    Case(
        "a patience of a half", "patience", lambda: nj.training.EarlyStop(patience=1.5)
    ),
    Case(
        "a log that is a folder",
        "path",
        lambda: train(callbacks=[nj.training.Track(nj.training.JSONLTracker(FOLDER))]),
    ),
    Case(
        "a tracker's path as the tracker",
        "tracker",
        lambda: nj.training.Track("log.jsonl"),
    ),
    Case("restores None", "path", lambda: nj.training.restore(None, STATE)),
    # Environments and who plays there.
    Case(
        "an environment's name",
        "environment",
        lambda: control(environment="CartPole-v1"),
    ),
    Case(
        "an environment outside JAX for Control",
        "HostControl",
        lambda: control(environment=HOST, network=NET),
    ),
    Case(
        "an environment in JAX for HostControl",
        "problems.Control",
        lambda: host_control(environment=CARTPOLE),
    ),
    Case(
        "a network of another size in Control", "network", lambda: control(network=NET)
    ),
    Case(
        "Control of init of another network",
        "sample",
        lambda: evolution(problem=control(), sample=NET.init),
    ),
    Case("greedy of None", "greedy", lambda: control(greedy=None)),
    Case(
        "Workers, not made",
        "workers",
        lambda: host_control(workers=nj.parallel.Workers),
    ),
    Case(
        "workers given a lambda",
        "play",
        lambda: nj.parallel.Workers(1).map(lambda item: item, [1]),
    ),
    Case(
        "workers given a file",
        "item",
        lambda: nj.parallel.Workers(1).map(len, [sys.stdout]),
    ),
    Case(
        "workers given no function", "play", lambda: nj.parallel.Workers(1).map(3, [1])
    ),
    Case(
        "gymnax: no steps",
        "max_steps_in_episode",
        lambda: nj.environments.Gymnax("CartPole-v1", {"max_steps_in_episode": 0}),
    ),
    Case(
        "gymnax: fewer than no steps",
        "max_steps_in_episode",
        lambda: nj.environments.Gymnax("CartPole-v1", {"max_steps_in_episode": -5}),
    ),
    Case(
        "gymnax: steps as text",
        "max_steps_in_episode",
        lambda: nj.environments.Gymnax("CartPole-v1", {"max_steps_in_episode": "9"}),
    ),
    Case(
        "gymnax: NaN steps",
        "max_steps_in_episode",
        lambda: nj.environments.Gymnax("CartPole-v1", {"max_steps_in_episode": np.nan}),
    ),
    Case(
        "gymnax: gravity of NaN",
        "gravity",
        lambda: nj.environments.Gymnax("CartPole-v1", {"gravity": np.nan}),
    ),
    Case("gymnasium: no name", "name", lambda: nj.environments.Gymnasium(None)),
    Case(
        "gymnasium: no steps",
        "max_episode_steps",
        lambda: nj.environments.Gymnasium("CartPole-v1", {"max_episode_steps": 0}),
    ),
    Case(
        "gymnasium: gravity upwards",
        "gravity",
        lambda: nj.environments.Gymnasium("LunarLander-v3", {"gravity": 5.0}),
    ),
    Case(
        "starts of text",
        "seeds",
        lambda: nj.environments.gymnasium_starts(CARTPOLE, ["a"]),
    ),
    Case(
        "starts of a fraction",
        "seeds",
        lambda: nj.environments.gymnasium_starts(CARTPOLE, [1.7]),
    ),
    Case(
        "starts below 0",
        "seeds",
        lambda: nj.environments.gymnasium_starts(nj.environments.LunarLander(), [-1]),
    ),
    Case(
        "starts of the swing-up",
        "environment",
        lambda: nj.environments.gymnasium_starts(POLE, [1]),
    ),
    Case("an episode of a population", "weights", lambda: played(weights=MEMBERS)),
    Case("an episode with a number as key", "key", lambda: played(key=0)),
    Case("an episode outside JAX", "environment", lambda: played(environment=HOST)),
    Case(
        "an episode of a fraction of steps", "max_steps", lambda: played(max_steps=2.5)
    ),
    Case(
        "a film of a population",
        "weights",
        lambda: recorded(weights=jax.vmap(PLAYER.init)(jax.random.split(KEY, 3))),
    ),
    Case(
        "a film of another network",
        "network",
        lambda: recorded(network=NET, weights=WEIGHTS),
    ),
    Case("a film to nowhere", "path", lambda: recorded(path=None)),
    Case(
        "a film of no environment",
        "environment",
        lambda: recorded(environment="CartPole-v1"),
    ),
]

# What is taken though it looks odd, and why that is right.
RIGHT_TO_ACCEPT: dict[str, tuple[str, Callable[[], Any]]] = {
    "best before any tell": (
        "a member of the first population, so that a run of no generations has one",
        lambda: GA.best(GA.init(KEY, NET.init)),
    ),
    "a learning rate of NaN": (
        "an optax transformation is a function: nobody can look into it; train says "
        "that no fitness is finite",
        lambda: nj.strategies.GradientDescent(optax.sgd(np.nan)),
    ),
    "params beside a state": (
        "a script that goes on says the same as the one that began; both are checked",
        lambda: train(params=PARAMS, state=STATE),
    ),
    "a state of NaN": (
        "a run's own, whose members may all have failed; NaN ranks last",
        lambda: train(
            state=jax.tree.map(
                lambda x: x * jnp.nan if jnp.issubdtype(x.dtype, jnp.floating) else x,
                STATE,
            )
        ),
    ),
    "sizes of numpy": (
        "numbers of numpy are numbers",
        lambda: nj.networks.MLP((np.int64(4), np.int32(2))),
    ),
    "a std of numpy": (
        "numbers of numpy are numbers",
        lambda: nj.encodings.Gaussian(np.float32(0.1)),
    ),
    "a population of numpy": (
        "numbers of numpy are numbers",
        lambda: nj.strategies.SimpleES(np.int64(16)),
    ),
    "actions as a list": (
        "a list of rows of one length is an array",
        lambda: imitation(observations=OBSERVATIONS.tolist(), actions=LABELS.tolist()),
    ),
}


def ended(word: str, call: Callable[[], Any]) -> tuple[str, str]:
    """The verdict, and what was told."""
    try:
        call()
    except (ValueError, FileNotFoundError) as error:
        file = traceback.extract_tb(error.__traceback__)[-1].filename
        is_ours = Path(nj.__file__).parent in Path(file).parents
        is_clear = is_ours and word in str(error)
        return "clear" if is_clear else "unclear", f"{str(error)[:200]} ({file})"
    except Exception as error:
        return "unclear", f"{type(error).__name__}: {error}"[:200]
    return "accepted", ""


def every_case() -> Iterator[tuple[str, str, str, Callable[[], Any]]]:
    """Of which part it is, its name, the word, and the call."""
    for case in TABLE:
        yield "mistakes", *case
    for name, (_, call) in RIGHT_TO_ACCEPT.items():
        yield "odd and right", name, "", call
    for name in RIGHT:
        for argument, value in cases(name):
            word = ALIASES.get((name, argument), argument)
            shown = f"{name}({argument}={repr(value)[:40]})"
            part = name.partition(".")[0]
            yield (
                part,
                shown,
                word,
                lambda n=name, a=argument, v=value: call_with(n, a, v),
            )


if __name__ == "__main__":
    for number, (part, name, word, call) in enumerate(every_case()):
        if number >= int(sys.argv[1]):
            print(json.dumps([number, part, name, "began", ""]), flush=True)
            print(json.dumps([number, part, name, *ended(word, call)]), flush=True)
