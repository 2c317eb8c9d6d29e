"""What an accelerator makes of populations: rates, shares of its peaks, memory.

    python -m benchmarks.accelerator                     # 8 minutes on any device
    python -m benchmarks.accelerator --minutes 30        # goes on with what is left
    python -m benchmarks.accelerator --peers             # neurojax alone

Measures the card's own peaks (copying, matrix products), then evaluations of whole
populations of 256 to 65 536 members, ours and those of the peers that import, and the
time to EvoJAX's target on the swing-up. The most telling rows come first; what the
minutes do not allow is left for the next call of the same command. Needs no network and
no installation: a copy of the source tree is enough.
"""

MINUTES = 8  # on any device
FIGURE = "figure.png"
