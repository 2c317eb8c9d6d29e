"""What is timed: ask, `SimManager.eval_params`, tell, as EvoJAX's Trainer."""

import gymnax
import jax
import jax.numpy as jnp
from evojax import SimManager
from evojax.algo import PGPE, SimpleGA
from evojax.policy import MLPPolicy
from evojax.task.base import TaskState, VectorizedTask
from flax.struct import dataclass

from benchmarks.peers.command import Options, Work

POPULATION_SIZE = 256


@dataclass
class State(TaskState):
    """gymnax's state beside the observation that EvoJAX reads."""

    obs: jax.Array
    cartpole: object


class CartPole(VectorizedTask):
    """gymnax's CartPole-v1 without auto-reset: EvoJAX masks what follows an end."""

    def __init__(self) -> None:
        self.max_steps = 500
        self.obs_shape = (4,)
        self.act_shape = (2,)
        self.test = False
        environment, params = gymnax.make("CartPole-v1")

        def reset(key):
            return State(*environment.reset_env(key, params))

        def step(key, state, action):
            observation, state, reward, done, _ = environment.step_env(
                key, state.cartpole, jnp.argmax(action), params
            )
            return State(observation, state), reward, done

        unused_key = jax.random.PRNGKey(0)
        self._reset = jax.jit(jax.vmap(reset))
        self._step = jax.jit(jax.vmap(lambda *args: step(unused_key, *args)))

    def reset(self, key: jax.Array) -> State:
        """One state for each of the keys."""
        return self._reset(key)

    def step(
        self, state: State, action: jax.Array
    ) -> tuple[State, jax.Array, jax.Array]:
        """The next states, rewards and ends."""
        return self._step(state, action)


def cartpole(options: Options) -> Work:
    """Population 256, 4-32-32-2, one episode of at most 500 steps; one generation."""
    task = CartPole()
    policy = MLPPolicy(input_dim=4, hidden_dims=[32, 32], output_dim=2)
    algorithm = PGPE if options.variant == "pgpe" else SimpleGA
    solver = algorithm(pop_size=POPULATION_SIZE, param_size=policy.num_params)
    simulation = SimManager(
        n_repeats=1,
        test_n_repeats=1,
        pop_size=POPULATION_SIZE,
        n_evaluations=1,
        policy_net=policy,
        train_vec_task=task,
        valid_vec_task=task,
    )
    scores = jnp.zeros(POPULATION_SIZE)

    def run_generations(num_generations: int) -> None:
        nonlocal scores
        for _ in range(num_generations):
            scores, _ = simulation.eval_params(solver.ask(), test=False)
            solver.tell(scores)
        jax.block_until_ready(solver.best_params)

    return Work(run_generations, lambda: {"mean_return": scores.mean().item()})
