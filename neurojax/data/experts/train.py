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

import jax
import numpy as np

from neurojax.data.experts.episodes import episodes
from neurojax.data.experts.expert import policy_path
from neurojax.data.experts.policy import Policy, load_policy, save_policy
from neurojax.data.tasks import EXPERT_TASKS, ExpertTask, find_expert_task
from neurojax.networks.initializers import Layer
from neurojax.rl import PPO, Learner
from neurojax.rl import host_ppo as ppo_gymnasium
from neurojax.rl import ppo_training as ppo_gymnax

__all__ = ["main", "mean_return", "to_numpy", "train_cartpole", "train_lunarlander"]

# Seeds from 0 on make the data sets; these are kept away from them.
FIRST_SEED_OF_CHOICE = 1_000_000
FIRST_SEED_OF_REPORT = 2_000_000

CARTPOLE = PPO(
    observation_size=4, num_actions=2, num_updates=200, num_epochs=8, reward_scale=0.1
)
LUNARLANDER = PPO(
    observation_size=8,
    num_actions=4,
    num_updates=250,
    discount=0.995,
    trace=0.97,
    num_minibatches=32,
    entropy_weight=0.005,
    reward_scale=0.05,
)


def mean_return(
    task: ExpertTask, policy: Policy, num_episodes: int, first_seed: int
) -> tuple[float, float]:
    """Return mean return and share of accepted episodes, played greedily."""
    played = itertools.islice(episodes(task, policy, first_seed), num_episodes)
    returns = np.array([episode.total_reward for episode in played])
    return float(returns.mean()), float(np.mean(returns >= task.accepted_return))


def to_numpy(learner: Learner) -> Policy:
    """Return the policy of a learner for numpy and for a file."""
    return tuple(Layer(*jax.device_get(layer)) for layer in learner.weights.policy)


def train_cartpole(task: ExpertTask, seed: int) -> Policy:
    """Train on gymnax, where a few seconds pass the point from which no pole falls."""
    learner, _ = ppo_gymnax.train(CARTPOLE, task.name, jax.random.key(seed))
    return to_numpy(learner)


def train_lunarlander(task: ExpertTask, seed: int) -> Policy:
    """Train on gymnasium; keep the weights with the most accepted episodes."""
    best: tuple[float, Policy] = (-1.0, ())

    def keep_best(update: int, learner: Learner, train_return: float) -> None:
        nonlocal best
        late = update >= LUNARLANDER.num_updates // 2
        if update % 10 != 9:
            return
        print(
            f"update {update + 1}: mean return in training {train_return:.0f}", end=""
        )
        if late:
            policy = to_numpy(learner)
            greedy, accepted = mean_return(task, policy, 100, FIRST_SEED_OF_CHOICE)
            print(f", greedy {greedy:.1f}, accepted {accepted:.2f}", end="")
            best = max(best, (accepted, policy), key=lambda pair: pair[0])
        print(flush=True)

    key = jax.random.key(seed)
    ppo_gymnasium.train(LUNARLANDER, task.name, key, on_update=keep_best)
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
    train = train_cartpole if task.name == "CartPole-v1" else train_lunarlander
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
