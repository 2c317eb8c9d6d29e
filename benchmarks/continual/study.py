"""The continual study: its cells in order, and what they keep."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from benchmarks.continual.args import RATES, Args
from benchmarks.continual.choice import Choice
from benchmarks.continual.inputs import Inputs, examples
from benchmarks.continual.parts import Parts, parts
from benchmarks.continual.play import matched, play
from benchmarks.continual.recordings import digests, recordings_of
from benchmarks.imitation.methods import FAIR, REFERENCE, Options, method
from benchmarks.shared.cell import Cell, Plan, Subsets
from benchmarks.shared.lander_play import Played
from benchmarks.shared.measures import both, on_rows
from benchmarks.shared.method import Method
from benchmarks.shared.runner import Job, run_jobs
from benchmarks.shared.store import Row, Store, open_store
from benchmarks.shared.trained import cell_job
from neurojax.data import Transitions
from neurojax.data.recordings.recording import Recording
from neurojax.data.tasks import find_task
from neurojax.networks import GRU, MLP
from neurojax.networks.initializers import normal_fan_in, uniform_fan_in

HIDDEN = 50
UNITS = 16  # of a recurrent network: about three times the numbers of the others
WINDOWS_PER_BATCH = 4
PUBLISHED_RATE = 1e-3
FIRST_SAMPLES, SAMPLES_RATIO = 3200, 2.0
SHOWN = {"final_macro_f1": 3, "final_cross_entropy": 3, "final_return": 1}
EVERYWHERE: tuple[Inputs, ...] = ("plain", "info")
OF_ADAM: tuple[Inputs, ...] = ("shuffled", "previous", "recurrent")


class Spec(NamedTuple):
    """Which models a cell trains."""

    task: str
    subject: str
    part: str
    method: str
    inputs: Inputs

    @property
    def name(self) -> str:
        """The cell's name, also of its files."""
        return "-".join(word for word in self if word)


@dataclass
class Study:
    """A command's cells, run one after the other and kept in a store."""

    args: Args
    recordings: dict[tuple[str, str], Recording]
    store: Store

    @staticmethod
    def of(args: Args) -> "Study":
        """Load the recordings and open the folder.

        Raises:
            ValueError, OSError: if an argument cannot be met, with the remedy.
        """
        recordings = recordings_of(args.data, args.tasks, args.subjects)
        for recording in recordings.values():
            parts(recording, args.split or args.protocol)
        store = open_store(args, digests(args.data, recordings))
        return Study(args, recordings, store)

    def run(self) -> list[Row]:
        """Train what is not finished; return the rows of all cells."""
        specs = self.specs
        jobs = (self._job(spec) for spec in specs)
        rows = run_jobs(self.store, jobs, len(specs))
        by_name = {spec.name: spec._asdict() for spec in specs}
        return [row | by_name[row["cell"]] for row in rows]

    @cached_property
    def specs(self) -> list[Spec]:
        """Every cell, task after task."""
        return [
            Spec(task, subject, part.name, name, inputs)
            for task, subject in self.recordings
            for part in self.parts[task, subject]
            for name in self.args.methods
            for inputs in self._inputs(name)
        ]

    @cached_property
    def parts(self) -> dict[tuple[str, str], list[Parts]]:
        """The parts of every recording."""
        split = self.args.split or self.args.protocol
        return {
            key: parts(recording, split) for key, recording in self.recordings.items()
        }

    def part(self, spec: Spec) -> Parts:
        """The episodes that a cell trains and tests on."""
        chain = self.parts[spec.task, spec.subject]
        return next(part for part in chain if part.name == spec.part)

    @property
    def which(self) -> str:
        """Which networks of a training are measured at its end and played."""
        is_last = (self.args.split or self.args.protocol) == "reference"
        return "last networks" if is_last else "chosen networks"

    @property
    def held_out(self) -> list[Row]:
        """The episodes that no network was trained on, with what the subject did."""
        rows = []
        for (task, subject), chain in self.parts.items():
            episodes = self.recordings[task, subject].episodes
            for part in chain:
                for use in ("validation", "test"):
                    for position in getattr(part, use).tolist():
                        run = episodes[position]
                        about = {"task": task, "subject": subject, "part": part.name}
                        about |= {"for": use, "episode": run.index, "seed": run.seed}
                        rows.append({**about, "return": float(run.episode_return)})
        return rows

    def played(self, spec: Spec) -> Played:
        """What the final models of a finished cell did at play."""
        shape = (
            self.args.seeds,
            len(self.part(spec).test),
            self.args.rollouts,
        )
        like = Played(*[np.zeros(shape)] * len(Played._fields))
        return self.store.weights(f"{spec.name}-play", like)

    def _inputs(self, name: str) -> Sequence[Inputs]:
        if self.args.inputs:
            return self.args.inputs
        return EVERYWHERE + OF_ADAM if name == "adam" else EVERYWHERE

    @property
    def _options(self) -> Options:
        return REFERENCE if self.args.protocol == "reference" else FAIR

    def _job(self, spec: Spec) -> Job:
        recording = self.recordings[spec.task, spec.subject]
        part = self.part(spec)
        train, validation, test = (
            examples(recording, episodes, spec.inputs) if len(episodes) else None
            for episodes in (part.train, part.validation, part.test)
        )
        assert train is not None and test is not None
        network = network_of(spec, train, self._options)
        cell = self._cell(spec, network, train)
        measure = on_rows(network, test)
        if validation is not None:
            measure = both(measure, on_rows(network, validation, prefix="validation_"))
        is_own = self.args.features == "own"
        episodes = matched(recording, part.test.tolist(), spec.inputs, is_own)
        choice = Choice(self.store, spec.name, network, self.args.seeds)

        def along(weights: Any) -> dict[str, np.ndarray]:
            measured = measure(weights)
            if "validation_cross_entropy" in measured:
                choice.offer(weights, measured["validation_cross_entropy"])
            seen = play(network, weights, episodes, self.args.progress_rollouts)
            return measured | {"return": seen.returns.mean((1, 2))}

        def at_end(weights: Any) -> dict[str, np.ndarray]:
            final = weights if validation is None else choice.weights
            seen = play(network, final, episodes, self.args.rollouts)
            self.store.keep_weights(f"{spec.name}-play", seen)
            measured = measure(final) | {"return": seen.returns.mean((1, 2))}
            return {f"final_{name}": values for name, values in measured.items()}

        job = cell_job(self.store, cell, self._plan(cell), along, SHOWN, at_end)
        return job._replace(line=lambda rows: _line(self.which, job.line(rows)))

    def _cell(self, spec: Spec, network: MLP | GRU, train: Transitions) -> Cell:
        chosen = _method(spec, self._options, len(train.actions))
        is_published = self.args.protocol == "reference"
        scale = PUBLISHED_RATE if is_published else RATES[spec.method]
        runs = self.args.seeds
        return Cell(
            spec.name,
            chosen,
            network,
            Subsets([train] * runs, _padded_length(len(train.actions), chosen)),
            range(runs),
            [scale] * runs,
        )

    def _plan(self, cell: Cell) -> Plan:
        last = cell.generations_for(self.args.flops, cell.flops)
        assert isinstance(cell.source, Subsets)
        points, rows = {last}, FIRST_SAMPLES // cell.source.steps
        while (point := cell.generations_for(rows, cell.samples)) < last:
            points.add(point)
            rows = round(rows * SAMPLES_RATIO)
        return Plan(tuple(sorted(points)))


def _line(which: str, measured: str) -> str:
    """A finished cell in words: all of the same networks."""
    return f"{which}: {measured.replace('final_', '')}"


def _padded_length(rows: int, chosen: Method) -> int:
    """A power of two, so that subjects of about as many rows share a program."""
    return rows if chosen.batch_size is None else 1 << (rows - 1).bit_length()


def network_of(spec: Spec, train: Transitions, options: Options) -> MLP | GRU:
    """The network of a cell, as wide as its inputs."""
    inputs, actions = train.observations.shape[-1], find_task(spec.task).num_actions
    if spec.inputs == "recurrent":
        return GRU((inputs, UNITS, actions))
    is_wider = options.ea_init == "wider" and spec.method.startswith("simple")
    initializer = normal_fan_in if is_wider else uniform_fan_in
    return MLP((inputs, HIDDEN, actions), initializer=initializer)


def _method(spec: Spec, options: Options, rows: int) -> Method:
    chosen = method(spec.method, options, rows)
    if spec.inputs != "recurrent":
        return chosen
    return replace(chosen, batch_size=min(WINDOWS_PER_BATCH, rows))
