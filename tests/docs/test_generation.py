"""The picture of one generation is what its script draws."""

import runpy
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

DOCS = Path(__file__).parents[2] / "docs"
generation = SimpleNamespace(**runpy.run_path(str(DOCS / "tools" / "generation.py")))


def test_the_picture_is_up_to_date():
    drawn = (DOCS / "generation.svg").read_text()
    assert generation.picture() == drawn, "run `python docs/tools/generation.py`"


def test_it_shows_the_four_steps_in_order():
    words = [part.text for part in ElementTree.fromstring(generation.picture()).iter()]
    steps = [word for word in words if word in {"ask", "decode", "evaluate", "tell"}]
    assert steps == ["ask", "decode", "evaluate", "tell"]
