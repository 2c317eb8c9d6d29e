"""Games of the Atari 2600 (Bellemare et al., 2013) in ale-py's own preprocessing.

Action repeat, maximum over two frames, grey 84 x 84 pixels and a stack of four, as in
Mnih et al., 2015; whole games, scores as they are and no lost-life ends, as Machado et
al., 2018 recommend (with `repeat_action_probability=0.25`). Differs from gymnasium's
AtariPreprocessing and FrameStackObservation, which gives the same pixels, rewards and
ends for the same game state and actions: the channels come last, and a stack begins
with black frames.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Bool, Int, Shaped, UInt8

from neurojax import checks
from neurojax.names import unknown_name

PIXELS, STACK = 84, 4


@dataclass(frozen=True)
class Atari:
    """A game; equal games and settings are equal environments.

    It is a `HostEnvironment`: play it with `problems.HostControl`, whose networks see
    the pixels as numbers in [0, 1], and `networks.CNN((84, 84, 4), num_outputs, ...)`.
    Each of its steps is `action_repeat` frames. Games such as Breakout wait for the
    fire button: a network that never presses it plays until `max_frames`.

    Args:
        game: as ale-py names it, such as "breakout" or "ms_pacman".
        action_repeat: frames that an action lasts.
        max_noops: a game starts after fewer than so many frames without an action,
            their number drawn with the seed; 0 for none.
        repeat_action_probability: of each frame, that the console takes the action of
            the frame before instead of the new one ("sticky" actions).
        full_action_space: whether there are all 18 actions of the joystick, or only
            those that mean something in the game.
        clip_rewards: whether only the sign of a reward counts.
        max_frames: after which a game is truncated.

    Raises:
        ImportError: if ale-py is not installed.
        ValueError: if there is no such game, or an argument is of the wrong kind or out
            of range.
    """

    game: str
    action_repeat: int = 4
    max_noops: int = 30
    repeat_action_probability: float = 0.0
    full_action_space: bool = False
    clip_rewards: bool = False
    max_frames: int = 108_000

    def __post_init__(self) -> None:
        for name, least in (("action_repeat", 1), ("max_noops", 0), ("max_frames", 1)):
            checks.integer_between(name, getattr(self, name), least)
        for name in ("full_action_space", "clip_rewards"):
            checks.flag(name, getattr(self, name))
        checks.probability("repeat_action_probability", self.repeat_action_probability)
        if self.repeat_action_probability == 1:
            raise ValueError(
                f"repeat_action_probability={self.repeat_action_probability} must lie "
                "in [0, 1); at 1 no action is ever taken."
            )
        if self.max_frames < self.action_repeat:
            raise ValueError(
                f"max_frames={self.max_frames} must be at least action_repeat="
                f"{self.action_repeat}, which is one step."
            )
        games = _import_ale().roms.get_all_rom_ids()
        if self.game not in games:
            raise unknown_name("game", self.game, games)

    @property
    def max_steps(self) -> int:
        """Steps after which a game is truncated at the latest."""
        return -(-self.max_frames // self.action_repeat)

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Rows, columns and frames, the newest last."""
        return PIXELS, PIXELS, STACK

    @property
    def num_actions(self) -> int:
        """How many actions there are."""
        return _num_actions(self)

    def vector(self, num_envs: int) -> "Consoles":
        """So many consoles, each with a thread of its own."""
        return Consoles([console(self) for _ in range(num_envs)])


class Consoles:
    """Games in step, as a vector environment without restarts.

    Where a game has ended, `step` returns its last frames, a reward of 0 and the same
    end again: the others do not wait for frames that nobody asked for.
    """

    def __init__(self, consoles: list[Any]):
        # One game per vector environment of ale-py: it has no step for some of its
        # games, and restarts those that have ended. Their threads play side by side.
        self._consoles = consoles
        self.num_envs = len(consoles)
        shape = (self.num_envs, PIXELS, PIXELS, STACK)
        self._observations = np.zeros(shape, np.uint8)
        self._terminated = np.zeros(self.num_envs, bool)
        self._truncated = np.zeros(self.num_envs, bool)

    def reset(self, *, seed: list[int]) -> tuple[UInt8[np.ndarray, "..."], dict]:
        """Begin all games, each with its seed; return observations and no info."""
        for index, game in enumerate(self._consoles):
            frames, _ = game.reset(seed=np.array([seed[index]]))
            self._observations[index] = np.moveaxis(frames[0], 0, -1)
        self._terminated[:] = self._truncated[:] = False
        return self._observations.copy(), {}

    def step(
        self, actions: Int[np.ndarray, " envs"]
    ) -> tuple[
        UInt8[np.ndarray, "envs ..."],
        Shaped[np.ndarray, " envs"],
        Bool[np.ndarray, " envs"],
        Bool[np.ndarray, " envs"],
        dict,
    ]:
        """Return observations, rewards, terminated, truncated and no info."""
        rewards = np.zeros(self.num_envs)
        playing = np.flatnonzero(~(self._terminated | self._truncated)).tolist()
        for index in playing:
            self._consoles[index].send(actions[index : index + 1])
        for index in playing:
            frames, reward, terminated, truncated, _ = self._consoles[index].recv()
            self._observations[index] = np.moveaxis(frames[0], 0, -1)
            rewards[index] = reward[0]
            self._terminated[index], self._truncated[index] = (
                terminated[0],
                truncated[0],
            )
        ends = self._terminated.copy(), self._truncated.copy()
        return self._observations.copy(), rewards, *ends, {}

    def close(self) -> None:
        """End the consoles' threads."""
        self._consoles.clear()


def console(environment: Atari, **picture: Any) -> Any:
    """One game as ale-py's vector environment; `picture` overrides what is seen of it.

    The game is the same with every picture.
    """
    _import_ale()
    from ale_py.vector_env import AtariVectorEnv

    seen: dict[str, Any] = {
        "img_height": PIXELS,
        "img_width": PIXELS,
        "stack_num": STACK,
    }
    return AtariVectorEnv(
        environment.game,
        num_envs=1,
        num_threads=1,
        max_num_frames_per_episode=environment.max_frames,
        repeat_action_probability=environment.repeat_action_probability,
        full_action_space=environment.full_action_space,
        frameskip=environment.action_repeat,
        noop_max=environment.max_noops,
        reward_clipping=environment.clip_rewards,
        use_fire_reset=False,
        **seen | picture,
    )


@cache
def _num_actions(environment: Atari) -> int:
    return int(console(environment).single_action_space.n)


def _import_ale() -> Any:
    try:
        import ale_py
    except ImportError as error:
        raise ImportError(
            "Atari games need ale-py: pip install 'neurojax[atari]'"
        ) from error
    return ale_py
