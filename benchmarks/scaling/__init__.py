"""Scaling laws of behaviour cloning: gradient descent against neuroevolution.

Trains networks to choose the action that an expert chose, by every method, for
growing data sets, networks or budgets, over several seeds; measures the match with the
expert on unseen episodes and the return when the network plays.

    python -m benchmarks.scaling                     # the fair protocol, a few minutes
    python -m benchmarks.scaling --protocol reference     # the study it began with
    python -m benchmarks.scaling --axis width        # metric against network capacity
    python -m benchmarks.scaling --methods adam simple_ga pgpe --task LunarLander-v3
"""

MINUTES = 9  # on two cores
FIGURE = "figure.png"
