"""The command `python -m benchmarks.f1_signal`."""

from benchmarks import f1_signal
from benchmarks.f1_signal.args import Args
from benchmarks.shared.command import command, run_study, start


def run(args: Args) -> None:
    """Run what is not finished and write the report."""
    start(args.device)
    # Imported here: --help answers before JAX is loaded.
    from benchmarks.f1_signal.report import write_report
    from benchmarks.f1_signal.study import Study

    run_study(Study, write_report, args)


if __name__ == "__main__":
    command(Args, run, f1_signal.__doc__)
