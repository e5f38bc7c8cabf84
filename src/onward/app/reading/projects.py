"""Projects: found, not registered. Which folder belongs to which, and with what settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from onward.base import paths
from onward.model.workspace import Project, Settings

PROJECTS_FOLDER = "projects"
ROOT_NAME = "root"


@dataclass(frozen=True)
class ProjectRules:
    """How folders become projects in one workspace.

    Attributes:
        configured: settings by folder; the root's under the empty text.
        has_projects: there is a `projects/` folder.
        depth: how many folders below `projects/` (or the root) make a project: 2 for `projects = "*/*"`.
    """

    configured: Mapping[str, Settings]
    has_projects: bool
    depth: int

    def folder_of(self, folder: str) -> str:
        """The folder of the project that a folder belongs to."""
        above = folder
        while above:
            if above in self.configured:
                return above
            above = paths.folder_of(above)
        base = PROJECTS_FOLDER if self.has_projects else ""
        if (self.has_projects and paths.is_below(folder, PROJECTS_FOLDER)) or self.groups_root:
            below = folder[len(base) :].strip("/")
            if below:
                return "/".join([*([base] if base else []), *below.split("/")[: self.depth]])
        return folder

    @property
    def groups_root(self) -> bool:
        """Whether the pattern of `projects` counts from the root, for want of a `projects/` folder."""
        return not self.has_projects and self.depth > 0

    def name_of(self, folder: str) -> str:
        """The name of the project with this folder."""
        if not folder:
            return self.root_settings.name or ROOT_NAME
        if self.has_projects and folder.startswith(PROJECTS_FOLDER + "/"):
            return folder.removeprefix(PROJECTS_FOLDER + "/")
        return folder

    @property
    def root_settings(self) -> Settings:
        return self.configured.get("", Settings())

    def is_project_area(self, path: str, *, knows_onward: bool) -> bool:
        """Whether acting files of this path are steps without anybody saying so."""
        folder = paths.folder_of(path)
        if knows_onward and self.has_projects and paths.is_below(folder, PROJECTS_FOLDER):
            return True
        above = folder
        while above:
            if above in self.configured:
                return True
            above = paths.folder_of(above)
        return False

    def projects(self, files: Iterable[str]) -> list[Project]:
        """The projects that hold `files`, the root's last in any case."""
        folders = {self.folder_of(paths.folder_of(path)) for path in files}
        folders |= {folder for folder in self.configured if folder}
        found = [self._project(folder) for folder in sorted(folders) if folder]
        return [*found, self._project("")]

    def _project(self, folder: str) -> Project:
        settings = self.configured.get(folder, Settings())
        return Project(self.name_of(folder), folder, settings, settings.title)


def rules(configured: Mapping[str, Settings], code: Iterable[str]) -> ProjectRules:
    """The rules of a workspace with these settings and files of code."""
    has_projects = any(path.startswith(PROJECTS_FOLDER + "/") for path in code) or any(
        folder.startswith(PROJECTS_FOLDER + "/") for folder in configured
    )
    pattern = configured.get("", Settings()).projects
    if pattern is None:
        depth = 1 if has_projects else 0
    else:
        depth = len([part for part in pattern.removeprefix(PROJECTS_FOLDER + "/").split("/") if part])
    return ProjectRules(configured, has_projects, depth)
