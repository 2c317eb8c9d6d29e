"""Weak and strong scaling of a population over devices and hosts, on a CPU.

    python -m benchmarks.devices                  # a quarter of an hour
    python -m benchmarks.devices --layouts 1x1 1x4 4x1

A layout is PROCESSESxDEVICES: 2x1 is two processes of one device each, joined over
localhost as two hosts are. All train the same runs (CartPole; networks of 1282 and
99 842 parameters, the latter for 50 steps a game), and each device has a core of its
own. Strong scaling keeps the population, weak scaling the members on each device. Times
need a quiet machine with as many cores as devices; bytes and memory are read from the
compiled program. SimpleGA and SimpleES are made where they are evaluated, evosax's
Open_ES whole on every device.
"""

MINUTES = 15  # on two cores
FIGURE = "table.md"
