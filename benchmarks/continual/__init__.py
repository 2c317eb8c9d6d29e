"""Models of a person's play over days: does it help to know session and run?

Fits networks to each person's play of each task, by gradient descent and by a genetic
algorithm, with and without the number of session and run as inputs; predicts held-out
episodes, plays them again from the same seeds, and compares both with the person.

    python -m benchmarks.continual                        # synthetic subjects, 10 seeds
    python -m benchmarks.continual --data recordings      # what `collect` recorded
    python -m benchmarks.continual --split forward        # the past predicts the future
    python -m benchmarks.continual --protocol reference        # the study it began with
"""

MINUTES = 17  # on two cores
FIGURE = "progress_*.png"
