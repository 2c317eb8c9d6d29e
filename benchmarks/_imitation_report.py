"""What the imitation study leaves in its folder."""

from typing import Any


def write_report(study: Any, rows: list[dict[str, Any]], wall_seconds: float) -> None:
    """Print."""
    print(len(rows), wall_seconds)
