"""Frames of any library, read in place through the Arrow C stream interface.

polars, pandas, pyarrow and duckdb all offer `__arrow_c_stream__`; this module takes what they offer with
ctypes alone, so that none of them has to be there to read another's frame and nothing is copied. It knows
the layout of the C structures and the words for the types. It refuses to know what the values are for.

Source: "The Arrow C data interface", "The Arrow C stream interface" and "The Arrow PyCapsule interface",
Apache Arrow format 1.5.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple


class ArrowError(Exception):
    """A stream broke off, or holds a type that has no logical meaning here."""


class _Schema(ctypes.Structure):
    pass


_Schema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_void_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(_Schema))),
    ("dictionary", ctypes.POINTER(_Schema)),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Schema))),
    ("private_data", ctypes.c_void_p),
]


class _Array(ctypes.Structure):
    pass


_Array._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_Array))),
    ("dictionary", ctypes.POINTER(_Array)),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Array))),
    ("private_data", ctypes.c_void_p),
]


class _Stream(ctypes.Structure):
    pass


_Stream._fields_ = [
    ("get_schema", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Schema))),
    ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Array))),
    ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.POINTER(_Stream))),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Stream))),
    ("private_data", ctypes.c_void_p),
]

_get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_get_pointer.restype = ctypes.c_void_p
_get_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]


class Field(NamedTuple):
    """A column, or a part of one, as the stream's schema describes it.

    Attributes:
        name: empty where the producer gives none.
        format: the format string of the C data interface; of the indices where the field is dictionary-coded.
        children: parts of a struct, the items of a list, the entries of a map.
        dictionary: what the indices point into, else None.
        extension: name and serialised parameters of an extension type, `("", "")` without one.
    """

    name: str
    format: str
    children: tuple[Field, ...] = ()
    dictionary: Field | None = None
    extension: tuple[str, str] = ("", "")


class Array:
    """One array of a batch, valid while its batch is. Addresses of buffers are 0 where there is none."""

    __slots__ = ("_raw", "length", "null_count", "offset")

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self.length: int = raw.length
        self.offset: int = raw.offset
        self.null_count: int = raw.null_count

    def buffer(self, index: int) -> int:
        """The address of a buffer."""
        return self._raw.buffers[index] or 0

    def buffer_count(self) -> int:
        return self._raw.n_buffers

    def child(self, index: int) -> Array:
        return Array(self._raw.children[index].contents)

    def dictionary(self) -> Array:
        return Array(self._raw.dictionary.contents)


class Stream:
    """The record batches that an object offers.

    Args:
        value: an object with `__arrow_c_stream__`. It is asked once; nothing of it is held in Python objects.

    Raises:
        ArrowError: the producer reports an error.
    """

    def __init__(self, value: Any) -> None:
        # The capsule owns the stream and releases it when it dies, so it has to live as long as this object.
        self._capsule = value.__arrow_c_stream__()
        self._stream = _Stream.from_address(_get_pointer(self._capsule, b"arrow_array_stream"))
        schema = _Schema()
        self._ask(self._stream.get_schema(ctypes.byref(self._stream), ctypes.byref(schema)))
        try:
            self.field = _read_field(schema)
        finally:
            schema.release(ctypes.byref(schema))
        if self.field.format != "+s":
            # A producer of a single column: the same as a table of that one column.
            self.columns: tuple[Field, ...] = (self.field,)
        else:
            self.columns = self.field.children

    def _ask(self, status: int) -> None:
        if status != 0:
            text = self._stream.get_last_error(ctypes.byref(self._stream))
            what = text.decode("utf-8", "replace") if text else f"the stream failed with error {status}"
            raise ArrowError(what)

    def batches(self) -> Iterator[Array]:
        """The batches in order, each of them valid until the next one is asked for."""
        while True:
            raw = _Array()
            self._ask(self._stream.get_next(ctypes.byref(self._stream), ctypes.byref(raw)))
            if not raw.release:
                return
            try:
                yield Array(raw)
            finally:
                raw.release(ctypes.byref(raw))

    def parts(self, batch: Array) -> list[Array]:
        """The arrays of a batch, one for each of `columns`."""
        if self.field.format != "+s":
            return [batch]
        return [batch.child(index) for index in range(len(self.columns))]


def _read_field(schema: Any) -> Field:
    metadata = _read_metadata(schema.metadata)
    field = Field(
        name=(schema.name or b"").decode("utf-8"),
        format=schema.format.decode("utf-8"),
        children=tuple(_read_field(schema.children[index].contents) for index in range(schema.n_children)),
        dictionary=_read_field(schema.dictionary.contents) if schema.dictionary else None,
        extension=(
            metadata.get("ARROW:extension:name", ""),
            metadata.get("ARROW:extension:metadata", ""),
        ),
    )
    return _with_plain_entries(field) if field.format == "+m" else field


def _with_plain_entries(field: Field) -> Field:
    """A map as the list of pairs that it is; producers differ in what they call the pairs and their parts."""
    entries = field.children[0]
    key, value = entries.children
    pair = (key._replace(name="key"), value._replace(name="value"))
    return field._replace(children=(entries._replace(name="entries", children=pair),))


def _read_metadata(address: int | None) -> dict[str, str]:
    """Key-value metadata: a count, then length-prefixed keys and values, integers in native order."""
    if not address:
        return {}
    place = address

    def integer() -> int:
        nonlocal place
        (number,) = struct.unpack("=i", ctypes.string_at(place, 4))
        place += 4
        return number

    def text() -> str:
        nonlocal place
        size = integer()
        value = ctypes.string_at(place, size)
        place += size
        return value.decode("utf-8", "replace")

    found: dict[str, str] = {}
    for _ in range(integer()):
        key = text()
        found[key] = text()
    return found


_WORDS = {
    "n": "null",
    "b": "bool",
    "c": "int8",
    "C": "uint8",
    "s": "int16",
    "S": "uint16",
    "i": "int32",
    "I": "uint32",
    "l": "int64",
    "L": "uint64",
    "_pli128": "int128",
    "_plu128": "uint128",
    "e": "float16",
    "f": "float32",
    "g": "float64",
    "u": "string",
    "U": "string",
    "vu": "string",
    "z": "binary",
    "Z": "binary",
    "vz": "binary",
    "tdD": "date",
    "tdm": "date",
    "tiM": "interval",
    "tiD": "interval",
    "tin": "interval",
}
_UNITS = {"s": "s", "m": "ms", "u": "us", "n": "ns"}
_LISTS = ("+l", "+L", "+vl", "+vL", "+w")


def type_words(field: Field) -> str:
    """The type in words that people know: `int64`, `datetime[us, UTC]`, `list[string]`, `struct{a: int64}`.

    Dictionary coding, large and view layouts, nullability and fixed list lengths are not mentioned.

    Raises:
        ArrowError: a union, a run-end encoding, or a type that this version does not know.
    """
    if field.dictionary is not None:
        return type_words(field.dictionary)
    code = field.format
    if code in _WORDS:
        return _WORDS[code]
    if code.startswith("d:"):
        precision, scale, _ = decimal_shape(code)
        return f"decimal({precision},{scale})"
    if code.startswith("w:"):
        return "binary"
    if code.startswith("tt"):
        return "time"
    if code.startswith("ts"):
        zone = timestamp_zone(code)
        unit = _UNITS[code[2]]
        return f"datetime[{unit}, {zone}]" if zone else f"datetime[{unit}]"
    if code.startswith("tD"):
        return f"duration[{_UNITS[code[2]]}]"
    if is_list(code):
        return f"list[{type_words(field.children[0])}]"
    if code == "+s":
        inner = ", ".join(f"{child.name}: {type_words(child)}" for child in field.children)
        return f"struct{{{inner}}}"
    if code == "+m":
        key, value = field.children[0].children
        return f"map[{type_words(key)}, {type_words(value)}]"
    raise ArrowError(f"the Arrow type `{code}` is not supported")


def is_list(code: str) -> bool:
    """Whether a format string is one of the list layouts."""
    return code.startswith(_LISTS)


def decimal_shape(code: str) -> tuple[int, int, int]:
    """Precision, scale and width in bits of a decimal's format string (`d:10,2`, `d:10,2,256`)."""
    numbers = [int(part) for part in code[2:].split(",")]
    return numbers[0], numbers[1], numbers[2] if len(numbers) > 2 else 128


_UTC_NAMES = frozenset({"utc", "etc/utc", "z", "+00:00", "etc/uct", "uct", "etc/zulu", "zulu", "etc/universal"})


def timestamp_zone(code: str) -> str:
    """The time zone of a timestamp's format string; every name of UTC is `UTC`, none is empty."""
    zone = code.split(":", 1)[1]
    return "UTC" if zone.lower() in _UTC_NAMES else zone
