"""The options of `python -m benchmarks.imitation`."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from benchmarks.shared import options
from benchmarks.shared.command import Device

X = Literal["percent", "updates", "samples", "flops", "seconds"]


@dataclass(frozen=True)
class Args:
    """Gradient descent against neuroevolution in behaviour cloning."""

    protocol: Literal["fair", "reference"] = "fair"
    """`fair`: the corrected study. `reference`: the program it began with, faults
    included. It decides every option below that is not given."""
    task: options.TaskName = "CartPole-v1"
    """CartPole-v1 or LunarLander-v3."""
    data: options.Data = "expert"
    """`expert` (made here, cached), `huggingface`, or a .parquet/.jsonl/.npz file."""
    methods: tuple[str, ...] = ()
    """sgd, adam, adam_f1, simple_{ga,es}_{fixed,adaptive}[_f1], any evosax algorithm
    in snake case, sgd_long (as many steps at every size), or hybrid. Empty: the
    protocol's own."""
    sizes: tuple[str, ...] = ("100000", "10000", "1000", "100")
    """Training pairs, as numbers or as per cent of all pairs, such as 90% 30% 10%."""
    seeds: int = 10
    """Independent runs of every cell."""
    budget: Literal["updates", "samples", "flops", "seconds"] | None = None
    """What ends a run. Not given: flops if fair, the published length if reference."""
    updates: int = 20_000
    """Gradient steps or generations of a run."""
    samples: float = 1e6
    """Training rows drawn by a run; a row counts each time, once for a population."""
    flops: float = 1e10
    """Matmul FLOPs of a run, forward and backward; measuring is not counted."""
    seconds: float = 4.0
    """Seconds of a run on one device, without compiling and measuring."""
    length: float = 1.0
    """Share of the published length that the reference protocol runs for."""
    split: Literal["episode", "transition"] | None = None
    """`transition` (reference) cuts a shuffle of all rows: neighbours of one episode,
    nearly equal, are in both parts, so the test error is too small. `episode` (fair)
    keeps episodes whole: 90 % train, 5 % validation, 5 % test."""
    ea_batch: int | None = None
    """Rows of a generation, at most the set. 3200 (reference) is 100 times what SGD
    sees and makes sets up to 3200 noise-free; 32 (fair) is SGD's own."""
    ea_init: Literal["same", "wider"] | None = None
    """`wider` (reference) draws evolution's first weights sqrt(3) wider than SGD's,
    though meant to be equal; `same` (fair)."""
    elites: int | None = None
    """Best members of a GA kept unchanged; 0 in both protocols, so every survivor is
    mutated and the best may be lost."""
    sigma_rule: Literal["multiplicative", "lognormal"] | None = None
    """`multiplicative` (reference) sigma *= 1 + 0.01 N(0, 1): its logarithm drifts by
    -5e-5 a generation, so searches die out. `lognormal` (fair): no drift, bounds."""
    es_start: Literal["population", "mean"] | None = None
    """`population` (reference) averages 50 independent networks in the first
    generation, which shrinks them to a fifth; `mean` (fair) scatters around one
    network."""
    es_ddof: int | None = None
    """The ES's weights are a softmax of standardised fitness; 1 (reference) divides by
    the sample's standard deviation, 0 (fair) by the population's: 1 % apart at 50."""
    f1_fitness: Literal["sampled", "expected"] | None = None
    """F1 as fitness: `sampled` (reference) of actions drawn in 10 trials, for each
    member anew, whose noise drowns the differences; `expected` (fair) counts, no
    noise."""
    reported: Literal["misindexed", "best"] | None = None
    """`misindexed` (reference) looks up the best member's old index in the sorted
    population: a random survivor. `best` (fair): lowest training fitness."""
    cadence: Literal["evaluations", "samples"] | None = None
    """Where runs are measured: `evaluations` (reference) after generations of evolution
    but epochs of SGD, up to 3125 steps, here 100 of them evenly; `samples` (fair) at
    the same numbers of rows seen."""
    scales: Literal["published", "tuned"] | None = None
    """Learning rates and mutation stds: 1e-3 for all (reference), or tuned on
    validation rows (fair): for every method five values, two seeds, 1000 pairs, the
    full budget."""
    x: X | None = None
    """What the curves are drawn against. Not given: the budget, or percent if
    reference."""
    episodes: int = 100
    """Seeded episodes that every final policy plays, greedily."""
    device: Device = "auto"
    """Where to run; a CPU uses all its cores."""
    out: options.Folder = Path("results/imitation")
    """Folder of the results, to which other methods and sizes may be added later."""
    resume: bool = True
    """Keep finished cells of the folder and go on with a killed one."""
    smoke: bool = False
    """Tiny sizes, to see that everything works."""

    def check(self) -> None:
        """Refuse numbers that no study can have, naming option, value and remedy."""
        options.not_empty(self, "sizes")
        options.at_least(1, self, "seeds", "updates", "episodes", "ea_batch")
        options.above_zero(self, "samples", "flops", "seconds", "length")
        options.no_repeats(self, "methods", "sizes")
        if self.elites is not None and not 0 <= self.elites < 50:
            raise SystemExit(f"--elites {self.elites} must lie in [0, 49].")
        if self.es_ddof not in (None, 0, 1):
            raise SystemExit(f"--es-ddof {self.es_ddof} must be 0 or 1.")

    def smaller(self) -> "Args":
        """The same command at sizes that take well under a minute."""
        of_each_kind = ("adam", "simple_ga_fixed", "simple_es_adaptive_f1", "snes")
        is_fair = self.protocol == "fair"
        return replace(
            self,
            methods=self.methods or (of_each_kind if is_fair else ()),
            sizes=("200", "100"),
            seeds=2,
            updates=16,
            samples=600.0,
            flops=self.flops / 1000,
            seconds=0.01,
            length=min(self.length, 1e-4),
            episodes=2,
        )

    def settings(self) -> dict[str, Any]:
        """What decides a cell's results: a folder keeps one set of them."""
        amounts = {"updates", "samples", "flops", "seconds", "length"}
        default = {"fair": "flops", "reference": "length"}[self.protocol]
        amounts.remove(self.budget or default)
        ignored = {"methods", "sizes", "x", "smoke", *amounts}
        return options.settings_without(self, *ignored)
