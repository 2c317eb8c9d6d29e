"""Signal and noise of macro-F1 as the fitness of a population of small mutants.

Selection sees members that differ little, through an estimate on one batch. The signal
is what their true values differ by; the noise is what their estimates' errors differ
by: an error that all members share changes no ranking.

    python -m benchmarks.f1_signal                     # about a minute
    python -m benchmarks.f1_signal --task LunarLander-v3
    python -m benchmarks.f1_signal --steps 0 1000 --batch-sizes 320
"""

MINUTES = 1  # on two cores
FIGURE = "table.md"
