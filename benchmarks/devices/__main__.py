"""The command `python -m benchmarks.devices`."""

from benchmarks import devices
from benchmarks.devices.args import Args
from benchmarks.shared.command import command, run_study


def run(args: Args) -> None:
    """Run what is not finished and write the report."""
    # Imported here: --help answers before JAX is loaded.
    from benchmarks.devices.report import write_report
    from benchmarks.devices.study import Study

    run_study(Study, write_report, args)


if __name__ == "__main__":
    command(Args, run, devices.__doc__)
