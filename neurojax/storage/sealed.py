"""JSON that knows when it is damaged: an object beside the sha256 of it."""

import hashlib
import json
from pathlib import Path
from typing import Any

from neurojax.storage.atomic import write_atomically
from neurojax.storage.damaged import DamagedFileError

__all__ = ["digest", "read_json", "write_json"]

CONTENT, SEAL = "content", "sha256"


def digest(content: Any) -> str:
    """Return the sha256 of JSON values, in hexadecimal.

    Raises:
        TypeError: if it is not made of JSON values.
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write an object of JSON values and its seal, atomically.

    Raises:
        TypeError: if it is not made of JSON values.
        OSError: naming `path`, if it cannot be written.
    """
    sealed = {CONTENT: content, SEAL: digest(content)}
    write_atomically(path, json.dumps(sealed, indent=1).encode())


def read_json(path: Path, remedy: str) -> dict[str, Any]:
    """Return the object that `write_json` wrote; one of an older version has no seal.

    Raises:
        DamagedFileError: naming `path`, ending in `remedy`, if it is no object of JSON
            or differs from its seal.
        OSError: if it cannot be read.
    """
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise DamagedFileError(f"{path} is damaged ({error}); {remedy}") from None
    if not isinstance(content, dict):
        raise DamagedFileError(f"{path} is damaged (it is no JSON object); {remedy}")
    if CONTENT not in content and SEAL not in content:
        return content  # of an older version; damage of one name leaves the other
    if content.keys() != {CONTENT, SEAL} or content[SEAL] != digest(content[CONTENT]):
        raise DamagedFileError(
            f"{path} is damaged (it differs from the sha256 written into it); {remedy}"
        )
    return content[CONTENT]
