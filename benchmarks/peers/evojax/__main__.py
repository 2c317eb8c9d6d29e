"""EvoJAX: SimpleGA (or `--variant pgpe`) with its simulation manager, on CartPole.

EvoJAX brings cart-pole swing-up only, so gymnax's CartPole-v1 is given its interface.
"""

from benchmarks.peers.command import Build, command


def works() -> dict[str, Build]:
    """The works by name. Imports EvoJAX."""
    from benchmarks.peers.evojax.play import plays
    from benchmarks.peers.evojax.works import cartpole

    return plays() | {"cartpole": cartpole}


if __name__ == "__main__":
    packages = ("evojax", "gymnax", "flax", "jax", "jaxlib", "numpy")
    raise SystemExit(command("evojax", packages, works, "import evojax"))
