"""Pictures of brax's bodies: rays worked by hand, and places from mujoco."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurojax.render.painters.raycast import (
    FAR,
    FIELD,
    HEIGHT,
    SKY,
    WIDTH,
    Capsules,
    View,
    _distance,
    picture,
)


def one(start, end, radius):
    color = jnp.array([1.0, 0.0, 0.0])
    return Capsules(jnp.array(start), jnp.array(end), jnp.float32(radius), color)


@pytest.mark.parametrize(
    "capsule, origin, ray, expected",
    [
        # Across the side, beside it, and through either ball.
        (one([0.0, 0, -1], [0.0, 0, 1], 0.5), [-3.0, 0, 0.9], [1.0, 0, 0], 2.5),
        (one([0.0, 0, -1], [0.0, 0, 1], 0.5), [-3.0, 0.6, 0.9], [1.0, 0, 0], FAR),
        (one([0.0, 0, -1], [0.0, 0, 1], 0.5), [0.0, 0, 4], [0.0, 0, -1], 2.5),
        (one([0.0, 0, -1], [0.0, 0, 1], 0.5), [-3.0, 0, 1.3], [1.0, 0, 0], 2.6),
        (one([0.0, 0, -1], [0.0, 0, 1], 0.5), [-3.0, 0, 1.6], [1.0, 0, 0], FAR),
        # Behind, and a sphere.
        (one([0.0, 0, -1], [0.0, 0, 1], 0.5), [3.0, 0, 0], [1.0, 0, 0], FAR),
        (one([0.0, 0, 0], [0.0, 0, 0], 0.5), [-3.0, 0.3, 0], [1.0, 0, 0], 2.6),
    ],
)
def test_the_way_to_a_capsule(capsule, origin, ray, expected):
    column = jnp.array(origin)[:, None], jnp.array(ray)[:, None]
    np.testing.assert_allclose(_distance(capsule, *column), [expected], rtol=1e-5)


def test_a_ball_is_a_red_disc_of_the_right_size():
    ball = jax.tree.map(lambda leaf: leaf[None], one([0.0, 0, 0], [0.0, 0, 0], 1.0))
    view = View(
        jnp.array([0.0, -10, 0]), jnp.zeros(3), jnp.float32(-jnp.inf), jnp.float32(1.0)
    )
    image = np.asarray(picture(ball, view)).astype(int)
    red = image[..., 0] > image[..., 1] + 50
    rows, columns = np.nonzero(red)
    radius = np.tan(np.arcsin(0.1)) / FIELD * HEIGHT / 2
    assert abs(np.ptp(rows) + 1 - 2 * radius) < 2
    assert abs(np.ptp(columns) + 1 - 2 * radius) < 2
    assert abs(rows.mean() - (HEIGHT - 1) / 2) < 1
    assert abs(columns.mean() - (WIDTH - 1) / 2) < 1
    np.testing.assert_array_equal(image[0, 0], (255 * np.array(SKY)).astype(int))
    # Light comes from above and from the left.
    top, bottom = rows.min() + 5, rows.max() - 5
    assert image[top, WIDTH // 2, 0] > image[bottom, WIDTH // 2, 0]


def test_a_floor_has_tiles_and_shadows():
    ball = jax.tree.map(lambda leaf: leaf[None], one([0.0, 0, 1], [0.0, 0, 1], 0.5))
    view = View(
        jnp.array([0.0, -6, 4]), jnp.zeros(3), jnp.float32(0.0), jnp.float32(1.0)
    )
    with_ball = np.asarray(picture(ball, view)).astype(int)
    away = ball._replace(start=ball.start + 100.0, end=ball.end + 100.0)
    without = np.asarray(picture(away, view)).astype(int)
    darker = (without - with_ball).min(axis=-1) > 20
    assert darker.sum() > 500
    assert len(np.unique(without[-1], axis=0)) > 1


@pytest.mark.parametrize("name", ["ant", "reacher"])
def test_capsules_lie_where_mujoco_puts_them(name):
    pytest.importorskip("brax")
    import mujoco
    from brax import kinematics

    from neurojax.environments import Brax
    from neurojax.environments.brax import BraxState, made
    from neurojax.render.painters.brax import _placed, _shapes, painter

    environment = Brax(name)
    system = made(environment).sys
    model = system.mj_model
    q = np.asarray(system.init_q) + np.random.default_rng(0).uniform(
        -0.5, 0.5, system.q_size()
    )
    if name == "ant":
        q[3:7] /= np.linalg.norm(q[3:7])
    links, _ = jax.jit(kinematics.forward)(system, q, np.zeros(system.qd_size()))
    data = mujoco.MjData(model)
    data.qpos[:] = q
    mujoco.mj_kinematics(model, data)
    placed = _placed(_shapes(environment, system), links.pos, links.rot)
    drawn = model.geom_type != 0
    middle = (placed.start + placed.end) / 2
    np.testing.assert_allclose(middle, data.geom_xpos[drawn], atol=1e-4)
    axes = data.geom_xmat[drawn].reshape(-1, 3, 3)[:, :, 2]
    half = np.where(model.geom_type[drawn] == 3, model.geom_size[drawn, 1], 0)
    ends = data.geom_xpos[drawn] + half[:, None] * axes
    np.testing.assert_allclose(placed.end, ends, atol=1e-4)
    inside = SimpleNamespace(pipeline_state=SimpleNamespace(x=links))
    with painter(environment) as (paint, rate):
        image = paint(BraxState(inside, jnp.int32(0)))
    assert image.shape == (HEIGHT, WIDTH, 3) and image.dtype == np.uint8
    np.testing.assert_allclose(rate, {"ant": 20.0, "reacher": 50.0}[name], rtol=1e-5)
    orange = image[..., 0].astype(int) - image[..., 2] > 60
    assert 0.002 < orange.mean() < 0.2
