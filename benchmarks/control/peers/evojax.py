"""EvoJAX itself on its swing-up: PGPE or its simple GA through `SimManager`."""

import jax
import numpy as np
from evojax import SimManager
from evojax.algo import PGPE, SimpleGA
from evojax.policy import MLPPolicy
from evojax.task.cartpole import CartPoleSwingUp

from benchmarks.control.methods import PGPE as PGPE_SETTINGS
from benchmarks.control.methods import POPULATION_SIZE, SIMPLE_GA
from benchmarks.control.peers.loop import (
    TEST_EPISODES,
    Options,
    Peer,
    control_command,
)


def build(options: Options) -> Peer:
    """EvoJAX's loop, as its Trainer runs it, without logging."""
    hard = options.task == "hard"
    task = CartPoleSwingUp(harder=hard)
    policy = MLPPolicy(input_dim=5, hidden_dims=[64, 64], output_dim=1)
    solver = _solver(options, policy.num_params)
    simulation = SimManager(
        n_repeats=options.episodes,
        test_n_repeats=TEST_EPISODES,
        pop_size=solver.pop_size,
        n_evaluations=1,
        policy_net=policy,
        train_vec_task=task,
        valid_vec_task=CartPoleSwingUp(test=True, harder=hard),
        seed=options.seed,
    )

    def generation() -> None:
        scores, _ = simulation.eval_params(solver.ask(), test=False)
        solver.tell(scores)
        jax.block_until_ready(solver.best_params)

    def score() -> float:
        scores, _ = simulation.eval_params(solver.best_params, test=True)
        return float(np.mean(scores))

    return Peer(generation, score)


def _solver(options: Options, num_params: int) -> PGPE | SimpleGA:
    common = {
        "pop_size": POPULATION_SIZE[options.method],
        "param_size": num_params,
        "seed": options.seed,
    }
    if options.method == "simple_ga":
        return SimpleGA(sigma=SIMPLE_GA[options.task], **common)
    rate, std_rate, std = PGPE_SETTINGS[options.task]
    return PGPE(
        optimizer="adam",
        center_learning_rate=rate,
        stdev_learning_rate=std_rate,
        init_stdev=std,
        **common,
    )


if __name__ == "__main__":
    control_command(build)
