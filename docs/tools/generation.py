"""Draw docs/generation.svg, the picture of one generation:

    python docs/tools/generation.py

Its colours read on light and on dark pages.
"""

import random
from html import escape
from pathlib import Path

FILE = Path(__file__).parents[1] / "generation.svg"
WIDTH, HEIGHT = 960, 400
MEMBERS, GENES = 6, 7
BOX, GAP = 168, 84  # width of a step, and between two
TOP, ROW = 58, 26  # of the steps; height of a member's line
INK, FAINT = "#7d8896", "#7d889640"
SHADES = ("#1f5fa8", "#3f86cf", "#79b0e6", "#f2c879", "#e39a3b", "#b96a14")
STEPS = (
    ("ask", "strategy", "#2563a8"),
    ("decode", "encoding", "#3c7d4f"),
    ("evaluate", "problem", "#b0651a"),
    ("tell", "strategy", "#2563a8"),
)
CAPTIONS = (
    ("a population", "genotypes, one a row"),
    ("networks", "weights, one set a member"),
    ("fitness", "lower is better"),
    ("the next state", "what the fittest leave"),
)
FITNESS = (0.62, 0.31, 0.88, 0.17, 0.74, 0.45)


def left(step: int) -> int:
    """Where a step's column starts."""
    return 20 + step * (BOX + GAP)


def text(x: float, y: float, words: str, size: int, fill: str, more: str = "") -> str:
    """Words, centred at x."""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{fill}" '
        f'text-anchor="middle" {more}>{escape(words)}</text>'
    )


def rectangle(x: float, y: float, width: float, height: float, fill: str) -> str:
    """A filled rectangle with round corners."""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
        f'rx="3" fill="{fill}"/>'
    )


def arrow(path: str) -> str:
    """A line with a head."""
    return (
        f'<path d="{path}" fill="none" stroke="{INK}" stroke-width="2" '
        'marker-end="url(#head)"/>'
    )


def steps() -> list[str]:
    """The four boxes, who does each, and what goes from one to the next."""
    drawn = []
    for i, (name, who, colour) in enumerate(STEPS):
        x, middle = left(i), left(i) + BOX / 2
        drawn += [
            text(middle, TOP - 14, who, 15, INK, 'font-style="italic"'),
            f'<rect x="{x}" y="{TOP}" width="{BOX}" height="52" rx="9" '
            f'fill="{colour}"/>',
            text(middle, TOP + 34, name, 23, "#ffffff", 'font-weight="600"'),
        ]
    for i in range(3):
        x = left(i) + BOX
        drawn.append(arrow(f"M{x + 8} {TOP + 26} H{x + GAP - 12}"))
    return drawn


def genes(draw: random.Random) -> list[str]:
    """One member's genotype, a shade for each parameter."""
    return [draw.choice(SHADES) for _ in range(GENES)]


def row(genotype: list[str], x: float, y: float) -> list[str]:
    """A genotype as a line of squares."""
    return [rectangle(x + 21 * j, y, 19, 19, shade) for j, shade in enumerate(genotype)]


def network(genotype: list[str], x: float, y: float) -> list[str]:
    """A member's network: three inputs, two outputs, connections in its shades."""
    ends = [(x + 100, y + 5), (x + 100, y + 14)]
    starts = [(x, y + 1.5), (x, y + 9.5), (x, y + 17.5)]
    pairs = [(a, b) for a in starts for b in ends]
    drawn = [
        f'<line x1="{a[0]:g}" y1="{a[1]:g}" x2="{b[0]:g}" y2="{b[1]:g}" '
        f'stroke="{shade}" stroke-width="2"/>'
        for (a, b), shade in zip(pairs, genotype, strict=False)
    ]
    return drawn + [
        f'<circle cx="{cx:g}" cy="{cy:g}" r="2.8" fill="{INK}"/>'
        for cx, cy in starts + ends
    ]


def members() -> list[str]:
    """Under each step, what it makes of every member."""
    draw, drawn = random.Random(4), []
    population = [genes(draw) for _ in range(MEMBERS)]
    best = sorted(range(MEMBERS), key=FITNESS.__getitem__)
    for i, genotype in enumerate(population):
        y = 138 + ROW * i
        drawn += row(genotype, left(0) + 11, y)
        drawn += network(genotype, left(1) + 34, y)
        colour = "#b0651a" if i in best[:2] else "#b0651a70"
        drawn.append(rectangle(left(2) + 14, y + 2, 140 * FITNESS[i], 15, colour))
        survives = i in best[:2]
        opacity = "1" if survives else ".22"
        drawn.append(f'<g opacity="{opacity}">')
        drawn += row(genotype, left(3) + 11, y)
        drawn.append("</g>")
    return drawn


def captions() -> list[str]:
    """What stands under each column."""
    drawn = []
    for i, (title, below) in enumerate(CAPTIONS):
        middle = left(i) + BOX / 2
        drawn += [
            text(middle, 314, title, 16, INK, 'font-weight="600"'),
            text(middle, 334, below, 14, INK),
        ]
    return drawn


def way_back() -> list[str]:
    """The state goes to the next generation."""
    start, end, low = left(3) + BOX / 2, left(0) + BOX / 2, 368
    words = "state: generation g + 1 draws from fold_in(key, g + 1)"
    return [
        arrow(f"M{start:g} 344 V{low - 8} q0 8 -8 8 H{end + 8:g} q-8 0 -8 -8 V346"),
        text(WIDTH / 2, low + 21, words, 15, INK),
    ]


def picture() -> str:
    """The whole picture."""
    head = (
        '<defs><marker id="head" viewBox="0 0 10 10" refX="8" refY="5" '
        'markerWidth="7" markerHeight="7" orient="auto-start-reverse">'
        f'<path d="M0 0 L10 5 L0 10 z" fill="{INK}"/></marker></defs>'
    )
    drawn = [head, *steps(), *members(), *captions(), *way_back()]
    title = "One generation: ask, decode, evaluate, tell"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" font-family="system-ui, sans-serif"><title>{title}</title>\n'
        + "\n".join(drawn)
        + "\n</svg>\n"
    )


if __name__ == "__main__":
    FILE.write_text(picture())
