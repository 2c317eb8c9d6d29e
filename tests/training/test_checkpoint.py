import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from training_toys import (
    OnePlusOne,
    Walk,
    Watch,
    assert_same_history,
    assert_same_state,
)

from neurojax.training import Checkpoint, DamagedFileError, restore, save, train

KEY = jax.random.key(0)
LIKE = jax.eval_shape(Walk().init, KEY)
NAME = "generation_{:010d}.safetensors"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A run of 9 generations, its checkpoint's path."""
    state, history = train(Walk(), KEY, 9)
    path = tmp_path_factory.mktemp("saved") / NAME.format(9)
    save(path, state, history, {"seed": 0, "strategy": {"std": 0.1, "sizes": (4, 2)}})
    return state, history, path


def two_checkpoints(directory):
    """Save generations 4 and 9; return what the first holds, and the second's path."""
    state, history = train(Walk(), KEY, 4)
    save(directory / NAME.format(4), state, history)
    save(directory / NAME.format(9), *train(Walk(), KEY, 9))
    return state, history, directory / NAME.format(9)


def test_state_and_history_come_back_bit_for_bit(saved):
    state, history, path = saved
    for like in (state, LIKE):
        back, back_history = restore(path, like)
        assert_same_state(back, state)
        assert_same_history(back_history, history)
        assert back_history[2:] == history[2:]
    assert jnp.issubdtype(back.key.dtype, jax.dtypes.prng_key)
    assert back.constant.dtype == jnp.bfloat16


class Everything(NamedTuple):
    generation: jax.Array
    nested: dict
    empty: jax.Array
    transposed: np.ndarray


@pytest.mark.parametrize("impl", ["threefry2x32", "rbg"])
def test_all_sorts_of_leaves_come_back(tmp_path, impl):
    state = Everything(
        jnp.int32(3),
        {
            "keys": jax.random.split(jax.random.key(1, impl=impl), 3),
            "list": [jnp.arange(5, dtype=jnp.uint8), jnp.array(True)],
            "half": jnp.array([1.5, jnp.nan, -jnp.inf], jnp.bfloat16),
            "float8": jnp.ones((2, 3), jnp.float8_e4m3fn),
            "complex": jnp.array(1 + 2j),
        },
        jnp.zeros((0, 7)),
        np.arange(15, dtype=np.int64).reshape(3, 5).T,
    )
    save(tmp_path / "a.safetensors", state, train(Walk(), KEY, 2)[1])
    back, _ = restore(tmp_path / "a.safetensors", state)
    assert_same_state(back, state)
    assert isinstance(back.transposed, np.ndarray) and back.transposed.flags.writeable


def test_the_file_is_plain_safetensors_and_names_its_leaves(saved):
    from safetensors import safe_open

    _, _, path = saved
    with safe_open(path, framework="np") as file:
        assert {"state/position", "state/generation", "history/metrics/fitness"} < set(
            file.keys()
        )
        words = file.metadata()
    assert words["schema"] == "1"
    assert json.loads(words["config"])["seed"] == 0
    assert json.loads(words["keys"]) == {"state/key": "threefry2x32"}
    assert b"pickle" not in path.read_bytes()


def test_nothing_in_the_package_reads_pickle():
    import neurojax.training

    for path in Path(neurojax.training.__file__).parent.glob("*.py"):
        text = path.read_text()
        assert (
            "pickle" not in text and "allow_pickle" not in text and "eval(" not in text
        )


def test_checkpoints_are_kept_pruned_and_resumed(tmp_path):
    whole_state, whole = train(OnePlusOne(), KEY, 60)
    watch = Watch()
    callbacks = [Checkpoint(tmp_path, 0.0, 3), watch]
    train(OnePlusOne(), KEY, 25, callbacks=callbacks, chunk=7)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [NAME.format(g) for g in watch.generations[-3:]]
    state, history = restore(tmp_path, jax.eval_shape(OnePlusOne().init, KEY))
    state, history = train(
        OnePlusOne(),
        KEY,
        60,
        state=state,
        history=history,
        callbacks=[Checkpoint(tmp_path)],
    )
    assert_same_state(state, whole_state)
    assert_same_history(history, whole)
    assert sorted(path.name for path in tmp_path.iterdir())[-1] == NAME.format(60)


def test_an_interrupted_run_saves_the_last_finished_chunk(tmp_path):
    interrupt = Watch(error=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        train(
            Walk(), KEY, 99, callbacks=[Checkpoint(tmp_path, 1e9), interrupt], chunk=7
        )
    state, history = restore(tmp_path, LIKE)
    done = interrupt.generations[-1]
    expected_state, expected = train(Walk(), KEY, done)
    assert int(state.generation) == done < 99
    assert_same_state(state, expected_state)
    assert_same_history(history, expected)


def test_an_interrupt_within_a_call_saves_the_call_before(tmp_path):
    class Interrupted(Walk):
        def step(self, key, state):
            if state.generation == 7:
                raise KeyboardInterrupt
            return super().step(key, state)

    watch, system = Watch(), Interrupted(jittable=False)
    with pytest.raises(KeyboardInterrupt):
        train(system, KEY, 99, callbacks=[Checkpoint(tmp_path, 1e9), watch], chunk=7)
    state, history = restore(tmp_path, LIKE)
    assert int(state.generation) == history.generation[-1] == watch.generations[-1] <= 7


def test_there_may_be_no_checkpoint_yet(tmp_path):
    assert restore(tmp_path, LIKE) is None
    assert restore(tmp_path / "missing", LIKE) is None
    with pytest.raises(FileNotFoundError, match="gone.safetensors"):
        restore(tmp_path / "gone.safetensors", LIKE)


@pytest.mark.parametrize("length", [0, 5, 100, -1])
def test_a_truncated_file_is_passed_over_with_a_warning(tmp_path, length):
    state, history, newest = two_checkpoints(tmp_path)
    newest.write_bytes(newest.read_bytes()[:length])
    with pytest.warns(UserWarning, match=f"{newest.name} is damaged"):
        back, back_history = restore(tmp_path, LIKE)
    assert_same_state(back, state)
    assert_same_history(back_history, history)


def test_any_flipped_bit_is_noticed(tmp_path, saved):
    data = saved[2].read_bytes()
    path = tmp_path / NAME.format(9)
    for position in [*range(0, len(data), 23), len(data) - 1]:
        bad = bytearray(data)
        bad[position] ^= 1 << position % 8
        path.write_bytes(bytes(bad))
        with pytest.raises(DamagedFileError, match="delete them"):  # noqa: SIM117
            with pytest.warns(UserWarning, match="damaged"):
                restore(tmp_path, LIKE)
        with pytest.raises(DamagedFileError, match=path.name):
            restore(path, LIKE)


def test_a_damaged_newer_file_is_set_aside_by_the_resumed_run(tmp_path):
    state, history, newest = two_checkpoints(tmp_path)
    newest.write_bytes(b"torn")
    (tmp_path / f".{NAME.format(7)}.0123.tmp").write_bytes(b"litter")
    train(
        Walk(), KEY, 6, state=state, history=history, callbacks=[Checkpoint(tmp_path)]
    )
    names = sorted(path.name for path in tmp_path.iterdir())
    damaged = "generation_0000000009.damaged"
    assert names == [NAME.format(4), NAME.format(6), damaged]


def test_a_run_refuses_a_directory_with_later_checkpoints(tmp_path):
    two_checkpoints(tmp_path)
    with pytest.raises(ValueError, match="beyond this run's generation 0; restore"):
        train(Walk(), KEY, 6, callbacks=[Checkpoint(tmp_path)])
    assert len(list(tmp_path.iterdir())) == 2


def test_another_config_is_refused_and_the_differences_named(saved):
    path = saved[2]
    config = {"seed": 0, "strategy": {"std": 0.1, "sizes": [4, 2]}}
    assert restore(path, LIKE, config) is not None
    config = {"seed": 1, "strategy": {"std": 0.1, "sizes": [4, 3]}, "new": None}
    with pytest.raises(ValueError) as caught:
        restore(path, LIKE, config)
    for fragment in (
        str(path),
        "seed: 0 saved, 1 given",
        "strategy.sizes: [4, 2] saved, [4, 3] given",
        "new: absent saved, null given",
        "choose another directory",
    ):
        assert fragment in str(caught.value)
    assert "std" not in str(caught.value)


def test_another_schema_version_is_refused(saved, tmp_path, monkeypatch):
    from neurojax.training import state_file

    monkeypatch.setattr(state_file, "SCHEMA", "2")
    path = tmp_path / NAME.format(9)
    save(path, *saved[:2])
    monkeypatch.undo()
    with pytest.raises(ValueError, match="schema version 2 .* reads 1; install"):
        restore(tmp_path, LIKE)


@pytest.mark.parametrize(
    ("change", "fragments"),
    [
        ({"position": jnp.zeros(4, jnp.int32)}, ["'state/position'", "[3]", "[4]"]),
        ({"position": jnp.zeros(3)}, ["'state/position'", "int32[3]", "float32[3]"]),
        ({"key": jnp.zeros(2, jnp.uint32)}, ["'state/key'", "key<fry>", "uint32"]),
        ({"key": jax.random.key(0, impl="rbg")}, ["'state/key'", "fry", "rbg"]),
        ({"twin": {"a": jnp.zeros(3)}}, ["['state/twin']", "['state/twin/a']"]),
        ({"twin": ()}, ["only in the file ['state/twin']"]),
    ],
)
def test_another_structure_is_refused_and_the_leaf_named(saved, change, fragments):
    with pytest.raises(ValueError) as caught:
        restore(saved[2], saved[0]._replace(**change))
    for fragment in [*fragments, "restore with the system that was saved"]:
        assert fragment in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"twin": 3}, "'state/twin'=3 is not an array; use jnp.asarray"),
        ({"twin": np.array(["a"])}, "'state/twin' has dtype <U1.*convert it to one of"),
        (
            {"twin": {"a/b": np.ones(1), "a": {"b": np.ones(1)}}},
            "two leaves are named 'state/twin/a/b'; rename",
        ),
    ],
)
def test_states_that_cannot_be_saved_are_refused(saved, tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        save(tmp_path / "a.safetensors", saved[0]._replace(**change), saved[1])
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_names_the_file_and_leaves_the_previous_one(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    class FillDisk(Watch):
        def update(self, chunk):
            if chunk.generation >= 4:
                monkeypatch.setattr(os, "fsync", full)
            return super().update(chunk)

    watch = FillDisk()
    with pytest.raises(OSError, match=r"No space left.*generation_") as caught:
        train(Walk(), KEY, 99, callbacks=[watch, Checkpoint(tmp_path, 0.0)], chunk=1)
    monkeypatch.undo()
    assert caught.value.errno == errno.ENOSPC
    assert watch.events[-1] == ("close",)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        NAME.format(g) for g in (2, 3)
    ]
    assert int(restore(tmp_path, LIKE)[0].generation) == 3


@pytest.mark.skipif(jax.device_count() < 2, reason="needs two devices")
def test_a_state_on_two_devices_runs_and_comes_back_on_both(tmp_path):
    mesh = Mesh(jax.devices()[:2], ("members",))
    sharding = NamedSharding(mesh, PartitionSpec("members"))
    state = OnePlusOne(8).init(KEY)
    state = state._replace(parent=jax.device_put(state.parent, sharding))
    trained, history = train(OnePlusOne(8), KEY, 5, state=state)
    save(tmp_path / "a.safetensors", trained, history)
    back, _ = restore(tmp_path / "a.safetensors", state)
    assert back.parent.sharding == trained.parent.sharding == sharding
    assert_same_state(back, trained)


@pytest.mark.parametrize(
    ("kills", "num_generations"),
    [(3, 500), pytest.param(8, 1000, marks=pytest.mark.slow)],
)
def test_killed_at_random_instants_equals_the_uninterrupted_run(
    tmp_path, kills, num_generations
):
    seconds = np.random.default_rng(kills).uniform(0.0, 0.045, kills)
    script = Path(__file__).with_name("killed_run.py")
    words = [sys.executable, script, tmp_path, num_generations, *seconds]
    run = subprocess.run([str(word) for word in words], stderr=subprocess.PIPE)
    assert run.returncode == 0, run.stderr.decode()
    system, key = OnePlusOne(), jax.random.key(3)
    state, history = restore(tmp_path, jax.eval_shape(system.init, key))
    whole_state, whole = train(system, key, num_generations)
    assert_same_state(state, whole_state)
    assert_same_history(history, whole)
    rows = [
        json.loads(row) for row in (tmp_path / "log.jsonl").read_text().splitlines()
    ]
    assert [row["generation"] for row in rows] == [*range(1, num_generations + 1)]
    logged = np.float32([row["fitness"] for row in rows])
    np.testing.assert_array_equal(logged, whole.metrics["fitness"])
