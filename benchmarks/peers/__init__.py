"""The libraries that neurojax is timed against, a folder and a process for each.

`python -m benchmarks.peers.torch ga_ce_32` prints one JSON row; so do the others. Each
is written as a user of that library would write it from its documentation.
"""
