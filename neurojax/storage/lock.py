"""A lock on a folder or a file, so that two processes never write to one."""

import errno
from pathlib import Path

from filelock import FileLock, Timeout

__all__ = ["lock"]


def lock(target: Path, remedy: str) -> FileLock:
    """Hold `target` until the result's `release()` or the end of the process.

    The lock is a file of its own, `.NAME.lock` beside a file, `.lock` in a folder; it
    may stay, and means nothing when nobody holds it. Where the file system has no locks
    (some network mounts) nothing is held.

    Raises:
        ValueError: if another process, or another part of this one, holds it; `remedy`
            ends the sentence.
        OSError: if the folder cannot be written.
    """
    folder = target.is_dir()
    name = ".lock" if folder else f".{target.name}.lock"
    held = FileLock((target if folder else target.parent) / name, timeout=0)
    try:
        held.acquire()
    except Timeout:
        raise ValueError(f"{target} is in use by another process; {remedy}") from None
    except NotImplementedError:  # filelock's word for ENOSYS
        return held
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP):
            raise
    return held
