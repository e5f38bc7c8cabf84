"""The page of an executed notebook: one file of HTML that needs no network and, figures of plotly apart, no scripts.

Results come first: code is folded away behind 'Show code'. Pictures, styles and scripts are part of the page;
what a notebook would fetch from elsewhere is left out. It refuses to know how outputs came about.
"""

from __future__ import annotations

import base64
import hashlib
import html
import importlib.util
import json
import os
import re
from typing import Any, Dict, List, Match, Optional, Tuple
from urllib.parse import unquote

from onward.runtime import notebook_math, notebook_outputs
from onward.runtime.notebook_style import SCRIPT, STYLE
from onward.runtime.values import libraries

_TYPES = {
    ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
    ".svg": "image/svg+xml", ".avif": "image/avif", ".bmp": "image/bmp", ".ico": "image/x-icon",
    ".mp4": "video/mp4", ".webm": "video/webm", ".mp3": "audio/mpeg", ".wav": "audio/wav", ".ogg": "audio/ogg",
}  # fmt: skip
_INLINE_LIMIT = 20_000_000
"""Bytes of a picture beside the notebook that are still made part of the page."""


def page(
    notebook: Any, *, title: str, folder: str, root: str, cache: str, taken: Optional[Dict[str, str]] = None
) -> str:
    """The page as HTML.

    Args:
        notebook: executed, in format 4.5.
        title: of the page.
        folder: where the notebook's relative paths begin.
        root: the workspace's; only files in it become part of the page.
        cache: a folder for what takes seconds to make and is the same every time.
        taken: is filled with the files that became part of the page: by address, a digest of their bytes.
    """
    return _Page(folder, root, cache, {} if taken is None else taken).whole(notebook, title)


class _Page:
    def __init__(self, folder: str, root: str, cache: str, taken: Dict[str, str]) -> None:
        self._taken = taken
        self._folder = folder
        self._root = os.path.join(os.path.realpath(root), "")
        self._cache = cache
        self._scripts: Dict[str, str] = {}
        self._markdown = _markdown()
        self._waiting: List[str] = []

    def whole(self, notebook: Any, title: str) -> str:
        body = "\n".join(self._cells(notebook["cells"]))
        scripts = [f"<script>{_code_in_script(text)}</script>" for text in self._scripts.values()]
        if scripts:
            scripts.append(f"<script>{SCRIPT}</script>")
        return (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="color-scheme" content="light dark">\n'
            f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
            f"<body>\n<main>\n{body}\n</main>\n{''.join(scripts)}\n</body>\n</html>\n"
        )

    # cells

    def _cells(self, cells: List[Any]) -> List[str]:
        """The cells; code that shows nothing is folded together with the code that follows it."""
        shown: List[str] = []
        for cell in cells:
            tags = set(cell["metadata"].get("tags") or ())
            if tags & {"remove-cell", "remove_cell"}:
                continue
            if cell["cell_type"] != "code":
                text = self._text_cell(cell)
                if text and self._waiting:
                    shown.append(self._code())
                shown.append(_folded(text, "Show text") if text and _hides(cell, tags, "cell") else text)
                continue
            if not tags & {"remove-input", "remove_input"} and cell["source"].strip():
                self._waiting.append(cell["source"])
            results = "" if tags & {"remove-output", "remove_output"} else self._outputs(cell)
            if results:
                if _hides(cell, tags, "output"):
                    results = _folded(results, "Show output")
                shown.append(self._code() + results)
        if self._waiting:
            shown.append(self._code())
        return [part for part in shown if part]

    def _code(self) -> str:
        blocks = "".join(f"<pre>{_coloured(source)}</pre>" for source in self._waiting)
        self._waiting = []
        return f'<details class="code"><summary>Show code</summary>{blocks}</details>\n' if blocks else ""

    def _text_cell(self, cell: Any) -> str:
        if cell["cell_type"] == "markdown":
            return f'<section class="text">{self._prose(cell["source"], cell.get("attachments"))}</section>'
        media = str(cell["metadata"].get("raw_mimetype") or cell["metadata"].get("format") or "")
        if media == "text/html":
            return f'<section class="text">{self._local(cell["source"])}</section>'
        if media == "text/markdown":
            return f'<section class="text">{self._prose(cell["source"], None)}</section>'
        return ""  # meant for other converters

    def _prose(self, source: str, attachments: Optional[Dict[str, Any]]) -> str:
        return self._local(self._markdown(source), attachments)

    # outputs

    def _outputs(self, cell: Any) -> str:
        draws = any(_is_picture(output) for output in cell["outputs"])
        told = [output for output in cell["outputs"] if not (draws and _names_a_part(output))]
        parts = [part for part in map(self._output, told) if part]
        return "\n".join(f'<div class="output">{part}</div>' for part in parts)

    def _output(self, output: Dict[str, Any]) -> str:
        if output["output_type"] == "stream":
            return f'<pre class="{output["name"]}">{_terminal(output["text"])}</pre>'
        if output["output_type"] == "error":
            return f'<pre class="error">{_terminal(chr(10).join(output["traceback"]))}</pre>'
        form = notebook_outputs.shown_form(output)
        if form is None:
            return ""
        media, value = form
        about = output.get("metadata") or {}
        if media == notebook_outputs.PLOTLY:
            return self._plotly(value)
        if media == notebook_outputs.VEGA:
            return self._vega(value)
        if media == "text/html":
            return self._local(str(value))
        if media.startswith("image/"):
            return _picture(media, value, about.get(media) or about)
        if media == "text/markdown":
            return f'<div class="text">{self._prose(value, None)}</div>'
        if media == "text/latex":
            return f'<div class="text">{notebook_math.in_latex(value)}</div>'
        text = json.dumps(value, indent=2, ensure_ascii=False) if not isinstance(value, str) else value
        return f'<pre class="result">{_terminal(text)}</pre>'

    def _plotly(self, figure: Dict[str, Any]) -> str:
        if "plotly" not in self._scripts:
            library = _plotly_script()
            if library is None:
                return '<p class="note">This chart cannot be drawn: plotly is not installed.</p>'
            self._scripts["plotly"] = library
        layout = figure.get("layout")
        height = layout.get("height") if isinstance(layout, dict) else None
        pixels = int(height) if isinstance(height, (int, float)) else 450
        return (
            f'<div class="chart plotly" style="min-height:{pixels}px"><script type="application/json">'
            f'{_json_in_script(figure)}</script><p class="note">This chart is drawn by a script.</p></div>'
        )

    def _vega(self, specification: Dict[str, Any]) -> str:
        if not libraries.is_installed("vl_convert"):
            return (
                '<p class="note">This chart is drawn where <code>vl-convert-python</code> is installed.</p>'
                f"{_folded(f'<pre>{html.escape(json.dumps(specification, indent=1))}</pre>', 'Show specification')}"
            )
        converter = libraries.need("vl_convert")
        is_lite = "vega-lite" in str(specification.get("$schema", "vega-lite"))
        try:
            drawn = (converter.vegalite_to_svg if is_lite else converter.vega_to_svg)(specification)
        except ValueError as error:
            why = html.escape(" ".join(str(error).splitlines()[:2]))
            return f'<p class="note">This chart cannot be drawn: {why}</p>'
        picture = _picture("image/svg+xml", drawn, {})
        if re.search(r'"url": *"(?:https?:)?//', json.dumps(specification)):
            return f'{picture}<p class="note">The data of this chart lies elsewhere and is no part of the page.</p>'
        if not _answers(specification):
            return picture
        if "vega" not in self._scripts:
            self._scripts["vega"] = _vega_script(converter, self._cache)
        told = f'<script type="application/json">{_json_in_script(specification)}</script>'
        return f'<div class="chart vega">{picture}{told}</div>'

    # what HTML names

    def _local(self, text: str, attachments: Optional[Dict[str, Any]] = None) -> str:
        """HTML that asks the network for nothing: pictures of the workspace become part of it, the rest links."""
        text = _REMOTE_SCRIPT.sub("", text)
        text = _REMOTE_LINK.sub("", text)
        text = _REMOTE_FRAME.sub(lambda found: _as_link(found["address"]), text)
        text = _REMOTE_IMPORT.sub("", text)
        if text.rfind("<!--") > text.rfind("-->"):
            text += "-->"  # or else the rest of the page would be a part of the comment

        def source(found: Match[str]) -> str:
            address = html.unescape(found["address"])
            if address.startswith(("data:", "#", "blob:")):
                return found[0]
            if re.match(r"(?:[a-z][a-z0-9+.-]*:)?//", address, re.IGNORECASE):
                return _as_link(found["address"])
            known = self._attached(address, attachments) or self._file(address)
            return found[0].replace(found["address"], known, 1) if known else found[0]

        return _SOURCE.sub(source, text)

    def _attached(self, address: str, attachments: Optional[Dict[str, Any]]) -> Optional[str]:
        if not address.startswith("attachment:"):
            return None
        forms = (attachments or {}).get(unquote(address[len("attachment:") :])) or {}
        for media, encoded in forms.items():
            return f"data:{media};base64,{''.join(encoded)}"
        return None

    def _file(self, address: str) -> Optional[str]:
        path = os.path.realpath(os.path.join(self._folder, unquote(address.partition("?")[0].partition("#")[0])))
        media = _TYPES.get(os.path.splitext(path)[1].lower())
        if media is None or not path.startswith(self._root):
            return None
        try:
            if os.path.getsize(path) > _INLINE_LIMIT:
                return None
            with open(path, "rb") as file:
                content = file.read()
        except OSError:
            return None  # the page shows what the author's own would: the picture's words
        self._taken[address] = hashlib.sha256(content).hexdigest()
        return f"data:{media};base64,{base64.b64encode(content).decode('ascii')}"


_REMOTE = r"""["']?\s*(?:https?:)?//"""
_REMOTE_SCRIPT = re.compile(rf"<script\b[^>]*\bsrc\s*=\s*{_REMOTE}[^>]*>.*?</script\s*>", re.DOTALL | re.IGNORECASE)
_REMOTE_LINK = re.compile(rf"<link\b[^>]*\bhref\s*=\s*{_REMOTE}[^>]*>", re.IGNORECASE)
_REMOTE_FRAME = re.compile(
    r"""<(?P<tag>iframe|embed|object)\b[^>]*\b(?:src|data)\s*=\s*["'](?P<address>(?:https?:)?//[^"']*)["'][^>]*>"""
    r"""(?:.*?</(?P=tag)\s*>)?""",
    re.DOTALL | re.IGNORECASE,
)
_REMOTE_IMPORT = re.compile(r"""@import\s+(?:url\()?\s*["']?(?:https?:)?//[^;]*;""", re.IGNORECASE)
_SOURCE = re.compile(
    r"""<(?:img|source|video|audio)\b[^>]*?\bsrc\s*=\s*["'](?P<address>[^"']*)["'][^>]*>""", re.IGNORECASE
)


def _as_link(address: str) -> str:
    return f'<a class="elsewhere" href="{address}">{address}</a>'


def _is_picture(output: Dict[str, Any]) -> bool:
    return any(media.startswith("image/") for media in output.get("data", ()))


def _names_a_part(output: Dict[str, Any]) -> bool:
    """Whether a result is only what the last call on a figure gave back: `[<matplotlib.lines.Line2D at 0x7f..>]`."""
    data = output.get("data", {})
    text = data.get("text/plain", "")
    return list(data) == ["text/plain"] and bool(re.match(r"[\[({]*(?:array\(\[+)?<|\(array\(|Text\(", text))


def _hides(cell: Any, tags: set[str], what: str) -> bool:
    jupyter = cell["metadata"].get("jupyter")
    folded = isinstance(jupyter, dict) and what == "output" and bool(jupyter.get("outputs_hidden"))
    return folded or bool(tags & {f"hide-{what}", f"hide_{what}", "hide-cell", "hide_cell"})


def _folded(text: str, words: str) -> str:
    return f"<details><summary>{words}</summary>{text}</details>"


def _json_in_script(value: Any) -> str:
    """JSON that does not end the script element that it stands in."""
    return json.dumps(value).replace("<", "\\u003c")


def _code_in_script(text: str) -> str:
    """The same for code, which has such words only in its strings."""
    return re.sub(r"<(?=/script)", r"\\u003c", text, flags=re.IGNORECASE)


# Prose


def _markdown() -> Any:
    """A renderer of Markdown as Jupyter understands it."""
    mistune = libraries.need("mistune")

    class Renderer(mistune.HTMLRenderer):  # type: ignore[misc, name-defined]
        def block_code(self, code: str, info: Optional[str] = None) -> str:
            return f"<pre>{_coloured(code, info)}</pre>\n"

        def block_math(self, text: str) -> str:
            return notebook_math.block(text)

        def inline_math(self, text: str) -> str:
            return notebook_math.inline(text)

        def heading(self, text: str, level: int, **attrs: Any) -> str:
            words = re.sub(r"<[^>]*>", "", text)
            name = re.sub(r"\s+", "-", html.unescape(words).strip())
            return f'<h{level} id="{html.escape(name)}">{text}</h{level}>\n'

    plugins = ["strikethrough", "table", "footnotes", "task_lists", "url"]
    if libraries.is_installed("mistune.plugins.math"):
        plugins.append("math")
    # HTML and addresses are the author's own, as in Jupyter; the page is shown in a frame of its own.
    renderer = Renderer(escape=False, allow_harmful_protocols=True)
    return mistune.create_markdown(renderer=renderer, plugins=plugins)


def _coloured(source: str, language: Optional[str] = "python") -> str:
    """Code as HTML; in a language that is not known, as it is."""
    pygments, lexers = libraries.need("pygments"), libraries.need("pygments.lexers")
    plain = libraries.need("pygments.formatters").HtmlFormatter(nowrap=True)
    magic = re.match(r"%%(\w+)", source)
    named = {"bash": "bash", "sh": "bash", "html": "html", "sql": "sql", "javascript": "javascript", "R": "r"}
    if magic:
        language = named.get(magic[1], language)
    try:
        lexer = lexers.get_lexer_by_name((language or "text").split()[0], stripnl=False)
    except (libraries.need("pygments.util").ClassNotFound, IndexError):
        return f"<code>{html.escape(source)}</code>"
    return f"<code>{pygments.highlight(source.rstrip(), lexer, plain).rstrip()}</code>"


# Pictures and terminals


def _picture(media: str, value: str, about: Any) -> str:
    if media == "image/svg+xml":
        value = base64.b64encode(value.encode("utf-8")).decode("ascii")
    size = "".join(
        f' {name}="{int(about[name])}"'
        for name in ("width", "height")
        if isinstance(about, dict) and isinstance(about.get(name), (int, float))
    )
    address = f"data:{media};base64,{''.join(value.split())}"
    return f'<figure class="picture"><img alt="Chart" src="{address}"{size}></figure>'


_CODES = re.compile(r"\x1b\[([0-9;]*)m")
_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")


def _terminal(text: str) -> str:
    """Text of a terminal as HTML: the eight colours, bold; other control sequences are left out."""
    parts: List[str] = []
    style: Tuple[str, ...] = ()
    place = 0
    for found in [*_CODES.finditer(text), None]:
        piece = notebook_outputs.without_colours(text[place : found.start() if found else len(text)])
        if piece:
            escaped = html.escape(piece, quote=False)
            parts.append(f'<span class="{" ".join(style)}">{escaped}</span>' if style else escaped)
        if found:
            style = _styled(style, found[1])
            place = found.end()
    return "".join(parts)


def _styled(style: Tuple[str, ...], codes: str) -> Tuple[str, ...]:
    numbers = [int(code or 0) for code in codes.split(";")]
    for place, number in enumerate(numbers):
        if number in (38, 48):
            # A colour out of 256 or more is given in the numbers that follow.
            return style
        if number == 0:
            style = ()
        elif number == 1:
            style = (*style, "bold")
        elif number == 39:
            style = tuple(name for name in style if name == "bold")
        elif 30 <= number <= 37 or 90 <= number <= 97:
            style = (*(name for name in style if name == "bold"), f"ansi-{_NAMES[number % 10]}")
        del place
    return style


# Figures


def _plotly_script() -> Optional[str]:
    """plotly's own script as the installed package has it."""
    found = importlib.util.find_spec("plotly")
    for place in (found.submodule_search_locations or ()) if found else ():
        try:
            with open(os.path.join(place, "package_data", "plotly.min.js"), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            continue
    return None


def _answers(part: Any) -> bool:
    """Whether a chart answers its reader: selections, inputs, tooltips. Data is not looked at."""
    if isinstance(part, list):
        return any(map(_answers, part))
    if not isinstance(part, dict):
        return False
    return any(
        (name in ("select", "bind", "selection", "tooltip", "signals") and bool(value)) or _answers(value)
        for name, value in part.items()
        if name not in ("data", "datasets", "config")
    )


def _vega_script(converter: Any, cache: str) -> str:
    """Vega's scripts in one; putting them together takes seconds, so that it is done once for each version."""
    version = f"{converter.get_vega_version()}-{getattr(converter, '__version__', '')}"
    kept = os.path.join(cache, f"vega-{version}.js")
    try:
        with open(kept, encoding="utf-8") as file:
            return file.read()
    except OSError:
        script = str(converter.javascript_bundle())
    beside = f"{kept}.{os.getpid()}"
    try:
        os.makedirs(cache, exist_ok=True)
        with open(beside, "w", encoding="utf-8") as file:
            file.write(script)
        os.replace(beside, kept)
    except OSError:
        return script  # a cache that cannot be written costs time only
    return script
