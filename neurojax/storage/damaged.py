"""The error of a file whose bytes are not those that were written."""

__all__ = ["DamagedFileError"]


class DamagedFileError(ValueError):
    """The bytes are not those that were written."""
