"""What a pickle names: the classes and functions that opening it imports. It is read and never loaded.

Pickle, joblib (compressed or not, arrays between the instructions) and torch (a zip with a pickle inside) are seen
through. Where the instructions cannot be followed to their end, every text among them is a word that may name
something: more than what is meant, and never less. What the names stand for is for whoever knows the workspace.
"""

from __future__ import annotations

import bz2
import io
import lzma
import pickletools
import re
import zipfile
import zlib
from collections import deque
from mmap import mmap
from typing import IO, cast

import msgspec

PICKLES_FORMAT = 1
_SUFFIXES = re.compile(
    r"\.(pkl|pickle|pck|pcl|p|dill|joblib|jl|sav|pt|pth|ckpt|model|mdl|bin)(\.(z|gz|gzip|bz2|xz|lzma|lz4|zip))?$",
    re.IGNORECASE,
)
_PROTOCOL = re.compile(rb"\x80[\x02-\x05]")
_WORD = re.compile(
    rb"\x8c(?=([\x01-\xff])([A-Za-z_\x80-\xff][\w.<>\x80-\xff]*))|X(?=([\x01-\xff])\0\0\0([A-Za-z_\x80-\xff][\w.<>\x80-\xff]*))"
)
_GLOBAL = re.compile(rb"[ci]([A-Za-z_][\w.]*)\n([A-Za-z_][\w.<>]*)\n")


class Named(msgspec.Struct, frozen=True):
    """What a pickle names.

    Attributes:
        names: as `module.qualname`.
        words: texts of which any may be a module and any other a name in it, where it is not known which.
        is_closed: it is packed in a way that cannot be seen through, so that it may name anything.
    """

    names: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    is_closed: bool = False


def may_be_pickle(name: str, head: bytes) -> bool:
    """Whether a file is taken for a pickle, by its name or by the bytes that it begins with."""
    return _SUFFIXES.search(name) is not None or _PROTOCOL.match(head) is not None


def named(content: bytes | mmap) -> Named:
    """What a pickle names. Cost: a pass over its instructions; arrays among them are searched."""
    try:
        return _named(content)
    except (zlib.error, lzma.LZMAError, zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError):
        return Named(is_closed=True)


def _named(content: bytes | mmap) -> Named:
    head = content[:6]
    if head.startswith(b"PK\x03\x04"):
        return _in_archive(content)
    if head.startswith(b"\x1f\x8b"):
        return named(zlib.decompress(content[:], 31))
    if head[:1] == b"\x78" and head[1:2] in (b"\x01", b"\x5e", b"\x9c", b"\xda"):
        return named(zlib.decompress(content[:]))
    if head.startswith(b"BZh"):
        return named(bz2.decompress(content[:]))
    if head.startswith((b"\xfd7zXZ", b"\x5d\0\0")):
        return named(lzma.decompress(content[:]))
    if head.startswith(b"\x04\x22\x4d\x18"):
        return Named(is_closed=True)  # lz4, which the standard library does not have
    names = _followed(content)
    return Named(words=_words(content)) if names is None else Named(tuple(sorted(names)))


def _in_archive(content: bytes | mmap) -> Named:
    names: set[str] = set()
    words: set[str] = set()
    with zipfile.ZipFile(io.BytesIO(content[:])) as archive:
        for member in archive.namelist():
            if may_be_pickle(member, b""):
                found = named(archive.read(member))
                names.update(found.names)
                words.update(found.words)
    return Named(tuple(sorted(names)), tuple(sorted(words)))


def _followed(content: bytes | mmap) -> set[str] | None:
    """The names, where every instruction of every pickle in the file can be followed; None elsewhere."""
    stream = io.BytesIO(content) if isinstance(content, bytes) else cast("IO[bytes]", content)
    found: set[str] = set()
    size = len(content)
    try:
        while stream.tell() < size:
            found |= _of_one(stream)
    except (ValueError, IndexError, UnicodeDecodeError, OverflowError, MemoryError):
        return None
    return found


def _of_one(stream: IO[bytes]) -> set[str]:
    found: set[str] = set()
    memo: dict[int, str] = {}
    texts: deque[str] = deque(("", ""), maxlen=2)
    for instruction, argument, _ in pickletools.genops(stream):
        name = instruction.name
        if name == "MEMOIZE":
            memo[len(memo)] = texts[-1]
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            memo[int(str(argument))] = texts[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            texts.append(memo.get(int(str(argument)), ""))
        elif name == "STACK_GLOBAL":
            found.add(".".join(texts))
            texts.append("")
        elif name in ("GLOBAL", "INST"):
            found.add(str(argument).replace(" ", ".", 1))
            texts.append("")
        elif name not in ("FRAME", "PROTO"):
            texts.append(argument if isinstance(argument, str) else "")
    return found


def _words(content: bytes | mmap) -> tuple[str, ...]:
    """The texts in a pickle that may be names, wherever they stand."""
    found: set[str] = set()
    for match in _WORD.finditer(content):
        size, text = (match[1], match[2]) if match[1] else (match[3], match[4])
        if len(text) >= size[0]:
            found.add(text[: size[0]].decode("utf-8", "replace"))
    for match in _GLOBAL.finditer(content):
        found.update(text.decode("utf-8", "replace") for text in match.groups())
    return tuple(sorted(found))
