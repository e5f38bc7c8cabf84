"""Why a result differs between two runs: what of the two bases reaches it, followed up through what it was made of.

Everything here is held in the two runs' traces. Nothing is guessed from the names of files, and what reached nothing is
not mentioned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property, partial

from onward.app.changes.edits import Edits, edits_between
from onward.app.changes.past import kept_content
from onward.app.changes.rereading import NOT_EDITED, READS_OTHERWISE, is_edited, read_alike
from onward.app.reading import catalogue
from onward.app.reading.current import read_current
from onward.app.reading.whole import Reading
from onward.app.settings.config import parameter_places, setting_line
from onward.app.wiring import Opened
from onward.base import paths
from onward.base.codec import decode
from onward.base.numbers import number
from onward.base.text import plural, size
from onward.model.decision import Reason
from onward.model.records import DATA_AXIS, Basis, Environment, FileState, Run
from onward.model.trace import INSTALLED_KINDS, Envelope, Trace

CODE, DATA, ENVIRONMENT, PARAMETERS = "code", "data", "environment", "parameters"
_CHANGED = "changed"
_CODE_KINDS = ("code", "step", "text", "pickled", "render")
_FILE_KINDS = ("file", "absent", "there", "link", "listing")
_MOST_READ = 50_000_000
"""Bytes: rows are counted in texts up to this size."""
_ROWS = (".csv", ".tsv", ".jsonl", ".ndjson")
_HEADED = (".csv", ".tsv")


@dataclass(frozen=True, order=True)
class Cause:
    """One thing that differs between two bases and reaches a result.

    Attributes:
        axis: `data`, `code`, `environment` or `parameters`.
        what: the thing, by name: a path, a symbol, a distribution, a setting.
        words: what happened to it: `3,204 rows came in with data/2013-01.csv`.
        new_rows: of a table that is a new file, its rows.
        where: of code and settings, where that was edited, as `path:line`; empty where it is not known.
    """

    axis: str
    what: str
    words: str
    new_rows: int = 0
    where: str = ""

    @property
    def told(self) -> str:
        """What happened, and where; a file that is named with the place is not named twice."""
        return f"{self._words_beside_place} (`{self.where}`)" if self.where else self.words

    @property
    def _words_beside_place(self) -> str:
        path = self.where.partition(":")[0]
        if self.what.startswith(f"{path}:"):
            name = f"`{self.what.removeprefix(f'{path}:')}`"
        elif self.what.startswith(f"{path} ("):
            part = self.what.removeprefix(f"{path} (").removesuffix(")")
            name = f"the command `{part}`" if path.endswith(".toml") else f"the {part}"
        else:
            return self.words
        return self.words.replace(f"`{self.what}`", name)


ANOTHER_READING = Cause(CODE, "onward", f"{' '.join(READS_OTHERWISE)}{NOT_EDITED}")
"""Nobody edited the code, but digests of it cannot be compared. What comes out is as before."""


def told_together(causes: Iterable[Cause]) -> list[str]:
    """Causes in words; new files of one folder are told as one, and so is what one edit of code did."""
    said: dict[tuple[str, str], list[Cause]] = {}
    for cause in causes:
        if cause.new_rows:
            place = paths.folder_of(cause.what), "new"
        else:
            place = ("", cause.where) if cause.axis == CODE and cause.where else (cause.what, cause.words)
        said.setdefault(place, []).append(cause)
    words = []
    for (folder, _), group in said.items():
        if group[0].new_rows and len(group) > 1:
            rows = plural(sum(cause.new_rows for cause in group), "row")
            words.append(f"{rows} came in with {len(group)} new files in `{folder or '.'}`")
        else:
            words.append(min(group, key=_is_roundabout).told)
    return words


def _is_roundabout(cause: Cause) -> tuple[bool, bool]:
    """Whether it names no piece of code of its own (`report.ipynb (cells)`), or one that was not itself edited."""
    return " (" in cause.what, not cause.words.endswith(_CHANGED)


def tree_of(opened: Opened) -> Reading:
    """The working tree as it is read."""
    return read_current(opened)


@dataclass
class Causes:
    """What differs between the bases of two runs, step by step.

    Attributes:
        before: None for the empty snapshot.
        read_tree: gives the working tree as it is read, to those who look at many pairs of runs; None: it is read here.
    """

    opened: Opened
    before: Run | None
    after: Run
    read_tree: Callable[[], Reading] | None = None
    _known: dict[str, frozenset[Cause]] = field(default_factory=dict)
    _of_files: dict[str, Cause] = field(default_factory=dict)

    def of(self, step: str) -> list[Cause]:
        """The causes that reach a step: data first, then code, parameters, environment; empty where none is known.

        That another onward read the code is one only where there is no other.
        """
        order = (DATA, CODE, PARAMETERS, ENVIRONMENT)
        reaching = self._reaching(step)
        return sorted(reaching - {ANOTHER_READING} or reaching, key=lambda cause: (order.index(cause.axis), cause))

    def is_untouched(self, step: str) -> bool:
        """Whether both runs hold the very same result of a step: nothing that it rests on differs."""
        if self.before is None:
            return False
        old, new = self.before.steps.get(step), self.after.steps.get(step)
        return old is not None and new is not None and old.trace is not None and old.trace == new.trace

    def is_read_otherwise(self, step: str) -> bool:
        """Whether nothing makes for another result of a step but that another onward read its code."""
        return self.before is not None and not self._are_read_alike(step) and self.of(step) == [ANOTHER_READING]

    def _reaching(self, step: str) -> frozenset[Cause]:
        if step not in self._known:
            self._known[step] = frozenset()  # a step that changes what it reads reaches itself
            self._known[step] = frozenset(self._find(step))
        return self._known[step]

    def _find(self, step: str) -> Iterable[Cause]:
        if self.before is None or self.is_untouched(step):
            return
        old, new = _trace(self.opened, self.before, step), _trace(self.opened, self.after, step)
        if old is None or new is None:
            return
        first, second = _facts(old), _facts(new)
        differing = [fact for fact in sorted(first.keys() | second.keys()) if first.get(fact) != second.get(fact)]
        # An edit of code also moves what is only shown of it.
        for kind, name in [fact for fact in differing if fact[0] != "render"] or differing:
            change = "added" if (kind, name) not in first else "changed" if (kind, name) in second else "removed"
            yield from self._behind(step, kind, name, change)

    def _behind(self, step: str, kind: str, name: str, change: str) -> Iterable[Cause]:
        """The causes behind one thing that a step rests on and that differs."""
        if kind in ("input", "asset"):
            yield from self._reaching(self._makers.get(name.partition(" as ")[0], ""))
        elif kind in _FILE_KINDS and name in self._written:
            yield from self._reaching(self._written[name])
        elif kind in _FILE_KINDS:
            yield from self._files([name])
        elif kind == "source":
            yield from self._source(name.partition(" as ")[0])
        elif kind in _CODE_KINDS and not self._is_edited(step, kind, name):
            yield ANOTHER_READING
        elif kind in _CODE_KINDS:
            yield Cause(CODE, name, _code_words(kind, name, change), where=self._edited(step, kind, name))
        elif kind == "parameter":
            yield Cause(PARAMETERS, name, self._setting(name), where=self._set_at(step, name))
        elif kind == "name" and change == _CHANGED:
            yield Cause(CODE, name, f"the name `{name}` means another asset, or one at last, or none")
        elif kind == "today":
            yield Cause(PARAMETERS, "the as-of date", "the as-of date moved on")
        elif kind == "variable":
            yield Cause(ENVIRONMENT, name, f"the variable `{name}` changed")
        elif kind in ("environment", *INSTALLED_KINDS):
            yield from self._installed(kind, name)

    # Data.

    def _source(self, name: str) -> Iterable[Cause]:
        paths = {
            path for kept in self._catalogues for entry in kept.sources if entry.name == name for path in entry.paths
        }
        found = list(self._files(sorted(paths)))
        yield from found or [Cause(DATA, name, f"the source `{name}` changed")]

    def _files(self, names: Iterable[str]) -> Iterable[Cause]:
        """What came, went or changed of files, or below folders and globs."""
        assert self.before is not None
        old, new = self._basis(self.before), self._basis(self.after)
        for name in names:
            files = [name] if name in old or name in new else self._below(name)
            changed = [path for path in files if old.get(path) != new.get(path)]
            for path in changed:
                yield self._cause(path, old.get(path), new.get(path))

    def _below(self, name: str) -> list[str]:
        assert self.before is not None
        known = self._basis(self.before).keys() | self._basis(self.after).keys()
        pattern = paths.glob_pattern(name) if paths.is_glob(name) else None
        folder = name.rstrip("/")
        return sorted(path for path in known if (pattern.match(path) if pattern else paths.folder_of(path) == folder))

    def _cause(self, path: str, old: FileState | None, new: FileState | None) -> Cause:
        if path not in self._of_files:
            self._of_files[path] = self._tell(path, old, new)
        return self._of_files[path]

    def _tell(self, path: str, old: FileState | None, new: FileState | None) -> Cause:
        assert self.before is not None
        state = new or old
        assert state is not None
        axis = DATA if state.axis == DATA_AXIS else CODE
        before = self._rows(self.before, path, old) if old is not None else 0
        after = self._rows(self.after, path, new) if new is not None else 0
        if before is None or after is None or before == after:
            went = f"`{path}` is gone" if new is None else f"`{path}` changed"
            return Cause(axis, path, f"`{path}` came in ({size(state.size)})" if old is None else went)
        many = plural(abs(after - before), "row")
        if old is None:
            return Cause(axis, path, f"{many} came in with `{path}`", after)
        if new is None:
            return Cause(axis, path, f"{many} went with `{path}`")
        return Cause(axis, path, f"`{path}` has {many} {'more' if after > before else 'fewer'}")

    def _rows(self, run: Run, path: str, state: FileState) -> int | None:
        """The rows of a table that is kept as text, by its lines; None where that cannot be told."""
        if not path.endswith(_ROWS) or state.size > _MOST_READ:
            return None
        content = kept_content(self.opened, state, path, run.origin.commit)
        if content is None:
            return None
        lines = content.count(b"\n") + (not content.endswith(b"\n") and bool(content))
        return max(0, lines - 1) if path.endswith(_HEADED) else lines

    # Code.

    def _edited(self, step: str, kind: str, name: str) -> str:
        """Where the edit is that makes a piece of a step's code count otherwise; empty where that is not known."""
        if self._edits is None or step not in self._edits.steps or kind == "pickled":
            return ""
        reason = Reason("step" if kind == "step" else "code", f"{name} (text)" if kind == "text" else name)
        return self._edits.origin(step, reason).where or ""

    def _is_edited(self, step: str, kind: str, name: str) -> bool:
        """Whether somebody edited a piece of a step's code, of which the digests differ."""
        edits = None if self._are_read_alike(step) else self._edits
        before = edits.before(step) if edits is not None else None
        if edits is None or before is None or step not in edits.steps:
            return True
        return is_edited(edits.steps[step], kind, name, before, edits.present)

    def _are_read_alike(self, step: str) -> bool:
        """Whether the digests of code in a step's two results can be compared."""
        assert self.before is not None
        old, new = _envelope(self.opened, self.before, step), _envelope(self.opened, self.after, step)
        return old is None or new is None or read_alike(old.builder, new.builder)

    @cached_property
    def _edits(self) -> Edits | None:
        assert self.before is not None
        read_tree = self.read_tree or partial(tree_of, self.opened)
        return edits_between(self.opened, read_tree(), self.before, self.after)

    # What is set and installed.

    def _setting(self, name: str) -> str:
        assert self.before is not None
        old, new = (self._whole_basis(run).parameters.get(name) for run in (self.before, self.after))
        return (
            f"`{name}` {number(old)} → {number(new)}"
            if old is not None and new is not None
            else f"`{name}` is set otherwise"
        )

    def _set_at(self, step: str, name: str) -> str:
        """The line that sets a parameter; empty where none does any more."""
        folders = {project.name: project.folder for kept in self._catalogues for project in kept.projects}
        project = self._edits.steps[step].project if self._edits is not None and step in self._edits.steps else ""
        for path, key in parameter_places(folders.get(project, ""), name):
            content = self._edits.present.read(path) if self._edits is not None else None
            line = setting_line(content, key) if content is not None else None
            if line is not None:
                return f"{path}:{line}"
        return ""

    def _installed(self, kind: str, name: str) -> Iterable[Cause]:
        assert self.before is not None
        old, new = self._environment(self.before), self._environment(self.after)
        if old is None or new is None:
            yield Cause(ENVIRONMENT, name, "the environment changed")
            return
        if kind == "environment" and name == "python":
            if old.python != new.python:
                yield Cause(ENVIRONMENT, "python", f"Python {old.python} → {new.python}")
            return
        names = sorted(old.distributions.keys() | new.distributions.keys()) if kind == "distributions" else [name]
        for each in names:
            before, after = old.distributions.get(each), new.distributions.get(each)
            if before != after:
                words = f"{each} {before} → {after}" if before and after else f"{each} {'came' if after else 'went'}"
                yield Cause(ENVIRONMENT, each, words)

    # What the runs hold.

    @cached_property
    def _makers(self) -> dict[str, str]:
        return {asset: step for step, record in self.after.steps.items() for asset in record.assets}

    @cached_property
    def _written(self) -> dict[str, str]:
        """The steps that write files of the tree, by path."""
        return {
            artifact.path: self._makers[asset]
            for asset, artifact in self.after.artifacts.items()
            if artifact.path is not None and asset in self._makers
        }

    @cached_property
    def _catalogues(self) -> list[catalogue.Catalogue]:
        runs = [run for run in (self.before, self.after) if run is not None]
        found = [catalogue.load(self.opened.store, run.catalogue) for run in runs]
        return [kept for kept in found if kept is not None]

    def _basis(self, run: Run) -> dict[str, FileState]:
        return self._whole_basis(run).files

    def _whole_basis(self, run: Run) -> Basis:
        if run.id not in self._bases:
            kept = self.opened.store.records.basis(run.basis)
            self._bases[run.id] = kept if kept is not None else Basis(0, {}, "", {})
        return self._bases[run.id]

    @cached_property
    def _bases(self) -> dict[str, Basis]:
        return {}

    def _environment(self, run: Run) -> Environment | None:
        kept = self.opened.store.objects.read(run.environment)
        return decode(kept, Environment) if kept is not None else None


def _code_words(kind: str, name: str, change: str) -> str:
    if kind == "step":
        return f"the definition of `{name}` changed"
    if kind == "pickled":
        return f"the code that `{name}` names changed"
    happened = {"added": "is used now", "removed": "is no longer used", "changed": _CHANGED}[change]
    return f"`{name}` {happened}"


def _trace(opened: Opened, run: Run, step: str) -> Trace | None:
    envelope = _envelope(opened, run, step)
    return None if envelope is None else envelope.payload


def _envelope(opened: Opened, run: Run, step: str) -> Envelope | None:
    record = run.steps.get(step) or run.checks.get(step)
    if record is None or record.key is None or record.trace is None:
        return None
    return opened.store.traces.envelope(record.key, record.trace)


def _facts(trace: Trace) -> dict[tuple[str, str], str]:
    """All that a result rests on, by kind and name."""
    inputs = {(kind, name): digest for kind, name, digest in trace.inputs}
    return inputs | {(seen.kind, seen.name): seen.digest for seen in trace.observations}
