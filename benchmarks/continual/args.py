"""The options of `python -m benchmarks.continual`."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from benchmarks.shared import options
from benchmarks.shared.command import Device

# Not tuned here: values in the midst of those that served in the imitation study.
RATES = {"sgd": 0.1, "adam": 1e-3, "simple_ga_adaptive": 1e-2}


@dataclass(frozen=True)
class Args:
    """People's play predicted and continued, with and without session and run."""

    protocol: Literal["fair", "reference"] = "fair"
    """`fair`: validation picks the checkpoint, one initialisation, no drift of sigma.
    `reference`: the program it began with: no validation, the last network, rate 1e-3,
    batches of 3200 and the misindexed best of the GA."""
    data: options.Data = "synthetic"
    """`synthetic`: made-up subjects, no people. Or a folder of recordings."""
    tasks: tuple[options.TaskName, ...] = ()
    """CartPole-v1, MountainCar-v0, Acrobot-v1, LunarLander-v3. Empty: all there are."""
    subjects: tuple[str, ...] = ()
    """Whose play. Empty: all there are."""
    methods: tuple[str, ...] = ("sgd", "simple_ga_adaptive", "adam")
    """Among sgd, adam and simple_ga_adaptive."""
    inputs: tuple[
        Literal["plain", "info", "shuffled", "previous", "recurrent"], ...
    ] = ()
    """What networks are given: `plain` observations; `info`: session and run too;
    `shuffled`: those of another episode, a control; `previous`: the last action;
    `recurrent`: plain, with a memory. Empty: plain and info, and all for adam."""
    split: Literal["fair", "reference", "forward"] | None = None
    """Held-out episodes: `reference` a tenth of each session; `fair` the same, with
    validation inside the training sessions; `forward` each session after the first,
    from those before it. Not given: the protocol's."""
    features: Literal["own", "median"] = "own"
    """Session and run that networks are told at play: the episode's own, or the median
    of all test episodes."""
    seeds: int = 10
    """Independent trainings of every model."""
    rollouts: int = 100
    """Times that every final network plays every held-out episode; actions are drawn
    from the softmax."""
    progress_rollouts: int = 5
    """As many along training, for the curves."""
    flops: float = 3e9
    """Matmul FLOPs of a training, forward and backward; measuring is not counted."""
    device: Device = "auto"
    """Where to run; a CPU uses all its cores."""
    out: options.Folder = Path("results/continual")
    """Folder of the results, to which tasks, subjects, methods and inputs may be
    added later."""
    resume: bool = True
    """Keep finished cells of the folder and go on with a killed one."""
    smoke: bool = False
    """Tiny sizes, to see that everything works."""

    def check(self) -> None:
        """Refuse what no study can have, naming option, value and remedy."""
        from neurojax.names import unknown_name

        options.not_empty(self, "methods")
        for name in self.methods:
            if name not in RATES:
                raise SystemExit(str(unknown_name("--methods", name, RATES)))
        options.no_repeats(self, "tasks", "subjects", "methods", "inputs")
        options.at_least(1, self, "seeds", "rollouts", "progress_rollouts")
        if not 1e6 <= self.flops < 1e16:
            raise SystemExit(f"--flops {self.flops:g} must lie in [1e6, 1e16).")
        if self.protocol == "reference" and self.split == "fair":
            raise SystemExit(
                "--split fair sets validation episodes apart, which --protocol "
                "reference does not use; leave --split out."
            )

    def smaller(self) -> "Args":
        """The same command at sizes that take seconds."""
        return replace(
            self,
            tasks=self.tasks or ("CartPole-v1",),
            subjects=self.subjects or ("synthetic01",) * (self.data == "synthetic"),
            inputs=self.inputs or ("plain", "info"),
            seeds=2,
            rollouts=4,
            progress_rollouts=2,
            flops=2e7,
        )

    def settings(self) -> dict[str, Any]:
        """What decides the values of a cell: a folder keeps one set of them."""
        added = ("tasks", "subjects", "methods", "inputs")
        return options.settings_without(self, *added, "smoke")
