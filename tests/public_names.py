"""Every public name of neurojax, and wrong values for each of its arguments.

Run as a program, it prints what is accepted, or refused without naming the argument,
as JSON: outside of pytest, whose type checks would refuse first.
"""

import ast
import importlib
import inspect
import json
import os
import tempfile
import types
import typing
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen

import neurojax as nj
from neurojax.types import (
    Environment,
    HostEnvironment,
    Key,
    Network,
    Problem,
    Strategy,
    System,
    Variation,
)

PACKAGE = Path(nj.__file__).parent
KEY = jax.random.key(0)
NET = nj.networks.MLP((4, 2))
POLE = nj.environments.CartPoleSwingUp()
PLAYER = nj.networks.MLP.fitting(POLE, (2,))
CARTPOLE = nj.environments.Gymnax("CartPole-v1")
HOST = nj.environments.Gymnasium("CartPole-v1")
WEIGHTS = NET.init(KEY)
OBSERVATIONS = np.ones((6, 4), np.float32)
ACTIONS = np.array([0, 1] * 3, np.int32)
STARTS = np.array([True, False] * 3)
DATA = nj.data.Dataset(
    OBSERVATIONS, ACTIONS, np.ones(6, np.float32), STARTS, 2, "CartPole-v1"
)
FOLDER = Path(tempfile.mkdtemp())
FILE = FOLDER / "six.npz"
nj.data.save(DATA, FILE)
GA = nj.strategies.SimpleGA(4)
CLONING = nj.problems.Imitation(NET, OBSERVATIONS, ACTIONS)
EVOLUTION = nj.systems.Evolution(GA, CLONING, NET.init)
FITNESS = jnp.arange(4.0)
ACTOR, CRITIC = nj.networks.MLP((5, 2)), nj.networks.MLP((5, 1))
PLAY = {
    "environment": POLE,
    "network": PLAYER,
    "weights": PLAYER.init(KEY),
    "key": KEY,
}
PPO = nj.rl.PPO(POLE, ACTOR, CRITIC, 3)


def public_names() -> Iterator[str]:
    """Dotted names below `neurojax`, of the stubs and of the modules that they name."""
    for stub in sorted(PACKAGE.rglob("__init__.pyi")):
        package = stub.parent.relative_to(PACKAGE).parts
        for node in ast.parse(stub.read_text()).body:
            assert isinstance(node, ast.ImportFrom)
            for name in (alias.asname or alias.name for alias in node.names):
                path = PACKAGE.joinpath(*package, f"{name}.py")
                if node.module is not None:
                    yield ".".join((*package, name))
                elif path.exists():
                    yield from names_of(".".join((*package, name)))


def names_of(module: str) -> Iterator[str]:
    """Those of `__all__`, or what is defined without an underscore in front."""
    found = importlib.import_module(f"neurojax.{module}")
    own = [n for n, v in vars(found).items() if inspect.getmodule(v) is found]
    for name in getattr(found, "__all__", [n for n in own if n[0] != "_"]):
        yield f"{module}.{name}"


TRAINING = nj.rl.ppo_training.start(PPO, KEY, num_envs=2)
LOCKSTEP = TRAINING.lockstep

# Right arguments of what takes some; a name that is not here is in NOT_WALKED.
RIGHT: dict[str, dict[str, Any]] = {
    "data.Dataset": vars(DATA),
    "data.by_episode": {"dataset": DATA, "test_fraction": 0.4, "seed": 1},
    "data.by_transition": {"dataset": DATA, "test_fraction": 0.4, "seed": 1},
    "data.expert": {"task": "CartPole-v1"},
    "data.first_rows": {"dataset": DATA, "num_test": 2},
    "data.load": {"source": str(FILE), "task": "CartPole-v1"},
    "data.save": {"dataset": DATA, "path": str(FILE)},
    "data.subset": {"rows": np.arange(6), "size": 2, "seed": 1},
    "data.Dataset.first_episodes": {"self": DATA, "num_transitions": 2},
    "encodings.Gaussian": {},
    "encodings.SparseGaussian": {"std": 0.1},
    "environments.Atari": {"game": "pong"},
    "environments.Brax": {"name": "ant"},
    "environments.CartPoleSwingUp": {},
    "environments.Gymnasium": {"name": "CartPole-v1"},
    "environments.Gymnax": {"name": "CartPole-v1"},
    "environments.LunarLander": {},
    "environments.gymnasium_starts": {"environment": CARTPOLE, "seeds": [1]},
    "metrics.SampledMacroF1": {},
    "metrics.is_maximized": {"name": "fitness"},
    "metrics.sampled_macro_f1": {
        "key": KEY,
        "logits": jnp.ones((6, 2)),
        "labels": jnp.asarray(ACTIONS),
    },
    "networks.CNN": {"input_shape": (6, 6, 1), "num_outputs": 2},
    "networks.Flax": {"module": linen.Dense(2), "input_shape": (4,)},
    "networks.GRU": {"sizes": (4, 3, 2)},
    "networks.MLP": {"sizes": (4, 2)},
    "networks.Normalized": {"network": NET, "observation_shape": (4,)},
    "networks.GRU.fitting": {"environment": POLE},
    "networks.MLP.fitting": {"environment": POLE},
    "noise.normal": {"key": KEY, "size": 3, "source": "threefry"},
    "noise.normal_like": {"key": KEY, "population": WEIGHTS, "source": "threefry"},
    "parallel.RayWorkers": {},
    "parallel.Workers": {"number": 1},
    "parallel.add_xla_flags": {},
    "parallel.member_mesh": {},
    "problems.Control": {"environment": POLE, "network": PLAYER},
    "problems.HostControl": {"environment": HOST, "network": NET},
    "problems.Imitation": {
        "network": NET,
        "observations": OBSERVATIONS,
        "actions": ACTIONS,
    },
    "ranking.distinct": {"key": KEY, "population_size": 4, "shape": (2, 2)},
    "ranking.elites": {"fitness": FITNESS, "num_elites": 1},
    "ranking.softmax_weights": {"fitness": FITNESS},
    "ranking.tournament": {
        "key": KEY,
        "fitness": FITNESS,
        "size": 2,
        "num_children": 3,
    },
    "ranking.truncation": {"fitness": FITNESS, "num_parents": 2, "num_children": 3},
    "render.frames": {"environment": POLE, "states": POLE.reset(KEY)[1]},
    "render.record": {**PLAY, "path": str(FOLDER / "x.gif")},
    "render.show": PLAY,
    "rl.PPO": {"environment": POLE, "actor": ACTOR, "critic": CRITIC, "num_updates": 3},
    "rl.Pair": {"actor": ACTOR, "critic": CRITIC},
    "rl.actor_and_critic": {"environment": POLE},
    "rl.clipped_policy_loss": {
        "log_ratios": jnp.zeros(3),
        "advantages": jnp.zeros(3),
        "clip": 0.2,
    },
    "rl.entropy": {"environment": POLE, "output": jnp.zeros(2)},
    "rl.generalized_advantages": {
        "rewards": jnp.zeros((2, 1)),
        "values": jnp.zeros((2, 1)),
        "next_values": jnp.zeros((2, 1)),
        "terminated": jnp.zeros((2, 1), bool),
        "truncated": jnp.zeros((2, 1), bool),
        "discount": 0.9,
        "trace": 0.9,
    },
    "rl.log_probability": {
        "environment": POLE,
        "output": jnp.zeros(2),
        "action": jnp.zeros(1),
    },
    "rl.ppo_training.proceed": {
        "ppo": PPO,
        "key": KEY,
        "training": TRAINING,
        "num_updates": 1,
        "num_steps": 8,
    },
    "rl.ppo_training.start": {"ppo": PPO, "key": KEY, "num_envs": 2},
    "rl.ppo_training.train": {"ppo": PPO, "key": KEY},
    "rollouts.choose_action": {"environment": POLE, "output": jnp.zeros(1)},
    "rollouts.collect": {
        **PLAY,
        "lockstep": LOCKSTEP,
        "num_steps": 2,
        "greedy": True,
    },
    "rollouts.episode_return": PLAY,
    "rollouts.rollout": PLAY,
    "rollouts.start_lockstep": {**PLAY, "num_envs": 2},
    "strategies.Evosax": {"algorithm": "CMA_ES", "population_size": 4},
    "strategies.GradientDescent": {"optimizer": optax.sgd(0.1)},
    "strategies.SimpleES": {"population_size": 4},
    "strategies.SimpleGA": {"population_size": 4},
    "systems.Evolution": {"strategy": GA, "problem": CLONING, "sample": NET.init},
    "systems.Replicas": {"system": EVOLUTION, "num_replicas": 2},
    "systems.score": {"problem": CLONING, "weights": WEIGHTS, "key": KEY},
    "training.CSVTracker": {"path": str(FOLDER / "x.csv")},
    "training.Checkpoint": {"directory": str(FOLDER / "x")},
    "training.EarlyStop": {"target": 0.0},
    "training.JSONLTracker": {"path": str(FOLDER / "x.jsonl")},
    "training.Progress": {},
    "training.TensorBoardTracker": {"directory": str(FOLDER / "x")},
    "training.Track": {"tracker": nj.training.JSONLTracker(FOLDER / "x.jsonl")},
    "training.restore": {"path": str(FOLDER / "x"), "like": WEIGHTS},
    "training.save": {
        "path": str(FOLDER / "x.safetensors"),
        "state": EVOLUTION.init(KEY),
        "history": nj.training.History({}, np.zeros(0, int), 0.0, 0.0),
    },
    "training.WandbTracker": {"project": "x"},
    "training.train": {"system": EVOLUTION, "key": KEY, "num_generations": 1},
    "tree.by_value": {"function": len},
    "tree.decode_population": {"decode": len, "population": WEIGHTS},
    "tree.repeat": {"genotype": WEIGHTS, "size": 2},
    "tree.spawn": {"key": KEY, "sample": NET.init, "size": 2},
}
NOT_WALKED = {
    **dict.fromkeys(
        [
            "data.Split",
            "data.Transitions",
            "metrics.Counts",
            "metrics.Mean",
            "rl.ActorCritic",
            "rl.Learner",
            "rl.ppo_training.Training",
            "rollouts.EpisodeReturn",
            "rollouts.Lives",
            "rollouts.Lockstep",
            "rollouts.Step",
            "training.Chunk",
            "training.History",
            "training.Run",
        ],
        "a tuple of results, which functions of neurojax make",
    ),
    **dict.fromkeys(
        [
            "metrics.Metric",
            "render.Painter",
            "training.Callback",
            "training.FileTracker",
            "training.PreparedCallback",
            "training.Tracker",
        ],
        "a Protocol: what others write",
    ),
    **dict.fromkeys(names_of("types"), "a Protocol, or an alias of a type"),
    "train": "training.train",
    **dict.fromkeys(
        ["testing.ConformanceError", "training.DamagedFileError"], "an exception"
    ),
    **dict.fromkeys(
        ["data.EXPERT_TASKS", "data.SOURCES", "data.TASKS", "noise.NoiseSource"],
        "a constant",
    ),
    **dict.fromkeys(
        [
            "metrics.Accuracy",
            "metrics.CrossEntropy",
            "metrics.MacroF1",
            "noise.noise_table",
            "parallel.num_cores",
            "parallel.use_all_cores",
        ],
        "without arguments",
    ),
    "parallel.join_hosts": "to be called before JAX starts: tests/parallel/test_hosts",
    **dict.fromkeys(
        [
            "metrics.accuracy",
            "metrics.cross_entropy",
            "metrics.macro_f1",
            "ranking.best_index",
            "ranking.centered_ranks",
            "ranking.nan_as_worst",
            "ranking.nan_last",
            "ranking.nan_worse",
            "ranking.order",
            "rollouts.lives_of",
            "rollouts.replay",
            "training.copy_state",
            "tree.num_parameters",
            "tree.population_size",
            "tree.take",
        ],
        "of arrays alone, whose shapes JAX checks",
    ),
    **dict.fromkeys(
        [
            "testing.check_environment",
            "testing.check_host_environment",
            "testing.check_network",
            "testing.check_problem",
            "testing.check_strategy",
            "testing.check_system",
        ],
        "a probe of objects of any kind: it raises a ConformanceError",
    ),
}


class Refusal(NamedTuple):
    """How a call with one wrong argument ended."""

    name: str
    argument: str
    value: str
    verdict: str  # "clear", "unclear" or "accepted"
    message: str


# Wrong values of arguments whose annotations say too little.
SPECIAL: dict[tuple[str, str], tuple[Any, ...]] = {
    ("data.Dataset", "observations"): (None, [[1.0]], OBSERVATIONS[:, 0]),
    ("data.Dataset", "actions"): (None, ACTIONS[:3], ACTIONS + 5),
    ("data.Dataset", "rewards"): (None, np.full(6, np.nan, np.float32)),
    ("data.save", "dataset"): (None, WEIGHTS),
    ("data.by_episode", "dataset"): (None, OBSERVATIONS),
    ("data.by_transition", "dataset"): (None, OBSERVATIONS),
    ("data.first_rows", "dataset"): (None, OBSERVATIONS),
    ("data.subset", "rows"): (None, [1, 2], STARTS, np.ones((2, 2), int)),
    ("metrics.SampledMacroF1", "num_trials"): (0,),
    ("networks.Flax", "module"): (None, linen.Dense, NET),
    ("parallel.member_mesh", "devices"): ("2", 0, True, [], [1], 10**6),
    ("problems.Imitation", "observations"): (None, "ab", np.full((6, 4), 1e300)),
    ("problems.Imitation", "actions"): (None, ACTIONS[:3], ACTIONS + 0.5, ACTIONS + 5),
    ("problems.Imitation", "metrics"): (None, "accuracy", ("acuracy",)),
    ("rl.ppo_training.start", "ppo"): (None, NET),
    ("strategies.Evosax", "algorithm"): (None, "CMA", dict),
    ("strategies.Evosax", "options"): (5, ["a"], {"optimiser": 1}),
    ("strategies.Evosax", "params"): (5, ["a"], {"std_init": -1.0}),
    ("strategies.GradientDescent", "optimizer"): (None, "adam", optax.adam),
    ("systems.Evolution", "sample"): (NET, WEIGHTS),
    ("systems.Evolution", "mesh"): (2, jax.devices()),
    ("systems.Replicas", "mesh"): (2, jax.devices()),
    ("systems.score", "weights"): (None, NET.init),
    ("training.Track", "tracker"): (None, "log.jsonl"),
    ("training.save", "history"): (None, {}),
    ("training.train", "callbacks"): (None, print, [print]),
    ("training.train", "history"): ({}, 3),
    ("training.train", "params"): ({"std": 0.1}, 3),
    ("training.train", "state"): (jax.eval_shape(EVOLUTION.init, KEY), WEIGHTS),
}
# What a message calls an argument, where that says more.
ALIASES = {
    ("metrics.is_maximized", "name"): "metric",
    ("problems.Imitation", "metrics"): "metric",
    ("strategies.Evosax", "params"): "",
}
PER_GENERATION = "evaluations_per_generation"
# Large on purpose: any seed, all checkpoints, many evaluations.
MEANT = [("seed", 10**12), ("keep", 10**12), (PER_GENERATION, 10**12), ("seeds", (0,))]
OLD_KEY = np.zeros(2, np.uint32)
OBJECTS = {
    Environment: NET,
    HostEnvironment: NET,
    Network: POLE,
    Problem: NET,
    Strategy: NET,
    System: NET,
    Variation: NET,
}
NO_NUMBERS = ("3", None, [3], True)


def wrong_values(annotation: Any) -> tuple[Any, ...]:
    """What no argument with this annotation can mean; () if it says too little."""
    members = typing.get_args(annotation)
    if isinstance(annotation, types.UnionType) or (
        typing.get_origin(annotation) is typing.Union
    ):
        each = [wrong_values(member) for member in members if member is not type(None)]
        if type(None) in members and each:
            each.append(tuple(value for value in each[0] if value is not None))
        if not all(each):
            return ()
        common = [v for v in each[0] if all(contains(values, v) for values in each)]
        return tuple(common)
    if annotation is bool:
        return ("no", None, 0, 1.0)
    if annotation is int:
        return (*NO_NUMBERS, 2.5, -1, 10**12)
    if annotation is float:
        return (*NO_NUMBERS, float("nan"), np.float32("nan"))
    if annotation is str or typing.get_origin(annotation) is Literal:
        return (3, None, ["a"], "nonsense") if members else (3, None, ["a"])
    if typing.get_origin(annotation) is Callable:
        return (3, "tanh", None)
    if annotation in (Path, os.PathLike, os.PathLike[str]):
        return (3, None, ["a"])
    if annotation in (tuple[int, ...], tuple[int, int, int], Sequence[int]):
        return (3, "42", None, (0,), (2.5,), (True,))
    if annotation is Key:
        return (0, None, OLD_KEY, jax.random.split(KEY))
    if annotation in OBJECTS:
        other = OBJECTS[annotation]
        return (None, "CartPole-v1", 3, type(other), other, WEIGHTS)
    return ()


def contains(values: Sequence[Any], value: Any) -> bool:
    """Whether one of the values is this one."""
    return any(v is value or repr(v) == repr(value) for v in values)


def found(name: str) -> Callable[..., Any]:
    """The object of that name."""
    value: Any = nj
    for part in name.split("."):
        value = getattr(value, part)
    return value


def cases(name: str) -> Iterator[tuple[str, Any]]:
    """Arguments of a name, each with a value that it cannot mean."""
    call = found(name)
    hints = inspect.signature(inspect.unwrap(call)).parameters
    for argument, parameter in hints.items():
        default = parameter.default
        special = SPECIAL.get((name, argument), ())
        for value in (*special, *wrong_values(parameter.annotation)):
            is_default = value is None and default is None
            if not is_default and (argument, value) not in MEANT:
                yield argument, value


def refusal(name: str, argument: str, value: Any) -> Refusal:
    """Call with the one wrong argument, and say how it ended."""
    shown = repr(value)[:40]
    try:
        call_with(name, argument, value)
    except ValueError as error:
        known = ALIASES.get((name, argument), argument)
        clear = known in str(error) and len(str(error)) < 4000
        verdict = "clear" if clear else "unclear"
        return Refusal(name, argument, shown, verdict, str(error)[:200])
    except Exception as error:
        message = f"{type(error).__name__}: {error}"[:200]
        return Refusal(name, argument, shown, "unclear", message)
    return Refusal(name, argument, shown, "accepted", "")


def call_with(name: str, argument: str, value: Any) -> Any:
    """Call with right arguments but for the one."""
    given = dict(RIGHT[name]) | {argument: value}
    parameters = inspect.signature(inspect.unwrap(found(name))).parameters
    first = []
    for other, parameter in parameters.items():
        if other not in given or parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            break
        first.append(given.pop(other))
    result = found(name)(*first, **given)
    return next(result) if inspect.isgenerator(result) else result


def walk() -> Iterator[Refusal]:
    """Every wrong argument of every name."""
    for name in RIGHT:
        for argument, value in cases(name):
            yield refusal(name, argument, value)


if __name__ == "__main__":
    for ended in walk():
        print(json.dumps(ended), flush=True)
