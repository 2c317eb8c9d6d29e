import errno
import inspect
import json
import os
import shutil
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

from neurojax.training import (
    Checkpoint,
    CSVTracker,
    DamagedFileError,
    JSONLTracker,
    TensorBoardTracker,
    Track,
    restore,
    save,
    train,
)

KEY = jax.random.key(0)
HOST = Walk(jittable=False)  # nothing to compile
LIKE = jax.eval_shape(Walk().init, KEY)
NAME = "generation_{:010d}.safetensors"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A run of 9 generations, its checkpoint's path."""
    state, history = train(Walk(), KEY, 9)
    path = tmp_path_factory.mktemp("saved") / NAME.format(9)
    save(path, state, history, {"seed": 0, "strategy": {"std": 0.1, "sizes": (4, 2)}})
    return state, history, path


def names_in(directory):
    """What lies in a folder, but for its lock."""
    return sorted(path.name for path in directory.iterdir() if path.name != ".lock")


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
    assert names_in(tmp_path) == [NAME.format(g) for g in watch.generations[-3:]]
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
    assert names_in(tmp_path)[-1] == NAME.format(60)


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
    damaged = "generation_0000000009.damaged"
    assert names_in(tmp_path) == [NAME.format(4), NAME.format(6), damaged]


def test_a_run_refuses_a_directory_with_later_checkpoints(tmp_path):
    two_checkpoints(tmp_path)
    with pytest.raises(ValueError, match="beyond this run's generation 0; restore"):
        train(Walk(), KEY, 6, callbacks=[Checkpoint(tmp_path)])
    assert len(names_in(tmp_path)) == 2


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
    assert names_in(tmp_path) == [NAME.format(g) for g in (2, 3)]
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


def test_two_runs_do_not_write_one_directory(tmp_path):
    class Second(Watch):
        def update(self, chunk):
            with pytest.raises(ValueError, match="in use by another process; wait"):
                train(HOST, KEY, 9, callbacks=[Checkpoint(tmp_path)])
            return True

    litter = tmp_path / f".{NAME.format(7)}.0123.tmp"
    litter.write_bytes(b"of a living writer")

    class Write(Watch):
        def open(self, num_generations, generation):
            litter.write_bytes(b"of a living writer")

    train(HOST, KEY, 9, callbacks=[Checkpoint(tmp_path), Write(), Second()])
    assert litter.exists()
    state, history = restore(tmp_path, LIKE)
    how = dict(state=state, history=history)
    train(HOST, KEY, 9, callbacks=[Checkpoint(tmp_path)], **how)
    assert not litter.exists()


def test_a_directory_removed_in_the_middle_is_made_again_and_told(tmp_path):
    class Remove(Watch):
        def update(self, chunk):
            if chunk.generation == 4:
                shutil.rmtree(tmp_path / "run")

    callbacks = [Checkpoint(tmp_path / "run", 0.0), Remove()]
    with pytest.warns(UserWarning, match="run' was removed while a run saves there"):
        train(HOST, KEY, 9, callbacks=callbacks, chunk=1)
    assert int(restore(tmp_path / "run", LIKE)[0].generation) == 9


def test_a_file_set_aside_before_is_not_overwritten(tmp_path):
    for word in (b"first", b"second"):
        (tmp_path / NAME.format(9)).write_bytes(word)
        found = restore(tmp_path / "none", LIKE) or (None, None)
        train(HOST, KEY, 2, state=found[0], callbacks=[Checkpoint(tmp_path, 1e9)])
        (tmp_path / NAME.format(2)).unlink()
    held = {p.read_bytes() for p in tmp_path.glob("*.damaged")}
    assert held == {b"first", b"second"}


def sealed(arrays, words, metadata=None):
    """A safetensors file with a right sha256, whatever it holds."""
    from neurojax.storage.tensors import encode

    data = encode(arrays, words)
    if metadata is None:
        return data
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length]) | {"__metadata__": metadata}
    text = json.dumps(header).replace('"null"', "null").encode()
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


ROWS = {"history/generation": np.arange(3), "state/a": np.zeros(2)}
WORDS = {"schema": "1", "config": "null", "keys": "{}", "seconds": "[0.0, 0.0]"}


@pytest.mark.parametrize(
    "data",
    [
        sealed(ROWS, WORDS, "null"),
        sealed(ROWS, WORDS, []),
        *(sealed(ROWS, {n: w for n, w in WORDS.items() if n != out}) for out in WORDS),
        sealed({"state/a": np.zeros(2)}, WORDS),
        sealed({**ROWS, "history/metrics/fitness": np.zeros(5)}, WORDS),
        sealed({**ROWS, "history/metrics/fitness": np.zeros(())}, WORDS),
        sealed({"history/generation": np.zeros(())}, WORDS),
        sealed(ROWS, {**WORDS, "keys": "[]"}),
        sealed(ROWS, {**WORDS, "seconds": "[1.0]"}),
        sealed(ROWS, {**WORDS, "seconds": "5"}),
        sealed(ROWS, {**WORDS, "config": "{"}),
        sealed(ROWS, {**WORDS, "config": "[" * 9999}),
        sealed(ROWS, {**WORDS, "run": "[]"}),
    ],
)
def test_a_well_formed_file_that_no_run_wrote_is_passed_over(tmp_path, data):
    state, history = train(HOST, KEY, 4)
    save(tmp_path / NAME.format(4), state, history)
    (tmp_path / NAME.format(9)).write_bytes(data)
    with pytest.warns(UserWarning, match=f"{NAME.format(9)} is damaged"):
        back, _ = restore(tmp_path, LIKE)
    assert_same_state(back, state)
    train(HOST, KEY, 9, state=back, history=history, callbacks=[Checkpoint(tmp_path)])


def test_paths_are_taken_where_they_are_given(tmp_path, monkeypatch):
    class Leave(Watch):
        def update(self, chunk):
            monkeypatch.chdir(tmp_path / "elsewhere")

    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    relative = [Track(JSONLTracker("run/log.jsonl")), Checkpoint("run", 0.0)]
    at_home = [Track(CSVTracker("~/log.csv")), Checkpoint("~/run")]
    state, history = train(HOST, KEY, 5, callbacks=[*relative, *at_home, Leave()])
    save("~/my.safetensors", state, history)
    assert len((tmp_path / "run" / "log.jsonl").read_text().splitlines()) == 5
    assert len((tmp_path / "home" / "log.csv").read_text().splitlines()) == 6
    for path in ("~/run", "~/my.safetensors", tmp_path / "run"):
        assert int(restore(path, LIKE)[0].generation) == 5
    assert not list((tmp_path / "elsewhere").iterdir())


LONG = "a" * 300
PLACES = [
    ("directory", Checkpoint),
    ("directory", TensorBoardTracker),
    ("path", JSONLTracker),
    ("path", CSVTracker),
    ("path", lambda path: restore(path, LIKE)),
    ("path", lambda path: save(path, Walk().init(KEY), train(HOST, KEY, 1)[1])),
]


@pytest.mark.parametrize(("argument", "use"), PLACES)
@pytest.mark.parametrize("bad", ["", None, 5, "a\0b", LONG, "file/x"])
def test_what_can_be_no_path_is_refused_by_name(
    tmp_path, monkeypatch, argument, use, bad
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine")
    raw = use.__init__ if isinstance(use, type) else use
    with pytest.raises(ValueError, match=rf"^{argument}=.*(path|place)"):
        if isinstance(use, type):
            inspect.unwrap(raw)(object.__new__(use), bad)
        else:
            monkeypatch.setattr(__import__(__name__), "save", inspect.unwrap(save))
            monkeypatch.setattr(
                __import__(__name__), "restore", inspect.unwrap(restore)
            )
            raw(bad)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(("argument", "use"), PLACES)
def test_a_file_is_no_folder_and_a_folder_no_file(tmp_path, argument, use):
    wants_folder = argument == "directory"
    bad = tmp_path / ("file" if wants_folder else "x.safetensors")
    bad.write_text("mine") if wants_folder else bad.mkdir()
    if use is PLACES[4][1]:  # a folder of any name is one
        assert restore(bad, LIKE) is None
        return
    words = "is a file; name a folder" if wants_folder else "is a folder; name a file"
    with pytest.raises(ValueError, match=f"{argument}=.*{words}"):
        use(bad)
