"""Writes a release as a static site: `write(content, folder)`, and `lay_out` as a part of a larger one.

The same content gives the same bytes. The site is written whole into a new folder beside the old one and
then put in its place, so that no reader ever meets half of it; `destinations/exchange.py` sees to that.
"""

from __future__ import annotations

import errno
import os
import posixpath
import shutil
from collections.abc import Collection, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

from onward.base.digest import Digest, digest_bytes, digest_file, digest_text
from onward.destinations import exchange
from onward.model.ports import Content
from onward.portal import sources
from onward.portal.addresses import file_segment
from onward.portal.content import File, SiteContent
from onward.portal.index import Page, SiteIndex, comparisons_of, own_picture_path
from onward.portal.pages import asset, beside, checks, compared, graph, home, project, releases, timeline

_LARGE = 200_000
"""Letters of a page that is better not kept in memory."""

_DIGITS = 20
"""Of a digest in the address of a shared file."""


def write(content: SiteContent, out: Path) -> list[str]:
    """Writes the site into the folder `out` and gives the paths of its files, sorted, relative to `out`.

    A site that is there already is replaced, its files that are gone with it; files in `out` that no site
    wrote stay where they are.

    Raises:
        RefusedError: `out` holds files and is not a site of onward's, or one of its foreign files lies
            where the site has to write.
        StoreError: the content of a file cannot be read.
        MachineError: the system does not let the folder be replaced.
    """
    out = out.resolve()
    exchange.require_own(out)
    static = _static_files()
    style, review_style, script = static
    index = SiteIndex(content, style=style, review_style=review_style, script=script)
    with exchange.staged(out) as stage:
        written = [_write_text(stage, path, text) for path, text in static.items()]
        written += [_write_text(stage, page.path, page.html) for page in _pages(index)]
        written += _write_files(index, stage)
        return exchange.publish(stage, out, written)


def lay_out(
    content: SiteContent, at: str, pool: str, stage: Path, *, keeps_names: bool, released: Collection[int] = ()
) -> dict[str, Content]:
    """The files of a site that stands beside others, by their paths at the place where all of them lie.

    Its pages point to files by their content, at addresses that mean the same for ever: a page never comes with
    another release's file, and what several releases hold lies there once.

    Args:
        content: the site.
        at: the folder of its pages; empty for the first of them.
        pool: the folder that holds `files/` and `static/`.
        stage: where large pages are written; what is a file already stays where it is.
        keeps_names: also put each file beside its page, under the name that it has in every release.
        released: the releases that stand at addresses of their own.

    Raises:
        StoreError: the content of a file cannot be read.
    """
    static = _static_files()
    laid: dict[str, Content] = {posixpath.join(pool, path): text.encode() for path, text in static.items()}
    shared: dict[tuple[str, str], str] = {}
    for key, file in _files(content):
        held = _content_of(file)
        path = posixpath.join(pool, "files", digest_of(held)[:_DIGITS], file_segment(key[1]).rpartition("/")[2])
        laid[path] = held
        shared[key] = posixpath.relpath(f"/{path}", f"/{at}")
    style, review_style, script = (posixpath.relpath(f"/{posixpath.join(pool, path)}", f"/{at}") for path in static)
    index = SiteIndex(
        content, style=style, review_style=review_style, script=script, at=at, shared=shared, released=released
    )
    for page in _pages(index):
        laid[posixpath.join(at, page.path)] = _held(page, stage)
    if keeps_names:
        for each in content.assets:
            for file in each.files:
                path = posixpath.join(at, shared[each.name, file.name])
                laid[posixpath.join(at, index.own_path(each, file))] = laid[posixpath.normpath(path)]
    return laid


def _files(content: SiteContent) -> Iterator[tuple[tuple[str, str], File]]:
    """Every file that pages point to, by what `SiteIndex` asks for it with."""
    for each in content.assets:
        for file in each.files:
            yield (each.name, file.name), file
    for of, comparison in comparisons_of(content).items():
        for asset_name, pictures in comparison.pictures.items():
            for picture in pictures:
                path = own_picture_path(of, comparison, asset_name, picture)
                yield (path, posixpath.basename(path)), picture


def digest_of(content: Content) -> Digest:
    """The digest of the bytes of a file of a laid-out site."""
    return digest_bytes(content) if isinstance(content, bytes) else digest_file(content)


def _held(page: Page, stage: Path) -> Content:
    """A page in memory, unless it is large: there may be thousands."""
    if len(page.html) < _LARGE:
        return page.html.encode()
    return stage / _write_text(stage, page.path, page.html)


def _content_of(file: File) -> Content:
    """What a file of an asset holds.

    Raises:
        StoreError: it cannot be read.
    """
    if isinstance(file.source, Path):
        if not file.source.is_file():
            raise sources.unreadable(file, FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))
        return file.source
    return sources.read(file)


def _pages(index: SiteIndex) -> Iterator[Page]:
    yield home.page(index)
    yield graph.page(index)
    yield checks.page(index)
    yield releases.page(index)
    for each in index.projects:
        yield project.page(index, each)
        if index.timeline(each.name) is not None:
            yield timeline.page(index, each)
    for each in index.site.assets:
        yield asset.page(index, each)
    yield from compared.pages(index)
    if index.released:
        yield beside.page(index)


@cache
def _static_files() -> dict[str, str]:
    """Styles and script by address; their digest is in it, so that no browser keeps an old one."""
    texts = {}
    for name, ending in (("site", "css"), ("review", "css"), ("site", "js")):
        text = files("onward.portal").joinpath("static", f"{name}.{ending}").read_text(encoding="utf-8")
        texts[f"static/{name}.{digest_text(text)[:8]}.{ending}"] = text
    return texts


def _write_files(index: SiteIndex, stage: Path) -> Iterator[str]:
    for each in index.site.assets:
        for file in each.files:
            path = index.file_path(each, file)
            _copy(file, stage / path)
            yield path
    for of, comparison in index.comparisons.items():
        for name, pictures in comparison.pictures.items():
            for picture in pictures:
                path = index.picture_path(of, name, picture)
                _copy(picture, stage / path)
                yield path


def _copy(file: File, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(file.source, Path):
        try:
            shutil.copyfile(file.source, target)
        except OSError as error:
            raise sources.unreadable(file, error) from error
    else:
        target.write_bytes(sources.read(file))


def _write_text(stage: Path, path: str, text: str) -> str:
    target = stage / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8", newline="\n")
    return path
