"""Fills a site's content from the store alone: a run, its catalogue, its basis, the channel's log.

What has to be computed from tables (previews, CSV) is done by the workspace's Python and kept by digest, so that
writing the next release's site costs what has changed.
"""

from __future__ import annotations

import ast
import importlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onward.app.environments.environment import workspace_python
from onward.app.errands import Job, carry_out
from onward.app.explaining.marks import Marks, marks_of_asset
from onward.app.reading import catalogue as catalogues
from onward.app.reading.catalogue import Catalogue, ProjectEntry, StepEntry
from onward.app.reading.whole import read
from onward.app.releases import channels
from onward.app.releases.places import root_settings
from onward.app.settings.config import setting_line
from onward.app.wiring import Opened
from onward.base import clock
from onward.base.codec import decode
from onward.base.digest import Digest
from onward.base.errors import StoreError
from onward.base.shell import shell_line
from onward.languages.lines import table_at
from onward.model.artifact import FIGURE, METRIC, TABLE, Artifact
from onward.model.records import Basis, CheckRecord, Environment, Move, Run
from onward.model.trace import Trace
from onward.portal import content as site
from onward.portal.states import States
from onward.portal.timeline import MOST_MOVES, PREVIEWS, Naming, Timeline

PARQUET = "application/vnd.apache.parquet"
PREVIEW_VERSION = 4
_MOST_EXCERPTS = 8
_OFFENDING_ROWS = 50
Remake = Callable[[str], None]


def gather(
    opened: Opened,
    run: Run,
    move: Move | None,
    remake: Remake | None = None,
    *,
    detailed: int | None = None,
    is_for_good: bool = False,
    with_states: bool = False,
) -> site.SiteContent:
    """The content of the site of a run; with a move, of that release.

    Args:
        opened: the workspace.
        run: what the site shows.
        move: the move of a channel that points at it; None for a snapshot that no channel is asked for.
        remake: makes an asset again whose bytes are damaged.
        detailed: how many of the newest releases are told in detail; None: as the settings have it.
        is_for_good: it stays as it is written, and so tells this release in detail, and nothing of what is open now.
        with_states: also what each result was in all releases of the channel, whose runs are read for it.

    Raises:
        StoreError: the run's catalogue or basis is gone.
        MissingLibraryError: the workspace's Python cannot look into tables.
    """
    if detailed is None:
        detailed = root_settings(opened).timeline
    detailed = min(detailed, 1) if is_for_good else detailed
    return _Gatherer(opened, run, move, remake, detailed, is_for_good, with_states).content()


@dataclass
class _Gatherer:
    opened: Opened
    run: Run
    move: Move | None
    remake: Remake | None
    detailed: int
    is_for_good: bool
    with_states: bool
    _texts: dict[str, str] = field(default_factory=dict)
    _runs: dict[str, Run | None] = field(default_factory=dict)

    def content(self) -> site.SiteContent:
        self._mend()
        self._catalogue = _catalogue(self.opened, self.run)
        self._basis = _basis(self.opened, self.run)
        self._steps = {step.name: step for step in self._catalogue.steps}
        self._maker = {asset: name for name, record in self.run.steps.items() for asset in record.assets}
        self._moves = self._releases()
        self._past = {move.number: self._run_of(move) for move in self._moves}
        self._traces = {name: self._trace(record.key, record.trace) for name, record in self.run.steps.items()}
        self._previews, self._pages = self._prepare_files()
        log = self._log()
        timeline = self._timeline(log)
        moves = tuple(timeline.moves())
        self._states = States(log if self.with_states else [], self._run_once)
        shown = self._shown_release(moves)
        return site.SiteContent(
            workspace=self._catalogue.title or self._catalogue.name,
            release=self._release(shown.before if shown is not None else None),
            moves=moves,
            released=tuple(self._states.released),
            previews=tuple(self._previews_open(timeline)),
            projects=tuple(_project(entry) for entry in self._catalogue.projects),
            assets=tuple(self._asset(name, artifact) for name, artifact in sorted(self.run.artifacts.items())),
            checks=tuple(self._checks()),
            graph=self._graph(),
            changes=shown.changes if shown is not None and shown.before is not None else (),
            run=self._run_facts(),
            missing=self.run.missing,
        )

    # What is damaged.

    def _mend(self) -> None:
        """Lets what is damaged be made again, where the workspace still makes it."""
        artifacts = self.run.artifacts.values()
        self.opened.store.objects.bring(address for artifact in artifacts for address in artifact.addresses())
        for name, artifact in self.run.artifacts.items():
            if not self._is_whole(artifact) and self.remake is not None:
                self.remake(name)
            if not self._is_whole(artifact):
                raise StoreError(
                    f"the bytes of `{name}` in this release are damaged or gone",
                    hint=f"check out {self.run.origin.commit or 'its files'} and type "
                    f"`{shell_line('onward', 'run', name)}`",
                )

    def _is_whole(self, artifact: Artifact) -> bool:
        return all(self.opened.store.objects.is_whole(address) for address in artifact.addresses())

    # Releases.

    def _releases(self) -> list[Move]:
        """The channel's releases up to the one that is shown, oldest first."""
        if self.move is None:
            return []
        moves = self.opened.store.records.moves(self.move.channel)
        releases = [move for move in moves if move.kind == "release" and move.number <= self.move.number]
        return releases[-MOST_MOVES:]

    def _run_of(self, move: Move) -> Run | None:
        if move.run not in self._runs:
            self._runs[move.run] = self.opened.store.records.run(move.run)
        return self._runs[move.run]

    def _run_once(self, move: Move) -> Run | None:
        """The run of a move, which is not kept for later."""
        return self._runs[move.run] if move.run in self._runs else self.opened.store.records.run(move.run)

    def _log(self) -> list[Move]:
        """The channel's moves up to the one that is shown, oldest first."""
        if self.move is None:
            return []
        until = self.move.sequence
        return [move for move in self.opened.store.records.moves(self.move.channel) if move.sequence <= until]

    def _timeline(self, log: Sequence[Move]) -> Timeline:
        naming = Naming(
            titles={entry.name: entry.title or "" for entry in self._catalogue.assets},
            projects={asset: step.project for step in self._catalogue.steps for asset in step.assets},
            known=[project.name for project in self._catalogue.projects],
        )
        number = self.move.number if self.move is not None else 0
        return Timeline(self.opened, log, number, self._run_of, naming, self.detailed)

    def _shown_release(self, moves: Sequence[site.Move]) -> site.Move | None:
        """The release that is shown, held against what its readers had before, also after a rollback."""
        number = self.move.number if self.move is not None else None
        return next((move for move in moves if (move.kind, move.number) == (site.RELEASE, number)), None)

    def _previews_open(self, timeline: Timeline) -> list[site.Preview]:
        """The open previews, where this is what the readers of `main` have now."""
        if self.is_for_good or self.move is None or self.move != channels.standing(self.opened, channels.MAIN):
            return []
        found = []
        for name in channels.open_channels(self.opened):
            if name.startswith(PREVIEWS) and (move := self._standing(name)) is not None:
                run = self._run_of(move)
                found += [timeline.preview(move, run, self.move, self.run)] if run is not None else []
        return found

    def _standing(self, channel: str) -> Move | None:
        """Where another channel stands; that its log is damaged does not keep this one's readers from their site."""
        try:
            return channels.standing(self.opened, channel)
        except StoreError:
            return None

    def _release(self, previous: int | None) -> site.Release:
        origin, move = self.run.origin, self.move
        return site.Release(
            channel=move.channel if move else None,
            number=move.number if move else None,
            at=clock.instant_of(move.at if move else self.run.at),
            commit=origin.commit,
            dirty=origin.dirty,
            note=(move.note or "") if move else "",
            previous=previous,
        )

    def _run_facts(self) -> site.RunFacts:
        outcomes = [record.outcome for record in self.run.steps.values()]
        return site.RunFacts(
            id=self.run.id,
            started_at=clock.instant_of(self.run.at),
            seconds=self.run.seconds,
            made=outcomes.count("made"),
            kept=outcomes.count("kept"),
            restored=outcomes.count("restored"),
            onward=self.run.origin.onward,
        )

    # Assets.

    def _asset(self, name: str, artifact: Artifact) -> site.Asset:
        step_name = self._maker[name]
        step = self._steps.get(step_name)
        trace = self._traces.get(step_name)
        entry = next((entry for entry in self._catalogue.assets if entry.name == name), None)
        preview = self._previews.get(artifact.bytes) if artifact.kind == TABLE else None
        return site.Asset(
            name=name,
            project=step.project if step else name.partition("/")[0],
            kind=artifact.kind,
            title=artifact.facts.get("title") or (entry.title if entry else None) or "",
            doc=step.doc if step else "",
            unit=artifact.facts.get("unit"),
            facts={key: value for key, value in artifact.facts.items() if key not in ("unit", "title")}
            | _number(artifact),
            files=tuple(self._files(name, artifact)),
            marks=self._marks(name, trace),
            content=artifact.content,
            made_at=clock.instant_of(trace.made_at) if trace else None,
            changed_in=self._changed_in(name, artifact),
            history=tuple(self._history(name)) if artifact.kind == METRIC else (),
            states=self._states.of(name),
            table=site.table_preview(preview) if preview else None,
            provenance=self._provenance(step, trace) if step and trace else None,
            used_by=self._used_by(name),
        )

    def _marks(self, name: str, trace: Trace | None) -> Marks:
        return marks_of_asset(trace, is_checked=any(step.checks == name for step in self._steps.values()))

    def _used_by(self, name: str) -> tuple[str, ...]:
        users = [step for step in self._steps.values() if step.checks is None and (name, "asset") in step.takes]
        return tuple(sorted({asset for step in users for asset in step.assets}))

    def _changed_in(self, name: str, artifact: Artifact) -> int | None:
        """The first release of the unbroken row, up to this one, that has just this content."""
        found = None
        for move in reversed(self._moves):
            run = self._past.get(move.number)
            then = run.artifacts.get(name) if run else None
            if then is None or then.content != artifact.content:
                break
            found = move.number
        return found

    def _history(self, name: str) -> list[site.HistoryPoint]:
        points = []
        for move in self._moves:
            run = self._past.get(move.number)
            artifact = run.artifacts.get(name) if run else None
            if artifact is not None and artifact.kind == METRIC:
                points.append(site.HistoryPoint(move.number, clock.instant_of(move.at), artifact.number))
        return points

    def _files(self, name: str, artifact: Artifact) -> list[site.File]:
        objects = self.opened.store.objects
        stem = name.rpartition("/")[2]
        if not artifact.is_tree:
            path = objects.path(artifact.bytes)
            assert path is not None
            file_name = Path(artifact.facts.get("path") or _with_extension(stem, artifact.media)).name
            files = [site.File(name=file_name, media=artifact.media, size=artifact.size, source=path)]
        else:
            files = []
            for part in artifact.parts:
                path = objects.path(part.bytes)
                assert path is not None
                files.append(site.File(name=part.name, media=part.media, size=part.size, source=path))
        for made, media in self._pages.get(artifact.bytes, ()):
            if artifact.kind == TABLE:
                base = Path(stem).stem if _is_text_table(artifact) else stem
                extra_name = base + made.suffix
            else:
                extra_name = f"figure{made.suffix}"
            files.append(site.File(name=extra_name, media=media, size=made.stat().st_size, source=made))
        return files

    # Where it comes from.

    def _provenance(self, step: StepEntry, trace: Trace) -> site.Provenance:
        record = self.run.steps[step.name]
        envelope = self.opened.store.traces.envelope(trace.key, record.trace) if record.trace else None
        commit = (envelope.builder.get("commit") if envelope else None) or self.run.origin.commit
        parameters = {use: value for use, value in self._basis.parameters.items() if use.startswith(step.project + ".")}
        return site.Provenance(
            step=step.name,
            step_kind=step.kind,
            path=step.file,
            line=step.line,
            commit=commit,
            code=tuple(self._excerpts(step, trace)),
            inputs=tuple(_inputs(trace)),
            environment=self._environment(trace),
            parameters=parameters,
            seconds=trace.usage.wall_s,
            cpu_seconds=trace.usage.cpu_s,
            peak_memory=trace.usage.peak_bytes,
            reasons=record.reasons or ("it was made before, and nothing that it rests on has changed since",),
            edits={edit.reason: site.Edit(where=edit.where, path=edit.path) for edit in record.edits},
        )

    def _environment(self, trace: Trace) -> site.Environment | None:
        kept = self.opened.store.objects.read(trace.environment) if trace.environment else None
        if kept is None:
            return None
        facts = decode(kept, Environment)
        return site.Environment(
            python=facts.python,
            platform=facts.platform,
            distributions=tuple(sorted(facts.distributions.items())),
        )

    def _excerpts(self, step: StepEntry, trace: Trace) -> list[site.Excerpt]:
        own = self._excerpt(step.file, step.symbol)
        found = [own] if own else []
        for kind, name, _ in trace.inputs:
            if kind != "code" or len(found) >= _MOST_EXCERPTS:
                continue
            place = self._place_of(name)
            if place is not None and place != (step.file, step.symbol):
                excerpt = self._excerpt(*place)
                if excerpt is not None:
                    found.append(excerpt)
        return found

    def _place_of(self, name: str) -> tuple[str, str | None] | None:
        """The file and the symbol that a name in a reason stands for: `acme.cleaning.dedupe`, `a/b.py:helper`."""
        if name.endswith(")"):
            return None
        if name in self._basis.files:
            return name, None
        path, colon, symbol = name.partition(":")
        if colon and path in self._basis.files:
            return path, symbol
        module, _, symbol = name.rpartition(".")
        tail = module.replace(".", "/")
        endings = (f"{tail}.py", f"{tail}/__init__.py")
        matches = [path for path in self._basis.files if path.endswith(endings) and module]
        return (min(matches, key=len), symbol) if matches else None

    def _excerpt(self, path: str, symbol: str | None) -> site.Excerpt | None:
        if path.endswith(".ipynb"):
            return None
        text = self._text(path)
        if not text or "\0" in text:
            return None
        if path.endswith(".sql"):
            return site.Excerpt(path=path, line=1, text=text, language="sql")
        if path.endswith(".toml"):
            first = setting_line(text.encode(), f"commands.{symbol}") or 1
            table = "\n".join(table_at(text.splitlines(), first))
            return site.Excerpt(path=path, line=first, text=table, language="toml")
        if symbol is None:
            language = "python" if path.endswith(".py") else ""
            return site.Excerpt(path=path, line=1, text=text, language=language)
        lines = _lines_of(text, symbol)
        if lines is None:
            return None
        first, last = lines
        excerpt = "\n".join(text.splitlines()[first - 1 : last])
        return site.Excerpt(path=path, line=first, text=excerpt, language="python", symbol=symbol)

    def _text(self, path: str) -> str:
        """A file of code as the basis has it."""
        if path not in self._texts:
            state = self._basis.files.get(path)
            content = self.opened.store.objects.read(state.digest) if state else None
            self._texts[path] = (content or b"").decode("utf-8-sig", "replace")
        return self._texts[path]

    # Checks and graph.

    def _checks(self) -> list[site.Check]:
        found = []
        for name, record in sorted(self.run.checks.items()):
            step = self._steps.get(name)
            trace = self._check_trace(name)
            rows = trace.artifacts.get(name) if trace else None
            preview = self._previews.get(rows.bytes) if rows else None
            found.append(
                site.Check(
                    name=name,
                    asset=record.asset,
                    severity=record.severity,
                    outcome=self._outcome(step, record),
                    message=record.message or "",
                    doc=step.doc if step else "",
                    offending=_offending(preview) if preview else None,
                    code=self._excerpt(step.file, step.symbol) if step else None,
                )
            )
        return found

    def _outcome(self, step: StepEntry | None, record: CheckRecord) -> str:
        """How a check ended: one with all that it takes, which yet says why it did not run, has failed itself."""
        if record.outcome != site.NOT_RUN or not record.message or step is None:
            return record.outcome
        taken = [name for name, form in step.takes if form == "asset"]
        return site.FAILED if all(name in self.run.artifacts for name in taken) else record.outcome

    def _check_trace(self, name: str) -> Trace | None:
        record = self.run.checks[name]
        if record.trace is None or record.key is None:
            return None
        return self.opened.store.traces.get(record.key, record.trace)

    def _graph(self) -> site.Graph:
        nodes: dict[str, site.Node] = {}
        edges: list[tuple[str, str]] = []
        used = {target for step in self._steps.values() for target, form in step.takes if form == "source"}
        for source in self._catalogue.sources:
            if source.name in used:
                nodes[source.name] = site.Node(name=source.name, kind=site.SOURCE, project=source.project or "")
        titles = {entry.name: entry.title or "" for entry in self._catalogue.assets}
        for name, artifact in self.run.artifacts.items():
            project = self._steps[self._maker[name]].project if self._maker[name] in self._steps else ""
            nodes[name] = site.Node(name=name, kind=artifact.kind, project=project, title=titles.get(name, ""))
        by_path = {artifact.facts.get("path"): name for name, artifact in self.run.artifacts.items()}
        for step in self._steps.values():
            if step.checks is not None:
                continue
            for target, form in step.takes:
                start = by_path.get(target, target) if form == "file" else target
                if form == "file" and start not in nodes and start in self._basis.files:
                    nodes[start] = site.Node(name=start, kind=site.SOURCE)
                edges += [(start, asset) for asset in step.assets if start in nodes and asset in nodes]
        return site.Graph(tuple(nodes.values()), tuple(dict.fromkeys(edges)))

    def _trace(self, key: Digest | None, name: Digest | None) -> Trace | None:
        return self.opened.store.traces.get(key, name) if key and name else None

    # What is computed.

    def _prepare_files(self) -> tuple[dict[Digest, Any], dict[Digest, list[tuple[Path, str]]]]:
        """Previews of all tables, and the further files of tables and figures, by the address of the artifact."""
        cache = self.opened.cache_folder(f"site-{PREVIEW_VERSION}")
        tables = {artifact.bytes for artifact in self.run.artifacts.values() if _is_parquet(artifact)}
        evidence = {
            artifact.bytes
            for name in self.run.checks
            if (trace := self._check_trace(name)) is not None
            for artifact in trace.artifacts.values()
            if _is_parquet(artifact)
        }
        jobs: list[Job] = []
        pages: dict[Digest, list[tuple[Path, str]]] = {}
        wanted: dict[Digest, Path] = {}
        types = {
            artifact.bytes: {column["name"]: column["type"] for column in artifact.facts.get("columns", ())}
            for artifact in self.run.artifacts.values()
            if _is_parquet(artifact)
        }
        for address in sorted(tables | evidence):
            wanted[address] = cache / f"{address}.json"
            path = str(self.opened.store.objects.path(address))
            if not wanted[address].exists():
                jobs.append(
                    {
                        "do": "preview", "path": path, "limit_rows": site.MAX_EMBEDDED_ROWS,
                        "types": types.get(address, {}), "out": address,
                    }
                )  # fmt: skip
            if address in tables:
                csv = cache / f"{address}.csv"
                pages[address] = [(csv, "text/csv")]
                if not csv.exists():
                    jobs.append({"do": "csv", "path": path, "out": str(csv)})
        for artifact in self.run.artifacts.values():
            jobs += self._figure_jobs(artifact, cache, pages)
            jobs += self._text_table_jobs(artifact, cache, wanted)
        self._carry_out(jobs, wanted)
        previews = {address: found for address, path in wanted.items() if (found := json.loads(path.read_bytes()))}
        for artifact in self.run.artifacts.values():
            if _is_text_table(artifact) and artifact.bytes in previews:
                pages[artifact.bytes] = _files_of_text_table(artifact, cache)
        return previews, pages

    def _text_table_jobs(self, artifact: Artifact, cache: Path, wanted: dict[Digest, Path]) -> list[Job]:
        """A table that a step has written as text is looked into as Parquet, and is there to download as such."""
        address = artifact.bytes
        if not _is_text_table(artifact) or address in wanted:
            return []
        wanted[address] = cache / f"{address}.json"
        if wanted[address].exists():
            return []
        return [
            {
                "do": "text table", "path": str(self.opened.store.objects.path(address)), "media": artifact.media,
                "parquet": str(cache / f"{address}.parquet"), "csv": str(cache / f"{address}.csv"),
                "limit_rows": site.MAX_EMBEDDED_ROWS, "out": address,
            }
        ]  # fmt: skip

    def _figure_jobs(self, artifact: Artifact, cache: Path, pages: dict[Digest, list[tuple[Path, str]]]) -> list[Job]:
        """A figure that has a specification and no picture gets one: a page for plotly, SVG for Vega-Lite."""
        if artifact.kind != FIGURE or any(part.media.startswith("image/") for part in artifact.parts):
            return []
        for part in artifact.parts:
            path = self.opened.store.objects.path(part.bytes)
            if path is None:
                continue
            if "plotly" in part.media:
                page = cache / f"{part.bytes}.html"
                pages[artifact.bytes] = [(page, "text/html")]
                return [] if page.exists() else [{"do": "plotly", "path": str(path), "out": str(page)}]
            if "vegalite" in part.media and (picture := _vega_picture(path, cache / f"{part.bytes}.svg")):
                pages[artifact.bytes] = [(picture, "image/svg+xml")]
        return []

    def _carry_out(self, jobs: Sequence[Job], wanted: Mapping[Digest, Path]) -> None:
        if not jobs:
            return
        reading = read(self.opened.place, self.opened.index, {}, {})
        python = workspace_python(self.opened.place, reading.settings)
        for job, answer in zip(jobs, carry_out(self.opened.place, python, jobs), strict=True):
            if job["do"] in ("preview", "text table"):
                wanted[job["out"]].write_text(json.dumps(answer), "utf-8")


def _is_parquet(artifact: Artifact) -> bool:
    return artifact.kind == TABLE and artifact.media == PARQUET


def _is_text_table(artifact: Artifact) -> bool:
    return artifact.kind == TABLE and artifact.media != PARQUET and not artifact.is_tree


def _files_of_text_table(artifact: Artifact, cache: Path) -> list[tuple[Path, str]]:
    """What there is of it beside the file that the step wrote."""
    files = [(cache / f"{artifact.bytes}.parquet", PARQUET), (cache / f"{artifact.bytes}.csv", "text/csv")]
    return [(path, media) for path, media in files if media != artifact.media]


def _vega_picture(specification: Path, out: Path) -> Path | None:
    """The SVG of a Vega-Lite specification, where the library that draws it is installed."""
    if out.exists():
        return out
    try:
        converter = importlib.import_module("vl_convert")
    except ImportError:
        return None
    out.write_text(converter.vegalite_to_svg(specification.read_text("utf-8")), "utf-8")
    return out


def _catalogue(opened: Opened, run: Run) -> Catalogue:
    catalogue = catalogues.load(opened.store, run.catalogue)
    if catalogue is None:
        raise StoreError(f"the catalogue of the run `{run.id}` is gone or damaged", hint="type `onward run`")
    return catalogue


def _basis(opened: Opened, run: Run) -> Basis:
    basis = opened.store.records.basis(run.basis)
    if basis is None:
        raise StoreError(f"the basis of the run `{run.id}` is gone or damaged", hint="type `onward run`")
    return basis


def _project(entry: ProjectEntry) -> site.Project:
    return site.Project(
        name=entry.name,
        title=entry.title or "",
        owner=entry.owner or "",
        question=entry.question or "",
        readme=entry.readme,
    )


def _inputs(trace: Trace) -> list[site.Input]:
    found = []
    for kind, name, digest in trace.inputs:
        if kind in ("input", "source"):
            shown = "asset" if kind == "input" else "source"
            found.append(site.Input(name=name.partition(" as ")[0], kind=shown, version=digest))
    found += [
        site.Input(name=seen.name, kind="file", version=seen.digest)
        for seen in trace.observations
        if seen.kind in ("file", "asset")
    ]
    return found


def _number(artifact: Artifact) -> dict[str, Any]:
    return {"value": artifact.number} if artifact.kind == METRIC else {}


def _offending(preview: Mapping[str, Any]) -> site.OffendingRows:
    columns = tuple(column["name"] for column in preview["columns"])
    rows = tuple(tuple(row) for row in preview["head"][:_OFFENDING_ROWS])
    types = tuple(column["type"] for column in preview["columns"])
    return site.OffendingRows(preview["rows"], columns, rows, types)


def _lines_of(text: str, symbol: str) -> tuple[int, int] | None:
    """First and last line of a top-level symbol, decorators included."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == symbol:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            return first, node.end_lineno or node.lineno
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == symbol for target in targets):
                return node.lineno, node.end_lineno or node.lineno
    return None


def _with_extension(stem: str, media: str) -> str:
    extension = {
        PARQUET: ".parquet", "application/json": ".json", "text/markdown": ".md", "text/html": ".html",
        "application/x-joblib": ".joblib", "text/csv": ".csv",
    }.get(media, "")  # fmt: skip
    return stem if stem.endswith(extension) else stem + extension
