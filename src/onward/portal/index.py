"""The content with everything found by name, and the address of every page.

Built once for a site and handed to all its pages; it adds nothing to what the content says.
"""

from __future__ import annotations

import posixpath
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from onward.model.delivery import is_for_good
from onward.portal import content, html, words
from onward.portal.addresses import Addresses, compared, file_segment, relative, segment
from onward.portal.anchors import anchor

HOME, GRAPH, CHECKS, RELEASES = "index.html", "graph/index.html", "checks/index.html", "releases/index.html"
BESIDE = "compared/index.html"

_PICTURES = {"image/svg+xml": ".svg", "image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif"}


@dataclass(frozen=True)
class Page:
    """A page of the site: its address in it, and its HTML."""

    path: str
    html: str


class SiteIndex:
    """What pages look up.

    Attributes:
        moves: by project, see `_by_project`.
        changed: by asset, see `_by_asset`.
        comparisons: by what they are called in addresses.
        releases: by number the moves by which readers first had them.
        released: all releases that stand at addresses of their own, oldest first.
    """

    def __init__(
        self,
        site: content.SiteContent,
        *,
        style: str,
        review_style: str,
        script: str,
        at: str = "",
        shared: Mapping[tuple[str, str], str] | None = None,
        released: Collection[int] = (),
    ) -> None:
        """
        Args:
            site: what it shows.
            style: the address of the style.
            review_style: the address of the style of pages that show differences.
            script: the address of the script.
            at: the folder of the site, where it is a part of a larger one; addresses are relative to the site, and
                may lead out of it.
            shared: the addresses of copies of files that pages point to instead of the site's own: of an asset's file
                by both names, of a comparison's picture by `own_picture_path` and the last part of it.
            released: the releases that stand at addresses of their own, in the larger site.
        """
        self.site = site
        self.style = style
        self.review_style = review_style
        self.script = script
        self.at = at
        self._shared = shared or {}
        self._released = frozenset(released)
        self.assets = {asset.name: asset for asset in site.assets}
        self.projects = _all_projects(site)
        self.addresses = Addresses(
            [project.name for project in self.projects],
            [(asset.project, asset.name) for asset in site.assets],
        )
        self.checks: dict[str, list[content.Check]] = {}
        for check in sorted(site.checks, key=lambda check: (check.asset, check.name)):
            self.checks.setdefault(check.asset, []).append(check)
        self.changes = {change.name: change for change in site.changes}
        self.moves = _by_project(site.moves)
        self.changed = _by_asset(site.moves)
        self.comparisons = comparisons_of(site)
        self.releases = {move.number: move for move in site.moves if move.kind == content.RELEASE}
        self.released = [each for each in site.released if each.number in self._released]
        self._files = {asset.name: _file_names(asset.files) for asset in site.assets}

    def assets_of(self, project: str) -> list[content.Asset]:
        """A project's assets: documents and numbers first, then by name."""
        order = {kind: place for place, kind in enumerate(words.KIND_ORDER)}
        own = [asset for asset in self.site.assets if asset.project == project]
        return sorted(own, key=lambda asset: (order.get(asset.kind, len(order)), asset.name))

    def timeline(self, project: str) -> str | None:
        """The page that tells what changed in a project, relative to the site; None where nothing ever did."""
        page = self.addresses.project(project)
        return f"timeline/{page}" if page is not None and project in self.moves else None

    def file_path(self, asset: content.Asset, file: content.File) -> str:
        """Where the copy of an asset's file lies that pages point to, relative to the site."""
        return self._shared.get((asset.name, file.name)) or self.own_path(asset, file)

    def own_path(self, asset: content.Asset, file: content.File) -> str:
        """Where the site's own copy of an asset's file lies: beside its page, the same in every release."""
        page = self.addresses.asset(asset.name)
        assert page is not None, "every asset of the content has an address"
        return f"{posixpath.dirname(page)}/{self._files[asset.name][file.name]}"

    def picture_path(self, of: str, asset: str, picture: content.File) -> str:
        """Where the copy of a picture of the comparison called `of` lies that pages point to, relative to the site."""
        own = own_picture_path(of, self.comparisons[of], asset, picture)
        return self._shared.get((own, posixpath.basename(own))) or own

    def site_of(self, release: int) -> str | None:
        """The first page of a release's own site, relative to this one; None where it has none."""
        has_own = release in self._released and self._is_of_main
        return self._out_to(f"releases/{release}/{HOME}") if has_own else None

    def site_of_preview(self, preview: content.Preview) -> str | None:
        """The first page of a preview's own site, relative to this one; None where it has none."""
        return self._out_to(f"{key(preview)}/{HOME}") if self._released else None

    def asset_in(self, release: int, name: str) -> str | None:
        """The page of an asset in a release's own site, relative to this one; None where it has none."""
        home, page = self.site_of(release), self.addresses.asset(name)
        return posixpath.join(posixpath.dirname(home), page) if home is not None and page is not None else None

    @property
    def beside(self) -> str | None:
        """The page on which readers hold any two releases beside each other, relative to this site.

        There is one, in the site of what they have now, and releases lead to it, which stand beside that for good.
        """
        return self._out_to(BESIDE) if self._released and self._is_of_main else None

    @property
    def _is_of_main(self) -> bool:
        """Whether its releases are those that stand at addresses of their own."""
        return not self.at or is_for_good(self.at)

    def before(self, asset: content.Asset) -> int | None:
        """The release to hold an asset beside, as the shown one has it: the last in which its content was another, else
        the one before, of those that were not taken back; None where it has nothing to be held beside."""
        shown = self.site.release.number
        if shown is None:
            return None
        earlier = [each.number for each in self.released if each.number < shown and not each.is_taken_back]
        is_one = len({state.content for state in asset.states}) == 1
        now = content_in(asset.states, shown)
        others = (number for number in reversed(earlier) if content_in(asset.states, number) not in (0, now))
        other = None if is_one else next(others, None)
        if other is None and earlier and content_in(asset.states, earlier[-1]):
            return earlier[-1]
        return other

    @property
    def readers_comparison(self) -> str | None:
        """Of a preview's own site the page on which that of the readers tells what it would change, relative to it."""
        channel = self.site.release.channel or ""
        is_preview = channel.startswith("preview/") and self.readers_site is not None
        return self._out_to(compared(_key_of(channel))) if is_preview else None

    @property
    def readers_site(self) -> str | None:
        """The first page of what readers have, relative to this site; None where this is it."""
        return self._out_to(HOME) if self.at and self._released else None

    def _out_to(self, path: str) -> str:
        """A path of the larger site, relative to this one."""
        return posixpath.relpath(f"/{path}", f"/{self.at}")

    def title_of(self, name: str) -> str:
        """How an asset is headed: its title, else its name without the project."""
        asset = self.assets.get(name)
        if asset is None:
            return name
        return asset.title or asset.name.removeprefix(asset.project + "/")


def content_in(states: Sequence[content.State], release: int) -> int:
    """Which of its contents an asset had in a release; 0: it was not there."""
    place = bisect_right(states, release, key=lambda state: state.since)
    return states[place - 1].content if place else 0


def key(told: content.Move | content.Preview) -> str:
    """What the comparison of a release, or of a preview, is called in addresses."""
    return str(told.number) if isinstance(told, content.Move) else _key_of(told.channel)


def _key_of(channel: str) -> str:
    kind, _, branch = channel.partition("/")
    return f"{kind}/{segment(branch)}"


def comparisons_of(site: content.SiteContent) -> dict[str, content.Comparison]:
    """All comparisons that a site shows, by what they are called in addresses."""
    return {key(told): told.comparison for told in (*site.moves, *site.previews) if told.comparison is not None}


def own_picture_path(of: str, comparison: content.Comparison, asset: str, picture: content.File) -> str:
    """Where the site's own copy of a picture lies, relative to the site."""
    project = comparison.projects[asset]
    stem = segment(asset.removeprefix(f"{project}/"))
    ending = _PICTURES.get(picture.media, ".img")
    return f"{posixpath.dirname(compared(of, project))}/{stem}-{segment(picture.name)}{ending}"


def _by_project(moves: Iterable[content.Move]) -> dict[str, list[tuple[content.Move, list[content.Change]]]]:
    """By project the moves that changed anything in it, newest first, each with what it changed there."""
    found: dict[str, list[tuple[content.Move, list[content.Change]]]] = {}
    for move in moves:
        own: dict[str, list[content.Change]] = {}
        for change in move.changes:
            own.setdefault(change.project, []).append(change)
        for project, changes in own.items():
            found.setdefault(project, []).append((move, changes))
    return found


def _by_asset(moves: Iterable[content.Move]) -> dict[str, list[tuple[content.Move, content.Change]]]:
    """By asset the moves that changed it, newest first; that readers had it at all is no change."""
    found: dict[str, list[tuple[content.Move, content.Change]]] = {}
    for move in moves:
        for change in move.changes if move.before is not None else ():
            found.setdefault(change.name, []).append((move, change))
    return found


def _all_projects(site: content.SiteContent) -> list[content.Project]:
    """The projects by title; one that only its assets speak of is there too: they need a place."""
    known = {project.name: project for project in site.projects}
    for asset in site.assets:
        known.setdefault(asset.project, content.Project(name=asset.project))
    return sorted(known.values(), key=lambda project: ((project.title or project.name).casefold(), project.name))


def _file_names(files: Iterable[content.File]) -> dict[str, str]:
    """The safe name of each file, unique whatever the case; a page's own name is never taken."""
    names: dict[str, str] = {}
    taken = {"index.html"}
    for file in files:
        safe = file_segment(file.name)
        stem, dot, extension = safe.partition(".")
        count = 2
        while safe in taken:
            safe, count = f"{stem}-{count}{dot}{extension}", count + 1
        taken.add(safe)
        names[file.name] = safe
    return names


class Place:
    """A page under way: it knows where it will lie, and so how it points to the others."""

    def __init__(self, index: SiteIndex, path: str) -> None:
        self.index = index
        self.path = path

    def to(self, target: str) -> str:
        """The link from here to `target`, an address in the site."""
        at = self.index.at
        return relative(posixpath.normpath(posixpath.join(at, target)), posixpath.join(at, self.path))

    def asset_link(self, name: str, *, said: str | None = None) -> html.Markup:
        """The link to an asset under its title; a name without a page is written plainly."""
        target = self.index.addresses.asset(name)
        if target is None:
            return html.code(name)
        return html.a(said or self.index.title_of(name), href=self.to(target), title=name)

    def project_link(self, project: content.Project) -> html.Markup:
        """The link to a project under its title."""
        return html.a(project.title or project.name, href=self.to_project(project))

    def known(self, name: str, said: html.Child) -> html.Child:
        """The link to an asset, said otherwise; where the asset is gone, only what is said."""
        target = self.index.addresses.asset(name)
        return said if target is None else html.a(said, href=self.to(target), title=name)

    def to_comparison(self, of: str, project: str = "", asset: str = "") -> str:
        """The link to a comparison, to one project's part in it, or to one asset's."""
        return self.to(compared(of, project)) + (f"#{quote(anchor(asset))}" if asset else "")

    def to_beside(self, asset: str = "", before: int | None = None, after: int | None = None) -> str | None:
        """The link to two releases of an asset beside each other; what is not named is chosen there."""
        if self.index.beside is None:
            return None
        chosen = {"asset": asset or None, "before": before, "after": after}
        query = urlencode(
            {name: value for name, value in chosen.items() if value is not None}, safe="/", quote_via=quote
        )
        return self.to(self.index.beside) + (f"?{query}" if query else "")

    def in_release(self, release: int, asset: str, said: html.Child) -> html.Child:
        """The link to an asset as it was in a release; where that has no address of its own, only what is said."""
        target = self.index.asset_in(release, asset)
        return said if target is None else html.a(said, href=self.to(target))

    def to_project(self, project: content.Project) -> str:
        """The link from here to a project's page."""
        target = self.index.addresses.project(project.name)
        assert target is not None, "every project of the content has an address"
        return self.to(target)
