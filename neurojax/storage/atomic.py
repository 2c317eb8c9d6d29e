"""Files that are either the old one or the new one, never half of either."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

__all__ = ["force_names", "write_atomically"]


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Put `data` at `path` so that a crash or a full disk leaves the old file whole.

    The data go to a temporary file beside it (`.NAME.RANDOM.tmp`), are forced to disk,
    and take the name in one step. Missing parent directories are made.

    Raises:
        OSError: of the errno met, naming `path`; the temporary file is removed.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, data)
    except OSError as error:
        raise OSError(
            error.errno,
            f"could not write {len(data)} bytes ({error.strerror}); what was there "
            "before is untouched; free space there or choose another place",
            str(path),
        ) from error
    force_names(path.parent)


def _replace(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:  # Ctrl-C too must leave no litter
        temporary.unlink(missing_ok=True)
        raise


def force_names(directory: Path) -> None:
    """Force the directory itself to disk: until then a power cut may undo a rename.

    Best effort: Windows opens no directory, and some network mounts force none.
    """
    with suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
