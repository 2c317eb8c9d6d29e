"""The libraries that neurojax is timed against, one module and one process for each.

`python -m benchmarks.peers.torch_loop ga_ce_32` prints one JSON row; so do
`evosax_loop`, `evojax_loop` and `evotorch_loop`. Each is written as a user of that
library would write it from its documentation.
"""
