"""The control study: its runs in order, ours and then those of the peers."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from benchmarks.control.args import PEERS, Args
from benchmarks.control.peers.run import PLAYED, run_peer
from benchmarks.control.runs import run
from benchmarks.control.tasks import TASKS, Task
from benchmarks.shared.runner import Job, run_jobs
from benchmarks.shared.store import Row, Store, open_store


@dataclass
class Study:
    """A command's runs, one after the other and kept in a store."""

    args: Args
    tasks: list[Task]
    store: Store

    @staticmethod
    def of(args: Args) -> "Study":
        """Load the tasks and open the folder.

        Raises:
            ImportError: if a task's simulator is not installed.
        """
        tasks = [TASKS[name](args.episodes) for name in args.tasks]
        return Study(args, tasks, open_store(args))

    def run(self) -> list[Row]:
        """Make the runs that are not finished; the rows of all."""
        jobs = [*self._ours(), *self._theirs()]
        rows = run_jobs(self.store, jobs, len(jobs))
        # Folders of earlier versions keep our rows without a word on who made them.
        return [{"by": "neurojax", **row} for row in rows]

    def _ours(self) -> Iterator[Job]:
        for task in self.tasks:
            for method in self.args.methods:
                for seed in range(self.args.seeds):
                    make = partial(run, self.args, task, method, seed)
                    yield Job(f"{task.name}-{method}-{seed}", make, _line)

    def _theirs(self) -> Iterator[Job]:
        for peer in self.args.peers:
            for task in self.tasks:
                for method in self.args.methods:
                    if task.name not in PLAYED or method not in PEERS[peer]:
                        continue
                    for seed in range(self.args.seeds):
                        make = partial(run_peer, self.args, peer, task, method, seed)
                        yield Job(f"{task.name}-{method}-{seed}-{peer}", make, _line)


def _line(rows: list[Row]) -> str:
    last = rows[-1]
    return (
        f"score {last['score']:.4g} after {last['generation']} generations and "
        f"{last['seconds']:.1f} s"
    )
