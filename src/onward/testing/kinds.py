"""The suite of kinds of steps: what a kind may rely on, and what every kind has to keep.

A kind is subclassed into the suite with sample files that it reads steps from; files that mean nothing to it
are the suite's own. Source of the promises: `onward.model.ports.StepKind`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import msgspec

from onward.app.reading.code import read_content
from onward.app.reading.commands import CONFIG_SUFFIX
from onward.app.settings.config import read_settings
from onward.base.codec import encode
from onward.base.digest import Digest, digest_bytes, digest_text
from onward.engine.graph import Graph, link
from onward.model.draft import Draft, FileReading
from onward.model.ports import CodeFile, Command, StepKind
from onward.model.workspace import Project, Source, Step

STRANGE_CONTENTS = (
    b"",
    b"\n\n",
    b"\xff\xfe not text at all \x00",
    b"def (:",
    b"x = 1\n",
    b"print('acts')\n",
    b"select 1; select 2",
    b"select from where",
    b"{}",
    b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
    b'{"cells": 3}',
    b"\xef\xbb\xbf# a byte order mark\n",
)
"""Contents that a file of any suffix may have, and that a kind meets in other people's workspaces."""


def code_file(path: str, content: str | bytes, **said: Any) -> CodeFile:
    """A file of code as the kinds see it; `said` are further fields, such as `in_project`.

    Functions that `ref` and `check` name are looked for in the file itself.
    """
    held = content.encode() if isinstance(content, str) else content
    if path.endswith(CONFIG_SUFFIX):
        settings, _ = read_settings(held, path, is_root=False)
        commands = {name: Command(declared) for name, declared in settings.commands.items()}
        return CodeFile(path=path, digest=digest_bytes(held), commands=commands, **said)
    table = read_content(held, path.rpartition(".")[2])
    own = {name: f"{path}:{function}" for name, (module, function) in table.homes.items() if not module}
    fields: dict[str, Any] = {"in_project": True, "symbols": own, **said}
    return CodeFile(
        path=path,
        digest=digest_bytes(held),
        problem=table.problem,
        declared=table.declared,
        query=table.query,
        notebook=table.notebook,
        **fields,
    )


def linked(drafts: Sequence[Draft], sources: Sequence[str] = ()) -> Graph:
    """The graph of drafts in a workspace of one project, with sources of these names."""
    found = [Source(name, None, "csv", f"data/{name}.csv", (f"data/{name}.csv",)) for name in sources]
    return link(drafts, [Project("sample", "projects/sample"), Project("root", "")], found, {}, {})


class StepKindSuite:
    """What every kind keeps. `samples` are files with at least one step, by path below `projects/sample/`."""

    sources: Sequence[str] = ()
    """Names that the samples take from outside."""

    def make_kind(self) -> StepKind:
        raise NotImplementedError("a suite is subclassed, and its `make_kind` gives the kind")

    def samples(self) -> Mapping[str, str]:
        raise NotImplementedError("a suite is subclassed, and its `samples` gives files with steps")

    def sample_files(self) -> list[CodeFile]:
        return [code_file(f"projects/sample/{path}", text) for path, text in self.samples().items()]

    def test_it_says_what_it_is(self) -> None:
        kind = self.make_kind()
        assert kind.name.isidentifier()
        assert kind.name == kind.name.lower()
        assert isinstance(kind.format, int)
        assert kind.format > 0
        assert len(kind.suffixes) > 0
        assert all(PurePosixPath("x" + suffix).suffix == suffix for suffix in kind.suffixes)

    def test_every_sample_holds_a_step(self) -> None:
        kind = self.make_kind()
        for file in self.sample_files():
            reading = kind.read(file)
            assert len(reading.drafts) > 0, file.path
            assert reading.findings == (), file.path

    def test_its_drafts_say_where_they_stand(self) -> None:
        kind = self.make_kind()
        for file in self.sample_files():
            for draft in kind.read(file).drafts:
                assert draft.kind == kind.name
                assert draft.file == file.path
                assert draft.folder == file.path.rpartition("/")[0]
                assert draft.line > 0
                assert draft.stem
                assert (draft.check is None) == (draft.check_of is None)

    def test_it_reads_strange_files_without_raising(self) -> None:
        kind = self.make_kind()
        for suffix in (*kind.suffixes, ".other", ""):
            for content in STRANGE_CONTENTS:
                file = code_file(f"projects/sample/strange{suffix}", content)
                assert isinstance(kind.read(file), FileReading), (suffix, content)

    def test_it_reads_the_same_file_in_the_same_way(self) -> None:
        kind, again = self.make_kind(), self.make_kind()
        for file in self.sample_files():
            assert encode(kind.read(file)) == encode(again.read(file))

    def test_a_file_outside_of_projects_never_gives_more_than_one_inside(self) -> None:
        kind = self.make_kind()
        for file in self.sample_files():
            outside = msgspec.structs.replace(file, in_project=False)
            assert set(kind.read(outside).drafts) <= set(kind.read(file).drafts)

    def test_its_code_counts_under_names_that_people_can_read(self) -> None:
        kind = self.make_kind()
        for step, file in self._steps():
            code = kind.code(step, file, _closure)
            assert len(code) > 0
            assert all(name.startswith(("projects/", "lib/")) for name in code)
            assert all(isinstance(digest, str) and digest for digest in code.values())
            assert dict(kind.code(step, file, _closure)) == dict(code)

    def test_its_code_counts_what_the_closure_or_the_file_says(self) -> None:
        """Some change of the code behind a step has to reach its key."""
        kind = self.make_kind()
        for step, file in self._steps():
            code = dict(kind.code(step, file, _closure))
            changed_below = dict(kind.code(step, file, _changed_closure))
            changed_file = dict(kind.code(step, _reworded(file), _closure))
            assert code != changed_below or code != changed_file

    def test_what_is_only_shown_has_names_that_people_can_read_and_no_part_in_its_code(self) -> None:
        kind = self.make_kind()
        for step, file in self._steps():
            shown, again = dict(kind.render(step, file)), dict(kind.render(step, _reworded(file)))
            assert all(name.startswith(("projects/", "lib/")) for name in shown)
            assert all(isinstance(digest, str) and digest for digest in shown.values())
            assert not shown.keys() & kind.code(step, file, _closure).keys()
            if shown != again:
                assert dict(kind.code(step, file, _closure)) == dict(kind.code(step, _reworded(file), _closure))

    def test_its_task_is_json_and_names_no_place_of_this_machine(self) -> None:
        kind = self.make_kind()
        for step, file in self._steps():
            text = json.dumps(kind.task(step, file), allow_nan=False)
            assert json.loads(text) == kind.task(step, file)
            assert '"/' not in text

    def _steps(self) -> list[tuple[Step, CodeFile]]:
        kind = self.make_kind()
        found = []
        for file in self.sample_files():
            graph = linked(kind.read(file).drafts, self.sources)
            found += [(step, file) for step in graph.steps.values()]
        assert len(found) > 0
        return found


def _closure(path: str, symbol: str | None) -> Mapping[str, Digest]:
    return {f"{path}:{symbol or '*'}": digest_text(path), "lib/shared.py:clean": digest_text("clean")}


def _changed_closure(path: str, symbol: str | None) -> Mapping[str, Digest]:
    return {**_closure(path, symbol), "lib/shared.py:clean": digest_text("cleaner")}


def _reworded(file: CodeFile) -> CodeFile:
    """The file with another query, another command line, or another rendering, where it is no Python."""
    query = msgspec.structs.replace(file.query, digest=digest_text("reworded")) if file.query else None
    notebook = msgspec.structs.replace(file.notebook, prose=digest_text("reworded")) if file.notebook else None
    commands = {
        name: Command(msgspec.structs.replace(command.declared, run=("reworded",), inputs=()))
        for name, command in file.commands.items()
    }
    return msgspec.structs.replace(file, query=query, notebook=notebook, commands=commands)
