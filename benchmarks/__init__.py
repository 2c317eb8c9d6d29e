"""Studies and measurements: `python -m benchmarks.NAME --help`."""
