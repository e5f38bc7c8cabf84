"""What differs from one identical run to the next and means nothing: times, random names, addresses, versions.

What is taken out, and no more, is what the libraries that write a format are known to put in by chance or by the
clock. A name is random only where it is declared as one, so that an id among the data stays what it is.
"""

from __future__ import annotations

import re
import zlib

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_RANDOM_NAMES = (
    r"altair-viz-[0-9a-f]{32}",
    r"htmlwidget-[0-9a-f]{16,40}",  # R's
    r"cell-id=[0-9a-f]{6,36}(?:-[0-9a-f]{4,12})*",  # a cell on a page of nbconvert
    _UUID,  # Bokeh, plotly
    r"T_[0-9a-f]{5,32}",  # a Styler of pandas
    r"(?:p|m|h|image|C[0-9a-f]+_[0-9a-f]+_)[0-9a-f]{10}",  # matplotlib: clip paths, markers, hatches, collections
    r"[0-9a-f]{32}",
)
_RANDOM = "|".join(_RANDOM_NAMES)
_NAME = re.compile(rf"(?<![A-Za-z0-9])(?:{_RANDOM})(?![A-Za-z0-9])")
_DECLARED = re.compile(
    rf"(?:\bid\s*=\s*[\"']|\"docid\"\s*:\s*\"|\b(?:getElementById|newPlot)\(\s*[\"'])({_RANDOM})(?=[\"'])"
)
_TABLE_ID = re.compile(r"<div id=\"([a-z]{10})\"[^>]*>\s*<style>\s*#\1 ")
"""A table of great_tables or of R's gt, whose style repeats its id."""

_COMMENT = re.compile(r"(<script\b.*?</script\s*>|<style\b.*?</style\s*>)|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_ABOUT = re.compile(
    r"<metadata\b.*?</metadata\s*>|<meta\s+name=[\"']?(?:generator|date|created|modified)\b[^>]*>",
    re.DOTALL | re.IGNORECASE,
)
_STEADY = (
    (re.compile(r"\bat 0x[0-9a-fA-F]{4,16}\b"), "at 0x"),
    # %time and %%time
    (re.compile(r"(^|>)(CPU times: |Wall time: |Compiler *: )[^<\n]*", re.MULTILINE), r"\1\2"),
    # %timeit
    # It begins where a line or an element does, and is tried nowhere else: lines of scripts are megabytes long.
    (re.compile(r"(?<![^<>\n])[^<>\n]* per loop \(mean ± std\. dev\. of [^<\n]*"), "per loop"),
    (re.compile(r"(^|>)The slowest run took [^<\n]*\n?", re.MULTILINE), r"\1"),
    # Progress bars of tqdm: elapsed, remaining, speed.
    (re.compile(r"\[(?:\d+:)+\d\d(?:<[\d:?]+)?, *[^\]\n]*(?:/s|s/)[^\]\n]*\]"), "[]"),
)
"""Those of `onward.runtime.notebook_outputs`, which what is here cannot import; on a page they end with the element."""
_COLOUR = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")

_PDF_TEXT = rb"(?:<[0-9a-fA-F]*>|\((?:\\.|[^\\)])*\))"
_PDF_VOLATILE = (
    (re.compile(rb"/(CreationDate|ModDate)\s*(?:\([^)]{0,60}\)|<[0-9a-fA-F]{0,120}>)"), rb"/\1"),
    (re.compile(rb"/ID\s*\[\s*" + _PDF_TEXT + rb"\s*" + _PDF_TEXT + rb"\s*\]"), b"/ID"),
    (
        re.compile(
            rb"<(xmp:CreateDate|xmp:ModifyDate|xmp:MetadataDate|xmpMM:DocumentID|xmpMM:InstanceID)>[^<]*</\1>"
        ),
        rb"<\1/>",
    ),
    # Where the objects lie in the file.
    (re.compile(rb"\bxref\s+(?:\d+ \d+\s+|\d{10} \d{5} [nf]\s+)+"), b""),
    (re.compile(rb"startxref\s+\d+"), b""),
)  # fmt: skip
_STREAM = re.compile(rb"(?<!end)stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)
_LENGTH = re.compile(rb"/Length1? \d+(?! \d+ R)")
_LARGEST_STREAM = 32 << 20


def steady_text(text: str) -> str:
    """What a program printed, without a terminal's colours, addresses in memory, times of cells, speeds of bars."""
    text = _COLOUR.sub("", text)
    for pattern, instead in _STEADY:
        text = pattern.sub(instead, text)
    return text


def steady_markup(text: str) -> str:
    """HTML or SVG without what is not shown (comments, metadata), its random names numbered as they come."""
    text = _ABOUT.sub("", _COMMENT.sub(lambda found: found[1] or "", text))
    return with_numbered_names(text)


def with_numbered_names(text: str) -> str:
    """A text in which the random names that it declares are `shown-1` and so on, wherever it repeats them."""
    names: dict[str, str] = {}
    for name in _DECLARED.findall(text):
        names.setdefault(name, f"shown-{len(names) + 1}")
    if names:
        text = _NAME.sub(lambda found: names.get(found[0], found[0]), text)
    for number, name in enumerate(dict.fromkeys(_TABLE_ID.findall(text)), start=1):
        text = re.sub(rf"(?<![A-Za-z0-9]){name}(?![A-Za-z0-9])", f"table-{number}", text)
    return text


def steady_pdf(content: bytes) -> bytes:
    """A PDF without its dates and ids, the places of its objects, and how tightly its streams are packed."""
    content = _STREAM.sub(lambda found: b"stream\n" + _without_times(_unpacked(found[1])) + b"\nendstream", content)
    return _LENGTH.sub(b"/Length", _without_times(content))


def _unpacked(stream: bytes) -> bytes:
    """A stream as it is; what is packed otherwise than by zlib stays packed."""
    try:
        unpacked = zlib.decompressobj().decompress(stream, _LARGEST_STREAM)
    except zlib.error:
        return stream
    return unpacked if len(unpacked) < _LARGEST_STREAM else stream


def _without_times(content: bytes) -> bytes:
    for pattern, instead in _PDF_VOLATILE:
        content = pattern.sub(instead, content)
    return content
