"""Figures: matplotlib without a window, and how they are written."""

from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402 (the backend is chosen first)

from neurojax.storage.atomic import write_atomically  # noqa: E402

__all__ = ["plt", "save_figure"]


def save_figure(figure: Any, folder: Path, name: str) -> None:
    """Write the figure as PNG and SVG, atomically."""
    for kind in ("png", "svg"):
        buffer = BytesIO()
        figure.savefig(buffer, format=kind, dpi=130)
        write_atomically(folder / f"{name}.{kind}", buffer.getvalue())
    plt.close(figure)
