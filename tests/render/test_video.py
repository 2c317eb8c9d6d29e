"""GIF and MP4 files: what is in them, and that there is no half of one."""

import sys

import jax
import numpy as np
import pytest
from film_toys import NEVER, Waver, read_mp4
from PIL import Image

from neurojax.environments import CartPoleSwingUp, Gymnasium, Gymnax, LunarLander
from neurojax.networks import MLP
from neurojax.render import frames, record
from neurojax.render.film import episode_states
from neurojax.rollouts import episode_return

KEY = jax.random.key(2)
SWING_UP = CartPoleSwingUp(max_steps=30)
PLAYER = (SWING_UP, Waver(1), NEVER, KEY)


def first_and_last_frame():
    network = Waver(1)
    states, _ = episode_states(SWING_UP, network, NEVER, KEY, greedy=True, num_steps=30)
    ends = jax.tree.map(lambda leaf: leaf[np.array([0, 30])], states)
    return list(frames(SWING_UP, ends))


def test_a_gif_holds_the_episode_in_its_own_time(tmp_path):
    result = record(*PLAYER, tmp_path / "new" / "film.gif")
    expected = episode_return(*PLAYER)
    np.testing.assert_allclose(result.total_reward, expected.total_reward, rtol=1e-5)
    assert result.length == expected.length == 30
    first, last = first_and_last_frame()
    with Image.open(tmp_path / "new" / "film.gif") as film:
        assert (film.n_frames, film.size, film.info["loop"]) == (9, (600, 400), 0)
        assert np.array_equal(film.convert("RGB"), first)  # fewer than 256 colours
        durations = []
        for index in range(9):
            film.seek(index)
            durations.append(film.info["duration"])
        assert np.array_equal(film.convert("RGB"), last)
    assert durations == [40] * 7 + [20] + [1000]  # steps 0, 4, ... 28, 30


def test_times_that_are_no_hundredths_are_made_up_for(tmp_path):
    # 30 steps a second: 25 pictures a second at most are 15, of 6.67 hundredths each.
    player = Gymnax("Pendulum-v1"), Waver(1), NEVER, KEY
    record(*player, tmp_path / "film.gif", max_steps=12)
    with Image.open(tmp_path / "film.gif") as film:
        durations = []
        for index in range(film.n_frames):
            film.seek(index)
            durations.append(film.info["duration"])
    assert durations == [70, 60, 70, 70, 60, 70, 1000]


def test_an_mp4_holds_the_episode(tmp_path):
    path = tmp_path / "film.mp4"
    result = record(*PLAYER, str(path))
    film = read_mp4(path, 600, 400)
    assert result.length == 30 and len(film) == 30 // 2 + 1
    for ours, theirs in zip(first_and_last_frame(), (film[0], film[-1]), strict=True):
        assert np.abs(ours.astype(int) - theirs).mean() < 2
    assert np.abs(film[0].astype(int) - film[-1]).max() > 100


def test_fps_is_the_most_there_are(tmp_path):
    record(*PLAYER, tmp_path / "film.gif", fps=10.0)
    with Image.open(tmp_path / "film.gif") as film:
        assert (film.n_frames, film.info["duration"]) == (4, 100)


def test_a_long_film_of_classic_control_is_small(tmp_path):
    player = Gymnax("MountainCar-v0"), Waver(3), NEVER, KEY
    record(*player, tmp_path / "film.gif")
    assert (tmp_path / "film.gif").stat().st_size < 400_000  # 200 steps


def test_a_broken_network_returns_nan_and_a_film(tmp_path):
    result = record(
        SWING_UP, Waver(1), 5.0 * jax.numpy.ones(()), KEY, tmp_path / "a.gif"
    )
    assert np.isnan(result.total_reward)
    with Image.open(tmp_path / "a.gif") as film:
        assert film.n_frames == 3  # steps 0, 4 and 5


@pytest.mark.parametrize("name", ["film.avi", "film", "film.gif.png"])
def test_other_endings_are_refused_before_playing(tmp_path, name):
    with pytest.raises(ValueError, match=r"path=.*must end in \.gif or \.mp4"):
        record(*PLAYER, tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"fps": 0.0}, "fps=0.0 must be .*above 0"),
        ({"fps": 51.0}, "fps=51.0 must be at most 50"),
        ({"max_steps": 31}, "max_steps=31 must be at most"),
    ],
)
def test_numbers_out_of_range_are_refused(tmp_path, settings, words):
    with pytest.raises(ValueError, match=words):
        record(*PLAYER, tmp_path / "film.gif", **settings)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fps": "9"}, "fps='9' must be a finite number above 0"),
        ({"fps": float("nan")}, "fps=nan must be a finite number above 0"),
        ({"path": None}, "path=None must be a path"),
        ({"environment": "CartPole-v1"}, "environment='CartPole-v1' is of type str"),
        ({"network": None}, "network=None is of type NoneType"),
        ({"key": 0}, "key=0 must be one typed key"),
        ({"painter": lambda state: None}, "painter=<function.*render.Painter"),
    ],
)
def test_what_is_no_argument_of_a_film_is_refused(tmp_path, change, words, unchecked):
    names = ("environment", "network", "weights", "key")
    given = {**dict(zip(names, PLAYER, strict=True)), "path": tmp_path / "film.gif"}
    with pytest.raises(ValueError, match=words):
        unchecked(record, **{**given, **change})


def test_weights_of_a_population_are_told(tmp_path):
    network = MLP((4, 2))
    members = jax.vmap(network.init)(jax.random.split(KEY, 3))
    for pole in (Gymnax("CartPole-v1"), Gymnasium("CartPole-v1")):
        with pytest.raises(ValueError, match="weights.*a population; take one member"):
            record(pole, network, members, KEY, tmp_path / "film.gif")


@pytest.mark.parametrize("name", ["film.gif", "film.mp4"])
def test_an_interrupted_film_leaves_the_old_one(tmp_path, monkeypatch, name):
    from neurojax.render.painters import classic

    (tmp_path / name).write_bytes(b"old")
    make = classic.make

    def stopping(*arguments):
        simulator, count = make(*arguments), iter(range(9))
        draw = simulator.unwrapped.render

        def render():
            if next(count) == 3:
                raise KeyboardInterrupt
            return draw()

        simulator.unwrapped.render = render
        return simulator

    monkeypatch.setattr(classic, "make", stopping)
    with pytest.raises(KeyboardInterrupt):
        record(*PLAYER, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"old"


def test_a_missing_library_names_its_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(ImportError, match=r"neurojax\[record\]"):
        record(*PLAYER, tmp_path / "film.gif")


@pytest.mark.slow
def test_a_landing_is_recorded(tmp_path):
    player = LunarLander(), Waver(4), NEVER, KEY
    result = record(*player, tmp_path / "film.mp4")
    assert len(read_mp4(tmp_path / "film.mp4", 600, 400)) == result.length + 1
