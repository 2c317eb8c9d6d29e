"""What the probes share: their error, and comparisons that say what differs."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

T = TypeVar("T")


class ConformanceError(AssertionError):
    """A probe failed: what is wrong, what would be right, and the remedy."""


def expect(holds: Any, words: str) -> None:
    """Raise a ConformanceError with these words unless it holds."""
    if not holds:
        raise ConformanceError(words)


def satisfying(thing: object, protocol: type[T]) -> T:
    """The thing, which has all names of the protocol and is hashed by value."""
    name = type(thing).__name__
    names = {n for c in protocol.__mro__ for n in vars(c) if not n.startswith("_")}
    missing = sorted(n for n in names if not hasattr(thing, n))
    expect(
        not missing,
        f"{name} lacks {', '.join(missing)}; neurojax.types.{protocol.__name__} says "
        "what they are.",
    )
    remedy = "make it a frozen dataclass whose fields are hashable: tuples, no arrays"
    try:
        is_value = thing == copy.copy(thing) and hash(thing) == hash(copy.copy(thing))
    except (TypeError, ValueError) as error:  # of a list, of an array
        raise ConformanceError(
            f"{name} cannot be compared and hashed ({error}); {remedy}."
        ) from error
    expect(
        is_value,
        f"{name} differs from a copy of itself, so that equal ones would be compiled "
        f"anew; {remedy}.",
    )
    return thing  # pyright: ignore[reportReturnType]  # it has the protocol's names


def strong(tree: Any) -> Any:
    """Shapes and dtypes alone: a loop makes weak types strong."""
    return jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), tree)


def described(leaf: Any) -> str:
    """What decides on recompilation, in words: `float32[3, 2]`."""
    weak = " weakly typed" if getattr(leaf, "weak_type", False) else ""
    return f"{leaf.dtype}{list(leaf.shape)}{weak}"


def expect_arrays(what: str, tree: Any) -> None:
    """Expect leaves that can be compiled, copied and saved."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        expect(
            isinstance(leaf, jax.Array | jax.ShapeDtypeStruct | np.ndarray),
            f"{what}{jax.tree_util.keystr(path)}={leaf!r} is no array; use jnp.asarray",
        )


def expect_types(what: str, found: Any, expected: Any, remedy: str) -> None:
    """Expect the same structure, and leaves of the same shapes and dtypes.

    Weak types count, as for a compilation; `strong` takes them away.
    """
    ours, theirs = jax.tree.structure(found), jax.tree.structure(expected)
    expect(ours == theirs, f"{what} is a {ours}, expected {theirs}; {remedy}.")
    leaves = jax.tree_util.tree_leaves_with_path(found)
    for (path, one), other in zip(leaves, jax.tree.leaves(expected), strict=True):
        expect(
            described(one) == described(other),
            f"{what}{jax.tree_util.keystr(path)} is {described(one)}, expected "
            f"{described(other)}; {remedy}.",
        )


def expect_equal(what: str, found: Any, expected: Any, remedy: str) -> None:
    """Expect the same types and the same numbers; NaN equals NaN."""
    expect_types(what, strong(found), strong(expected), remedy)
    _compare(what, found, expected, remedy, 0.0)


def expect_close(
    what: str, found: Any, expected: Any, remedy: str, tolerance: float = 1e-5
) -> None:
    """Expect the same types, and numbers that differ by rounding at most."""
    expect_types(what, strong(found), strong(expected), remedy)
    _compare(what, found, expected, remedy, tolerance)


def expect_finite(what: str, tree: Any, remedy: str) -> None:
    """Expect neither NaN nor infinity among the real numbers."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        if jnp.issubdtype(leaf.dtype, jnp.floating):
            name = f"{what}{jax.tree_util.keystr(path)}"
            bad = int(np.sum(~np.isfinite(np.asarray(leaf, float))))
            expect(not bad, f"{name} has {bad} numbers that are not finite; {remedy}.")


def drawn(draw: Callable[[Any], Any], key: Any, size: int) -> Any:
    """So many draws, with a member axis in front.

    One after the other: together, by `vmap`, each would be compiled once more.
    """
    draws = [draw(part) for part in jax.random.split(key, size)]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *draws)


class Program:
    """A compiled function of a thing, which counts how often it was traced.

    Every call is made with another copy of the thing: equal ones share a compilation.
    """

    def __init__(self, function: Callable[..., Any], thing: Any):
        self.count = 0
        self._thing = thing

        def traced(*arguments: Any) -> Any:
            self.count += 1
            return function(*arguments)

        self._compiled = jax.jit(traced, static_argnums=0)

    def __call__(self, *arguments: Any) -> Any:
        """Call the function with the thing in front."""
        return self._compiled(copy.copy(self._thing), *arguments)

    def expect_one_trace(self) -> None:
        """Expect that all calls so far shared one compilation."""
        expect(
            self.count == 1,
            f"{type(self._thing).__name__} was compiled {self.count} times for equal "
            "arguments; compare and hash it by value, and keep the types of states.",
        )


@contextmanager
def keys_used_once(what: str) -> Iterator[None]:
    """Expect no key to be used twice by what is traced in the block."""
    try:
        with jax.debug_key_reuse(True):
            yield
    except jax.errors.KeyReuseError as error:
        raise ConformanceError(
            f"{what} uses a key twice, whose numbers are then the same; give each use "
            f"a part of jax.random.split. ({error})"
        ) from error


def _compare(
    what: str, found: Any, expected: Any, remedy: str, tolerance: float
) -> None:
    leaves = jax.tree_util.tree_leaves_with_path(found)
    for (path, one), other in zip(leaves, jax.tree.leaves(expected), strict=True):
        one, other = _numbers(one), _numbers(other)
        differs = ~np.isclose(one, other, tolerance, tolerance, equal_nan=True)
        if differs.any():
            index = tuple(np.argwhere(differs)[0].tolist())
            place = f"{jax.tree_util.keystr(path)}{list(index) if index else ''}"
            raise ConformanceError(
                f"{what}{place} is {one[index]}, expected {other[index]}; {remedy}."
            )


def _numbers(leaf: Any) -> np.ndarray:
    is_key = jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return np.asarray(jax.random.key_data(leaf) if is_key else leaf, float)
