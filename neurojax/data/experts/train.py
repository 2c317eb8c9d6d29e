"""Train the expert of a task with PPO and write its policy file.

    python -m neurojax.data.experts.train --task CartPole-v1 --seed 0

Run by whoever changes a committed policy. Training tracks the best weights by greedy
episodes and the file says what they reach in episodes they were not chosen by.
"""

import argparse
import itertools
import time
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from neurojax.data.experts.episodes import episodes
from neurojax.data.experts.expert import policy_path
from neurojax.data.experts.policy import Policy, load_policy, save_policy
from neurojax.data.tasks import EXPERT_TASKS, ExpertTask, find_expert_task
from neurojax.environments import Gymnax, LunarLander
from neurojax.rl import PPO, actor_and_critic
from neurojax.rl.ppo_training import proceed, start

__all__ = ["Course", "course", "main", "mean_return", "train"]

# Seeds from 0 on make the data sets; these are kept away from them.
FIRST_SEED_OF_CHOICE = 1_000_000
FIRST_SEED_OF_REPORT = 2_000_000

UPDATES_PER_CHOICE = 10


class Course(NamedTuple):
    """A learner, and how much it plays for each update."""

    ppo: PPO
    num_envs: int
    num_steps: int


def course(task: ExpertTask) -> Course:
    """How the expert of a task is trained, in JAX."""
    if task.name == "CartPole-v1":
        environment = Gymnax("CartPole-v1")
        ppo = PPO(
            environment,
            *actor_and_critic(environment),
            num_updates=200,
            num_epochs=8,
            reward_scale=0.1,
        )
        return Course(ppo, num_envs=64, num_steps=64)
    environment = LunarLander()
    ppo = PPO(
        environment,
        *actor_and_critic(environment),
        num_updates=250,
        discount=0.995,
        trace=0.97,
        num_minibatches=32,
        entropy_weight=0.005,
        reward_scale=0.05,
    )
    return Course(ppo, num_envs=32, num_steps=256)


def mean_return(
    task: ExpertTask, policy: Policy, num_episodes: int, first_seed: int
) -> tuple[float, float]:
    """Return mean return and share of accepted episodes, played greedily."""
    played = itertools.islice(episodes(task, policy, first_seed), num_episodes)
    returns = np.array([episode.total_reward for episode in played])
    return float(returns.mean()), float(np.mean(returns >= task.accepted_return))


def train(task: ExpertTask, seed: int) -> Policy:
    """Train in JAX; of the second half, keep what has most episodes accepted.

    Episodes are those of the simulator that makes the data set.
    """
    ppo, num_envs, num_steps = course(task)
    key_start, key_proceed = jax.random.split(jax.random.key(seed))
    training = start(ppo, key_start, num_envs=num_envs)
    best: tuple[float, Policy] = (-1.0, ())
    for done in range(0, ppo.num_updates, UPDATES_PER_CHOICE):
        training, metrics = proceed(
            ppo,
            jax.random.fold_in(key_proceed, done),
            training,
            num_updates=UPDATES_PER_CHOICE,
            num_steps=num_steps,
        )
        line = f"update {done + UPDATES_PER_CHOICE}: mean return in training "
        line += f"{np.nanmean(metrics['mean_return']):.0f}"
        if done >= ppo.num_updates // 2:
            policy = jax.device_get(training.learner.weights.actor)
            greedy, accepted = mean_return(task, policy, 100, FIRST_SEED_OF_CHOICE)
            line += f", greedy {greedy:.1f}, accepted {accepted:.2f}"
            best = max(best, (accepted, policy), key=lambda pair: pair[0])
        print(line, flush=True)
    return best[1]


def main(arguments: list[str] | None = None) -> None:
    """Train, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", choices=list(EXPERT_TASKS), required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, help="default: the committed file")
    parser.add_argument("--num-report-episodes", type=int, default=1000)
    options = parser.parse_args(arguments)
    task = find_expert_task(options.task)
    started = time.perf_counter()
    policy = train(task, options.seed)
    seconds = time.perf_counter() - started
    reached, accepted = mean_return(
        task, policy, options.num_report_episodes, FIRST_SEED_OF_REPORT
    )
    metadata = {
        "task": task.name,
        "seed": str(options.seed),
        "mean_return": f"{reached:.2f}",
        "accepted_share": f"{accepted:.3f}",
        "num_episodes": str(options.num_report_episodes),
        "command": f"python -m neurojax.data.experts.train --task {task.name} "
        f"--seed {options.seed}",
        "versions": ", ".join(
            f"{name} {version(name)}"
            for name in ("jax", "gymnax", "gymnasium", "optax")
        ),
    }
    path = options.output or policy_path(task)
    save_policy(policy, path, metadata)
    print(f"{path}: {load_policy(path)[1]}; trained in {seconds:.0f} s")


if __name__ == "__main__":
    main()
