"""The command `python -m benchmarks.throughput`."""

from benchmarks import throughput
from benchmarks.shared.command import command, run_study
from benchmarks.throughput.args import Args


def run(args: Args) -> None:
    """Run what is not finished and write the report."""
    # Imported here: --help answers before JAX is loaded.
    from benchmarks.throughput.report import write_report
    from benchmarks.throughput.study import Study

    run_study(Study, write_report, args)


if __name__ == "__main__":
    command(Args, run, throughput.__doc__)
