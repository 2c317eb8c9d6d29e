"""What the conformance tests share."""

import inspect

import jax
import numpy as np


def implementations(package):
    """Names in `__all__` that are classes with behaviour, not records or functions."""
    found = {name: getattr(package, name) for name in package.__all__}
    return {
        name
        for name, value in found.items()
        if inspect.isclass(value) and not issubclass(value, tuple)
    }


def expect_cases(package, cases, table):
    """Tell whoever adds a name to an `__all__` which case is missing, and where."""
    missing = sorted(implementations(package) - set(cases))
    assert not missing, (
        f"{package.__name__}.__all__ holds {', '.join(missing)}, which no probe tries: "
        f"add a case to {table} in tests/conformance/probe_cases.py"
    )


def assert_equal(a, b):
    """The same structure, dtypes and bits."""
    assert jax.tree.structure(a) == jax.tree.structure(b)
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        assert x.dtype == y.dtype
        np.testing.assert_array_equal(np.asarray(x), np.asarray(y))


def assert_close(a, b, tolerance=1e-5):
    """The same structure and dtypes, and numbers that differ by rounding at most."""
    assert jax.tree.structure(a) == jax.tree.structure(b)
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        np.testing.assert_allclose(
            np.asarray(x, float), np.asarray(y, float), rtol=tolerance, atol=tolerance
        )


def shapes(tree):
    """Structure, shapes, dtypes and weak types: what decides on recompilation."""
    leaves = jax.tree.leaves(tree)
    if not all(isinstance(leaf, jax.ShapeDtypeStruct) for leaf in leaves):
        tree = jax.eval_shape(lambda: tree)
    return jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype, leaf.weak_type), tree)
