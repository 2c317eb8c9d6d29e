"""Mistakes with the interface: refused by the argument's name, by us, before any work.

`-m slow`: about 900 calls in a process of their own, which is begun anew after one that
takes too long.
"""

import json
import queue
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("api_cases.py")
START_SECONDS, CASE_SECONDS = 120, 60
VERDICTS = ("clear", "accepted", "unclear", "hang")


def rows_from(number):
    """Rows of a process, and None where it took too long; the process is ended."""
    command = [sys.executable, str(PROGRAM), str(number)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    lines = queue.SimpleQueue()

    def read():
        for line in process.stdout:
            lines.put(json.loads(line))
        lines.put(None)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    seconds = START_SECONDS
    try:
        while (row := lines.get(timeout=seconds)) is not None:
            yield row
            seconds = CASE_SECONDS
    except queue.Empty:
        yield None
    finally:
        process.kill()
        reader.join()
        process.stdout.close()
        process.wait()


def judged():
    """Part, name, verdict and message of every case."""
    number = 0
    while True:
        last = None
        for row in rows_from(number):
            if row is None:
                assert last is not None, "the process did not begin"
                yield (*last[1:3], "hang", "")
                break
            last = row
            if row[3] != "began":
                yield tuple(row[1:])
        else:
            if last is None or last[3] != "began":
                return
            yield (*last[1:3], "unclear", "the process ended")
        number = last[0] + 1


@pytest.mark.slow
def test_no_mistake_is_taken_or_told_unclearly(count):
    ended = list(judged())
    parts = dict.fromkeys(part for part, *_ in ended)
    for part in parts:
        found = Counter(row[2] for row in ended if row[0] == part)
        counts = {verdict: found[verdict] for verdict in VERDICTS}
        count(part, {"tried": sum(found.values()), **counts})
    wrong = [
        row
        for row in ended
        if row[2] != ("accepted" if row[0] == "odd and right" else "clear")
    ]
    for row in wrong:
        print(*row, sep=" | ")
    assert not wrong, f"{len(wrong)} of {len(ended)}"
    assert len(ended) > 441
