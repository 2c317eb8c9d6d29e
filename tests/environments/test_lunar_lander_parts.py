"""The physics of LunarLander, piece by piece, worked by hand."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurojax.environments.gymnasium import make
from neurojax.environments.lunar_lander import constants as c
from neurojax.environments.lunar_lander import contacts, draws_of_seed, engines
from neurojax.environments.lunar_lander.broadphase import (
    fresh_contacts,
    listed,
    tight_box,
    with_margin,
)
from neurojax.environments.lunar_lander.collision import collide
from neurojax.environments.lunar_lander.contacts import Impulses
from neurojax.environments.lunar_lander.impact import Sweep, time_of_impact
from neurojax.environments.lunar_lander.state import Body, Contact
from neurojax.environments.lunar_lander.substep import after_impacts
from neurojax.environments.lunar_lander.terrain import heights_of
from neurojax.environments.lunar_lander.touch import HULL, LEG, updated
from neurojax.environments.lunar_lander.vector import Vector, part
from neurojax.environments.lunar_lander.wind import gust

EDGE = (Vector(jnp.float32(0), jnp.float32(0)), Vector(jnp.float32(2), jnp.float32(0)))


def vector(x, y):
    return Vector(jnp.float32(x), jnp.float32(y))


def leg_at(x, y, angle=0.0, velocity=(0.0, 0.0)):
    return Body(vector(x, y), jnp.float32(angle), vector(*velocity), jnp.float32(0))


def test_bodies_weigh_what_box2d_weighs():
    simulator = make("LunarLander-v3").unwrapped
    simulator.reset(seed=0)
    bodies = (simulator.lander, simulator.legs[0])
    inverses = (
        (c.LANDER_INVERSE_MASS, c.LANDER_INVERSE_INERTIA),
        (c.LEG_INVERSE_MASS, c.LEG_INVERSE_INERTIA),
    )
    for body, (mass, inertia) in zip(bodies, inverses, strict=True):
        center = body.localCenter
        about_center = body.inertia - body.mass * center.lengthSquared
        np.testing.assert_allclose(1 / mass, body.mass, rtol=1e-5)
        np.testing.assert_allclose(1 / inertia, about_center, rtol=1e-4)
    np.testing.assert_allclose(c.LANDER_CENTER, simulator.lander.localCenter, atol=1e-6)


def test_a_leg_on_an_edge_touches_with_two_corners():
    manifold = collide(LEG, leg_at(1.0, c.LEG_HALF_HEIGHT + 0.01), *EDGE)
    assert manifold.is_edge_face and manifold.is_point.all()
    np.testing.assert_allclose(manifold.normal, (0, 1), atol=1e-6)
    found = sorted(np.array(manifold.points.x))
    np.testing.assert_allclose(found, [-c.LEG_HALF_WIDTH, c.LEG_HALF_WIDTH], atol=1e-6)


def test_a_tilted_leg_touches_with_one_corner():
    angle = 0.3
    height = c.LEG_HALF_HEIGHT * np.cos(angle) + c.LEG_HALF_WIDTH * np.sin(angle)
    manifold = collide(LEG, leg_at(1.0, height + 0.01, angle), *EDGE)
    assert manifold.is_point.sum() == 1


@pytest.mark.parametrize(
    ("x", "gap", "touches"),
    [(1.0, 0.019, True), (1.0, 0.021, False), (2.0, 0.01, True), (2.2, 0.01, False)],
)
def test_skins_touch_within_two_centimetres(x, gap, touches):
    manifold = collide(LEG, leg_at(x, c.LEG_HALF_HEIGHT + gap), *EDGE)
    assert manifold.is_point.any() == touches


def test_an_overhanging_leg_is_cut_at_the_end_of_the_edge():
    manifold = collide(LEG, leg_at(2.0, c.LEG_HALF_HEIGHT + 0.01), *EDGE)
    found = sorted(np.array(manifold.points.x) + 2.0)
    np.testing.assert_allclose(found, [2 - c.LEG_HALF_WIDTH, 2.0], atol=1e-6)


def falling(drop, x=1.0):
    start, end = vector(x, 1.0), vector(x, 1.0 - drop)
    return Sweep(start, jnp.float32(0), end, jnp.float32(0))


def test_impact_is_met_just_before_the_edge():
    # From 1 m down by 1 m; it touches 5 mm (+-1.25) above the edge.
    fraction, is_hit = time_of_impact(c.LEG_VERTICES, falling(1.0), *EDGE)
    assert is_hit
    np.testing.assert_allclose(1 - fraction - c.LEG_HALF_HEIGHT, 0.005, atol=0.00126)


@pytest.mark.parametrize(("drop", "x"), [(0.7, 1.0), (1.0, 2.2), (-0.5, 1.0)])
def test_no_impact_where_nothing_is_met(drop, x):
    assert not time_of_impact(c.LEG_VERTICES, falling(drop, x), *EDGE)[1]


def test_a_corner_of_the_terrain_is_met_by_a_face():
    # The edge ends at x = 2; the leg comes from the right with its long side.
    way = Sweep(vector(3.0, 0.0), jnp.float32(0), vector(2.0, 0.0), jnp.float32(0))
    fraction, is_hit = time_of_impact(c.LEG_VERTICES, way, *EDGE)
    assert is_hit
    np.testing.assert_allclose(1 - fraction - c.LEG_HALF_WIDTH, 0.005, atol=0.00126)


def test_an_impact_stops_the_hull_and_slows_its_slide():
    bottom = -c.LANDER_VERTICES.y.min()
    before = leg_at(9.0, bottom + 0.1, velocity=(5.0, -10.0))
    after = before._replace(position=vector(9.1, bottom - 0.1))
    one = part(fresh_contacts(1), 0)._replace(edge=jnp.array([4, -1]))
    hull, one, is_hit, _ = jax.jit(partial(after_impacts, HULL, iterations=180))(
        body=after,
        before=before,
        contacts=one,
        has_ground_contact=jnp.bool_(False),
        heights=jnp.zeros(11),
    )
    assert is_hit and one.is_touching[0]
    # Box2D pushes apart skins that overlap by more than 7.5 mm, until 5 mm at most.
    overlap = c.SKIN - (hull.position.y - bottom)
    assert 0.005 <= overlap <= 0.0075
    # The ground rubs with a tenth of the blow.
    np.testing.assert_allclose(hull.velocity, (5.0 - 0.1 * 10.0, 0.0), atol=1e-3)
    np.testing.assert_allclose(hull.spin, 0.0, atol=1e-3)


def test_no_impact_leaves_the_hull_alone():
    before = leg_at(9.0, 3.0, velocity=(5.0, -10.0))
    after = before._replace(position=vector(9.1, 2.8))
    one = part(fresh_contacts(1), 0)._replace(edge=jnp.array([4, -1]))
    hull, _, is_hit, _ = after_impacts(
        HULL, after, before, one, jnp.bool_(False), jnp.zeros(11), 180
    )
    assert not is_hit
    jax.tree.map(np.testing.assert_array_equal, hull, after)


def test_contacts_stop_a_falling_leg_and_slow_its_slide():
    leg = leg_at(1.0, c.LEG_HALF_HEIGHT + 0.01, velocity=(2.0, -1.0))
    setup = contacts.prepared(LEG, collide(LEG, leg, *EDGE), leg)
    zeros = (jnp.float32(0), jnp.float32(0))
    impulses = Impulses(zeros, zeros)
    solve = jax.jit(contacts.solve_velocity)
    for _ in range(60):
        leg, impulses = solve(leg, impulses, setup)
    corners = np.array([-c.LEG_HALF_WIDTH, c.LEG_HALF_WIDTH])
    assert (leg.velocity.y + leg.spin * corners > -1e-5).all()
    assert 0 < leg.velocity.x < 2.0
    sideways, upwards = np.array(impulses.tangent), np.array(impulses.normal)
    assert (upwards >= 0).all()
    assert (np.abs(sideways) <= c.LEG_FRICTION * upwards + 1e-7).all()
    # Impulses change the momentum and nothing else does.
    np.testing.assert_allclose(
        (leg.velocity.x - 2.0) / c.LEG_INVERSE_MASS, sideways.sum(), atol=1e-5
    )


def test_two_corners_share_a_straight_blow():
    leg = leg_at(1.0, c.LEG_HALF_HEIGHT + 0.01, velocity=(0.0, -1.0))
    setup = contacts.prepared(LEG, collide(LEG, leg, *EDGE), leg)
    zeros = (jnp.float32(0), jnp.float32(0))
    leg, impulses = contacts.solve_velocity(leg, Impulses(zeros, zeros), setup)
    np.testing.assert_allclose(impulses.normal, [0.5 / c.LEG_INVERSE_MASS] * 2, 1e-4)
    np.testing.assert_allclose([leg.velocity.y, leg.spin], 0.0, atol=1e-5)


def contact(feature, impulse):
    return Contact(
        edge=jnp.int32(4),
        is_touching=jnp.bool_(True),
        feature=jnp.array(feature),
        normal_impulse=jnp.array(impulse, jnp.float32),
        tangent_impulse=-jnp.array(impulse, jnp.float32),
    )


def test_impulses_stay_with_their_corners():
    manifold = collide(LEG, leg_at(1.0, c.LEG_HALF_HEIGHT + 0.01), *EDGE)
    first, second = np.array(manifold.feature)
    old = contact([second, first], [1.0, 2.0])
    new, _ = updated(old, manifold, jnp.bool_(True))
    np.testing.assert_array_equal(new.normal_impulse, [2, 1])
    np.testing.assert_array_equal(new.tangent_impulse, [-2, -1])
    new, _ = updated(contact([99, first], [1.0, 2.0]), manifold, jnp.bool_(True))
    np.testing.assert_array_equal(new.normal_impulse, [2, 0])


@pytest.mark.parametrize(
    ("gap", "was_touching", "before", "after"),
    [
        (0.01, False, False, True),  # begins
        (0.01, True, False, False),  # goes on: no event
        (0.03, True, True, False),  # ends, whatever else the leg rests on
        (0.03, False, True, True),
    ],
)
def test_ground_contact_follows_beginnings_and_ends(gap, was_touching, before, after):
    manifold = collide(LEG, leg_at(1.0, c.LEG_HALF_HEIGHT + gap), *EDGE)
    old = contact([-1, -1], [0.0, 0.0])._replace(is_touching=jnp.bool_(was_touching))
    assert updated(old, manifold, jnp.bool_(before))[1] == after


def test_the_newest_contact_comes_first():
    heights = jnp.zeros(11)

    def box(x):
        return with_margin(tight_box(vector(x, c.LEG_HALF_HEIGHT), jnp.float32(0)))

    contacts = part(fresh_contacts(1), 0)
    for x, edges in (
        (5.0, [2, -1]),  # over the middle of edge 2
        (5.8, [3, 2]),  # near its right end, which edge 3 shares
        (6.8, [3, -1]),
        (6.1, [2, 3]),  # and back
        (9.0, [4, -1]),
    ):
        contacts = listed(contacts, box(x), heights)
        np.testing.assert_array_equal(contacts.edge, edges)


def test_seeds_draw_gymnasiums_terrain():
    simulator = make("LunarLander-v3").unwrapped
    for seed in (0, 123):
        simulator.reset(seed=seed)
        wanted = [left[1] for left, *_ in simulator.sky_polys]
        found = heights_of(draws_of_seed(seed, False, 5).heights)
        np.testing.assert_allclose(found[:-1], wanted, rtol=1e-6)


def test_wind_is_gymnasiums_formula():
    for time in (-9999, -1, 0, 77, 9998):
        wanted = 15 * np.tanh(np.sin(0.02 * time) + np.sin(np.pi * 0.01 * time))
        np.testing.assert_allclose(gust(jnp.int32(time), 15.0), wanted, atol=3e-4)


@pytest.mark.parametrize(
    ("action", "powers"),
    [
        ((-0.1, 0.0), (0.0, 0.0)),
        ((0.0, 0.4), (0.0, 0.0)),
        ((0.5, 0.6), (0.75, 0.6)),
        ((7.0, -7.0), (1.0, 1.0)),
    ],
)
def test_throttles_are_gymnasiums(action, powers):
    main, side, direction = engines.continuous_powers(jnp.array(action))
    np.testing.assert_allclose((main, side), powers, rtol=1e-6)
    assert direction == np.sign(action[1])


def test_the_main_engine_pushes_upwards():
    lander = leg_at(10.0, 10.0)
    fired = engines.fired(
        lander, engines.discrete_powers(jnp.int32(engines.MAIN)), jnp.zeros(2)
    )
    wanted = c.MAIN_ENGINE_POWER * c.MAIN_ENGINE_BELOW * c.LANDER_INVERSE_MASS
    np.testing.assert_allclose(fired.velocity, (0, wanted), rtol=1e-5, atol=1e-7)
