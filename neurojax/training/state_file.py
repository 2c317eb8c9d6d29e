"""One state and its history in one safetensors file.

The state's leaves are stored by path (`state/population/w`), typed keys as their data;
the metadata hold the schema version, the config, what the run was (of a `Checkpoint`),
and a sha256. Nothing in it is code.
Of a state on many hosts one host saves what all hold whole; each restores for itself.
"""

import json
import os
import warnings
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from neurojax import checks
from neurojax.parallel.hosts import own_copy, put
from neurojax.storage.atomic import write_atomically
from neurojax.storage.damaged import DamagedFileError
from neurojax.storage.paths import user_file, user_folder, user_path
from neurojax.storage.tensors import decode, encode
from neurojax.training.callbacks import History
from neurojax.types import State

SCHEMA = "1"
PATTERN = "generation_*.safetensors"  # of the files in a directory of checkpoints


def save(
    path: str | os.PathLike[str],
    state: State,
    history: History,
    config: dict[str, Any] | None = None,
) -> None:
    """Write one checkpoint file atomically.

    Raises:
        ValueError: if a leaf is no array, has a dtype that safetensors lacks, or
            parts on several hosts, the config is not made of JSON values, or `path` can
            be no file.
        OSError: naming `path`, if it cannot be written; an earlier file stays whole.
    """
    remedy = "must be the History that `train` or `restore` returned."
    checks.instance("history", history, History, remedy)
    write(user_file("path", path), state, history, config, {})


def write(
    path: Path,
    state: State,
    history: History,
    config: dict[str, Any] | None,
    run: dict[str, str],
) -> None:
    """Write one file, with the fingerprint of the run."""
    arrays, keys = {}, {}
    for name, leaf in _named_leaves(own_copy(state)).items():
        if _is_key(leaf):
            keys[name] = str(jax.random.key_impl(leaf))
            leaf = jax.random.key_data(leaf)
        arrays[name] = np.asarray(leaf)
    arrays["history/generation"] = history.generation
    for name, rows in history.metrics.items():
        arrays[f"history/metrics/{name}"] = rows
    words = {
        "schema": SCHEMA,
        "config": as_json(config),
        "run": json.dumps(run),
        "keys": json.dumps(keys),
        "seconds": json.dumps([history.compile_seconds, history.run_seconds]),
    }
    write_atomically(path, encode(arrays, words))


def restore(
    path: str | os.PathLike[str], like: State, config: dict[str, Any] | None = None
) -> tuple[State, History] | None:
    """Return `(state, history)` of the newest whole checkpoint; None if there is none.

    `state, history = restore(directory, like) or (None, None)` serves `train` always.

    Args:
        path: a directory of checkpoints, or one file.
        like: a state with the structure, shapes and dtypes to expect, such as
            `jax.eval_shape(system.init, key)`. Numpy leaves come back as numpy arrays,
            others as JAX arrays, placed on several devices where `like`'s are.
        config: compared with the one saved; None accepts any.

    Raises:
        DamagedFileError: if no file is whole. A damaged one with a whole one before it
            is passed over with a warning.
        ValueError: if the config, the schema version or the state's structure differ,
            or `path` can be no file and no folder.
        FileNotFoundError: if `path` names a `.safetensors` file that is not there.
    """
    path = user_path("path", path)
    is_file = path.suffix == ".safetensors" and not os.path.isdir(path)
    if is_file or os.path.isfile(path):
        path = user_file("path", path)
        arrays, words = read(path)
        return _rebuild(path, arrays, words, like, config)
    path = user_folder("path", path)
    paths = sorted(path.glob(PATTERN), reverse=True)
    for candidate in paths:
        try:
            arrays, words = read(candidate)
        except DamagedFileError as error:
            warnings.warn(f"{error} Passing over it.", stacklevel=2)
        except FileNotFoundError:  # its run goes on, and has just let it go
            continue
        else:
            return _rebuild(candidate, arrays, words, like, config)
    if paths:
        raise DamagedFileError(
            f"path={str(path)!r} holds {len(paths)} checkpoints and none is whole; "
            "delete them to begin anew."
        )
    return None


def read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Return the file's arrays and words; DamagedFileError names the file."""
    try:
        arrays, words = decode(path.read_bytes())
        _check_parts(arrays, words)
    except DamagedFileError as error:
        remedy = "restore an earlier checkpoint, or begin anew"
        raise DamagedFileError(f"{path} is damaged: {error}; {remedy}.") from error
    return arrays, words


def _check_parts(arrays: dict[str, np.ndarray], words: dict[str, str]) -> None:
    """Refuse a whole file that no run has written; of another schema, wait with it."""
    if words.get("schema", SCHEMA) != SCHEMA:
        return
    try:
        parsed = {name: json.loads(words[name]) for name in ("config", "keys")}
        seconds = [float(number) for number in json.loads(words["seconds"])]
        rows = {len(a) for n, a in arrays.items() if n.startswith("history/")}
        run = json.loads(words.get("run", "{}"))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise DamagedFileError(f"it is no checkpoint ({error!r})") from error
    generation = arrays.get("history/generation")
    sound = (
        "schema" in words
        and isinstance(parsed["keys"], dict)
        and isinstance(run, dict)
        and len(seconds) == 2
        and generation is not None
        and generation.ndim == 1
        and len(rows) == 1
    )
    if not sound:
        raise DamagedFileError("it is no checkpoint: parts of it are missing")


def _rebuild(
    path: Path,
    arrays: dict[str, np.ndarray],
    words: dict[str, str],
    like: State,
    config: dict[str, Any] | None,
) -> tuple[State, History]:
    if words["schema"] != SCHEMA:
        raise ValueError(
            f"{path} has schema version {words['schema']} and this neurojax reads "
            f"{SCHEMA}; install the neurojax that wrote it, or begin anew elsewhere."
        )
    if config is not None:
        _check_config(path, json.loads(words["config"]), json.loads(as_json(config)))
    keys = json.loads(words["keys"])
    expected = _named_leaves(like)
    stored = {name for name in arrays if name.startswith("state/")}
    _check_names(path, stored, set(expected))
    leaves = [
        _rebuild_leaf(path, name, arrays[name], keys.get(name), leaf)
        for name, leaf in expected.items()
    ]
    prefix = "history/metrics/"
    metrics = {
        name.removeprefix(prefix): rows.copy()
        for name, rows in sorted(arrays.items())  # they come in any order
        if name.startswith(prefix)
    }
    history = History(
        metrics, arrays["history/generation"].copy(), *json.loads(words["seconds"])
    )
    return jax.tree.unflatten(jax.tree.structure(like), leaves), history


def _rebuild_leaf(
    path: Path, name: str, array: np.ndarray, impl: str | None, like: Any
) -> Any:
    value = array
    if impl is not None:
        value = jax.random.wrap_key_data(jnp.asarray(array), impl=impl)
    if (value.shape, value.dtype) != (like.shape, like.dtype):
        raise ValueError(
            f"{name!r} is {value.dtype}{list(value.shape)} in {path} and "
            f"{like.dtype}{list(like.shape)} in `like`; restore with the system that "
            "was saved."
        )
    if isinstance(like, np.ndarray | np.generic):
        return array.copy()
    value = jnp.array(value)
    if isinstance(like, jax.Array) and len(like.sharding.device_set) > 1:
        return put(value, like.sharding)
    return value


def _named_leaves(state: State) -> dict[str, Any]:
    """Return the leaves by path, in the tree's order."""
    leaves = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(state):
        name = f"state/{jax.tree_util.keystr(path, simple=True, separator='/')}"
        if not (hasattr(leaf, "shape") and hasattr(leaf, "dtype")):
            raise ValueError(f"{name!r}={leaf!r} is not an array; use jnp.asarray.")
        if name in leaves:
            raise ValueError(
                f"two leaves are named {name!r}; rename a dict key with '/'."
            )
        leaves[name] = leaf
    return leaves


def _is_key(leaf: Any) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _check_names(path: Path, stored: set[str], expected: set[str]) -> None:
    if stored != expected:
        raise ValueError(
            f"{path} and `like` differ in leaves: only in the file "
            f"{sorted(stored - expected)}, only in `like` {sorted(expected - stored)}; "
            "restore with the system that was saved."
        )


def as_json(config: dict[str, Any] | None) -> str:
    """Return the config as JSON, or raise ValueError."""
    try:
        return json.dumps(config, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"config={config!r} is not made of JSON values ({error}); use str, int, "
            "float, bool, None, lists and dicts with str keys."
        ) from error


def _check_config(path: Path, saved: Any, given: Any) -> None:
    before, now = _entries(saved), _entries(given)
    odd = sorted(name for name in before | now if before.get(name) != now.get(name))
    if odd:
        listed = "; ".join(
            f"{n}: {before.get(n, 'absent')} saved, {now.get(n, 'absent')} given"
            for n in odd
        )
        raise ValueError(
            f"config differs from that of {path}: {listed}. Run with the saved config, "
            "or choose another directory."
        )


def _entries(config: Any, prefix: str = "") -> dict[str, str]:
    """Return every entry of nested dicts as JSON, by dotted name."""
    if not isinstance(config, dict):
        return {prefix or "config": json.dumps(config)}
    return {
        name: text
        for key, value in config.items()
        for name, text in _entries(value, f"{prefix}.{key}" if prefix else key).items()
    }
