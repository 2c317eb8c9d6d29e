"""How many bytes devices exchange, read from a compiled program."""

import re

COLLECTIVES = (
    "all-gather",
    "all-reduce",
    "all-to-all",
    "collective-broadcast",
    "collective-permute",
    "ragged-all-to-all",
    "reduce-scatter",
)
# "%name = SHAPES all-reduce(..." or "all-reduce-start(", whose "-done" moves no more.
OPERATION = re.compile(rf"= (.*?) ({'|'.join(COLLECTIVES)})(?:-start)?\(")
ARRAY = re.compile(r"\b(pred|[a-z]+?(\d+)\w*)\[([\d,]*)\]")


def exchanged_bytes(compiled: str) -> dict[str, int]:
    """Bytes of the results of each kind of collective; what a device may receive.

    Counted once for each place in the text: give it the program of one generation
    (`jax.jit(system.step).lower(key, state).compile().as_text()`), not a loop's.
    """
    found: dict[str, int] = {}
    for shapes, name in OPERATION.findall(compiled):
        found[name] = found.get(name, 0) + sum(map(_bytes, ARRAY.findall(shapes)))
    return found


def _bytes(array: tuple[str, str, str]) -> int:
    kind, bits, extents = array
    size = 1 if kind == "pred" else -(-int(bits) // 8)
    for extent in filter(None, extents.split(",")):
        size *= int(extent)
    return size
