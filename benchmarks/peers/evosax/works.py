"""What is timed, written as evosax's examples are."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax
from evosax.algorithms import SimpleES, SimpleGA
from evosax.problems import GymnaxProblem
from evosax.problems.networks import MLP, identity_output_fn

from benchmarks.peers.command import Options, Work
from benchmarks.peers.pairs import cartpole_pairs

GENERATIONS_PER_SCAN = 10
SIGMA = 1e-3


def softmax_weights(population, fitness, state, params) -> jax.Array:
    """Experiment 2's recombination: softmax of minus the standardised fitness."""
    scaled = (fitness - fitness.mean()) / (fitness.std(ddof=1) + 1e-8)
    return jax.nn.softmax(-scaled)


def imitation(name: str, batch_size: int, options: Options) -> Work:
    """`name` is ga_ce or es_ce; population 50, network 4-50-2; one generation."""
    policy = MLP(layer_sizes=(50, 2), output_fn=identity_output_fn)
    size = options.population or 50
    pairs = jax.tree.map(jnp.asarray, cartpole_pairs())
    num_pairs = len(pairs[1])

    def draw_batch(key):
        if options.variant == "replacement":
            return jax.random.randint(key, (batch_size,), 0, num_pairs)
        if options.variant == "choice":
            return jax.random.choice(key, num_pairs, (batch_size,), replace=False)
        # The same draw as `choice`, which sorts all the pairs twice.
        return jax.lax.top_k(jax.random.uniform(key, (num_pairs,)), batch_size)[1]

    def evaluate(key, population, pairs):
        chosen = draw_batch(key)
        return losses(population, pairs[0][chosen], pairs[1][chosen])

    def losses(population, observations, labels):
        def loss(weights):
            logits = jnp.asarray(policy.apply(weights, observations))
            cross_entropy = optax.softmax_cross_entropy_with_integer_labels
            return cross_entropy(logits, labels).mean()

        return jax.vmap(loss)(population)

    key_init, key_run = jax.random.split(jax.random.key(0))
    held = pairs[0][:10_000], pairs[1][:10_000]
    population = _sample_population(policy, key_init, pairs[0][0], size)
    solution = jax.tree.map(lambda leaf: leaf[0], population)
    before = losses(population, *held)
    if name == "ga_ce":
        schedule = optax.constant_schedule(SIGMA)
        strategy = SimpleGA(size, solution, std_schedule=schedule)
        params = strategy.default_params
        state = strategy.init(key_init, population, before, params)
    else:
        before = before[:1]  # an ES starts from one solution
        strategy = SimpleES(50, solution, fitness_shaping_fn=softmax_weights)
        params = strategy.default_params.replace(std_init=SIGMA, c_std=0.0)
        state = strategy.init(key_init, solution, params)

    run, last = _runner(strategy, params, evaluate, state, key_run, pairs, options)
    return Work(
        run,
        lambda: {
            "loss_before": before.mean().item(),
            "loss_after": last().mean().item(),
        },
        chunk=GENERATIONS_PER_SCAN,
    )


def cartpole(options: Options) -> Work:
    """Population 256, 4-32-32-2, one episode of at most 500 steps; one generation."""
    policy = MLP(
        layer_sizes=(32, 32, 2), output_fn=lambda logits, key: jnp.argmax(logits)
    )
    problem = GymnaxProblem("CartPole-v1", policy, use_normalize_obs=False)
    key_init, key_run = jax.random.split(jax.random.key(0))
    problem_state = problem.init(key_init)
    # evosax minimises fitness, and its problems return what is to be maximised.
    population = _sample_population(policy, key_init, jnp.zeros(4), 256)
    returns, _, _ = problem.eval(key_init, population, problem_state)

    def evaluate(key, population, problem_state):
        returns, _, _ = problem.eval(key, population, problem_state)
        return -returns

    strategy = SimpleGA(
        256, problem.sample(key_init), std_schedule=optax.constant_schedule(0.05)
    )
    params = strategy.default_params
    state = strategy.init(key_init, population, -returns, params)
    run, last = _runner(
        strategy, params, evaluate, state, key_run, problem_state, options
    )
    return Work(
        run, lambda: {"mean_return": -last().mean().item()}, chunk=GENERATIONS_PER_SCAN
    )


def _sample_population(policy: MLP, key: jax.Array, observation, population_size: int):
    keys = jax.random.split(key, population_size)
    return jax.vmap(policy.init, (0, None))(keys, observation)


def _runner(
    strategy, params, evaluate, state, key, data, options: Options
) -> tuple[Callable[[int], None], Callable[[], jax.Array]]:
    """A function that runs generations, and one that returns the last fitness."""

    def generation(state, key, data):
        key_ask, key_evaluate, key_tell = jax.random.split(key, 3)
        population, state = strategy.ask(key_ask, state, params)
        fitness = evaluate(key_evaluate, population, data)
        state, _ = strategy.tell(key_tell, population, fitness, state, params)
        return state, fitness

    @jax.jit
    def scan(state, key, data):
        keys = jax.random.split(key, GENERATIONS_PER_SCAN)
        step = lambda state, key: generation(state, key, data)  # noqa: E731
        state, fitness = jax.lax.scan(step, state, keys)
        return state, fitness[-1]

    one_at_a_time = options.variant == "generation"
    step = jax.jit(generation) if one_at_a_time else scan
    stride = 1 if one_at_a_time else GENERATIONS_PER_SCAN
    fitness = jnp.zeros(0)

    def run_generations(num_generations: int) -> None:
        nonlocal state, key, fitness
        for _ in range(num_generations // stride):
            key, key_step = jax.random.split(key)
            state, fitness = step(state, key_step, data)
        jax.block_until_ready(state)

    return run_generations, lambda: fitness
