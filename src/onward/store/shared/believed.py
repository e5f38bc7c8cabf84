"""What may be believed of a trace that another machine has sent: that it is what its name says, and harmless.

Who vouches for it is told by the scope that it lies in. This looks at the form alone: bytes and digest, key and
inputs, and that no name in it leads out of the folders in which restoring it writes.
"""

from __future__ import annotations

import msgspec

from onward.base import paths
from onward.base.codec import decode
from onward.base.digest import Digest, digest_bytes, is_digest
from onward.model.artifact import Artifact
from onward.model.trace import TRACE_FORMAT, Envelope, Trace


def believed(content: bytes, key: Digest | None = None, name: Digest | None = None) -> Trace | None:
    """The trace of an envelope's bytes; None where they are not what they should be.

    Args:
        content: as they came.
        key: what they were asked for by.
        name: the digest that they were asked for by.
    """
    if name is not None and digest_bytes(content) != name:
        return None
    try:
        trace = decode(content, Envelope).payload
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    is_asked_for = key in (None, trace.key) and trace.format == TRACE_FORMAT
    return trace if is_asked_for and trace.is_of_its_key() and _is_sound(trace) else None


def _is_sound(trace: Trace) -> bool:
    """Whether no name in a trace can be mistaken for a place outside of the store and the workspace."""
    addresses = [*trace.addresses(), *(address for address in (trace.log, trace.environment) if address is not None)]
    return all(map(is_digest, addresses)) and all(map(_is_inside, trace.artifacts.values()))


def _is_inside(artifact: Artifact) -> bool:
    named = [part.name for part in artifact.parts]
    if artifact.path is not None:
        named.append(artifact.path)
    return all(isinstance(name, str) and name and "\0" not in name and paths.join("", name) == name for name in named)
