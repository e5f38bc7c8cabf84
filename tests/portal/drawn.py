"""Pictures as libraries write them."""

from __future__ import annotations

import struct
import zlib


def bars_svg() -> str:
    """A bar chart as a plotting library would write it."""
    bars = "".join(
        f'<rect x="{60 + 26 * hour}" y="{260 - 9 * abs(hour - 3)}" width="20" '
        f'height="{9 * abs(hour - 3)}" fill="#0b5f59"/>'
        f'<text x="{70 + 26 * hour}" y="282" font-size="11" text-anchor="middle">{hour}</text>'
        for hour in range(24)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="540pt" height="240pt" viewBox="0 0 720 320">'
        f'<g font-family="sans-serif">{bars}</g></svg>'
    )


def png(width: int, height: int) -> bytes:
    """A PNG with a gradient."""
    rows = b"".join(
        b"\0" + bytes(channel for x in range(width) for channel in (40, 90 + y % 120, 80 + x * 120 // width))
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + tag + body + struct.pack(">I", zlib.crc32(tag + body))
        for tag, body in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    )
