"""Episodes as GIF and MP4 files."""

import contextlib
import io
import itertools
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from neurojax import checks
from neurojax.render.film import filmed
from neurojax.render.picture import Film, Painter, Shot
from neurojax.rollouts import EpisodeReturn
from neurojax.storage.atomic import write_atomically
from neurojax.storage.paths import user_path
from neurojax.types import Environment, HostEnvironment, Key, Network, Weights

__all__ = ["record"]

LAST_PICTURE = 100  # hundredths of a second that a GIF rests before it starts again


def record(
    environment: Environment | HostEnvironment,
    network: Network,
    weights: Weights,
    key: Key,
    path: str | os.PathLike[str],
    *,
    greedy: bool = True,
    max_steps: int | None = None,
    fps: float | None = None,
    painter: Painter | None = None,
) -> EpisodeReturn:
    """Write the film of an episode to a GIF or MP4 file.

    It is the episode of `episode_return` with these arguments or, in `Gymnasium` and
    `Atari`, that of `HostControl(environment, network).eval` with the key. It is shown
    as fast as it is lived: 50 steps a second in LunarLander, for instance. Of faster
    ones steps are left out; the last state is always there, in a GIF for a second.

    The file is written when the film is complete, in one step: an interrupted call
    leaves nothing behind. Missing folders are made.

    Args:
        environment: where to play; without a `painter`, one that `frames` can draw,
            `Gymnasium` or `Atari`.
        network: who plays.
        weights: of one member.
        key: decides the episode.
        path: of the file, which ends in .gif or .mp4.
        greedy: whether to take the best discrete action instead of drawing one.
        max_steps: ends the episode early, in environment steps.
        fps: most pictures a second; None for 25 in a GIF (which can have 50) and 50 in
            an MP4. Where the camera moves, as in brax, a GIF is ten times as large.
        painter: draws an environment of one's own, or another one in another way.

    Returns:
        Return and length of the episode. Where the network gives a NaN the film ends,
        and the return is NaN.

    Raises:
        ValueError: if the path ends otherwise, an argument is out of range, network and
            environment do not fit, or there are no pictures of the environment.
        ImportError: if a library is not installed.
        OSError: if the file cannot be written; it names the path.
    """
    path = user_path("path", path)
    form = _form(path)
    most = form.fps if fps is None else fps
    checks.positive("fps", most)
    if most > form.most_fps:
        raise ValueError(f"fps={fps} must be at most {form.most_fps} in {path}.")
    _import_encoders()
    with filmed(
        environment,
        network,
        weights,
        key,
        greedy=greedy,
        max_steps=max_steps,
        most_per_second=most,
        painter=painter,
    ) as film:
        result = []
        data = form.encode(film._replace(shots=_noting(film.shots, result)))
    write_atomically(path, data)
    return result[0]


def _noting(shots: Iterator[Shot], result: list[EpisodeReturn]) -> Iterator[Shot]:
    """The same shots; what they come to is in `result` afterwards."""
    for shot in shots:
        result[:] = [shot.so_far]
        yield shot


def _gif(film: Film) -> bytes:
    """The film as a GIF, whose clock counts hundredths of a second."""
    image, _ = _import_encoders()

    def due(shot: Shot) -> int:
        return round(100 * shot.step / film.steps_per_second)

    def lasting(shot: Shot, hundredths: int) -> Any:
        picture = image.fromarray(shot.frame)
        picture.info["duration"] = 10 * hundredths  # milliseconds, to Pillow
        return picture

    def pictures() -> Iterator[Any]:
        shot = next(film.shots)
        for following in film.shots:
            yield lasting(shot, due(following) - due(shot))
            shot = following
        yield lasting(shot, LAST_PICTURE)

    images, file = pictures(), io.BytesIO()
    next(images).save(file, "GIF", save_all=True, append_images=images, loop=0)
    return file.getvalue()


def _mp4(film: Film) -> bytes:
    """The film as H.264, at a constant rate."""
    first = next(film.shots)
    shots = itertools.chain([first], film.shots)
    # ffmpeg has to seek in what it writes.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        height, width = first.frame.shape[:2]
        rate = film.steps_per_second / film.every
        command = [*_command(width, height, rate), str(path)]
        # Not imageio's own writer: it forks, which JAX's threads may not survive.
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stderr=pipe) as process:
            assert process.stdin is not None and process.stderr is not None
            with contextlib.suppress(BrokenPipeError):  # ffmpeg says why
                for shot in shots:
                    process.stdin.write(shot.frame.tobytes())
                process.stdin.close()
            words = process.stderr.read().decode(errors="replace")
        if process.returncode:
            raise OSError(f"ffmpeg could not encode the film: {words.strip()}")
        return path.read_bytes()


def _command(width: int, height: int, fps: float) -> list[str]:
    """How ffmpeg is told to encode raw pictures; the path comes last."""
    _, executable = _import_encoders()
    raw = f"-f rawvideo -pixel_format rgb24 -video_size {width}x{height}"
    # Half as many pixels of colour as of light: what all players play.
    even = "-pix_fmt yuv420p -vf pad=ceil(iw/2)*2:ceil(ih/2)*2"
    options = f"-loglevel error {raw} -framerate {fps:.4f} -i - -c:v libx264 {even}"
    return [executable, *options.split()]


class _Form(NamedTuple):
    """A kind of file."""

    encode: Callable[[Film], bytes]
    fps: float
    most_fps: float


FORMS = {".gif": _Form(_gif, 25.0, 50.0), ".mp4": _Form(_mp4, 50.0, 240.0)}


def _form(path: Path) -> _Form:
    suffix = path.suffix.lower()
    if suffix not in FORMS:
        raise ValueError(f"path={str(path)!r} must end in {' or '.join(FORMS)}.")
    return FORMS[suffix]


def _import_encoders() -> tuple[Any, str]:
    """Pillow's module of images, and the path of ffmpeg."""
    try:
        from imageio_ffmpeg import get_ffmpeg_exe
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            "Films are written with Pillow and ffmpeg, which imageio brings: "
            "pip install 'neurojax[record]'"
        ) from error
    return Image, get_ffmpeg_exe()
