"""SQL files with one query: each is a table, made by DuckDB. A table's name is the reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onward.base import paths
from onward.base.digest import Digest
from onward.model.draft import Draft, FileReading, OutputDraft, Reference
from onward.model.ports import Closure, CodeFile
from onward.model.workspace import Candidate, Step


class SqlKind:
    """A step that is a query."""

    name = "sql"
    format = 1
    suffixes = (".sql",)

    def read(self, file: CodeFile) -> FileReading:
        query = file.query
        if query is None or query.problem is not None or query.statement == "empty":
            return FileReading()
        if not query.is_query:
            why = f"it holds {query.statement}; a step is one query"
            return FileReading(candidate=Candidate(file.path, why, "write it as one `select`"))
        if not (file.in_project or file.is_named):
            line = f'steps = ["{file.path}"]'
            return FileReading(candidate=Candidate(file.path, "one query, so it could be a table", line))
        stem = paths.stem_of(file.path)
        references = {
            mention.parts: Reference(
                ".".join(mention.parts), "/".join(mention.parts), _form(mention.parts), line=mention.line
            )
            for mention in query.tables
        }
        return FileReading(
            (
                Draft(
                    kind="sql",
                    file=file.path,
                    line=1,
                    folder=paths.folder_of(file.path),
                    stem=stem,
                    references=tuple(references.values()),
                    outputs=(OutputDraft(stem, kind="table"),),
                    reads=query.reads,
                    writes=query.writes,
                    columns=query.columns,
                    doc=query.doc,
                ),
            )
        )

    def code(self, step: Step, file: CodeFile, closure: Closure) -> Mapping[str, Digest]:
        assert file.query is not None
        return {f"{step.file} (query)": file.query.digest}

    def render(self, step: Step, file: CodeFile) -> Mapping[str, Digest]:
        return {}

    def task(self, step: Step, file: CodeFile) -> dict[str, Any]:
        assert file.query is not None
        bound = {binding.name for binding in step.bindings}
        named = {".".join(mention.parts): list(mention.parts) for mention in file.query.tables}
        return {
            "driver": "onward.runtime.query",
            "tables": [{"name": name, "parts": parts} for name, parts in named.items() if name in bound],
        }


def _form(parts: tuple[str, ...]) -> str:
    return "name" if len(parts) == 1 else "ref"
