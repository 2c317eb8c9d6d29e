"""evosax: SimpleGA and SimpleES, ask, evaluation and tell in one compiled scan.

`--variant generation` compiles one generation and loops over it in Python. The batch of
ga_ce and es_ce is the top k of random numbers; `--variant choice` draws it by
`jax.random.choice`, `--variant replacement` with replacement.
"""

from functools import partial

from benchmarks.peers.command import Build, command


def works() -> dict[str, Build]:
    """The works by name. Imports evosax."""
    from benchmarks.peers.evosax import works as evosax
    from benchmarks.peers.evosax.play import plays

    return (
        plays()
        | {
            f"{name}_{batch_size}": partial(evosax.imitation, name, batch_size)
            for name in ("ga_ce", "es_ce")
            for batch_size in (3200, 32)
        }
        | {"cartpole": evosax.cartpole}
    )


if __name__ == "__main__":
    packages = ("evosax", "gymnax", "flax", "jax", "jaxlib", "numpy")
    statement = "import evosax.algorithms, evosax.problems"
    raise SystemExit(command("evosax", packages, works, statement))
