"""The command `python -m benchmarks.accelerator`."""

import os

from benchmarks import accelerator
from benchmarks.accelerator.args import Args
from benchmarks.shared.command import command, run_study, start


def run(args: Args) -> None:
    """Run what is not finished and write the report."""
    # The run to the target is a process of its own, which needs memory of its own.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    start(args.device)
    # Imported here: --help answers before JAX is loaded.
    from benchmarks.accelerator.report import write_report
    from benchmarks.accelerator.study import Study

    run_study(Study, write_report, args)


if __name__ == "__main__":
    command(Args, run, accelerator.__doc__)
