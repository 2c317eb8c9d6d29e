"""evosax on the swing-up: its algorithms, its `GymnaxProblem`, its networks.

gymnax has no swing-up: ours is registered there, so that physics cost the same.
"""

import gymnax
import jax
import jax.numpy as jnp
import optax
from evosax.algorithms import PGPE, Open_ES, Sep_CMA_ES
from evosax.problems.networks import MLP, tanh_output_fn
from evosax.problems.rl.gymnax import GymnaxProblem

from benchmarks.control.methods import (
    OPEN_ES,
    POPULATION_SIZE,
    SEP_CMA_ES,
    open_es_options,
)
from benchmarks.control.methods import PGPE as PGPE_SETTINGS
from benchmarks.control.peers.loop import (
    TEST_EPISODES,
    Options,
    Peer,
    control_command,
)
from benchmarks.peers.swing_up import SwingUp


def build(options: Options) -> Peer:
    """ask, eval and tell in one compiled generation."""
    gymnax.register("SwingUp", lambda: SwingUp(options.task == "hard"))
    policy = MLP((64, 64, 1), output_fn=tanh_output_fn)
    problems = [
        GymnaxProblem("SwingUp", policy, num_rollouts=number, use_normalize_obs=False)
        for number in (options.episodes, TEST_EPISODES)
    ]
    zeros = jax.tree.map(
        jnp.zeros_like, policy.init(jax.random.key(0), jnp.zeros(5), None)
    )
    strategy, params = _strategy(options.method, options.task, zeros)
    key, key_init = jax.random.split(jax.random.key(options.seed))
    state = strategy.init(key_init, zeros, params)
    problem_states = [problem.init(key_init) for problem in problems]

    @jax.jit
    def step(key, state):
        key_ask, key_eval, key_tell = jax.random.split(key, 3)
        population, state = strategy.ask(key_ask, state, params)
        returns, _, _ = problems[0].eval(key_eval, population, problem_states[0])
        return strategy.tell(key_tell, population, -returns, state, params)[0]

    @jax.jit
    def test(key, state):
        mean = jax.tree.map(lambda leaf: leaf[None], strategy.get_mean(state))
        return problems[1].eval(key, mean, problem_states[1])[0][0]

    def generation() -> None:
        nonlocal key, state
        key, now = jax.random.split(key)
        state = jax.block_until_ready(step(now, state))

    return Peer(generation, lambda: float(test(jax.random.fold_in(key, 1), state)))


def _strategy(method: str, task: str, solution):  # type: ignore[no-untyped-def]
    size = POPULATION_SIZE[method]
    if method == "pgpe":
        rate, std_rate, std = PGPE_SETTINGS[task]
        strategy = PGPE(size, solution, optimizer=optax.adam(rate))
        return strategy, strategy.default_params.replace(std_init=std, std_lr=std_rate)
    if method == "sep_cma_es":
        strategy = Sep_CMA_ES(size, solution)
        return strategy, strategy.default_params.replace(std_init=SEP_CMA_ES[task])
    strategy = Open_ES(size, solution, **open_es_options(*OPEN_ES[task]))
    return strategy, strategy.default_params


if __name__ == "__main__":
    control_command(build)
