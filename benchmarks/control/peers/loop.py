"""The loop of a peer on a control task: train, test now and then, note the time."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

TEST_EVERY = 10  # generations: with 100 episodes each, a few per cent of the work
TEST_EPISODES = 100


class Options(NamedTuple):
    """What the command line asked for."""

    task: str  # easy or hard
    method: str
    seed: int
    generations: int
    episodes: int
    target: float | None  # a score that ends the run


class Peer(NamedTuple):
    """A peer at work."""

    generation: Callable[[], None]  # makes one; returns when it is finished
    score: Callable[[], float]  # mean return of the present solution


def control_command(build: Callable[[Options], Peer]) -> None:
    """Run what the command line names; print one JSON list of rows."""
    parser = argparse.ArgumentParser()
    for name in ("task", "method"):
        parser.add_argument(name)
    for name in ("seed", "generations", "episodes"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--target", type=float)
    options = Options(**vars(parser.parse_args()))
    # Whatever the libraries print goes to stderr: stdout carries the rows alone.
    stdout = os.dup(1)
    os.dup2(2, 1)
    rows = _run(build(options), options)
    os.write(stdout, json.dumps(rows).encode())
    sys.stdout.flush()


def _run(peer: Peer, options: Options) -> list[dict]:
    """A row for each test. The first generation and test compile: they are apart."""
    began = time.perf_counter()
    peer.generation()
    peer.score()
    compile_seconds = time.perf_counter() - began
    wall, cpu, rows = time.perf_counter(), time.process_time(), []
    for generation in range(2, options.generations + 1):
        peer.generation()
        if generation % TEST_EVERY:
            continue
        score = peer.score()
        rows.append(
            {
                "generation": generation,
                "score": score,
                "seconds": time.perf_counter() - wall,
                "cpu_seconds": time.process_time() - cpu,
                "compile_seconds": compile_seconds,
            }
        )
        if options.target is not None and score >= options.target:
            break
    return rows
