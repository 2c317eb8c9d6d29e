"""What is timed, and by whom. No peer and no JAX is imported."""

import os
from dataclasses import dataclass

from benchmarks.peers.plays import PLAYS


@dataclass(frozen=True)
class Rival:
    """One way to do a work: a module of `benchmarks.peers` and its options."""

    peer: str
    variant: str | None = None
    threads: int = 1

    @property
    def label(self) -> str:
        """Its name in the table."""
        return self.peer + (f", {self.variant}" if self.variant else "")

    @property
    def name(self) -> str:
        """Its name in a cell's."""
        words = (self.peer, self.variant, f"t{self.threads}")
        return "-".join(word for word in words if word)


def _ours(*variants: str | None) -> tuple[Rival, ...]:
    cores = os.cpu_count() or 1
    return tuple(
        Rival("neurojax", variant, threads)
        for variant in variants
        for threads in sorted({1, cores})
    )


EVOJAX_PLAYS = ("play_cartpole", "play_cartpole_good", "play_swing_up")
TORCH = (Rival("torch"), Rival("torch", "batched"))
WORKS: dict[str, tuple[Rival, ...]] = {
    "ga_ce_3200": (*_ours(None, "table"), *TORCH, Rival("evosax")),
    "ga_ce_32": (*_ours(None, "table", "rbg"), *TORCH, Rival("evosax")),
    "es_ce_3200": (*_ours(None, "table"), *TORCH, Rival("evosax")),
    "es_ce_32": (*_ours(None, "table"), Rival("torch"), Rival("evosax")),
    "ga_f1_3200": (*_ours(None, "table"), *TORCH),
    "ga_f1_32": (*_ours(None, "table"), *TORCH),
    "sgd_32": (*_ours(None), *TORCH),
    "reference_ga": (*_ours(None, "table"), Rival("torch")),
    "reference_sgd": (*_ours(None), Rival("torch")),
    "sweep_dl": (*_ours(None), Rival("torch")),
    "sweep_ga": (*_ours(None), Rival("torch")),
    "cartpole": (
        *_ours(None),
        Rival("evosax"),
        Rival("evojax"),
        Rival("evotorch"),
    ),
    **{
        play: (
            *_ours(None),
            Rival("evosax"),
            *([Rival("evojax")] if play in EVOJAX_PLAYS else []),
            *([Rival("qdax")] if play == "play_ant" else []),
        )
        for play in PLAYS
    },
    "import": tuple(
        Rival(peer) for peer in ("neurojax", "torch", "evosax", "evojax", "evotorch")
    ),
}
LONG = ("sweep_dl", "sweep_ga")
