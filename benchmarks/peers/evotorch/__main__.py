"""EvoTorch: VecGymNE on a CartPole vectorised in torch, with a genetic algorithm.

`--variant gym` lets EvoTorch step 256 Gymnasium CartPoles one by one.
"""

from benchmarks.peers.command import Build, command


def works() -> dict[str, Build]:
    """The works by name. Imports EvoTorch."""
    from benchmarks.peers.evotorch.works import cartpole

    return {"cartpole": cartpole}


if __name__ == "__main__":
    packages = ("evotorch", "torch", "gymnasium", "numpy")
    raise SystemExit(command("evotorch", packages, works, "import evotorch"))
