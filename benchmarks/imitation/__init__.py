"""Cloning an expert by gradient descent and by neuroevolution: the fair comparison.

Trains one network (a hidden layer of 50 tanh units) to choose the expert's actions, by
every method, on nested training sets, over several seeds; measures cross-entropy and
macro-F1 on unseen rows along training, and the return of the final policies at play.

    python -m benchmarks.imitation                       # corrected, tuned, 10 seeds
    python -m benchmarks.imitation --protocol reference       # the study it began with
    python -m benchmarks.imitation --task LunarLander-v3 --methods adam simple_ga_fixed
    python -m benchmarks.imitation --methods hybrid      # evolution after gradients
    python -m benchmarks.imitation --x seconds           # draw a finished study anew
"""

MINUTES = 19  # on two cores
FIGURE = "figure.png"
