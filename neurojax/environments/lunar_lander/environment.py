"""LunarLander in JAX (Oleg Klimov's, gymnasium's LunarLander-v3, over Box2D 2.3).

gymnasium: https://gymnasium.farama.org/environments/box2d/lunar_lander (MIT licence).
Box2D (Erin Catto): https://box2d.org (zlib licence). Both are in NOTICE.

Differs from the original: a hull that touches the ground already when a step begins
(one crash in ten) is stopped as by an impact, without the joints, which the last
observation alone can show; the line y = 0 below the terrain is left out; nothing is
drawn.

Bodies meet that line only through terrain lower than 3 cm, as two seeds in a million
have it, or from beyond the ends of the terrain: never in 46,000 of gymnasium's
episodes, half with random actions and half with random linear policies.

It is held against gymnasium 1.3.0 episode by episode: the tests say how closely,
benchmarks/throughput what returns and speed that makes.
"""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float32

from neurojax import checks
from neurojax.environments.lunar_lander import constants as c
from neurojax.environments.lunar_lander.broadphase import (
    fresh_contacts,
    tight_box,
    with_margin,
)
from neurojax.environments.lunar_lander.draws import (
    Draws,
    draws_of_key,
    noise_of_step,
)
from neurojax.environments.lunar_lander.engines import (
    continuous_powers,
    discrete_powers,
    fired,
)
from neurojax.environments.lunar_lander.solver import Iterations
from neurojax.environments.lunar_lander.state import Body, Hinge, LanderState
from neurojax.environments.lunar_lander.terrain import heights_of
from neurojax.environments.lunar_lander.vector import Vector, rotate
from neurojax.environments.lunar_lander.wind import gust
from neurojax.environments.lunar_lander.world import advanced, flown
from neurojax.types import Key

SOLVERS = {"exact": Iterations(180, 60), "fast": Iterations(60, 20)}


@dataclass(frozen=True)
class LunarLander:
    """Land between two flags; a return of 200 counts as solved.

    Observations are `(8,)`: x, y, their speeds, angle, its speed, and whether the left
    and the right leg touch the ground, in gymnasium's units.

    Args:
        continuous: actions are two numbers in [-1, 1], main and side engines, instead
            of four: nothing, left, main and right engine.
        gravity: m/s^2, between -12 and 0.
        enable_wind: whether wind and turbulence act until a leg touches the ground.
        wind_power: greatest force, N; 0 to 20.
        turbulence_power: greatest torque, N m; 0 to 2.
        solver: "exact" corrects velocities 180 and positions 60 times a step, as
            gymnasium has Box2D do; "fast" 60 and 20 times.

    Raises:
        ValueError: if an argument is of the wrong kind or out of its range.
    """

    continuous: bool = False
    gravity: float = -10.0
    enable_wind: bool = False
    wind_power: float = 15.0
    turbulence_power: float = 1.5
    solver: str = "exact"

    def __post_init__(self) -> None:
        for name in ("continuous", "enable_wind"):
            checks.flag(name, getattr(self, name))
        for name in ("gravity", "wind_power", "turbulence_power"):
            checks.finite(name, getattr(self, name))
        if not -12 < self.gravity < 0:
            raise ValueError(
                f"gravity={self.gravity} must lie between -12 and 0 m/s^2; the default "
                "is -10."
            )
        for name, most in (("wind_power", 20), ("turbulence_power", 2)):
            value = getattr(self, name)
            if not 0 <= value <= most:
                raise ValueError(f"{name}={value} must lie in [0, {most}].")
        checks.one_of("solver", self.solver, tuple(SOLVERS))

    @property
    def max_steps(self) -> int:
        """Steps after which an episode is truncated."""
        return 1000

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Shape of one observation."""
        return (8,)

    @property
    def num_actions(self) -> int | None:
        """How many discrete actions there are; None if actions are continuous."""
        return None if self.continuous else 4

    @property
    def action_size(self) -> int | None:
        """How many numbers a continuous action has; None if actions are discrete."""
        return 2 if self.continuous else None

    @property
    def action_bounds(
        self,
    ) -> tuple[Float32[np.ndarray, " size"], Float32[np.ndarray, " size"]] | None:
        """Lowest and highest continuous action; None if actions are discrete."""
        ones = np.ones(2, np.float32)
        return (-ones, ones) if self.continuous else None

    def reset(self, key: Key) -> tuple[Float[Array, "8"], LanderState]:
        """Begin an episode with a terrain and a push from the key."""
        return self.start(draws_of_key(key))

    def start(self, draws: Draws) -> tuple[Float[Array, "8"], LanderState]:
        """Begin the episode that these draws decide; gymnasium takes a first step."""
        state, force = _placed(draws), Vector(draws.force[0], draws.force[1])
        nothing = jnp.zeros(2, jnp.float32) if self.continuous else jnp.int32(0)
        # Without engines their noise does not matter.
        return self._moved(flown, state, nothing, jnp.zeros(2, jnp.float32), force)[:2]

    def step(
        self, key: Key, state: LanderState, action: Array
    ) -> tuple[
        Float[Array, "8"],
        LanderState,
        Float[Array, ""],
        Bool[Array, ""],
        Bool[Array, ""],
    ]:
        """Return observation, state, reward, terminated, truncated.

        `action` is an integer in [0, 4), or `(2,)` numbers. The key decides the noise
        of the engines, unless the state brings it along (`gymnasium_starts`).
        """
        dispersion = noise_of_step(key, state.dispersion, state.time)
        force = Vector(jnp.float32(0), jnp.float32(0))
        shaping = state.shaping
        observation, state, fuel = self._moved(
            advanced, state, action, dispersion, force
        )
        has_crashed = state.has_crashed | (jnp.abs(observation[0]) >= 1)
        reward = state.shaping - shaping - fuel
        reward = jnp.where(has_crashed, -100.0, reward)
        reward = jnp.where(state.is_awake, reward, 100.0)
        state = state._replace(time=state.time + 1)
        return (
            observation,
            state,
            reward,
            has_crashed | ~state.is_awake,
            state.time >= self.max_steps,
        )

    def _moved(
        self,
        world: Callable[..., LanderState],
        state: LanderState,
        action: Array,
        dispersion: Float[Array, "2"],
        force: Vector,
    ) -> tuple[Float[Array, "8"], LanderState, Float[Array, ""]]:
        """Observation and state after one step of the world, and the cost of fuel."""
        torque = jnp.float32(0)
        if self.enable_wind:
            is_flying = ~state.has_ground_contact.any()
            wind = jnp.where(is_flying, gust(state.wind_time, self.wind_power), 0.0)
            torque = jnp.where(
                is_flying, gust(state.turbulence_time, self.turbulence_power), 0.0
            )
            force = force + Vector(wind, 0.0)
            state = state._replace(
                wind_time=state.wind_time + is_flying,
                turbulence_time=state.turbulence_time + is_flying,
            )
        powers = (continuous_powers if self.continuous else discrete_powers)(action)
        state = state._replace(lander=fired(state.lander, powers, dispersion))
        state = world(state, force, torque, self.gravity, SOLVERS[self.solver])
        observation = _observed(state)
        fuel = powers[0] * 0.3 + powers[1] * 0.03
        return observation, state._replace(shaping=_shaping(observation)), fuel


def _placed(draws: Draws) -> LanderState:
    """Everything at its first place, before gymnasium's first step."""
    lander_x, lander_y = c.WIDTH / 2, c.HEIGHT
    angle = jnp.float32(0)
    center = Vector(jnp.float32(lander_x), jnp.float32(lander_y))
    lander = _at_rest(center - rotate(angle, c.LANDER_ORIGIN), angle)
    legs = _at_rest(
        Vector(
            jnp.array(lander_x - c.SIDES * c.LEG_AWAY, jnp.float32),
            jnp.full(2, lander_y, jnp.float32),
        ),
        jnp.array(c.LEG_ANGLES, jnp.float32),
    )
    zeros = jnp.zeros(2, jnp.float32)
    return LanderState(
        lander=lander,
        legs=legs,
        hinges=Hinge(Vector(zeros, zeros), zeros, zeros, zeros),
        contacts=fresh_contacts(2),
        boxes=with_margin(jax.vmap(tight_box)(legs.position, legs.angle)),
        has_ground_contact=jnp.zeros(2, bool),
        has_crashed=jnp.bool_(False),
        is_awake=jnp.bool_(True),
        rest_time=jnp.zeros(3, jnp.float32),
        shaping=jnp.float32(0),
        time=jnp.int32(0),
        terrain=heights_of(draws.heights),
        wind_time=draws.wind_time,
        turbulence_time=draws.turbulence_time,
        dispersion=draws.dispersion,
    )


def _at_rest(position: Vector, angle: Array) -> Body:
    zero = jnp.zeros_like(angle)
    return Body(position, angle, Vector(zero, zero), zero)


def _observed(state: LanderState) -> Float[Array, "8"]:
    lander = state.lander
    origin = lander.position + rotate(lander.angle, c.LANDER_ORIGIN)
    half_width, half_height = c.WIDTH / 2, c.HEIGHT / 2
    ground = state.has_ground_contact.astype(jnp.float32)
    return jnp.stack(
        [
            (origin.x - half_width) / half_width,
            (origin.y - (c.PAD_HEIGHT + c.LEG_DOWN)) / half_height,
            lander.velocity.x * half_width / c.STEPS_PER_SECOND,
            lander.velocity.y * half_height / c.STEPS_PER_SECOND,
            lander.angle,
            20.0 * lander.spin / c.STEPS_PER_SECOND,
            ground[0],
            ground[1],
        ]
    )


def _shaping(observation: Float[Array, "8"]) -> Float[Array, ""]:
    """What gymnasium's rewards are the differences of."""
    x, y, speed_x, speed_y, angle, _, left, right = observation
    distance, speed = jnp.sqrt(x * x + y * y), jnp.sqrt(speed_x**2 + speed_y**2)
    return -100 * (distance + speed + jnp.abs(angle)) + 10 * (left + right)
