"""neurojax's own side of the comparison: `train` as its users call it.

`--variant table` or `rbg` takes that noise source instead of threefry; `--threads 2`
spreads the members over two devices where that pays (batch 3200, reference_ga,
CartPole, the sweep)."""

from functools import partial

from benchmarks.peers.command import Build, command


def works() -> dict[str, Build]:
    """The works by name. Imports neurojax."""
    from benchmarks.shared.command import start

    start("cpu")
    from benchmarks.peers.neurojax import reference
    from benchmarks.peers.neurojax import works as ours
    from benchmarks.peers.neurojax.play import plays

    evolution = {
        f"{name}_{batch_size}": partial(ours.evolution, name, batch_size)
        for name in ("ga_ce", "es_ce", "ga_f1")
        for batch_size in (3200, 32)
    }
    return (
        evolution
        | plays()
        | {
            "sgd_32": ours.sgd,
            "reference_ga": reference.reference_ga,
            "reference_sgd": reference.reference_sgd,
            "cartpole": ours.cartpole,
            "sweep_dl": ours.sweep_dl,
            "sweep_ga": ours.sweep_ga,
        }
    )


if __name__ == "__main__":
    packages = ("neurojax", "jax", "jaxlib", "optax", "evosax", "gymnax", "numpy")
    raise SystemExit(command("neurojax", packages, works, "import neurojax"))
