"""The few operations on columns of memory that a table's content needs, once with numpy, once without.

Memory is addressed as Arrow lays it out. Both classes give the same bytes for the same memory, so a digest
does not tell which of them made it: numpy makes it fast, the standard library makes it possible anywhere.
They know nothing of types beyond the width of an element, and nothing of tables.
"""

from __future__ import annotations

import ctypes
import importlib
import struct
from array import array
from collections.abc import Sequence
from itertools import accumulate, chain, compress
from typing import Any, Union

Vector = Any
"""A column of numbers: a numpy array, or an `array`, `memoryview` or list, each with its own class below."""

Rows = Any
"""Positions of elements in a buffer: a `range` with step 1, or a vector of int64."""

_BITS = [bytes((byte >> bit) & 1 for bit in range(8)) for byte in range(256)]
"""The eight bits of every byte, lowest first, as bytes 0 and 1."""


def memory(address: int, size: int) -> memoryview:
    """`size` bytes at an address, not copied."""
    if size == 0:
        return memoryview(b"")
    return memoryview((ctypes.c_char * size).from_address(address)).cast("B")


class PlainVectors:
    """With the standard library alone: some seconds for ten columns of a million rows."""

    def bits(self, address: int, rows: Rows) -> bytes:
        """The bits at `rows`, one byte 0 or 1 each."""
        if len(rows) == 0:
            return b""
        first, last = (rows[0], rows[-1]) if isinstance(rows, range) else (min(rows), max(rows))
        base = first // 8
        spread = b"".join(map(_BITS.__getitem__, memory(address + base, last // 8 - base + 1)))
        if isinstance(rows, range):
            return spread[first - base * 8 : last - base * 8 + 1]
        return bytes(spread[row - base * 8] for row in rows)

    def numbers(self, address: int, code: str, rows: Rows) -> Vector:
        """The integers of struct code `code` at `rows`."""
        width = array(code).itemsize
        form: Any = code
        if isinstance(rows, range):
            return memory(address + rows.start * width, len(rows) * width).cast(form)
        if len(rows) == 0:
            return array(code)
        every = memory(address, (max(rows) + 1) * width).cast(form)
        return array(code, [every[row] for row in rows])

    def cells(self, address: int, width: int, rows: Rows) -> bytes | memoryview:
        """The elements of `width` bytes at `rows`, one after the other."""
        if isinstance(rows, range):
            return memory(address + rows.start * width, len(rows) * width)
        if len(rows) == 0:
            return b""
        every = memory(address, (max(rows) + 1) * width)
        return b"".join([every[row * width : (row + 1) * width] for row in rows])

    def choose(self, rows: Rows, mask: bytes) -> Vector:
        """The `rows` where `mask` is 1."""
        return array("q", compress(rows, mask))

    def none(self, count: int) -> bytes:
        """A mask of zeros."""
        return bytes(count)

    def spread(self, mask: bytes, inner: bytes) -> bytes:
        """`mask` with its ones replaced by the values of `inner`, in order."""
        values = iter(inner)
        return bytes(next(values) if bit else 0 for bit in mask)

    def count(self, mask: bytes) -> int:
        return mask.count(1)

    def add(self, vector: Vector, number: int) -> Vector:
        return array("q", [value + number for value in vector])

    def scale(self, vector: Vector, factor: int) -> Vector:
        return array("q", [value * factor for value in vector])

    def fill(self, number: int, count: int) -> Vector:
        """`count` times one number."""
        return array("q", [number]) * count

    def split(self, vector: Vector, divisor: int) -> tuple[Vector, Vector]:
        """Quotients rounded down, and what remains."""
        quotients = array("q", [value // divisor for value in vector])
        return quotients, array("q", [value % divisor for value in vector])

    def subtract(self, left: Vector, right: Vector) -> Vector:
        return array("q", [a - b for a, b in zip(left, right)])

    def one_nan(self, vector: Vector, magnitude: int, infinity: int, nan: int) -> Vector:
        """Floats as integers, with every NaN replaced by `nan`: magnitude bits above those of infinity."""
        fixed = [nan if value & magnitude > infinity else value for value in vector]
        return array(vector.format if isinstance(vector, memoryview) else vector.typecode, fixed)

    def widen(self, vector: Vector, code: str) -> bytes:
        """Integers as elements of another struct code."""
        return array(code, vector).tobytes()

    def widen_signed(self, vector: Vector) -> bytes:
        """Integers as little-endian two's complement of 16 bytes."""
        return b"".join([value.to_bytes(16, "little", signed=True) for value in vector])

    def spans(self, starts: Vector, lengths: Vector) -> Rows:
        """The rows of all the spans one after the other: a `range` where they touch."""
        touching = _touching(starts, lengths)
        if touching is not None:
            return touching
        return array("q", chain.from_iterable(map(range, starts, map(int.__add__, starts, lengths))))

    def text(self, address: int, starts: Vector, lengths: Vector) -> bytes | memoryview:
        """The bytes of all the spans of a buffer, one after the other."""
        touching = _touching(starts, lengths)
        if touching is not None:
            return memory(address + touching.start, len(touching))
        reach = max((start + length for start, length in zip(starts, lengths) if length), default=0)
        pool = memory(address, reach)
        return b"".join([pool[start : start + length] for start, length in zip(starts, lengths)])

    def views(self, address: int, pools: Sequence[memoryview], rows: Rows) -> tuple[Vector, bytes]:
        """Lengths and bytes of the strings of a view layout; `pools` are its data buffers."""
        lengths = array("q")
        found: list[bytes | memoryview] = []
        for length, text in struct.iter_unpack("=i12s", self.cells(address, 16, rows)):
            lengths.append(length)
            if length <= 12:
                found.append(text[:length])
            else:
                pool, start = struct.unpack_from("=ii", text, 4)
                found.append(pools[pool][start : start + length])
        return lengths, b"".join(found)


def _touching(starts: Vector, lengths: Vector) -> range | None:
    """The one span that all spans make together, where each begins at the end of the one before."""
    if len(starts) == 0:
        return range(0)
    ends = accumulate(chain((starts[0],), lengths))
    if all(map(int.__eq__, starts, ends)):
        return range(starts[0], starts[-1] + lengths[-1])
    return None


_NUMPY_CODES = {"b": "i1", "B": "u1", "h": "<i2", "H": "<u2", "i": "<i4", "I": "<u4", "q": "<i8", "Q": "<u8"}
_BLOCK = 1 << 16
"""Rows of text that are gathered at a time, so that the index into their bytes stays small."""


class NumpyVectors:
    """The same with numpy: well below a second for ten columns of a million rows."""

    def __init__(self, numpy: Any) -> None:
        self._np = numpy

    def _view(self, address: int, dtype: str, start: int, count: int) -> Vector:
        width = self._np.dtype(dtype).itemsize
        if count == 0:
            return self._np.zeros(0, dtype)
        return self._np.frombuffer(memory(address + start * width, count * width), dtype=dtype)

    def bits(self, address: int, rows: Rows) -> Vector:
        """The bits at `rows`, one byte 0 or 1 each."""
        np = self._np
        if len(rows) == 0:
            return np.zeros(0, "u1")
        first, last = (rows[0], rows[-1]) if isinstance(rows, range) else (int(rows.min()), int(rows.max()))
        base = first // 8
        packed = self._view(address, "u1", base, last // 8 - base + 1)
        spread = np.unpackbits(packed, bitorder="little")
        if isinstance(rows, range):
            return spread[first - base * 8 : last - base * 8 + 1]
        return spread[rows - base * 8]

    def numbers(self, address: int, code: str, rows: Rows) -> Vector:
        """The integers of struct code `code` at `rows`."""
        dtype = _NUMPY_CODES[code]
        if isinstance(rows, range):
            return self._view(address, dtype, rows.start, len(rows))
        return self._view(address, dtype, 0, self._maximum(rows) + 1)[rows]

    def cells(self, address: int, width: int, rows: Rows) -> Vector:
        """The elements of `width` bytes at `rows`, one after the other."""
        if isinstance(rows, range):
            return memory(address + rows.start * width, len(rows) * width)
        if width == 0:
            return b""
        every = self._view(address, "u1", 0, (self._maximum(rows) + 1) * width)
        return every.reshape(-1, width)[rows].reshape(-1)

    def choose(self, rows: Rows, mask: Vector) -> Vector:
        """The `rows` where `mask` is 1."""
        np = self._np
        if isinstance(rows, range):
            return np.flatnonzero(mask).astype("<i8", copy=False) + rows.start
        return rows[mask.astype(bool)]

    def none(self, count: int) -> Vector:
        """A mask of zeros."""
        return self._np.zeros(count, "u1")

    def spread(self, mask: Vector, inner: Vector) -> Vector:
        """`mask` with its ones replaced by the values of `inner`, in order."""
        found = mask.copy()
        found[mask.astype(bool)] = inner
        return found

    def count(self, mask: Vector) -> int:
        return int(self._np.count_nonzero(mask))

    def add(self, vector: Vector, number: int) -> Vector:
        return vector.astype("<i8") + number

    def scale(self, vector: Vector, factor: int) -> Vector:
        return vector.astype("<i8") * factor

    def fill(self, number: int, count: int) -> Vector:
        """`count` times one number."""
        return self._np.full(count, number, "<i8")

    def split(self, vector: Vector, divisor: int) -> tuple[Vector, Vector]:
        """Quotients rounded down, and what remains."""
        wide = vector.astype("<i8", copy=False)
        quotient = wide // divisor
        return quotient, wide - quotient * divisor

    def subtract(self, left: Vector, right: Vector) -> Vector:
        return left.astype("<i8", copy=False) - right.astype("<i8", copy=False)

    def one_nan(self, vector: Vector, magnitude: int, infinity: int, nan: int) -> Vector:
        """Floats as integers, with every NaN replaced by `nan`: magnitude bits above those of infinity."""
        wrong = (vector & vector.dtype.type(magnitude)) > infinity
        if not wrong.any():
            return vector
        fixed = vector.copy()
        fixed[wrong] = nan
        return fixed

    def widen(self, vector: Vector, code: str) -> Vector:
        """Integers as elements of another struct code."""
        return vector.astype(_NUMPY_CODES[code])

    def widen_signed(self, vector: Vector) -> Vector:
        """Integers as little-endian two's complement of 16 bytes."""
        low = vector.astype("<i8")
        return self._np.stack([low, low >> 63], axis=1).reshape(-1)

    def _touching(self, starts: Vector, lengths: Vector) -> range | None:
        if len(starts) == 0:
            return range(0)
        if bool((starts[1:] == starts[:-1] + lengths[:-1]).all()):
            return range(int(starts[0]), int(starts[-1]) + int(lengths[-1]))
        return None

    def _index(self, starts: Vector, lengths: Vector) -> Vector:
        """Every position of every span, in order."""
        np = self._np
        ends = np.cumsum(lengths)
        total = int(ends[-1]) if len(ends) else 0
        return np.repeat(starts - (ends - lengths), lengths) + np.arange(total, dtype="<i8")

    def spans(self, starts: Vector, lengths: Vector) -> Rows:
        """The rows of all the spans one after the other: a `range` where they touch."""
        starts, lengths = starts.astype("<i8", copy=False), lengths.astype("<i8", copy=False)
        touching = self._touching(starts, lengths)
        return self._index(starts, lengths) if touching is None else touching

    def text(self, address: int, starts: Vector, lengths: Vector) -> Any:
        """The bytes of all the spans of a buffer, one after the other."""
        starts, lengths = starts.astype("<i8", copy=False), lengths.astype("<i8", copy=False)
        touching = self._touching(starts, lengths)
        if touching is not None:
            return memory(address + touching.start, len(touching))
        # A null may stand anywhere, also beyond the buffer, as long as it is empty.
        reach = int((starts + lengths)[lengths > 0].max(initial=0))
        return self._gather(self._view(address, "u1", 0, reach), starts, lengths)

    def _gather(self, pool: Vector, starts: Vector, lengths: Vector) -> bytes:
        pieces = []
        for block in range(0, len(starts), _BLOCK):
            here = slice(block, block + _BLOCK)
            pieces.append(pool[self._index(starts[here], lengths[here])].tobytes())
        return b"".join(pieces)

    def views(self, address: int, pools: Sequence[memoryview], rows: Rows) -> tuple[Vector, Any]:
        """Lengths and bytes of the strings of a view layout; `pools` are its data buffers."""
        np = self._np
        cells = np.frombuffer(self.cells(address, 16, rows), "u1").reshape(-1, 16)
        parts = cells.view("<i4")
        lengths = parts[:, 0].astype("<i8")
        short = lengths <= 12
        if short.all():
            return lengths, cells[:, 4:][np.arange(12) < lengths[:, None]]
        long = np.flatnonzero(~short)
        number, offset = parts[long, 2], parts[long, 3].astype("<i8")
        if len(long) == len(lengths):
            # Writers mostly lay strings one behind the other: then whole runs are taken at once.
            breaks = (offset[1:] != offset[:-1] + lengths[:-1]) | (number[1:] != number[:-1])
            first = np.concatenate([[0], np.flatnonzero(breaks) + 1])
            if len(first) * 16 <= len(lengths) + 16:
                last = np.concatenate([first[1:], [len(lengths)]]) - 1
                ends = (offset + lengths)[last].tolist()
                runs = zip(number[first].tolist(), offset[first].tolist(), ends)
                return lengths, b"".join([pools[pool][start:end] for pool, start, end in runs])
        # Else all data in one pool: the views themselves, for the strings that they hold, then the buffers.
        starts = np.arange(len(lengths), dtype="<i8") * 16 + 4
        pieces, base = [cells.reshape(-1)], cells.size
        for pool in [int(each) for each in np.unique(number)]:
            mine = number == pool
            first = int(offset[mine].min())
            last = int((offset[mine] + lengths[long[mine]]).max())
            starts[long[mine]] = offset[mine] + (base - first)
            pieces.append(np.frombuffer(pools[pool][first:last], "u1"))
            base += last - first
        return lengths, self._gather(np.concatenate(pieces), starts, lengths)

    def _maximum(self, vector: Vector) -> int:
        return int(vector.max()) if len(vector) else -1


Vectors = Union[PlainVectors, NumpyVectors]


def best_vectors() -> Vectors:
    """With numpy where it can be imported, else without."""
    try:
        return NumpyVectors(importlib.import_module("numpy"))
    except ImportError:
        return PlainVectors()
