"""The one encoding, and digests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.base import codec
from onward.base.digest import digest_bytes, digest_file, digest_text, is_digest

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


def reordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: reordered(item) for name, item in reversed(value.items())}
    return [reordered(item) for item in value] if isinstance(value, list) else value


@given(VALUES)
def test_a_value_survives_and_equal_values_have_equal_bytes(value: Any) -> None:
    content = codec.encode(value)
    assert codec.decode(content, object) == value
    assert codec.encode(reordered(value)) == content
    assert codec.digest_of(value) == digest_bytes(content)


def test_texts_are_utf_8_and_nothing_is_padded() -> None:
    assert codec.encode({"b": ["ü"], "a": 1}) == '{"a":1,"b":["ü"]}'.encode()


class Form(msgspec.Struct):
    number: int


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"number":"1"}', b"{}", b"\xff"])
def test_what_is_of_another_form_is_refused(content: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        codec.decode(content, Form)


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_a_file_has_the_digest_of_its_bytes_however_long_it_is(tmp_path: Path, size: int) -> None:
    content = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    (tmp_path / "file").write_bytes(content)
    assert digest_file(tmp_path / "file") == digest_bytes(content)
    assert digest_file(str(tmp_path / "file")) == digest_bytes(memoryview(content))


def test_a_missing_file_has_no_digest(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        digest_file(tmp_path / "nothing")


def test_digests_are_those_of_blake3() -> None:
    """Source: the test vectors of BLAKE3, for no input at all."""
    assert digest_bytes(b"") == "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"


def test_a_text_that_no_encoding_knows_has_a_digest_of_its_own() -> None:
    assert digest_text("caf\udce9") != digest_text("café")
    assert is_digest(digest_text("caf\udce9"))


@pytest.mark.parametrize("text", ["", "a" * 63, "a" * 65, "A" * 64, "g" * 64])
def test_what_is_no_digest(text: str) -> None:
    assert not is_digest(text)
