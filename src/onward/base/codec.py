"""The one encoding of everything that is remembered: canonical JSON.

Keys are sorted, nothing is padded, text is UTF-8; so equal values have equal bytes, and a record can
be read with any tool. Every record carries a `format` number of its own.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from onward.base.digest import Digest, digest_bytes

T = TypeVar("T")

_encoder = msgspec.json.Encoder(order="deterministic")


def encode(value: Any) -> bytes:
    """`value` (structs, mappings, sequences, numbers, text, None) as canonical JSON."""
    return _encoder.encode(value)


def decode(content: bytes | str, form: type[T]) -> T:
    """The value of type `form` that `content` stands for.

    Raises:
        msgspec.DecodeError: `content` is no JSON.
        msgspec.ValidationError: it is JSON of another form.
    """
    try:
        return msgspec.json.decode(content, type=form)
    except RecursionError as error:
        raise msgspec.ValidationError("it is nested too deeply") from error


def digest_of(value: Any) -> Digest:
    """The digest of a value's canonical encoding."""
    return digest_bytes(_encoder.encode(value))
