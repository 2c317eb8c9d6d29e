"""What a failure at a file is called where a user reads it."""

__all__ = ["in_words"]


def in_words(error: Exception) -> str:
    """What went wrong, without Python's "[Errno ...]"."""
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return where + error.strerror
    return str(error)
