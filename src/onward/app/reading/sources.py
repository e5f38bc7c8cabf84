"""Sources: data found by name in `data/` folders, or declared in an `onward.toml`.

A file goes by its stem, a folder whose files share extension and columns by its name, any other file of a
folder by its path below `data/`. Nothing is opened but the first line of text tables.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from onward.base import paths
from onward.model.workspace import Finding, Project, Source, SourceDeclaration

_FORMS = {
    "csv": "csv", "tsv": "tsv", "tab": "tsv", "parquet": "parquet", "pq": "parquet", "jsonl": "jsonl",
    "ndjson": "jsonl", "json": "json", "xlsx": "excel", "xls": "excel", "xlsm": "excel", "ods": "excel",
    "txt": "text", "md": "text", "sqlite": "sqlite", "sqlite3": "sqlite", "db": "sqlite", "duckdb": "duckdb",
    "ddb": "duckdb",
}  # fmt: skip
_SQUEEZED = ("gz", "bz2", "xz", "zst", "zip")
_TABLE_FORMS = ("csv", "tsv", "parquet", "jsonl")
FORMS = ("csv", "tsv", "parquet", "jsonl", "json", "excel", "text", "sqlite", "duckdb", "binary", "folder")
_NEVER_DATA = (".py", ".sql", ".ipynb", ".toml", ".lock")
_HEADER_BYTES = 1 << 16


def form_of(path: str) -> str:
    """A source's form, told by its extension: `csv`, `parquet`, ...; `binary` for an unknown one."""
    parts = path.rpartition("/")[2].lower().split(".")[1:]
    if parts and parts[-1] in _SQUEEZED and len(parts) > 1:
        parts.pop()
    return _FORMS.get(parts[-1], "binary") if parts else "binary"


@dataclass
class Sources:
    """The sources of a workspace and what is wrong with them."""

    found: list[Source] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def find_sources(root: Path, data: Mapping[str, Sequence[str]], projects: Sequence[Project]) -> Sources:
    """All sources: of the `data/` folders of the root and of the projects, and the declared ones.

    Args:
        root: the workspace's root.
        data: each `data` folder with the files below it, as workspace paths.
        projects: all projects; the root's declarations are those of the project with the empty folder.
    """
    sources = Sources()
    by_folder = {project.folder: project for project in projects}
    shared = {project.folder: project.name for project in projects if project.folder}
    for folder in sorted(data):
        holder = paths.folder_of(folder)
        scope = shared.get(holder)
        if holder and scope is None:
            continue  # a folder called `data` that is neither the workspace's nor a project's
        _add(sources, _in_folder(root, folder, data[folder], scope))
    declared_root = by_folder.get("")
    for project in projects:
        scope = None if project is declared_root else project.name
        for name, declaration in project.settings.sources.items():
            _declare(root, sources, project, scope, name, declaration)
    return sources


def _in_folder(root: Path, folder: str, files: Iterable[str], scope: str | None) -> list[Source]:
    groups: dict[str, list[str]] = defaultdict(list)
    for path in files:
        if not path.endswith(_NEVER_DATA):
            groups[paths.folder_of(path)].append(path)
    found: list[Source] = []
    for inner, members in sorted(groups.items()):
        if inner != folder and len(members) > 0 and _share_columns(root, members):
            name = inner[len(folder) + 1 :]
            name = name if "/" in name else name.rpartition("/")[2]
            found.append(Source(name, scope, form_of(members[0]), inner, tuple(members)))
            continue
        for path in members:
            below = path[len(folder) + 1 :]
            name = paths.stem_of(path) if inner == folder else below
            found.append(Source(name, scope, form_of(path), path, (path,)))
    return found


def _share_columns(root: Path, members: Sequence[str]) -> bool:
    """Whether the files of a folder are parts of one table: one extension, and one header where that can be seen."""
    extensions = {path.rpartition("/")[2].partition(".")[2] for path in members}
    forms = {form_of(path) for path in members}
    if len(forms) != 1 or not forms <= set(_TABLE_FORMS):
        return False
    if len({extension.rpartition(".")[2] for extension in extensions}) != 1:
        return False
    read = _HEADERS.get(forms.pop())
    if read is None:
        return True
    headers = {read(root / path) for path in members}
    return len(headers) == 1


def _csv_header(separator: str) -> Callable[[Path], tuple[str, ...]]:
    def header(path: Path) -> tuple[str, ...]:
        line = _first_line(path)
        return tuple(next(csv.reader(io.StringIO(line), delimiter=separator), []))

    return header


def _first_line(path: Path) -> str:
    """The first line of a text, plain or gzipped; empty where it cannot be read."""
    try:
        with open(path, "rb") as file:
            start = file.read(_HEADER_BYTES)
        if path.suffix == ".gz":
            with gzip.open(path, "rb") as file:
                start = file.read(_HEADER_BYTES)
    except (OSError, EOFError):
        return ""
    return start.partition(b"\n")[0].decode("utf-8-sig", "replace").rstrip("\r")


_HEADERS: dict[str, Callable[[Path], tuple[str, ...]]] = {"csv": _csv_header(","), "tsv": _csv_header("\t")}


def _declare(
    root: Path, sources: Sources, project: Project, scope: str | None, name: str, declaration: SourceDeclaration
) -> None:
    config = f"{project.folder}/onward.toml" if project.folder else "onward.toml"
    where = paths.join(_as_start(project.folder, declaration.path), declaration.path)
    if where is None:
        message = f"the source `{name}` lies outside of the workspace: `{declaration.path}`"
        hint = "link or copy it into a `data/` folder"
        sources.findings.append(Finding("source", message, config, hint=hint, project=scope))
        return
    if declaration.form is not None and declaration.form not in FORMS:
        message = f"the source `{name}` has the form `{declaration.form}`, which does not exist"
        hint = f"the forms are {', '.join(FORMS)}"
        sources.findings.append(Finding("source", message, config, hint=hint, project=scope))
        return
    members = _matching(root, where)
    form = declaration.form or (form_of(members[0]) if members else form_of(where))
    is_folder = (root / where).is_dir()
    if is_folder and declaration.form is None and len({form_of(path) for path in members}) != 1:
        form = "folder"
    # A declared source takes the place of a found one of its name: that is what declaring is for.
    sources.found = [source for source in sources.found if (source.name, source.project) != (name, scope)]
    sources.found.append(Source(name, scope, form, where, tuple(members), declaration.table))


def _as_start(folder: str, path: str) -> str:
    """The folder as what a path in it begins with: escaped where the path is a glob, for it may have brackets."""
    return paths.escaped(folder) if paths.is_glob(path) else folder


def _matching(root: Path, where: str) -> list[str]:
    """The files of a path, a glob or a folder, as workspace paths, sorted."""
    if paths.is_glob(where) and not (root / where).exists():
        start = where[: min(where.index(letter) for letter in "*?[" if letter in where)].rpartition("/")[0]
        pattern = paths.glob_pattern(where)
        return [path for path in _files_below(root, start) if pattern.match(path)]
    if (root / where).is_dir():
        return _files_below(root, where)
    return [where] if (root / where).exists() else []


def _files_below(root: Path, folder: str) -> list[str]:
    base = root / folder
    found = [path.relative_to(root).as_posix() for path in base.rglob("*") if path.is_file()]
    return sorted(path for path in found if not any(part.startswith(".") for part in path.split("/")))


def _add(sources: Sources, found: Iterable[Source]) -> None:
    taken = {source.qualified: source for source in sources.found}
    for source in found:
        other = taken.get(source.qualified)
        if other is None:
            taken[source.qualified] = source
            sources.found.append(source)
            continue
        message = f"two sources are called `{source.qualified}`: `{other.where}` and `{source.where}`"
        hint = f'rename one, or declare it: `[sources]` `{source.name}_2 = "{source.where}"`'
        sources.findings.append(Finding("source", message, source.where, None, hint, (), source.project))
