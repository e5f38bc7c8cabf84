"""Reads a page as a strict browser would: is it well-formed, what does it point to, what does it say?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"}
URL_ATTRIBUTES = {"href", "src", "action", "poster", "data", "srcset", "xlink:href"}
# Elements that fetch what they point to, without being asked.
FETCHING = {"img", "script", "link", "iframe", "source", "video", "audio", "object", "embed", "image", "use"}


@dataclass
class Element:
    """An element as it was opened."""

    tag: str
    attributes: dict[str, str | None]
    text: str = ""


@dataclass
class Reading:
    """What was found on a page; `faults` is empty where it is well-formed."""

    elements: list[Element] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    text: str = ""

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]

    def pointers(self) -> Iterator[tuple[Element, str]]:
        for element in self.elements:
            for name in URL_ATTRIBUTES & element.attributes.keys():
                yield element, element.attributes[name] or ""

    def ids(self) -> list[str]:
        return [found for element in self.elements if (found := element.attributes.get("id"))]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.reading = Reading()
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.reading.faults.append(f"<{tag}> says an attribute twice: {names}")
        if tag == "p" and self.open and self.open[-1].tag == "p":
            self.reading.faults.append("a <p> stands in a <p>")
        if tag == "a" and any(element.tag == "a" for element in self.open):
            self.reading.faults.append("a link stands in a link")
        element = Element(tag, dict(attrs))
        self.reading.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open[-1].tag != tag:
            self.reading.faults.append(f"</{tag}> closes {self.open[-1].tag if self.open else 'nothing'}")
            return
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data
        if not any(element.tag in ("script", "style") for element in self.open):
            self.reading.text += data


def read(page: str) -> Reading:
    """The page, read."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    reader.reading.faults += [f"<{element.tag}> is never closed" for element in reader.open]
    doubled = {found for found in reader.reading.ids() if reader.reading.ids().count(found) > 1}
    reader.reading.faults += [f"the id `{found}` is there more than once" for found in sorted(doubled)]
    return reader.reading


def pages(site: Path) -> dict[str, Reading]:
    """Every page that onward wrote into the folder `site`, by its path."""
    return {
        path.relative_to(site).as_posix(): read(path.read_text("utf-8")) for path in sorted(site.rglob("index.html"))
    }


def dead_ends(site: Path) -> list[str]:
    """Links inside the site that lead to no file, to a folder, or to an id that is not there."""
    everything = pages(site)
    dead = []
    for page, reading in everything.items():
        for _, url in reading.pointers():
            parts = urlsplit(url)
            if parts.scheme:
                continue
            target = (site / page).parent / unquote(parts.path) if parts.path else site / page
            target = target.resolve()
            if not target.is_file():
                dead.append(f"{page}: {url}")
            elif parts.fragment:
                there = everything.get(target.relative_to(site.resolve()).as_posix())
                if there is None or unquote(parts.fragment) not in there.ids():
                    dead.append(f"{page}: {url}")
    return dead


def fetched_from_elsewhere(site: Path) -> list[str]:
    """What a page would fetch from a server; a link that a reader has to click does not count."""
    return [
        f"{page}: <{element.tag}> {url}"
        for page, reading in pages(site).items()
        for element, url in reading.pointers()
        if element.tag in FETCHING and urlsplit(url).scheme not in ("", "data")
    ]
