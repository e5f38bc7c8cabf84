"""The content with everything found by name, and the address of every page.

Built once for a site and handed to all its pages; it adds nothing to what the content says.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from onward.portal import content, html, words
from onward.portal.addresses import Addresses, file_segment, relative

HOME, GRAPH, CHECKS, RELEASES = "index.html", "graph/index.html", "checks/index.html", "releases/index.html"


@dataclass(frozen=True)
class Page:
    """A page of the site: its address in it, and its HTML."""

    path: str
    html: str


class SiteIndex:
    """What pages look up. `style` and `script` are the addresses of the two static files."""

    def __init__(
        self,
        site: content.SiteContent,
        *,
        style: str,
        script: str,
        at: str = "",
        shared: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        """
        Args:
            site: what it shows.
            style: the address of the style.
            script: the address of the script.
            at: the folder of the site, where it is a part of a larger one; addresses are relative to the site, and
                may lead out of it.
            shared: the addresses of copies of files, by asset and file, that pages point to instead of the site's own.
        """
        self.site = site
        self.style = style
        self.script = script
        self.at = at
        self._shared = shared or {}
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
        self._files = {asset.name: _file_names(asset.files) for asset in site.assets}

    def assets_of(self, project: str) -> list[content.Asset]:
        """A project's assets: documents and numbers first, then by name."""
        order = {kind: place for place, kind in enumerate(words.KIND_ORDER)}
        own = [asset for asset in self.site.assets if asset.project == project]
        return sorted(own, key=lambda asset: (order.get(asset.kind, len(order)), asset.name))

    def file_path(self, asset: content.Asset, file: content.File) -> str:
        """Where the copy of an asset's file lies that pages point to, relative to the site."""
        return self._shared.get((asset.name, file.name)) or self.own_path(asset, file)

    def own_path(self, asset: content.Asset, file: content.File) -> str:
        """Where the site's own copy of an asset's file lies: beside its page, the same in every release."""
        page = self.addresses.asset(asset.name)
        assert page is not None, "every asset of the content has an address"
        return f"{posixpath.dirname(page)}/{self._files[asset.name][file.name]}"

    def title_of(self, name: str) -> str:
        """How an asset is headed: its title, else its name without the project."""
        asset = self.assets.get(name)
        if asset is None:
            return name
        return asset.title or asset.name.removeprefix(asset.project + "/")


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

    def to_project(self, project: content.Project) -> str:
        """The link from here to a project's page."""
        target = self.index.addresses.project(project.name)
        assert target is not None, "every project of the content has an address"
        return self.to(target)
