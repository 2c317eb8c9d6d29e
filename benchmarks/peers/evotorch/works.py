"""What is timed: an EvoTorch searcher's `step` on a VecGymNE problem."""

import math

import numpy as np
import torch
from evotorch.algorithms import GeneticAlgorithm
from evotorch.neuroevolution import VecGymNE
from evotorch.neuroevolution.net.vecrl import BaseVectorEnv
from evotorch.operators import GaussianMutation
from gymnasium.spaces import Box, Discrete
from torch import Tensor

from benchmarks.peers.command import Options, Work

POPULATION_SIZE = 256
NETWORK = "Linear(4, 32) >> Tanh() >> Linear(32, 32) >> Tanh() >> Linear(32, 2)"
MAX_STEPS = 500
NUM_WARMUP_GENERATIONS = 20
MAX_POSITION = 2.4
MAX_ANGLE = 12 * 2 * math.pi / 360


class CartPole(BaseVectorEnv):
    """Gymnasium's CartPole-v1, all environments in one tensor, reset at their end."""

    def __init__(self, num_envs: int) -> None:
        space = Box(-np.inf, np.inf, (4,), np.float32)
        super().__init__(num_envs, space, Discrete(2))

    def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple:
        """Every environment starts anew."""
        self._state = self._start()
        self._steps = torch.zeros(self.num_envs, dtype=torch.int64)
        return self._state, {}

    def step(self, action: Tensor) -> tuple:
        """One Euler step of 0.02 seconds."""
        x, x_dot, angle, angle_dot = self._state.unbind(-1)
        force = 20.0 * action - 10.0
        cosine, sine = torch.cos(angle), torch.sin(angle)
        push = (force + 0.05 * angle_dot**2 * sine) / 1.1
        angle_acceleration = (9.8 * sine - cosine * push) / (
            0.5 * (4 / 3 - 0.1 * cosine**2 / 1.1)
        )
        x_acceleration = push - 0.05 * angle_acceleration * cosine / 1.1
        rates = torch.stack([x_dot, x_acceleration, angle_dot, angle_acceleration], -1)
        state = self._state + 0.02 * rates
        self._steps += 1
        terminated = (state[:, 0].abs() > MAX_POSITION) | (
            state[:, 2].abs() > MAX_ANGLE
        )
        truncated = self._steps >= MAX_STEPS
        done = terminated | truncated
        self._state = torch.where(done[:, None], self._start(), state)
        self._steps[done] = 0
        return self._state, torch.ones(self.num_envs), terminated, truncated, {}

    def _start(self) -> Tensor:
        return torch.rand(self.num_envs, 4) * 0.1 - 0.05


def cartpole(options: Options) -> Work:
    """Population 256, 4-32-32-2, one episode of at most 500 steps; one generation."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    environment = "CartPole-v1" if options.variant == "gym" else CartPole
    problem = VecGymNE(environment, NETWORK)
    searcher = GeneticAlgorithm(
        problem,
        operators=[GaussianMutation(problem, stdev=0.05)],
        popsize=POPULATION_SIZE,
        # Parents keep their fitness, so that a generation is 256 episodes, not 512.
        re_evaluate=False,
    )
    # The rollout stops when all have fallen: time a population of which some do not.
    searcher.run(NUM_WARMUP_GENERATIONS)

    def run_generations(num_generations: int) -> None:
        searcher.run(num_generations, reset_first_step_datetime=False)

    def check() -> dict[str, float]:
        names = ("mean_eval", "pop_best_eval")
        return {name: float(searcher.status[name]) for name in names}

    return Work(run_generations, check)
