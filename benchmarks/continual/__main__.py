"""The command `python -m benchmarks.continual`."""

from benchmarks import continual
from benchmarks.continual.args import Args
from benchmarks.shared.command import command, run_study, start


def run(args: Args) -> None:
    """Run what is not finished and write the report."""
    start(args.device)
    # Imported here: --help answers before JAX is loaded.
    from benchmarks.continual.report import write_report
    from benchmarks.continual.study import Study

    run_study(Study, write_report, args)


if __name__ == "__main__":
    command(Args, run, continual.__doc__)
