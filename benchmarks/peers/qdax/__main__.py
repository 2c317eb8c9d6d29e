"""QDax: the score of a population on brax's ant."""

from benchmarks.peers.command import Build, command


def works() -> dict[str, Build]:
    """The works by name. Imports QDax."""
    from benchmarks.peers.qdax.play import plays

    return plays()


if __name__ == "__main__":
    packages = ("qdax", "brax", "flax", "jax", "jaxlib", "numpy")
    raise SystemExit(command("qdax", packages, works, "import qdax"))
