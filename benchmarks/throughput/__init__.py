"""Speed of neurojax against its peers, each in a process of its own, in one run.

    python -m benchmarks.throughput               # against the peers that are installed
    python -m benchmarks.throughput --works sgd_32 play_cartpole play_ant

Times are per unit of work: a generation (ga_*, es_*, reference_ga, cartpole), a step
(sgd_32), an epoch (reference_sgd), a sweep of six sizes (sweep_*), an import.
reference_ga and reference_sgd are the reference study's loops with their evaluation:
every unit ends with the cross-entropy and the sampled macro-F1 of one network on 50 000
rows. A unit of play_* is one evaluation of a fixed population in an environment
(benchmarks/peers/plays.py); a second table gives its environment steps per CPU-second,
steps after an end left out.

Peers come with `pip install neurojax[bench-peers]`; one that is missing is left out and
named. Every side runs at the number of threads at which it is fastest. Wall time is the
median over repeats, after a warm-up; compile time is apart."""

MINUTES = 20  # on two cores
FIGURE = "table.md"
