"""Worlds of one's own are filmed by a painter that is given."""

from dataclasses import dataclass

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from film_toys import NEVER, Waver
from PIL import Image

from neurojax import environments
from neurojax.environments import Gymnasium, Gymnax
from neurojax.render import Painter, frames, record, show, window
from neurojax.render.film import filmed
from neurojax.render.host_film import CAMERAS
from neurojax.render.painters.table import PAINTERS

KEY = jax.random.key(3)
SIDE = 5  # the walker's square is painted in this many columns


@dataclass(frozen=True)
class Walk:
    """A place that each step moves one to the right; an episode ends at the third."""

    max_steps: int = 7
    observation_shape = (1,)
    num_actions = 2

    def reset(self, key):
        return jnp.zeros(1), jnp.int32(0)

    def step(self, key, state, action):
        state = state + 1
        return jnp.ones(1), state, jnp.float32(2.0), state == 3, jnp.bool_(False)


@dataclass(frozen=True)
class HostWalk:
    """The same outside JAX."""

    max_steps: int = 7
    observation_shape = (1,)
    num_actions = 2

    def vector(self, num_envs):
        return _Walkers(num_envs)


class _Walkers:
    def __init__(self, num_envs):
        self.place = np.zeros(num_envs, int)

    def reset(self, *, seed):
        self.place[:] = 0
        return np.zeros((len(self.place), 1)), {}

    def step(self, actions):
        self.place += 1
        nothing = np.zeros(len(self.place), bool)
        seen, rewards = np.ones((len(self.place), 1)), np.full(len(self.place), 2.0)
        return seen, rewards, self.place == 3, nothing, {}


@dataclass(frozen=True)
class Poles:
    """A vector environment of gymnasium's, as it is."""

    max_steps: int = 3
    observation_shape = (4,)
    num_actions = 2

    def vector(self, num_envs):
        how = {"vectorization_mode": "sync", "render_mode": "rgb_array"}
        return gymnasium.make_vec("CartPole-v1", num_envs, **how)


CANVAS = np.zeros((4, SIDE, 3), np.uint8)


def paint(state):
    """Draws over its last picture, as many renderers do."""
    CANVAS[:] = 0
    CANVAS[:, np.ravel(getattr(state, "place", state))[0]] = 255
    return CANVAS


PAINTER = Painter(paint, steps_per_second=10.0)


def test_states_of_ones_own_are_drawn():
    pictures = list(frames(Walk(), jnp.array([2, 0]), painter=PAINTER))
    assert [int(picture[0, :, 0].argmax()) for picture in pictures] == [2, 0]


@pytest.mark.parametrize("world", [Walk(), HostWalk()], ids=str)
def test_a_world_of_ones_own_is_filmed(tmp_path, world):
    path = tmp_path / "walk.gif"
    result = record(world, Waver(2), NEVER, KEY, path, painter=PAINTER)
    assert (float(result.total_reward), int(result.length)) == (6.0, 3)
    with Image.open(path) as film:
        places = []
        for index in range(film.n_frames):
            film.seek(index)
            places.append(int(np.asarray(film.convert("RGB"))[0, :, 0].argmax()))
    assert places == [0, 1, 2, 3]


def test_it_is_shown_in_a_window(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setattr(window, "LAST_PICTURE", 0.0)
    result = show(Walk(), Waver(2), NEVER, KEY, painter=PAINTER)
    assert (float(result.total_reward), int(result.length)) == (6.0, 3)


def shots_of(world, painter=None):
    settings = {"greedy": True, "max_steps": 3, "most_per_second": 50.0}
    player = world, Waver(2), NEVER, KEY
    with filmed(*player, **settings, painter=painter) as film:
        return list(film.shots)


def test_a_vector_environment_of_gymnasiums_draws_itself():
    painter = Painter(lambda simulator: simulator.render()[0], 50.0)
    ours, theirs = shots_of(Poles(), painter), shots_of(Gymnasium("CartPole-v1"))
    assert len(ours) == len(theirs) == 4
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a.frame, b.frame)


def test_a_given_painter_takes_the_place_of_the_usual_one():
    pole = Gymnax("CartPole-v1")
    states = jax.tree.map(lambda leaf: leaf[None], pole.reset(KEY)[1])
    (picture,) = frames(pole, states, painter=Painter(lambda state: CANVAS, 10.0))
    assert picture.shape == CANVAS.shape


@pytest.mark.parametrize("world", [Walk(), HostWalk()], ids=str)
def test_without_one_the_error_tells_how_to_draw(tmp_path, world):
    with pytest.raises(ValueError, match=r"Walk.* no pictures.*painter=.*Painter\("):
        record(world, Waver(2), NEVER, KEY, tmp_path / "walk.gif")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "drawn, found",
    [
        (np.zeros((4, 5, 3)), r"float64 \(4, 5, 3\)"),
        (np.zeros((4, 5), np.uint8), r"uint8 \(4, 5\)"),
        (np.zeros((4, 5, 4), np.uint8), r"uint8 \(4, 5, 4\)"),
    ],
)
def test_what_is_no_picture_is_refused(drawn, found):
    painter = Painter(lambda state: drawn, 10.0)
    with pytest.raises(ValueError, match=f"painter.paint gave {found}.*uint8"):
        list(frames(Walk(), jnp.array([0]), painter=painter))


def test_time_must_pass():
    with pytest.raises(ValueError, match="steps_per_second=0.0 must be .*above 0"):
        shots_of(Walk(), Painter(paint, 0.0))


def test_every_environment_has_somebody_who_draws_it():
    classes = {getattr(environments, name) for name in environments.__all__}
    classes = {found for found in classes if isinstance(found, type)}
    assert classes == {*PAINTERS, *CAMERAS}, "a line in render/painters/table.py"
