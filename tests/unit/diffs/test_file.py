"""What the difference between two files says, by what is in them."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
import zlib
from pathlib import Path

import matplotlib
import openpyxl
import polars
import pytest
from matplotlib.figure import Figure
from PIL import Image

from onward.diffs.file import FileDiff
from onward.model.difference import Difference
from tests.unit.diffs.files import blob, difference, tree

WORD = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{}</w:body></w:document>'
SLIDE = '<p:sld xmlns:p="p" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">{}</p:sld>'


def compared(folder: Path, before: bytes | str, after: bytes | str, name: str) -> Difference:
    return difference(FileDiff(), blob(folder, name, before), blob(folder, name, after))


def archive(parts: dict[str, str], year: int = 2024) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        for name, content in parts.items():
            file.writestr(zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0)), content)
    return written.getvalue()


def workbook(value: float, created: int, note: str = "delay") -> bytes:
    import datetime

    book = openpyxl.Workbook()
    book.properties.created = datetime.datetime(created, 1, 1)
    sheet = book.create_sheet("Delays")
    sheet.append([note, value])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def document(*paragraphs: str, year: int = 2024) -> bytes:
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    return archive({"word/document.xml": WORD.format(body), "docProps/core.xml": f"<d>{year}</d>"}, year)


def presentation(*titles: str, year: int = 2024) -> bytes:
    slides = {
        f"ppt/slides/slide{at}.xml": SLIDE.format(f"<a:p><a:r><a:t>{title}</a:t></a:r></a:p>")
        for at, title in enumerate(titles, start=1)
    }
    return archive(slides, year)


def drawn(form: str, *values: float, day: int = 1) -> bytes:
    figure = Figure(figsize=(2, 2))
    axes = figure.add_subplot()
    axes.plot(values, marker="o")
    axes.scatter(values, values)
    written = io.BytesIO()
    os.environ["SOURCE_DATE_EPOCH"] = str(86_400 * day)
    try:
        # The names in an SVG are random, as they are where nobody asks for others.
        with matplotlib.rc_context({"svg.hashsalt": None}):
            figure.savefig(written, format=form)
    finally:
        del os.environ["SOURCE_DATE_EPOCH"]
    return written.getvalue()


# What differs from one identical run to the next


@pytest.mark.parametrize(
    ("name", "one", "again", "other"),
    [
        ("a.xlsx", workbook(12.5, 2024), workbook(12.5, 2025), workbook(11.9, 2024)),
        ("a.docx", document("x 12.5"), document("x 12.5", year=2025), document("x 11.9")),
        ("a.pptx", presentation("x 12.5"), presentation("x 12.5", year=2025), presentation("x 11.9")),
        ("a.pdf", drawn("pdf", 1, 2), drawn("pdf", 1, 2, day=2), drawn("pdf", 1, 3)),
        ("a.svg", drawn("svg", 1, 2), drawn("svg", 1, 2, day=2), drawn("svg", 1, 3)),
        ("a.gz", gzip.compress(b"12.5", mtime=1), gzip.compress(b"12.5", mtime=2), gzip.compress(b"11.9", mtime=1)),
        ("a.bin.gz", gzip.compress(b"\0", mtime=1), gzip.compress(b"\0", mtime=2), gzip.compress(b"\0\1", mtime=1)),
    ],
    ids=["xlsx", "docx", "pptx", "pdf", "svg", "gz", "packed bytes"],
)
def test_times_ids_and_random_names_mean_nothing_and_what_is_in_it_does(
    tmp_path: Path, name: str, one: bytes, again: bytes, other: bytes
) -> None:
    assert one != again
    found = compared(tmp_path, one, again, name)
    assert found.means_nothing, found.summary
    assert found.share == 0
    found = compared(tmp_path, one, other, name)
    assert not found.means_nothing
    assert found.share > 0


def packed_pdf(level: int, year: int, text: bytes = b"a") -> bytes:
    about = b"<xmp:CreateDate>%d</xmp:CreateDate>" % year
    streams = [zlib.compress(content, level) for content in (b"BT (" + text * 99 + b") Tj ET", about * 9)]
    objects = [b"1 0 obj << /Length %d >> stream\n%s\nendstream endobj" % (len(each), each) for each in streams]
    return b"%%PDF-1.4\n%s\nxref\n0 1\ntrailer /ID [<%08x> <00>] startxref %d" % (b"\n".join(objects), year, level)


def test_how_tightly_the_streams_of_a_pdf_are_packed_means_nothing(tmp_path: Path) -> None:
    assert packed_pdf(0, 2024) != packed_pdf(9, 2025)
    assert compared(tmp_path, packed_pdf(0, 2024), packed_pdf(9, 2025), "a.pdf").means_nothing
    assert not compared(tmp_path, packed_pdf(0, 2024), packed_pdf(0, 2024, b"b"), "a.pdf").means_nothing


# What is in it


def test_the_cells_of_a_workbook_are_named(tmp_path: Path) -> None:
    found = compared(tmp_path, workbook(12.5, 2024), workbook(11.9, 2024), "a.xlsx")
    assert found.summary == "1 cell changed: `Delays!B1` 12.5 → 11.9"
    assert found.detail["sample"] == [{"path": "Delays!B1", "change": "changed", "before": 12.5, "after": 11.9}]
    assert found.detail["parts"]["changed"]["names"] == ["xl/worksheets/sheet2.xml"]
    assert compared(tmp_path, workbook(1, 2024), workbook(1, 2024, "lag"), "a.xlsx").summary == (
        "1 cell changed: `Delays!A1` delay → lag"
    )


def test_the_paragraphs_of_a_text_and_the_slides_of_a_presentation_are_compared(tmp_path: Path) -> None:
    found = compared(tmp_path, document("a", "median 12.5 min"), document("a", "median 11.9 min", "new"), "a.docx")
    assert found.summary == "1 paragraph changed, 1 came in: 12.5 → 11.9"
    found = compared(tmp_path, presentation("a", "b 1"), presentation("a", "b 2"), "a.pptx")
    assert found.summary == "1 paragraph changed: 1 → 2"


def test_parts_that_are_no_words_are_named(tmp_path: Path) -> None:
    found = compared(tmp_path, archive({"a": "1", "b": "1"}), archive({"a": "2", "c": "1"}), "a.zip")
    assert found.summary == "1 part changed, 1 came in, 1 went: `a`, `c`, `b`"
    styled = archive({"word/document.xml": WORD.format("<w:p><w:t>a</w:t></w:p>"), "word/styles.xml": "1"})
    other = archive({"word/document.xml": WORD.format("<w:p><w:t>a</w:t></w:p>"), "word/styles.xml": "2"})
    found = compared(tmp_path, styled, other, "a.docx")
    assert found.summary == "what it says is the same; 1 part changed: `word/styles.xml`"
    assert not found.means_nothing


def picture(form: str, colour: int, at: int = 0, **options: object) -> bytes:
    image = Image.new("RGB", (30, 30), "white")
    image.paste((colour, colour, colour), (at, at, at + 3, at + 3))
    written = io.BytesIO()
    image.save(written, form, **options)
    return written.getvalue()


def test_a_picture_is_compared_by_its_pixels(tmp_path: Path) -> None:
    found = compared(tmp_path, picture("PNG", 0), picture("PNG", 0, 20), "a.png")
    assert found.detail["pixels"]["moved"] == 18
    assert [shown.name for shown in found.pictures] == ["before", "after", "moved"]
    assert compared(
        tmp_path, picture("PNG", 0, compress_level=0), picture("PNG", 0, compress_level=9), "a.png"
    ).means_nothing


def test_a_table_that_is_kept_as_a_file_is_compared_by_its_rows(tmp_path: Path) -> None:
    def written(*values: int) -> bytes:
        into = io.BytesIO()
        polars.DataFrame({"a": values}).write_parquet(into)
        return into.getvalue()

    assert compared(tmp_path, written(1, 2), written(1, 2, 3), "a.parquet").detail["rows"]["added"] == 1


def test_a_text_without_a_media_type_is_a_text(tmp_path: Path) -> None:
    assert compared(tmp_path, "x = 1\n", "x = 2\n", "a.py").summary == "1 line changed: 1 → 2"


# Bytes


def test_what_nobody_knows_is_compared_byte_by_byte(tmp_path: Path) -> None:
    old = bytes(range(256)) * 1000
    found = compared(tmp_path, old, old[:200_000] + b"\xff\0" + old[200_002:], "a.bin")
    assert found.summary == "differs from byte 200,000 on"
    assert found.detail["offset"] == 200_000
    assert 0 < found.share < 0.5
    assert compared(tmp_path, b"\0\1", b"\0\1\2", "a.bin").summary == "3 B, and was 2 B; differs from byte 2 on"
    assert compared(tmp_path, b"\0\1", b"\0\1", "a.bin").means_nothing
    assert compared(tmp_path, b"", b"\0", "a.bin").share == 1


def test_a_file_that_became_a_folder_is_said_to_be_one(tmp_path: Path) -> None:
    file, folder = blob(tmp_path, "a", "1"), tree(tmp_path, {"a": "1"})
    assert difference(FileDiff(), file, folder).summary == "is a folder now, and was a file"
    assert difference(FileDiff(), folder, file).summary == "is a file now, and was a folder"


@pytest.mark.parametrize(
    "whole",
    [workbook(1, 2024), drawn("pdf", 1), picture("PNG", 0), picture("JPEG", 0), gzip.compress(b"abc" * 99)],
    ids=["xlsx", "pdf", "png", "jpeg", "gz"],
)
def test_files_that_are_cut_off_or_broken_are_no_error(tmp_path: Path, whole: bytes) -> None:
    for at in range(0, len(whole), max(1, len(whole) // 23)):
        assert compared(tmp_path, whole, whole[:at], "a").summary
        broken = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        assert compared(tmp_path, whole, broken, "a").summary
