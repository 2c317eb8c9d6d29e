"""The actor and the critic that PPO codebases agree on.

Tanh networks with orthogonal kernels (Andrychowicz et al., 2021, arXiv:2006.05990, sec.
3.2): gain sqrt(2) in hidden layers, 0.01 before the actions, so that all start equally
likely, and 1 before the value.
"""

from dataclasses import replace

from neurojax import checks
from neurojax.networks import MLP
from neurojax.networks.initializers import Orthogonal
from neurojax.types import Environment

POLICY_GAIN = 0.01
VALUE_GAIN = 1.0


def actor_and_critic(
    environment: Environment, hidden: tuple[int, ...] = (64, 64)
) -> tuple[MLP, MLP]:
    """An actor whose outputs can be drawn as actions there, and a critic."""
    checks.environment("environment", environment)
    hidden = checks.sizes("hidden", hidden, "(64, 64)")
    actor = MLP.fitting(
        environment,
        hidden,
        greedy=False,
        initializer=Orthogonal(),
        last_initializer=Orthogonal(POLICY_GAIN),
    )
    critic = replace(
        actor,
        sizes=(*actor.sizes[:-1], 1),
        last_initializer=Orthogonal(VALUE_GAIN),
    )
    return actor, critic
