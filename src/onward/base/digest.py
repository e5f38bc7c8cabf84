"""Digests: BLAKE3, written as 64 hexadecimal digits."""

from __future__ import annotations

import os

from blake3 import blake3

Digest = str
"""64 lower-case hexadecimal digits of BLAKE3."""

DIGEST_LENGTH = 64
_MAPPED_FROM_BYTES = 1 << 20


def digest_bytes(content: bytes | bytearray | memoryview) -> Digest:
    """The digest of `content`."""
    return blake3(content).hexdigest()


def digest_text(text: str) -> Digest:
    """The digest of `text` in UTF-8; lone surrogates are passed through."""
    return blake3(text.encode("utf-8", "surrogatepass")).hexdigest()


def digest_keyed(content: bytes, key: bytes) -> Digest:
    """The digest of `content` under a key of 32 bytes, without which it cannot be guessed at."""
    return blake3(content, key=key).hexdigest()


def digest_file(path: str | os.PathLike[str]) -> Digest:
    """The digest of a file's bytes.

    Raises:
        OSError: the file cannot be read.
    """
    with open(path, "rb", buffering=0) as file:
        # Reading to the end asks for the size first; a fixed large buffer would cost a small file more than itself.
        if os.fstat(file.fileno()).st_size < _MAPPED_FROM_BYTES:
            return blake3(file.readall()).hexdigest()
    hasher = blake3()
    hasher.update_mmap(path)
    return hasher.hexdigest()


def is_digest(text: str) -> bool:
    """Whether `text` has the form of a whole digest."""
    return len(text) == DIGEST_LENGTH and all(letter in "0123456789abcdef" for letter in text)
