"""What pickles name, of every make; nothing is loaded."""

from __future__ import annotations

import bz2
import decimal
import fractions
import gzip
import io
import lzma
import mmap
import pickle
import zipfile
import zlib
from collections import OrderedDict
from pathlib import Path

import joblib
import numpy as np
import pytest

from onward.languages.pickles import Named, may_be_pickle, named

VALUE = [
    fractions.Fraction(1, 2),
    {"two": decimal.Decimal(1)},
    fractions.Fraction(1, 3),
    OrderedDict(a=b"x" * 300),
    len,
]
NAMES = {"fractions.Fraction", "decimal.Decimal", "collections.OrderedDict"}


def reached(found: Named) -> set[str]:
    """The names, and those that two of the words make."""
    return {*found.names, *(f"{one}.{two}" for one in found.words for two in found.words)}


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_of_each_protocol_names_its_classes(protocol: int) -> None:
    found = named(pickle.dumps(VALUE, protocol=protocol))
    assert NAMES | {"builtins.len" if protocol > 2 else "__builtin__.len"} <= set(found.names)
    assert not found.words


def test_several_pickles_in_one_file_count_together() -> None:
    found = named(pickle.dumps(fractions.Fraction(1)) + pickle.dumps(decimal.Decimal(1)))
    assert {"fractions.Fraction", "decimal.Decimal"} <= set(found.names)


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress, bz2.compress, lzma.compress])
def test_a_packed_pickle_is_seen_through(pack: object) -> None:
    assert callable(pack)
    assert set(named(pack(pickle.dumps(VALUE))).names) >= NAMES


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)])
def test_a_file_of_joblib_is_seen_through_though_arrays_stand_in_it(compress: object, tmp_path: Path) -> None:
    path = tmp_path / "model"
    value = [np.arange(3000.0), VALUE, np.arange(3000), np.array([fractions.Fraction(1)], dtype=object)]
    joblib.dump(value, path, compress=compress)
    found = named(path.read_bytes())
    assert reached(found) >= NAMES
    assert not found.is_closed


def test_an_archive_holds_pickles() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(VALUE, protocol=2))
        archive.writestr("archive/data/0", b"\0" * 100)
    assert set(named(file.getvalue()).names) >= NAMES


def test_a_mapped_file_gives_what_its_bytes_give(tmp_path: Path) -> None:
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps(VALUE))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        assert named(content) == named(path.read_bytes())


@pytest.mark.parametrize("content", [b"\x04\x22\x4d\x18rest", b"\x1f\x8bbroken", b"PK\x03\x04broken"])
def test_what_cannot_be_seen_through_may_name_anything(content: bytes) -> None:
    assert named(content).is_closed


@pytest.mark.parametrize("content", [b"", b"no pickle at all", b"\x89HDF\r\n\x1a\n" + bytes(100), b"\x80\x04\xff\xff"])
def test_what_is_no_pickle_names_nothing(content: bytes) -> None:
    found = named(content)
    assert not found.names
    assert not found.is_closed


def test_a_pickle_is_told_by_its_name_or_its_first_bytes() -> None:
    assert may_be_pickle("a/model.PKL", b"")
    assert may_be_pickle("model.joblib.gz", b"")
    assert may_be_pickle("model", pickle.dumps(1)[:2])
    assert not may_be_pickle("orders.csv", b"id")
    assert not may_be_pickle("model.onnx", b"\x08\x07")
