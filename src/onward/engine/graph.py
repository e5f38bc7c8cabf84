"""Drafts become steps: names are given, names are looked up, edges drawn; what does not fit is a finding.

A name means, in this order, an asset of the project, a source of the project, a source of the workspace; a
step's own name inside itself means the source that it shadows. Edges closed by file paths alone are no
mistake: a circle of them is cut in the order of the paths and makes its steps self-changing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

import msgspec

from onward.base import paths
from onward.base.text import nearest
from onward.model.code import Mention
from onward.model.draft import Draft, OutputDraft, Reference
from onward.model.workspace import (
    Binding,
    CheckFacts,
    Discovered,
    Finding,
    Output,
    ParameterUse,
    Project,
    Source,
    Step,
)


@dataclass(frozen=True)
class Graph:
    """The steps (checks among them) in an order in which each comes after what it needs."""

    steps: Mapping[str, Step]
    sources: Mapping[str, Source]
    maker: Mapping[str, str]
    """Asset to step."""
    upstream: Mapping[str, tuple[str, ...]]
    downstream: Mapping[str, tuple[str, ...]]
    order: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    shadows: Mapping[str, str] = field(default_factory=dict)
    """Asset or source to the source that it hides."""
    discovered: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By step, assets that an earlier run of it loaded beyond what its code says."""

    def needed_by(self, wanted: Iterable[str]) -> set[str]:
        """The steps `wanted`, with all that they need."""
        return _reach(wanted, self.upstream)

    def depending_on(self, changed: Iterable[str]) -> set[str]:
        """The steps `changed`, with all that depends on them."""
        return _reach(changed, self.downstream)

    def learned_upstream(self, name: str) -> set[str]:
        """Those steps above a step of which its code does not say that it needs them: its last run showed it."""
        step = self.steps[name]
        said = {self.maker[binding.target] for binding in step.bindings if binding.target in self.maker}
        said |= {writer for path, writer in step.fed_by if path in step.reads}
        learned = {self.maker[asset] for asset in self.discovered.get(name, ())}
        learned |= {writer for path, writer in step.fed_by if path not in step.reads}
        return learned & set(self.upstream[name]) - said

    def taken_by_path(self, step: str) -> tuple[str, ...]:
        """Assets that a step takes as files, by reading their paths in the tree."""
        return tuple(
            dict.fromkeys(
                output.asset
                for path, writer in self.steps[step].fed_by
                for output in self.steps[writer].outputs
                if output.path is not None and paths.covers(path, output.path)
            )
        )

    def files_taken(self, step: str) -> tuple[str, ...]:
        """The paths that a step reads and that are no other step's files: sources, folders, globs."""
        made = {output.path for asset in self.taken_by_path(step) for output in self.steps[self.maker[asset]].outputs}
        return tuple(path for path in self.steps[step].all_reads if path not in made)

    def writers_before(self, step: str) -> list[tuple[str, str]]:
        """The paths that a step writes after another one, each with that step."""
        own = {output.path for output in self.steps[step].outputs if output.path is not None}
        return [
            (output.path, earlier)
            for earlier in self.upstream[step]
            for output in self.steps[earlier].outputs
            if output.path is not None and output.path in own
        ]

    def in_path_order(self, names: Iterable[str]) -> list[str]:
        """Steps in the order in which they write one path: that of their files."""
        return sorted({name for name in names if name in self.steps}, key=lambda name: _place(self.steps[name]))

    def users_of(self, asset: str) -> list[str]:
        """The steps, checks among them, that take an asset: by its name, by its path, or as a run of them showed."""
        return sorted(
            name
            for name, step in self.steps.items()
            if any(binding.target == asset for binding in step.bindings)
            or asset in self.taken_by_path(name)
            or asset in self.discovered.get(name, ())
        )

    def blocked(self) -> dict[str, Finding]:
        """Steps that a finding touches directly, with that finding."""
        touched: dict[str, Finding] = {}
        for finding in self.findings:
            for name in finding.touches:
                if name == "*":
                    for step in self.steps.values():
                        if finding.project is None or step.project == finding.project:
                            touched.setdefault(step.name, finding)
                elif name in self.steps:
                    touched.setdefault(name, finding)
        return touched

    def checks_of(self, step: str) -> list[str]:
        """Names of the checks that look at what `step` makes."""
        assets = set(self.steps[step].assets)
        return [
            name
            for name in self.downstream.get(step, ())
            if (check := self.steps[name].check) is not None and check.asset in assets
        ]


def _reach(start: Iterable[str], edges: Mapping[str, Iterable[str]]) -> set[str]:
    reached: set[str] = set()
    todo = list(start)
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo.extend(edges.get(name, ()))
    return reached


def link(
    drafts: Sequence[Draft],
    projects: Sequence[Project],
    sources: Sequence[Source],
    settings: Mapping[str, Any],
    discovered: Mapping[str, Discovered],
) -> Graph:
    """The graph of a workspace.

    Args:
        drafts: what the kinds saw in the files.
        projects: all projects, the root's among them; every draft's file lies in exactly one of them.
        sources: all sources, of one name once in a scope.
        settings: parameters by `project.name`, from `onward.toml` and the command line.
        discovered: by step, what its last run was seen to do beyond what its code says.
    """
    return _Linker(drafts, projects, sources, settings, discovered).link()


class _Linker:
    def __init__(
        self,
        drafts: Sequence[Draft],
        projects: Sequence[Project],
        sources: Sequence[Source],
        settings: Mapping[str, Any],
        discovered: Mapping[str, Discovered],
    ) -> None:
        self.projects = sorted(projects, key=lambda project: len(project.folder), reverse=True)
        self.sources = {source.qualified: source for source in sources}
        self.settings = settings
        self.discovered = discovered
        self.findings: list[Finding] = []
        self.shadows: dict[str, str] = {}
        self._project_of_folder: dict[str, Project] = {}
        named = self._name([_with_written_files(draft) for draft in drafts])
        self.named = {name: _with_seen_files(draft, discovered.get(name)) for name, draft in named.items()}
        self.maker: dict[str, str] = {}
        self.by_symbol: dict[str, str] = {}
        self.open_steps: dict[str, list[str]] = defaultdict(list)
        for name, draft in self.named.items():
            if draft.open:
                self.open_steps[self.project_of(draft).name].append(name)
        self.waits: dict[str, set[str]] = defaultdict(set)

    def link(self) -> Graph:
        self._claim_assets()
        steps = {name: self._step(name, draft) for name, draft in self.named.items()}
        steps, feeding = _feed_by_path(steps)
        for name, open_steps in self.waits.items():
            feeding[name] |= open_steps
        upstream = self._edges(steps, feeding)
        self._order(steps, upstream, feeding)
        discovered = self._add_discovered(upstream)
        order = self._order(steps, upstream, feeding)
        downstream: dict[str, list[str]] = defaultdict(list)
        for name in order:
            for needed in upstream[name]:
                downstream[needed].append(name)
        return Graph(
            steps=steps,
            sources=self.sources,
            maker=self.maker,
            upstream=upstream,
            downstream={name: tuple(names) for name, names in downstream.items()},
            order=order,
            findings=tuple(self.findings),
            shadows=self.shadows,
            discovered=discovered,
        )

    # Names.

    def project_of(self, draft: Draft) -> Project:
        folder = paths.folder_of(draft.file)
        found = self._project_of_folder.get(folder)
        if found is None:
            found = next(project for project in self.projects if paths.is_below(folder, project.folder))
            self._project_of_folder[folder] = found
        return found

    def _name(self, drafts: Sequence[Draft]) -> dict[str, Draft]:
        """Every draft under its name. Functions and queries go by their asset, file steps by their stem."""
        named: dict[str, Draft] = {}
        file_steps: dict[str, list[Draft]] = defaultdict(list)
        for draft in drafts:
            name = f"{self.project_of(draft).name}/{draft.stem}"
            if draft.is_file_step:
                file_steps[name].append(draft)
            elif name in named:
                self._made_twice(name, name, named[name], draft)
            else:
                named[name] = draft
        for name, sharing in file_steps.items():
            for draft in sharing:
                own = self._file_step_name(name, draft, sharing, named)
                if own in named:
                    self._made_twice(own, own, named[own], draft)
                else:
                    named[own] = draft
        return named

    def _file_step_name(self, name: str, draft: Draft, sharing: list[Draft], taken: Mapping[str, Draft]) -> str:
        if name not in taken and (len(sharing) == 1 or _is_lone_script(draft, sharing)):
            return name
        project = self.project_of(draft)
        extension = draft.file.rpartition("/")[2].removeprefix(draft.stem)
        rivals = [other for other in sharing if other.file.endswith(extension)]
        if len(rivals) == 1 and name + extension not in taken:
            return name + extension
        return f"{project.name}/{draft.file.removeprefix(project.folder).lstrip('/')}"

    def _made_twice(self, asset: str, maker: str, first: Draft, second: Draft, also: str | None = None) -> None:
        """Of two that claim one asset neither can run: which of them is meant is not for us to say."""
        self.findings.append(
            Finding(
                "made-twice",
                f"`{asset}` is made twice: in {first.file}:{first.line} and in {second.file}:{second.line}",
                second.file,
                second.line,
                "give one of them another name, `@asset(name=...)` or another file name",
                touches=(maker,) if also is None else (maker, also),
                project=self.project_of(second).name,
            )
        )

    def _claim_assets(self) -> None:
        for name, draft in self.named.items():
            project = self.project_of(draft)
            if draft.symbol is not None and draft.kind == "function":
                self.by_symbol[f"{draft.file}:{draft.symbol}"] = name
            for output in draft.outputs:
                asset = self._asset_name(name, project, draft, output)
                other = self.maker.get(asset)
                if other is None:
                    self.maker[asset] = name
                elif output.path is None and other != name:
                    self._made_twice(asset, other, self.named[other], draft, name)
                elif output.path is not None and _place(draft) > _place(self.named[other]):
                    # Two writers of one path both run, in path order; the later file is the asset.
                    self.maker[asset] = name
                source = self._source(project, asset.removeprefix(project.name + "/"))
                if source is not None:
                    self.shadows[asset] = source.qualified

    def _asset_name(self, step: str, project: Project, draft: Draft, output: OutputDraft) -> str:
        if output.path is not None:
            return asset_of_path(project, output.path)
        if draft.document and output.name == draft.stem:
            return step
        return f"{project.name}/{output.name}"

    # Steps.

    def _step(self, name: str, draft: Draft) -> Step:
        project = self.project_of(draft)
        bindings = []
        for reference in draft.references:
            binding = self._bind(name, project, draft, reference)
            if binding is not None:
                bindings.append(binding)
        check = None
        if draft.check_of is not None and draft.check is not None:
            looked_at = self._bind(name, project, draft, draft.check_of)
            check = CheckFacts(looked_at.target if looked_at else draft.check_of.text, draft.check.severity)
        reads, writes, revisits = _paths(draft)
        return Step(
            name=name,
            project=project.name,
            kind=draft.kind,
            file=draft.file,
            line=draft.line,
            folder=draft.folder,
            symbol=draft.symbol,
            bindings=tuple(bindings),
            parameters=tuple(self._parameters(project, draft)),
            outputs=tuple(
                Output(
                    self._asset_name(name, project, draft, output),
                    output.field,
                    output.kind,
                    output.unit,
                    output.title,
                    output.key,
                    output.path,
                    output.is_seen,
                    output.tolerance,
                )
                for output in draft.outputs
            ),
            reads=reads,
            seen_reads=tuple(path for path in self._discovered(name).reads if path not in (*reads, *writes)),
            asked=tuple(path for path in self._discovered(name).asked if path not in writes),
            writes=writes,
            revisits=revisits,
            open=draft.open,
            check=check,
            columns=draft.columns,
            title=draft.title,
            doc=draft.doc,
            time_limit_s=draft.time_limit_s or project.settings.time_limit_s or self.projects[-1].settings.time_limit_s,
        )

    def _discovered(self, name: str) -> Discovered:
        return self.discovered.get(name, Discovered())

    def _parameters(self, project: Project, draft: Draft) -> Iterable[ParameterUse]:
        for parameter in draft.parameters:
            setting = f"{project.name}.{parameter.name}"
            is_set = setting in self.settings
            default = msgspec.json.decode(parameter.default.text) if parameter.default.form == "value" else None
            yield ParameterUse(parameter.name, setting, self.settings.get(setting, default), is_set)

    def _bind(self, step: str, project: Project, draft: Draft, reference: Reference) -> Binding | None:
        if reference.form == "symbol":
            return self._bind_symbol(step, project, draft, reference)
        own = {self._asset_name(step, project, draft, output) for output in draft.outputs}
        found = self._look_up(project, reference.text, own, qualified=reference.form == "ref")
        if found is None:
            open_steps = [other for other in self.open_steps.get(project.name, ()) if other != step]
            is_own = f"{project.name}/{reference.text}" in own
            if open_steps and not reference.optional and not is_own and "/" not in reference.text:
                # Only running the open steps shows whether one of them makes it.
                self.waits[step].update(open_steps)
                return Binding(reference.name, f"{project.name}/{reference.text}", "asset", reference.wanted)
            if not reference.optional:
                self._unknown(step, project, draft, reference, self._names_in(project))
            return None
        target, form = found
        return Binding(reference.name, target, form, reference.wanted)

    def _bind_symbol(self, step: str, project: Project, draft: Draft, reference: Reference) -> Binding | None:
        """What a function makes. One that makes several assets has to be referred to by their names."""
        maker = self.by_symbol.get(reference.text)
        if maker is None or maker == step:
            others = [symbol for symbol, name in self.by_symbol.items() if name != step]
            self._unknown(step, project, draft, reference, [key.rpartition(":")[2] for key in others])
            return None
        target = self.named[maker]
        results = [output for output in target.outputs if output.path is None]
        made = [self._asset_name(maker, self.project_of(target), target, output) for output in results]
        if len(made) == 1:
            return Binding(reference.name, made[0], "asset", reference.wanted)
        function = target.symbol or maker
        self.findings.append(
            Finding(
                "several-assets",
                f"`{step}` refers to `{function}`, which makes {len(made)} assets: {', '.join(made)}",
                draft.file,
                reference.line or draft.line,
                f'name the one that is meant: `"{made[0]}"`' if made else None,
                touches=(step,),
                project=project.name,
            )
        )
        return None

    def _look_up(self, project: Project, text: str, own: set[str], *, qualified: bool) -> tuple[str, str] | None:
        asset = f"{project.name}/{text}"
        if asset in self.maker and asset not in own:
            return asset, "asset"
        source = self._source(project, text)
        if source is not None:
            return source.qualified, "source"
        if qualified and "/" in text:
            if text in self.maker and text not in own:
                return text, "asset"
            if text in self.sources:
                return text, "source"
        return None

    def _source(self, project: Project, name: str) -> Source | None:
        return self.sources.get(f"{project.name}/{name}") or self.sources.get(name)

    def _names_in(self, project: Project) -> list[str]:
        prefix = project.name + "/"
        names = [name.removeprefix(prefix) for name in [*self.maker, *self.sources] if name.startswith(prefix)]
        names += [source.name for source in self.sources.values() if source.project is None]
        return names + [name for name in self.maker if not name.startswith(prefix)]

    def _unknown(self, step: str, project: Project, draft: Draft, reference: Reference, known: Sequence[str]) -> None:
        text = reference.text.rpartition(":")[2] if reference.form == "symbol" else reference.text
        # A step's own name is known, but not to itself.
        close = nearest(text, [name for name in known if name != text])
        verb = "looks at" if draft.check is not None else "takes"
        hint = f"write `{close[0]}`" if close else None
        if close and reference.form == "name" and "/" in close[0]:
            hint = f'write `{reference.name} = ref("{close[0]}")`'
        if hint is None:
            hint = f"add a source `{text}` to a `data/` folder, or a step that makes it"
        self.findings.append(
            Finding(
                "unknown-name",
                f"`{step}` {verb} `{text}`, and nothing is called so"
                + (f"; close to it: {', '.join(close)}" if close else ""),
                draft.file,
                reference.line or draft.line,
                hint,
                touches=(step,),
                project=project.name,
            )
        )

    # Edges.

    def _edges(self, steps: Mapping[str, Step], feeding: Mapping[str, set[str]]) -> dict[str, tuple[str, ...]]:
        upstream = {}
        for name, step in steps.items():
            targets = [binding.target for binding in step.bindings if binding.form == "asset"]
            needed = [self.maker[target] for target in targets if target in self.maker]
            if step.check is not None and step.check.asset in self.maker:
                needed.append(self.maker[step.check.asset])
            needed.extend(sorted(feeding.get(name, ())))
            upstream[name] = tuple(dict.fromkeys(other for other in needed if other != name))
        return upstream

    def _add_discovered(self, upstream: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        """Puts steps after what they were once seen to load: it saves a start and decides nothing.

        It is no part of what a step takes, so that a workspace without a past comes to the same keys; an edge
        that would close a circle is a thing of the past and left out.
        """
        kept: dict[str, tuple[str, ...]] = {}
        for name in sorted(self.discovered.keys() & upstream.keys()):
            for asset in self.discovered[name].loads:
                maker = self.maker.get(asset)
                if maker is None or name in _reach([maker], upstream):
                    continue
                kept[name] = (*kept.get(name, ()), asset)
                if maker not in upstream[name]:
                    upstream[name] = (*upstream[name], maker)
        return kept

    def _order(
        self, steps: dict[str, Step], upstream: dict[str, tuple[str, ...]], feeding: Mapping[str, set[str]]
    ) -> tuple[str, ...]:
        """Topological, names as the tie-break; circles by paths are cut, circles by names are findings."""
        while True:
            sorter = TopologicalSorter({name: upstream[name] for name in sorted(steps)})
            try:
                sorter.prepare()
            except CycleError as error:
                circle: list[str] = error.args[1][::-1]
                if not self._cut_by_path(circle, steps, upstream, feeding):
                    self._report_circle(circle, steps, upstream)
                continue
            order: list[str] = []
            while sorter.is_active():
                ready = sorted(sorter.get_ready())
                order.extend(ready)
                sorter.done(*ready)
            return tuple(order)

    def _cut_by_path(
        self,
        circle: list[str],
        steps: dict[str, Step],
        upstream: dict[str, tuple[str, ...]],
        feeding: Mapping[str, set[str]],
    ) -> bool:
        """Takes one edge out that only a path draws: the one into the step that comes first by its path."""
        pairs = list(pairwise(circle))
        by_path = [
            (needed, name)
            for name, needed in pairs
            if needed in feeding.get(name, ()) and not _is_named(steps[name], needed, self.maker)
        ]
        if not by_path:
            return False
        needed, name = min(by_path, key=lambda pair: _place(steps[pair[1]]))
        upstream[name] = tuple(other for other in upstream[name] if other != needed)
        step = steps[name]
        closed = tuple(path for path, writer in step.fed_by if writer == needed)
        steps[name] = msgspec.structs.replace(
            step,
            fed_by=tuple(pair for pair in step.fed_by if pair[1] != needed),
            revisits=(*step.revisits, *closed),
        )
        return True

    def _report_circle(
        self, circle: list[str], steps: Mapping[str, Step], upstream: dict[str, tuple[str, ...]]
    ) -> None:
        members = circle[:-1]
        first = steps[min(members)]
        self.findings.append(
            Finding(
                "circle",
                "these need each other in a circle: " + " → ".join(circle),
                first.file,
                first.line,
                "take one of them out, for instance by moving what both need into a step of its own",
                touches=tuple(sorted(members)),
                project=first.project,
            )
        )
        for name in members:
            upstream[name] = tuple(other for other in upstream[name] if other not in members)


def asset_of_path(project: Project, path: str) -> str:
    """The asset that a file in the tree is, of a project whose step writes it."""
    below = paths.is_below(path, project.folder)
    return f"{project.name}/{path[len(project.folder) :].lstrip('/') if below else path}"


def _is_lone_script(draft: Draft, sharing: Sequence[Draft]) -> bool:
    """A script keeps its stem beside documents of that stem: only these are assets under it."""
    return not draft.document and all(other.document for other in sharing if other is not draft)


def _place(definition: Draft | Step) -> tuple[str, int]:
    """Where it stands, for the order of those who write one path."""
    return definition.file, definition.line


def _is_named(step: Step, needed: str, maker: Mapping[str, str]) -> bool:
    targets = [binding.target for binding in step.bindings if binding.form == "asset"]
    if step.check is not None:
        targets.append(step.check.asset)
    return any(maker.get(target) == needed for target in targets)


def _paths(draft: Draft) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Workspace paths: literal ones that are read, all that are written, and those read before they are written.

    What a step writes first and then reads back is no input of it. Which comes first is told by the lines of one
    file; of two files, or where only running showed the writing, it cannot be told: the read is taken to come first.
    """
    seen = [output.path for output in draft.outputs if output.is_seen and output.path is not None]
    writes: dict[str, list[Mention]] = defaultdict(list)
    for mention in draft.writes:
        path = _written_path(draft, mention)
        if path:
            writes[path].append(mention)
    reads: list[str] = []
    revisits: list[str] = []
    for mention in draft.reads:
        path = workspace_path(draft, mention)
        if not path:
            continue
        if path in seen:
            revisits.append(path)
        elif path not in writes:
            reads.append(path)
        elif not any(written.file == mention.file and written.line < mention.line for written in writes[path]):
            revisits.append(path)
    return tuple(dict.fromkeys(reads)), (*writes, *seen), tuple(dict.fromkeys(revisits))


def _with_written_files(draft: Draft) -> Draft:
    """The draft with each file that it writes among its outputs. What a check writes is no asset: it states."""
    if draft.check_of is not None:
        return draft
    written: dict[str, OutputDraft] = {}
    for mention in draft.writes:
        path = _written_path(draft, mention)
        if path and not path.endswith("/"):
            written.setdefault(path, OutputDraft(path=path, line=mention.line))
    return msgspec.structs.replace(draft, outputs=(*draft.outputs, *written.values())) if written else draft


def _with_seen_files(draft: Draft, discovered: Discovered | None) -> Draft:
    """The draft with the files among its outputs that only running it showed."""
    if discovered is None or draft.check_of is not None:
        return draft
    known = {output.path for output in draft.outputs}
    seen = [
        OutputDraft(path=path, line=draft.line, is_seen=True)
        for path in dict.fromkeys(discovered.writes)
        if path not in known
    ]
    return msgspec.structs.replace(draft, outputs=(*draft.outputs, *seen)) if seen else draft


def workspace_path(draft: Draft, mention: Mention) -> str | None:
    """A literal path of a draft, relative to the root; None where it leaves the workspace.

    Of a glob, the folder that it begins in is escaped: folders may have brackets in their names.
    """
    text = mention.text
    listing = text.endswith("/") and text != "/"
    folder = draft.folder
    if text.startswith("<file>/"):
        folder, text = paths.folder_of(mention.file or draft.file), text.removeprefix("<file>/")
    path = paths.join(paths.escaped(folder) if paths.is_glob(text) and not listing else folder, text)
    return f"{path}/" if path is not None and listing else path


def _written_path(draft: Draft, mention: Mention) -> str | None:
    """A path that a draft writes: a plain one whatever letters it has, for nobody writes to a glob."""
    path = workspace_path(draft, mention)
    return None if path is None or any(letter in mention.text for letter in "*?") else paths.literal(path)


def _feed_by_path(steps: Mapping[str, Step]) -> tuple[dict[str, Step], dict[str, set[str]]]:
    """Readers of a path that another step writes come after it; of two writers the later file counts."""
    writers: dict[str, list[str]] = defaultdict(list)
    for step in steps.values():
        for path in step.writes:
            writers[path].append(step.name)
    feeding: dict[str, set[str]] = defaultdict(set)
    for sharing in writers.values():
        sharing.sort(key=lambda name: _place(steps[name]))
        for earlier, later in pairwise(sharing):
            feeding[later].add(earlier)
    linked = dict(steps)
    for step in steps.values():
        fed = [
            (path, name)
            for path in (*step.all_reads, *step.asked)
            for name in _writers_of(path, writers)
            if name != step.name
        ]
        if fed:
            feeding[step.name].update(name for _, name in fed)
            linked[step.name] = msgspec.structs.replace(step, fed_by=tuple(fed))
    return linked, feeding


def _writers_of(path: str, writers: Mapping[str, list[str]]) -> list[str]:
    if path in writers:
        return writers[path][-1:]
    if not path.endswith("/") and not paths.is_glob(path):
        return []
    return [names[-1] for written, names in writers.items() if paths.covers(path, written)]
