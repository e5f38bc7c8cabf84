"""SHA-256 for small things and for large ones.

Python has its own beside that of OpenSSL, whose library alone takes a quarter of the memory that every step's
process starts with, and a first use of which costs more than the digest. Large contents are worth it: it is
several times as quick.
"""

from __future__ import annotations

import importlib
from typing import Any


def _builtin() -> Any:
    """Python's own implementation: `_sha2` since 3.12, `_sha256` before."""
    for name in ("_sha2", "_sha256", "hashlib"):
        try:
            return importlib.import_module(name).sha256
        except ImportError:
            continue
    raise ImportError("this Python has no SHA-256")


sha256 = _builtin()
"""A digest of something small: `sha256(b"...").hexdigest()`."""


def large_sha256(content: Any = b"") -> Any:
    """A digest of something large."""
    import hashlib

    return hashlib.sha256(content)
