"""Numbers of gymnasium's LunarLander-v3 and of Box2D 2.3, in metres, kg and seconds."""

import math

import numpy as np

from neurojax.environments.lunar_lander.vector import Vector

# gymnasium/envs/box2d/lunar_lander.py (MIT licence, see NOTICE).
SCALE = 30.0  # pixels in a metre
STEP_SECONDS = 1 / 50
STEPS_PER_SECOND = 50
WIDTH, HEIGHT = 600 / SCALE, 400 / SCALE
NUM_CHUNKS = 11  # points of the terrain
EDGE_WIDTH = WIDTH / (NUM_CHUNKS - 1)
PAD_HEIGHT = HEIGHT / 4
MAX_INITIAL_FORCE = 1000.0
MAIN_ENGINE_POWER = 13.0
MAIN_ENGINE_BELOW = 4 / SCALE
SIDE_ENGINE_POWER = 0.6
SIDE_ENGINE_AWAY = 12 / SCALE
# gymnasium uses 17 in one direction and 14 in the other.
SIDE_ENGINE_X, SIDE_ENGINE_Y = 17 / SCALE, 14 / SCALE
LEG_AWAY, LEG_DOWN = 20 / SCALE, 18 / SCALE
LEG_HALF_WIDTH, LEG_HALF_HEIGHT = 2 / SCALE, 8 / SCALE
LANDER_OUTLINE = (
    np.array([(-14, 17), (-17, 0), (-17, -10), (17, -10), (17, 0), (14, 17)]) / SCALE
)
LANDER_DENSITY, LEG_DENSITY = 5.0, 1.0
MAX_MOTOR_TORQUE = 40.0
# Of the left leg and the right one: gymnasium's i = -1 and +1.
SIDES = np.array([-1.0, 1.0], np.float32)
MOTOR_SPEEDS = (np.float32(0.3) * SIDES).astype(np.float32)
LOWER_ANGLES = np.array([0.4, -0.9], np.float32)
UPPER_ANGLES = np.array([0.9, -0.4], np.float32)
LEG_ANGLES = (np.float32(0.05) * SIDES).astype(np.float32)
# pybox2d fills this in when the joint is made: the angle between the bodies then.
REFERENCE_ANGLES = LEG_ANGLES
# With the terrain's 0.1: the lander's 0.1, and pybox2d's default of the legs, 0.2.
LANDER_FRICTION, LEG_FRICTION = math.sqrt(0.1 * 0.1), math.sqrt(0.2 * 0.1)

# Box2D's b2Settings.h (zlib licence, see NOTICE).
LINEAR_SLOP = 0.005
ANGULAR_SLOP = 2 / 180 * math.pi
SKIN = 4 * 0.005  # the radii of edge and polygon together
BAUMGARTE, IMPACT_BAUMGARTE = 0.2, 0.75
MAX_LINEAR_CORRECTION = 0.2
MAX_ANGULAR_CORRECTION = 8 / 180 * math.pi
MAX_TRANSLATION, MAX_ROTATION = 2.0, 0.5 * math.pi  # in a step
SLEEP_SPEED, SLEEP_SPIN = 0.01, ANGULAR_SLOP
SECONDS_TO_SLEEP = 0.5
MAX_CONDITION_NUMBER = 1000.0
IMPACT_POSITION_ITERATIONS = 20
MAX_IMPACTS = 8  # of one contact in one step
BOX_MARGIN, BOX_PREDICTION = 0.1, 2.0


def mass_data(outline: np.ndarray, density: float) -> tuple[float, np.ndarray, float]:
    """Mass, centre of mass and inertia about it, of a counter-clockwise outline."""
    start = outline.mean(0)
    a = outline - start
    b = np.roll(a, -1, 0)
    areas = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / 2
    mass = density * areas.sum()
    center = (areas[:, None] * (a + b)).sum(0) / 3 / areas.sum()
    squares = (a * a + a * b + b * b).sum(1)
    inertia = density * (areas * squares).sum() / 6 - mass * center @ center
    return float(mass), center + start, float(inertia)


def _vector(rows: np.ndarray) -> Vector:
    rows = np.asarray(rows, np.float32)
    return Vector(rows[..., 0], rows[..., 1])


def _normals(outline: np.ndarray) -> np.ndarray:
    along = np.roll(outline, -1, 0) - outline
    outward = np.stack([along[:, 1], -along[:, 0]], 1)
    return outward / np.linalg.norm(outward, axis=1, keepdims=True)


_LEG_OUTLINE = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (
    LEG_HALF_WIDTH,
    LEG_HALF_HEIGHT,
)
_LANDER_MASS, LANDER_CENTER, _LANDER_INERTIA = mass_data(LANDER_OUTLINE, LANDER_DENSITY)
_LEG_MASS, _, _LEG_INERTIA = mass_data(_LEG_OUTLINE, LEG_DENSITY)
LANDER_INVERSE_MASS = 1 / _LANDER_MASS
LANDER_INVERSE_INERTIA = 1 / _LANDER_INERTIA
LEG_INVERSE_MASS = 1 / _LEG_MASS
LEG_INVERSE_INERTIA = 1 / _LEG_INERTIA
# Everything below is relative to a centre of mass.
LANDER_ORIGIN = _vector(-LANDER_CENTER)
LANDER_VERTICES = _vector(LANDER_OUTLINE - LANDER_CENTER)
LANDER_NORMALS = _vector(_normals(LANDER_OUTLINE))
LEG_VERTICES, LEG_NORMALS = _vector(_LEG_OUTLINE), _vector(_normals(_LEG_OUTLINE))
LEG_ANCHORS = _vector(np.stack([SIDES * LEG_AWAY, [LEG_DOWN] * 2], 1))
