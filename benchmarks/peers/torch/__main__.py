"""PyTorch: populations as Python loops over individuals, and SGD and Adam.

`--variant batched` computes the same population in a few wide operations. It serves
ga_ce, es_ce and ga_f1; in sgd_32 it slices a shuffled tensor in place of a DataLoader.

The sweeps take minutes: `--fraction 0.1` runs a tenth of the epochs or generations and
scales the times.
"""

from functools import partial

from benchmarks.peers.command import Build, command


def works() -> dict[str, Build]:
    """The works by name. Imports torch."""
    from benchmarks.peers.torch import evolution, gradient, reference, sweep

    return {
        f"{name}_{batch_size}": partial(evolution.work, name, batch_size)
        for name in ("ga_ce", "es_ce", "ga_f1")
        for batch_size in (3200, 32)
    } | {
        "sgd_32": gradient.sgd,
        "reference_ga": reference.reference_ga,
        "reference_sgd": reference.reference_sgd,
        "sweep_dl": sweep.sweep_dl,
        "sweep_ga": sweep.sweep_ga,
    }


if __name__ == "__main__":
    packages = ("torch", "scikit-learn", "numpy")
    raise SystemExit(command("torch", packages, works, "import torch"))
