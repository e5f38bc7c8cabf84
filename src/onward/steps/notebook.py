"""Notebooks: each is a document, run from top to bottom in a fresh kernel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onward.base import paths
from onward.base.codec import digest_of
from onward.base.digest import Digest
from onward.model.draft import Draft, FileReading, OutputDraft
from onward.model.ports import Closure, CodeFile
from onward.model.workspace import Candidate, Finding, Step
from onward.steps.script import loads, saves

_EXECUTION_TAGS = frozenset({"parameters", "raises-exception"})
"""Tags that mean something when a cell is executed; what is tagged `skip-execution` has no code."""


class NotebookKind:
    """A step that executes a notebook and keeps it, with what it shows, as a document.

    What is executed counts apart from what is only shown: prose, comments, layout, tags of the page. Where these
    alone have changed, the document is rendered again from kept outputs.
    """

    name = "notebook"
    format = 2
    suffixes = (".ipynb",)

    def read(self, file: CodeFile) -> FileReading:
        notebook, declared = file.notebook, file.declared
        if notebook is None or notebook.problem is not None:
            return FileReading()
        if notebook.language != "python" or declared is None:
            return _in_another_language(file, notebook.language)
        stem = paths.stem_of(file.path)
        # A picture that the notebook itself draws is its result.
        written = {mention.text for mention in declared.writes}
        pictures = [mention for mention in notebook.pictures if mention.text.removeprefix("./") not in written]
        return FileReading(
            (
                Draft(
                    kind="notebook",
                    file=file.path,
                    line=1,
                    folder=paths.folder_of(file.path),
                    stem=stem,
                    is_file_step=True,
                    document=True,
                    references=tuple(loads(declared)),
                    outputs=(OutputDraft(stem, kind="document"), *saves(declared)),
                    reads=(*declared.reads, *notebook.runs, *pictures),
                    writes=declared.writes,
                    open=declared.opens_save or declared.opens_load,
                    title=notebook.title or None,
                    doc=declared.doc,
                ),
            )
        )

    def code(self, step: Step, file: CodeFile, closure: Closure) -> Mapping[str, Digest]:
        assert file.notebook is not None
        cells = [
            (cell.border, cell.hides_output, cell.magics, sorted(_EXECUTION_TAGS & {*cell.tags}), cell.exact)
            for cell in file.notebook.cells
            if cell.is_executed
        ]
        counted = {**closure(step.file, None), f"{step.file} (cells)": digest_of(cells)}
        if file.notebook.quotes:
            counted[f"{step.file} (text)"] = file.notebook.text
        return counted

    def render(self, step: Step, file: CodeFile) -> Mapping[str, Digest]:
        assert file.notebook is not None
        return {f"{step.file} (prose)": file.notebook.prose, f"{step.file} (layout)": file.notebook.layout}

    def task(self, step: Step, file: CodeFile) -> dict[str, Any]:
        assert file.notebook is not None
        document = next(output.asset for output in step.outputs if output.path is None)
        return {"driver": "onward.runtime.notebook", "document": document, "title": step.title or ""}


def _in_another_language(file: CodeFile, language: str) -> FileReading:
    """Many repositories hold notebooks in R beside those in Python: only who asks for one to run has made a mistake."""
    name = language.capitalize() or "no language"
    leave_out = f'ignore = ["{file.path}"]'
    if not file.is_named:
        return FileReading(
            candidate=Candidate(file.path, f"it is written in {name}, which onward does not run yet", leave_out)
        )
    message = f"`{file.path}` is a notebook in {name}; onward runs notebooks in Python"
    hint = f"take it out of `steps`, or leave it out with `{leave_out}`"
    return FileReading(findings=(Finding("language", message, file.path, hint=hint),))
