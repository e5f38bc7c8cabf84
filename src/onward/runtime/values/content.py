"""The content of a table: a digest of its meaning that every frame library gives alike.

It is taken over logical types. What counts: the number and order of rows; the order, names and types of the
columns; every value, null or not. What does not count: large and view layouts, dictionary coding (a category
is its value), chunks, slices, nullability flags, what stands under a null, fixed list lengths, the bits of a
NaN, the unit of an instant or a duration (its length counts, to the nanosecond), the precision of a decimal
(its scale counts), and which of its names UTC goes by. Signed zeros, null and NaN, int32 and int64, and two
time zones with the same instants are different contents.
"""

from __future__ import annotations

from typing import Any

from onward.runtime.arrow import (
    Array,
    ArrowError,
    Field,
    Stream,
    decimal_shape,
    is_list,
    timestamp_zone,
    type_words,
)
from onward.runtime.digests import large_sha256
from onward.runtime.values.vectors import Rows, Vector, Vectors, best_vectors, memory

_INTEGERS = {"c": "b", "C": "B", "s": "h", "S": "H", "i": "i", "I": "I", "l": "q", "L": "Q"}
"""Format string to struct code."""
_FLOATS = {
    "e": ("H", 0x7FFF, 0x7C00, 0x7E00),
    "f": ("I", 0x7FFFFFFF, 0x7F800000, 0x7FC00000),
    "g": ("Q", 0x7FFFFFFFFFFFFFFF, 0x7FF0000000000000, 0x7FF8000000000000),
}
"""Format string to struct code of the same width, magnitude bits, infinity, the one NaN (IEEE 754)."""
_CELLS = {"_pli128": 16, "_plu128": 16, "tiM": 4, "tiD": 8, "tin": 16}
"""Format string to the width of elements that are taken as they lie."""
_PER_SECOND = {"s": 1, "m": 1_000, "u": 1_000_000, "n": 1_000_000_000}


class TableContent:
    """What is known of a table after its batches have passed by.

    Args:
        value: an object with `__arrow_c_stream__`.
        vectors: how memory is worked on; best left to itself.

    Attributes:
        rows: their number.
        columns: `[{"name": ..., "type": ...}]` in words that people know.
        meaning: `{"rows": n, "columns": [[name, logical type, sha256 as hex], ...]}`.

    Raises:
        ArrowError: the stream broke, or a column's type has no logical meaning (unions, run-end encoding).

    Cost:
        One pass over the memory, nothing held beyond one batch.
    """

    def __init__(self, value: Any, vectors: Vectors | None = None) -> None:
        stream = Stream(value)
        tools = vectors or best_vectors()
        self.columns: list[dict[str, str]] = []
        for field in stream.columns:
            try:
                self.columns.append({"name": field.name, "type": type_words(field)})
            except ArrowError as error:
                raise ArrowError(f"column `{field.name}`: {error}") from None
        digests = [_ColumnDigest(field, tools) for field in stream.columns]
        self.rows = 0
        for batch in stream.batches():
            self.rows += batch.length
            # A batch is a struct: its own offset shifts its children.
            shift = batch.offset if stream.field.format == "+s" else 0
            for digest, part in zip(digests, stream.parts(batch)):
                start = part.offset + shift
                digest.feed(part, range(start, start + batch.length))
        self.meaning: dict[str, Any] = {
            "rows": self.rows,
            "columns": [
                [field.name, digest.kind, digest.hexdigest()] for field, digest in zip(stream.columns, digests)
            ],
        }


class _ColumnDigest:
    """The digest of a column or of a part of one, fed batch by batch.

    Every row that reaches it adds to `_present`; only what is present adds to `_values` and to the inner
    parts, so what stands under a null is never looked at.
    """

    def __init__(self, field: Field, vectors: Vectors) -> None:
        self._field = field
        self._vectors = vectors
        self._present = large_sha256()
        self._values = large_sha256()
        self._extra = large_sha256()
        values = field
        while values.dictionary is not None:
            values = values.dictionary
        self._code = values.format
        self._inner = [_ColumnDigest(child, vectors) for child in values.children]
        self.name = field.name
        self.kind = logical_type(field)

    def hexdigest(self) -> str:
        parts = [self.kind, self._present.hexdigest(), self._values.hexdigest(), self._extra.hexdigest()]
        parts.extend(inner.hexdigest() for inner in self._inner)
        return large_sha256("\n".join(parts).encode("utf-8")).hexdigest()

    def feed(self, array: Array, rows: Rows) -> None:
        """Take in the elements of `array` at `rows`, which count from the start of its buffers."""
        if len(rows) == 0:
            return
        mask, array, present = self._resolve(self._field, array, rows)
        self._present.update(b"\1" * len(rows) if mask is None else mask)
        if len(present) > 0:
            self._feed_values(array, present)

    def _resolve(self, field: Field, array: Array, rows: Rows) -> tuple[Vector | None, Array, Rows]:
        """Which `rows` are present (None: all), and where their values lie, seen through dictionaries."""
        mask = self._mask(field, array, rows)
        if mask is not None:
            rows = self._vectors.choose(rows, mask)
        if field.dictionary is None or len(rows) == 0:
            return mask, array, rows
        indices = self._vectors.numbers(array.buffer(1), _INTEGERS[field.format], rows)
        words = array.dictionary()
        inner, words, places = self._resolve(field.dictionary, words, self._vectors.add(indices, words.offset))
        if inner is None:
            return mask, words, places
        return (inner if mask is None else self._vectors.spread(mask, inner)), words, places

    def _mask(self, field: Field, array: Array, rows: Rows) -> Vector | None:
        """Which elements of one layer are not null; None: all."""
        if field.format == "n":
            return self._vectors.none(len(rows))
        address = array.buffer(0)
        if address == 0 or array.null_count == 0:
            return None
        mask = self._vectors.bits(address, rows)
        return None if self._vectors.count(mask) == len(rows) else mask

    def _feed_values(self, array: Array, rows: Rows) -> None:
        code, vectors = self._code, self._vectors
        if code == "b":
            self._values.update(vectors.bits(array.buffer(1), rows))
        elif code in _INTEGERS:
            self._values.update(vectors.numbers(array.buffer(1), _INTEGERS[code], rows))
        elif code in _FLOATS:
            kind, magnitude, infinity, nan = _FLOATS[code]
            numbers = vectors.numbers(array.buffer(1), kind, rows)
            self._values.update(vectors.one_nan(numbers, magnitude, infinity, nan))
        elif code in _CELLS:
            self._values.update(vectors.cells(array.buffer(1), _CELLS[code], rows))
        elif code.startswith("d:"):
            self._feed_decimals(array, rows)
        elif code.startswith("t"):
            self._feed_times(array, rows)
        elif code == "+s":
            self._feed_struct(array, rows)
        elif code.startswith("+"):
            self._feed_lists(array, rows)
        else:
            self._feed_text(array, rows)

    def _feed_decimals(self, array: Array, rows: Rows) -> None:
        _, _, width = decimal_shape(self._code)
        if width < 128:
            numbers = self._vectors.numbers(array.buffer(1), "i" if width == 32 else "q", rows)
            self._values.update(self._vectors.widen_signed(numbers))
        else:
            self._values.update(self._vectors.cells(array.buffer(1), width // 8, rows))

    def _feed_times(self, array: Array, rows: Rows) -> None:
        """Days (int32), nanoseconds of a day; instants and durations as seconds and nanoseconds."""
        code, vectors = self._code, self._vectors
        if code == "tdD":
            self._values.update(vectors.numbers(array.buffer(1), "i", rows))
        elif code == "tdm":
            days, _ = vectors.split(vectors.numbers(array.buffer(1), "q", rows), 86_400_000)
            self._values.update(vectors.widen(days, "i"))
        elif code.startswith("tt"):
            numbers = vectors.numbers(array.buffer(1), "i" if code[2] in "sm" else "q", rows)
            self._values.update(vectors.scale(numbers, _PER_SECOND["n"] // _PER_SECOND[code[2]]))
        else:
            per_second = _PER_SECOND[code[2]]
            seconds, rest = vectors.split(vectors.numbers(array.buffer(1), "q", rows), per_second)
            self._values.update(seconds)
            self._extra.update(vectors.scale(rest, _PER_SECOND["n"] // per_second))

    def _feed_struct(self, array: Array, rows: Rows) -> None:
        for index, inner in enumerate(self._inner):
            child = array.child(index)
            inner.feed(child, self._shift(rows, child.offset))

    def _feed_lists(self, array: Array, rows: Rows) -> None:
        code, vectors = self._code, self._vectors
        if code.startswith("+w:"):
            size = int(code[3:])
            starts = vectors.scale(rows, size) if not isinstance(rows, range) else None
            lengths = vectors.fill(size, len(rows))
            if starts is None:
                inner: Rows = range(rows.start * size, rows.stop * size)
            else:
                inner = vectors.spans(starts, lengths)
        else:
            starts, lengths = self._spans(array, rows)
            inner = vectors.spans(starts, lengths)
        self._values.update(vectors.widen(lengths, "q"))
        items = array.child(0)
        self._inner[0].feed(items, self._shift(inner, items.offset))

    def _spans(self, array: Array, rows: Rows) -> tuple[Vector, Vector]:
        """Starts and lengths of lists, text or bytes at `rows`."""
        vectors, large = self._vectors, self._code in ("+L", "+vL", "U", "Z")
        code = "q" if large else "i"
        starts = vectors.numbers(array.buffer(1), code, rows)
        if self._code.startswith("+v"):
            return starts, vectors.numbers(array.buffer(2), code, rows)
        ends = vectors.numbers(array.buffer(1), code, self._shift(rows, 1))
        return starts, vectors.subtract(ends, starts)

    def _feed_text(self, array: Array, rows: Rows) -> None:
        """Lengths in bytes, and all the bytes in a row."""
        code, vectors = self._code, self._vectors
        if code.startswith("w:"):
            size = int(code[2:])
            self._values.update(vectors.fill(size, len(rows)))
            self._extra.update(vectors.cells(array.buffer(1), size, rows))
        elif code.startswith("v"):
            # Validity, views, then the data buffers, then one buffer with their sizes.
            count = array.buffer_count() - 3
            sizes = memory(array.buffer(count + 2), count * 8).cast("q")
            pools = [memory(array.buffer(2 + index), sizes[index]) for index in range(count)]
            lengths, text = vectors.views(array.buffer(1), pools, rows)
            self._values.update(lengths)
            self._extra.update(text)
        else:
            starts, lengths = self._spans(array, rows)
            self._values.update(lengths)
            self._extra.update(vectors.text(array.buffer(2), starts, lengths))

    def _shift(self, rows: Rows, number: int) -> Rows:
        if isinstance(rows, range):
            return range(rows.start + number, rows.stop + number)
        return self._vectors.add(rows, number) if number else rows


def logical_type(field: Field) -> str:
    """The type as it counts for content; a map is the list of its pairs.

    An extension type counts by its name, unless it is one of Arrow's own: these only say how to show
    the storage.
    """
    name, parameters = field.extension
    if name and not name.startswith("arrow."):
        return f"{name}<{parameters}>({_plain_type(field)})"
    return _plain_type(field)


def _plain_type(field: Field) -> str:
    if field.dictionary is not None:
        return logical_type(field.dictionary)
    code = field.format
    if code.startswith("d:"):
        _, scale, width = decimal_shape(code)
        return f"decimal[{scale}]" if width <= 128 else f"wide decimal[{scale}]"
    if code.startswith("ts"):
        return f"datetime[{timestamp_zone(code)}]"
    if code.startswith("tD"):
        return "duration"
    if code == "+s":
        return f"struct[{', '.join(_part(child) for child in field.children)}]"
    if is_list(code) or code == "+m":
        return f"list[{logical_type(field.children[0])}]"
    return type_words(field)


def _part(field: Field) -> str:
    return f"{field.name!r}: {logical_type(field)}"
