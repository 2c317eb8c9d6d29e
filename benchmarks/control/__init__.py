"""EvoJAX's benchmark, redone: evolution strategies on control and classification.

Cart-pole swing-up (easy, hard), digits (of scikit-learn, or MNIST where the HuggingFace
hub can be reached) and brax's ant, each with PGPE, OpenAI-ES, separable CMA-ES and a
simple GA at EvoJAX's settings; the score along the way, and the time to EvoJAX's
targets.

    python -m benchmarks.control                        # two hours on two cores
    python -m benchmarks.control --to-target            # ends runs at the last target
    python -m benchmarks.control --tasks easy --methods pgpe --seeds 1
    python -m benchmarks.control --to-target --tasks easy --peers evojax evosax
    python -m benchmarks.control --tasks ant --generations 10 --episodes 1
"""

MINUTES = 120  # on two cores
FIGURE = "figure.png"
