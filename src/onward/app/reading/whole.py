"""The workspace, read: files to settings, projects, sources, steps and findings. Imports no user code."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from onward.app.environments.environment import WorkspacePython, workspace_python
from onward.app.environments.grammar import grammar_of
from onward.app.environments.locks import check_lock
from onward.app.reading import scan
from onward.app.reading.code import FileTable, ImportPath, package_of, read_tables
from onward.app.reading.commands import command_files
from onward.app.reading.links import LIBRARY_FOLDERS, Links, added_roots, member_roots
from onward.app.reading.projects import ProjectRules, rules
from onward.app.reading.sources import find_sources
from onward.app.settings.config import read_settings, setting_line
from onward.app.settings.place import Place
from onward.app.settings.tolerances import tolerances
from onward.base import paths
from onward.base.digest import Digest
from onward.base.errors import MachineError
from onward.base.text import nearest
from onward.engine.graph import Graph, link
from onward.languages.python.nodes import Closure
from onward.model.difference import Tolerance
from onward.model.draft import Draft
from onward.model.ports import CodeFile
from onward.model.workspace import Candidate, Discovered, Finding, Project, Settings, Step
from onward.steps.registry import kinds
from onward.store.index import Index

_OUR_IMPORTS = re.compile(rb"^[ \t]*(?:import|from)[ \t]+onward\b", re.MULTILINE)
_READABLE = "give yourself the right to read it, or take away a link that leads nowhere"


@dataclass
class Reading:
    """What the files of a workspace say, at one moment.

    Attributes:
        digests: of every file of code, of what an import can find beside them, and of every `onward.toml`, by path.
        set_aside: those of them that are no code of the workspace, for git or a setting ignores them, or they are
            compiled; they count for whoever imports them.
        graph: the steps, linked.
        files: the files of code, by path.
        tables: what reading them brought to light, by path.
        links: which code each step reaches.
        python: the workspace's, where it has one that can be asked.
        warnings: findings that keep nothing from running.
        tolerances: how far metrics may move without being told as changed, by asset.
    """

    place: Place
    tree: scan.Tree
    digests: dict[str, Digest]
    set_aside: frozenset[str]
    rules: ProjectRules
    projects: list[Project]
    graph: Graph
    files: dict[str, CodeFile]
    tables: dict[str, FileTable]
    candidates: list[Candidate]
    settings: Settings
    parameters: dict[str, Any]
    links: Links
    config_digests: dict[str, Digest] = field(default_factory=dict)
    python: WorkspacePython | None = None
    warnings: tuple[Finding, ...] = ()
    tolerances: dict[str, Tolerance] = field(default_factory=dict)

    def roots_of(self, path: str) -> tuple[str, ...]:
        """The folders that imports of a step's file go through, first to last."""
        return self.links.roots_of(path)

    def closure(self, path: str, symbol: str | None) -> Mapping[str, Digest]:
        """What a step's code reaches in the workspace, by name. Without a symbol, the file is a program."""
        return self.linked(path, symbol).symbols

    def linked(self, path: str, symbol: str | None) -> Closure:
        """The closure of a step's code with all that was found out about it."""
        return self.links.closure(path, symbol)

    def code(self, step: Step) -> Mapping[str, Digest]:
        """What of a step's code counts, by a name that people can read."""
        return kinds()[step.kind].code(step, self.files[step.file], self.closure)

    def render(self, step: Step) -> Mapping[str, Digest]:
        """What of a step's file is only shown with its results, named as in `code`."""
        return kinds()[step.kind].render(step, self.files[step.file])

    def own_files(self, step: Step) -> set[str]:
        """The files whose code a step runs, as far as they are known before it runs."""
        command = self.files[step.file].commands.get(step.symbol or "")
        if command is not None:
            return {*command.scripts}
        if not step.file.endswith((".py", ".ipynb")):
            return set()
        return {step.file, *self.linked(step.file, step.symbol).files}

    def passed(self, step: Step) -> list[str]:
        """The names of the caller's variables that the programs of a step get because settings say so."""
        command = self.files[step.file].commands.get(step.symbol or "")
        settled = {*self.settings.variables, *(command.declared.env if command is not None else ())}
        return [name for name in self.settings.passed if name not in settled]

    def code_named(self, step: Step, names: Iterable[str]) -> dict[str, Mapping[str, Digest]]:
        """The workspace's code behind names in a pickle that `step` made, as `module.qualname`: for each that is of
        the workspace all that it reaches. What cannot be found stands for all code of the step itself.
        """
        found: dict[str, Mapping[str, Digest]] = {}
        for name in names:
            home = self._home(step, name)
            if home is None:
                continue
            path, symbol = home
            closure = self._behind(step, path, symbol)
            if closure is not None:
                found[name] = closure.symbols
            elif self.tables[path].module is None:
                found[name] = {**self.code(step), path: self.digests[path]}
            else:
                found[name] = self.code(step)
        return found

    def files_named(self, step: Step, names: Iterable[str]) -> set[str]:
        """The files of the workspace that are imported for such names, where `code_named` counts what is in them."""
        files: set[str] = set()
        for name in names:
            home = self._home(step, name)
            closure = self._behind(step, *home) if home is not None else None
            if home is not None and closure is not None:
                files.update((home[0], *closure.files))
        return files

    def _home(self, step: Step, name: str) -> tuple[str, str] | None:
        """The file that `module.qualname` is in, with the first word of the qualname; None outside of the workspace."""
        parts = name.split(".")
        for length in range(len(parts) - 1, 0, -1):
            path = self._module(step, ".".join(parts[:length]))
            if path is not None:
                return path, parts[length]
        return None

    def _behind(self, step: Step, path: str, symbol: str) -> Closure | None:
        """What a symbol of a file reaches in the process of a step; None where the file does not bind it."""
        table = self.tables[path].module
        if table is None or symbol not in table.names:
            return None
        return self.links.behind(path, symbol, step.file, step.symbol)

    def names_among(self, step: Step, words: Iterable[str]) -> list[str]:
        """The names of the workspace's code that some of `words` make, one a module and the other a name in it."""
        words = set(words)
        found = []
        for module in words:
            path = self._module(step, module)
            table = self.tables[path].module if path is not None else None
            if table is not None:
                found += [f"{module}.{word}" for word in words if word.partition(".")[0] in table.names]
        return found

    def _module(self, step: Step, module: str) -> str | None:
        """The file of the workspace that a module is in the process of a step; step files have names of their own."""
        if module == "__main__":
            return step.file
        for path in (step.file, module.replace(".", "/").replace("_2e_", ".") + ".py"):
            if path in self.files and paths.dotted_name(path) == module:
                return path
        return self.links.import_path(self._searched(step)).find(module)

    def _searched(self, step: Step) -> tuple[str, ...]:
        """The folders that a step's imports go through, with those that its code adds."""
        if not step.file.endswith((".py", ".ipynb")):
            return self.roots_of(step.file)
        return self.links.searched(step.file, step.symbol)

    def file_of(self, step: str, code: str) -> str:
        """The file that a name of code in a step's closure stands for: `acme.cleaning.dedupe`, `a/b.py:helper`."""
        name = code.partition(" (")[0]
        path = name.partition(":")[0]
        if path in self.digests:
            return path
        own = self.graph.steps[step].file
        resolver = self.links.import_path(self._searched(self.graph.steps[step]))
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            found = resolver.find(".".join(parts[:length]))
            if found is not None:
                return found
        return own

    def is_module(self, importer: str, module: str) -> bool:
        """Whether a step's file, importing `module`, gets a file or a folder of the workspace."""
        resolver = self.links.import_path(self.roots_of(importer))
        return resolver.find(module) is not None or resolver.is_namespace(module)

    def would_be_step(self, path: str) -> bool:
        """Whether a notebook at this path would be a step."""
        place = self.place
        return scan.would_be_code(place.root, place.git, path) and not _is_ignored(path, self.rules.configured)

    def project(self, name: str) -> Project:
        return next(project for project in self.projects if project.name == name)


def read(
    place: Place,
    index: Index,
    given: Mapping[str, Any],
    discovered: Mapping[str, Discovered],
    once: frozenset[str] = frozenset(),
) -> Reading:
    """Reads the workspace.

    Args:
        place: where it is.
        index: what was read before.
        given: parameters from the command line, by `project.name` or bare name.
        discovered: by step, what its last run was seen to do beyond what its code says.
        once: candidates that are taken for steps this time.
    """
    tree = scan.scan(place.root)
    configured, findings, config_digests = _read_configs(place, tree, index)
    project_rules = rules(configured, tree.code)
    python = _python_of(place, project_rules.root_settings)
    tree.edited = [folder for folder in python.roots if folder in tree.modules] if python is not None else []
    ignored = scan.ignored_by_git(place.root, place.git)
    code = [path for path in scan.without_ignored(tree.code, ignored) if not _is_ignored(path, configured)]
    commands = command_files(place.root, configured, config_digests, index)
    texts = _read_texts(place, tree, index, code, commands, python)
    projects = project_rules.projects(code)
    files = _code_files(project_rules, tree, configured, texts, once)
    drafts, candidates, said = _drafts(place.root, files)
    sources = find_sources(place.root, tree.data, projects)
    parameters, unknown = _parameters(place, projects, drafts, project_rules, given)
    links = Links(
        tree,
        project_rules,
        texts.importable,
        texts.tables,
        python.extensions if python is not None else (),
        python.distributions.modules() if python is not None else frozenset(),
    )
    graph = link([links.with_paths(draft) for draft in drafts], projects, sources.found, parameters, discovered)
    tolerated, untold = tolerances(place.root, projects, graph)
    findings += [*texts.findings, *said, *_unnameable(tree), *sources.findings, *unknown, *untold, *graph.findings]
    return Reading(
        place=place,
        tree=tree,
        digests={**texts.importable, **texts.scripts, **config_digests},
        set_aside=texts.set_aside,
        rules=project_rules,
        projects=projects,
        graph=_with_findings(graph, _with_reach(findings, graph, project_rules)),
        files=files,
        tables=texts.tables,
        candidates=candidates,
        settings=project_rules.root_settings,
        parameters=parameters,
        links=links,
        config_digests=config_digests,
        python=python,
        warnings=_warnings(place, tree, index, python),
        tolerances=tolerated,
    )


@dataclass(frozen=True)
class _Texts:
    """The files of code, read.

    Attributes:
        steps: the digests of those that steps may come from, by path, as far as they can be read.
        set_aside: what an import can find although git or a setting ignores it, or it is compiled.
        importable: the digests of all of these.
        tables: what reading them brought to light.
        commands: the `onward.toml`s that declare commands.
        scripts: the digests of the files that these commands start.
        findings: what could not be read.
    """

    steps: dict[str, Digest]
    set_aside: frozenset[str]
    importable: dict[str, Digest]
    tables: dict[str, FileTable]
    commands: dict[str, CodeFile]
    scripts: dict[str, Digest]
    findings: list[Finding]


def _read_texts(
    place: Place,
    tree: scan.Tree,
    index: Index,
    code: list[str],
    commands: dict[str, CodeFile],
    python: WorkspacePython | None,
) -> _Texts:
    steps, unreadable = _digests(place, tree, code, index)
    aside = {path for path in tree.code if path.endswith(".py")} - set(code)
    set_aside, _ = _digests(place, tree, sorted({*aside, *tree.compiled}), index)
    importable = {**steps, **set_aside}
    with grammar_of(python) as grammar:
        tables = read_tables(place.root, importable, index, grammar)
    started = [command for file in commands.values() for command in file.commands.values()]
    return _Texts(
        steps=steps,
        set_aside=frozenset(set_aside),
        importable={**importable, **{path: file.digest for path, file in commands.items()}},
        tables={**tables, **dict.fromkeys(commands, FileTable())},
        commands=commands,
        scripts={path: digest for command in started for path, digest in command.scripts.items()},
        findings=unreadable,
    )


def _unnameable(tree: scan.Tree) -> list[Finding]:
    """Files that no record can hold."""
    return [
        Finding("name", f"the name of `{path}` is no UTF-8", path, hint="give it another name")
        for path in tree.unnameable
    ]


def _python_of(place: Place, settings: Settings) -> WorkspacePython | None:
    """The workspace's Python; None where there is none, which whoever needs it to run anything will say."""
    try:
        return workspace_python(place, settings)
    except MachineError:
        return None


def _read_configs(
    place: Place, tree: scan.Tree, index: Index
) -> tuple[dict[str, Settings], list[Finding], dict[str, Digest]]:
    configured: dict[str, Settings] = {}
    findings: list[Finding] = []
    digests: dict[str, Digest] = {}
    for path in tree.configs:
        folder = paths.folder_of(path)
        try:
            content = (place.root / path).read_bytes()
            digests[path] = index.digest(str(place.root / path))
        except OSError as error:
            message = f"cannot read `{path}`: {error.strerror}"
            findings.append(Finding("config", message, path, hint=_READABLE, touches=("*",)))
            continue
        configured[folder], wrong = read_settings(content, path, is_root=not folder)
        findings += wrong
    return configured, findings, digests


def _is_ignored(path: str, configured: Mapping[str, Settings]) -> bool:
    """Whether an `ignore` of an `onward.toml` above takes the file out."""
    for folder, settings in configured.items():
        if settings.ignore and paths.is_below(path, folder):
            below = path[len(folder) :].lstrip("/")
            for pattern in settings.ignore:
                pattern = pattern.rstrip("/")
                if paths.covers(pattern, below) or paths.is_below(below, pattern) or _is_inside(below, pattern):
                    return True
    return False


def _is_inside(path: str, pattern: str) -> bool:
    """Whether the path lies in a folder that a glob fits."""
    return bool(paths.glob_pattern(pattern + "/**").match(path))


def _warnings(place: Place, tree: scan.Tree, index: Index, python: WorkspacePython | None) -> tuple[Finding, ...]:
    if python is None:
        return ()
    mismatch = check_lock(place.root, tree.locks, index, python.distributions)
    return (mismatch,) if mismatch is not None else ()


def _digests(
    place: Place, tree: scan.Tree, code: Iterable[str], index: Index
) -> tuple[dict[str, Digest], list[Finding]]:
    digests: dict[str, Digest] = {}
    findings: list[Finding] = []
    prefix = f"{place.root}/"
    for path in code:
        try:
            digests[path] = index.digest(prefix + path, tree.code.get(path) or tree.compiled[path])
        except OSError as error:
            message = f"cannot read `{path}`: {error.strerror}"
            findings.append(Finding("unreadable", message, path, hint=_READABLE, touches=(f"file:{path}",)))
    return digests, findings


def _code_files(
    project_rules: ProjectRules,
    tree: scan.Tree,
    configured: Mapping[str, Settings],
    texts: _Texts,
    once: frozenset[str],
) -> dict[str, CodeFile]:
    """The files of code as the kinds see them; those that commands start are no steps by themselves."""
    digests, tables = texts.steps, texts.tables
    knows = "" in configured or any(
        (declared := tables[path].declared) is not None and declared.imports_onward for path in digests
    )
    named = _named_steps(configured, digests) | once
    imported = _imported_files(project_rules, tree, digests, tables) | texts.scripts.keys()
    files = {}
    for path, digest in digests.items():
        table = tables[path]
        files[path] = CodeFile(
            path=path,
            digest=digest,
            problem=table.problem,
            declared=table.declared,
            query=table.query,
            notebook=table.notebook,
            in_project=project_rules.is_project_area(path, knows_onward=knows),
            is_named=path in named,
            is_imported=path in imported,
            symbols=_symbols(path, table, project_rules, tree, digests),
        )
    return files | texts.commands


def _named_steps(configured: Mapping[str, Settings], code: Iterable[str]) -> set[str]:
    named: set[str] = set()
    for folder, settings in configured.items():
        for pattern in settings.steps:
            whole = f"{paths.escaped(folder)}/{pattern}" if folder else pattern
            named.update(path for path in code if paths.covers(whole, path))
    return named


def _import_roots(path: str, project_rules: ProjectRules, tree: scan.Tree) -> tuple[str, ...]:
    folder = paths.folder_of(path)
    return tuple(dict.fromkeys([folder, project_rules.folder_of(folder), *LIBRARY_FOLDERS, *member_roots(tree), ""]))


def _imported_files(
    project_rules: ProjectRules, tree: scan.Tree, digests: Mapping[str, Digest], tables: Mapping[str, FileTable]
) -> set[str]:
    """The Python files that another file of the workspace imports."""
    imported: set[str] = set()
    resolvers: dict[tuple[str, ...], ImportPath] = {}
    for path in digests:
        table = tables[path]
        if table.declared is None or not table.declared.imports:
            continue
        given = _import_roots(path, project_rules, tree)
        roots = tuple(dict.fromkeys([*given, *added_roots(table.declared, path, path)]))
        resolver = resolvers.setdefault(roots, ImportPath(roots, digests.keys(), tree.modules))
        for module in table.declared.imports:
            found = resolver.find(_absolute(module, package_of(path, given[1:])))
            if found is not None and found != path:
                imported.add(found)
    return imported


def _absolute(module: str, package: str) -> str:
    """A relative import's module (`..clean`), seen from a package."""
    level = len(module) - len(module.lstrip("."))
    if level == 0:
        return module
    parts = package.split(".") if package else []
    kept = parts[: len(parts) - level + 1] if level > 1 else parts
    return ".".join([*kept, module.lstrip(".")]).strip(".")


def _symbols(
    path: str, table: FileTable, project_rules: ProjectRules, tree: scan.Tree, digests: Mapping[str, Digest]
) -> dict[str, str]:
    """The functions that `ref` and `check` name, as `<path>:<function>`."""
    resolved = {}
    for name, (module, function) in table.homes.items():
        if not module:
            resolved[name] = f"{path}:{function}"
            continue
        roots = _import_roots(path, project_rules, tree)
        resolver = ImportPath(roots, digests.keys(), tree.modules)
        found = resolver.find(_absolute(module, package_of(path, roots[1:])))
        if found is not None:
            resolved[name] = f"{found}:{function}"
    return resolved


def _drafts(root: Path, files: Mapping[str, CodeFile]) -> tuple[list[Draft], list[Candidate], list[Finding]]:
    drafts: list[Draft] = []
    candidates: list[Candidate] = []
    findings: list[Finding] = []
    by_suffix: dict[str, list[Any]] = {}
    for kind in kinds().values():
        for suffix in kind.suffixes:
            by_suffix.setdefault(suffix, []).append(kind)
    for path, file in files.items():
        if scan.is_never_step(path):
            continue
        if file.problem is not None:
            findings += _parse_finding(root, file)
            continue
        for kind in by_suffix.get("." + path.rpartition(".")[2], ()):
            said = kind.read(file)
            drafts += said.drafts
            findings += said.findings
            if said.candidate is not None:
                candidates.append(said.candidate)
    return drafts, sorted(candidates, key=lambda candidate: candidate.file), findings


def _parse_finding(root: Path, file: CodeFile) -> list[Finding]:
    """A file that would hold steps and does not parse: one of a project, a notebook, one that imports onward."""
    assert file.problem is not None
    is_meant = file.in_project or file.is_named or file.path.endswith(".ipynb")
    if not is_meant and not _has_our_imports(root / file.path):
        return []
    line = file.problem.line or None
    message = f"`{file.path}` does not parse: {file.problem.message}"
    if file.notebook is not None and line is not None and file.notebook.cells:
        cell, inner = file.notebook.place(line)
        message, line = (f"{message} (cell {cell}, line {inner})", None) if cell else (message, line)
    return [Finding("syntax", message, file.path, line, "mend it", touches=(f"file:{file.path}",))]


def _has_our_imports(path: Path) -> bool:
    """Whether the text of a file that does not parse imports onward: it may be all that somebody has begun with."""
    try:
        return _OUR_IMPORTS.search(path.read_bytes()) is not None
    except OSError:
        return False


def _parameters(
    place: Place, projects: list[Project], drafts: list[Draft], project_rules: ProjectRules, given: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Finding]]:
    """Values of parameters by `project.name`, nearer settings first; settings that nothing takes are findings."""
    taken: dict[str, set[str]] = {}
    for draft in drafts:
        project = project_rules.name_of(project_rules.folder_of(paths.folder_of(draft.file)))
        for parameter in draft.parameters:
            taken.setdefault(parameter.name, set()).add(project)
    known = sorted(f"{project}.{name}" for name, holders in taken.items() for project in holders)
    values: dict[str, Any] = {}
    findings: list[Finding] = []

    def take(name: str, value: Any, project: str | None, path: str | None) -> None:
        settings = _settings_named(name, value, project, known)
        values.update(settings)
        if not settings:
            short = [setting.rpartition(".")[2] for setting in known if project in (None, setting.rpartition(".")[0])]
            close = nearest(name, short if project is not None else [*known, *short], 1)
            findings.append(
                Finding(
                    "unknown-parameter",
                    f"no step takes a parameter `{name}`",
                    path,
                    setting_line((place.root / path).read_bytes(), f"parameters.{name}") if path is not None else None,
                    hint=f"write `{close[0]}`" if close else "a parameter is an argument with a default value",
                    project=project,
                    touches=("*",) if path is None else (),
                )
            )

    root = project_rules.root_settings.parameters
    for name, value in root.items():
        take(name, value, None, "onward.toml")
    for project in projects:
        if project.folder:
            for name, value in project.settings.parameters.items():
                take(name, value, project.name, f"{project.folder}/onward.toml")
    for name, value in given.items():
        take(name, value, None, None)
    return values, findings


def _settings_named(name: str, value: Any, project: str | None, known: list[str]) -> dict[str, Any]:
    """What one setting sets, as `project.name`; a table sets the parameters of the project that it names."""
    if project is not None:
        return {f"{project}.{name}": value} if f"{project}.{name}" in known else {}
    if isinstance(value, dict):
        inner = {f"{name}.{key}": item for key, item in value.items() if f"{name}.{key}" in known}
        if inner:
            return inner
    if name in known:
        return {name: value}
    return {setting: value for setting in known if setting.rpartition(".")[2] == name}


def _with_reach(findings: list[Finding], graph: Graph, project_rules: ProjectRules) -> list[Finding]:
    """Findings with the steps that they touch: of a project's file all its steps, which may need what it holds.

    A notebook holds nothing that others import: it touches those that `%run` it, and its project as one of its steps.
    """
    settled = []
    for finding in findings:
        is_general = finding.touches == ("*",) and not paths.folder_of(finding.path or "")
        if finding.project is None and finding.path is not None and not is_general:
            folder = finding.path if finding.code == "source" else paths.folder_of(finding.path)
            project = project_rules.name_of(project_rules.folder_of(folder))
            finding = msgspec.structs.replace(finding, project=project)
        if finding.touches == (f"file:{finding.path}",) and (finding.path or "").endswith(".ipynb"):
            runners = [step.name for step in graph.steps.values() if finding.path in step.reads]
            finding = msgspec.structs.replace(finding, touches=(*finding.touches, *runners))
        elif any(touched.startswith("file:") for touched in finding.touches):
            finding = msgspec.structs.replace(finding, touches=("*",))
        elif finding.path is not None and finding.code == "declaration":
            place = (finding.path, finding.line)
            names = [step.name for step in graph.steps.values() if (step.file, step.line) == place]
            finding = msgspec.structs.replace(finding, touches=tuple(names))
        settled.append(finding)
    return settled


def _with_findings(graph: Graph, findings: list[Finding]) -> Graph:
    unique = list(dict.fromkeys(findings))
    unique.sort(key=lambda finding: (finding.path or "", finding.line or 0, finding.message))
    return dataclasses.replace(graph, findings=tuple(unique))
