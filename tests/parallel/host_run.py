"""`python host_run.py FOLDER COORDINATOR NUM_HOSTS HOST CASE ...`: one host of a run.

It trains each case on two devices with checkpoints, and again from the last of them;
what it finds goes to FOLDER/found_HOST.npz. The tests do the same on their own devices.
"""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from neurojax.encodings import Gaussian
from neurojax.networks import MLP
from neurojax.parallel import join_hosts, member_mesh, use_all_cores
from neurojax.parallel.hosts import check_equal, own_copy, put
from neurojax.parallel.mesh import by_member
from neurojax.problems import Control, Imitation
from neurojax.strategies import Evosax, SimpleES, SimpleGA
from neurojax.systems import Evolution, Replicas
from neurojax.training import Checkpoint, JSONLTracker, Progress, Track, restore, train
from neurojax.training.checks import check_hosts

GENERATIONS, KILLED_AFTER = 6, 4
NETWORK = MLP((4, 8, 2))


def case(name, mesh):
    """A system; four devices share the members of all but "ga10" and "open_es"."""
    rng = np.random.default_rng(0)
    observations = rng.normal(size=(37, 4)).astype(np.float32)
    labels = (observations[:, 0] > 0).astype(int)
    problem = Imitation(NETWORK, observations, labels, batch_size=11)
    if name == "control":
        from neurojax.environments import Gymnax

        problem = Control(Gymnax("CartPole-v1"), NETWORK, max_steps=20)
    strategy = {
        "ga": SimpleGA(8, variation=Gaussian(0.3)),
        "ga10": SimpleGA(10, variation=Gaussian(0.3)),
        "control": SimpleGA(8, variation=Gaussian(0.3)),
        "es": SimpleES(8, variation=Gaussian(0.3)),
        "open_es": Evosax("Open_ES", 8),
    }[name]
    return Evolution(strategy, problem, NETWORK.init, mesh=mesh)


def run(name, system, folder):
    """Train to KILLED_AFTER, and from its checkpoint to the end."""
    key = jax.random.key(3)
    log = Track(JSONLTracker(folder / f"{name}.jsonl"))
    callbacks = [Progress(), log, Checkpoint(folder / name, every_seconds=0.0)]
    train(system, key, KILLED_AFTER, callbacks=callbacks)
    # Either serves: shapes alone, or a state that says where to put what is read.
    like = jax.eval_shape(system.init, key) if name == "ga" else system.init(key)
    found = restore(folder / name, like)
    assert found is not None, "the checkpoint of host 0 is not seen"
    state, history = found
    state, history = train(
        system, key, GENERATIONS, state=state, history=history, callbacks=callbacks
    )
    assert int(state.generation) == GENERATIONS == len(history.generation)
    leaves = jax.tree.leaves(system.best(state))
    best = np.concatenate([np.asarray(leaf).ravel() for leaf in leaves])
    metrics = {f"{name}/{metric}": m for metric, m in history.metrics.items()}
    return {f"{name}/best": best, **metrics}


def say_what_is_refused(host):
    """What must be refused on every host, without leaving one to wait for another."""
    key, mesh = jax.random.key(0), member_mesh()
    check_equal({"nan": np.full(3, np.nan), "key": key})
    for call in (
        lambda: check_equal({"a": np.full(3, host)}),
        lambda: Replicas(case("ga", None), mesh.size, mesh),
        lambda: train(case("ga", None), key, 1),
        lambda: check_hosts(case("ga", mesh).init(key), 4 + host),
        lambda: own_copy(put(jnp.arange(4), by_member(mesh))),
    ):
        try:
            call()
        except ValueError as error:
            print("refused:", error)


def main():
    folder, coordinator, num_hosts, host = sys.argv[1:5]
    use_all_cores(2)
    join_hosts(coordinator, int(num_hosts), int(host), timeout=60)
    say_what_is_refused(int(host))
    found = {}
    for name in sys.argv[5:]:
        found |= run(name, case(name, member_mesh()), Path(folder))
    np.savez(Path(folder) / f"found_{host}.npz", **found)


if __name__ == "__main__":
    main()
