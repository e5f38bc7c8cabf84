"""Every kind of difference passes the suite of `onward.testing.diffs`."""

from __future__ import annotations

from pathlib import Path

from onward.diffs.check import VerdictDiff
from onward.diffs.document import DocumentDiff
from onward.diffs.figure import FigureDiff
from onward.diffs.file import FileDiff
from onward.diffs.metric import MetricDiff
from onward.diffs.model import ModelDiff
from onward.diffs.registry import kinds
from onward.diffs.table.kind import TableDiff
from onward.diffs.text import TextDiff
from onward.diffs.tree import TreeDiff
from onward.model.ports import DiffKind
from onward.testing.diffs import DiffSuite, Sample
from tests.unit.diffs.files import blob, tree, written
from tests.unit.diffs.tables import table
from tests.unit.diffs.test_check import broken
from tests.unit.diffs.test_document import kept, printed, shows
from tests.unit.diffs.test_figure import plot
from tests.unit.diffs.test_file import document
from tests.unit.diffs.test_metric import metric

ROWS = "select range as id, sqrt(range + 2) as x from range(100)"
ROUNDED = "sqrt(range + 2) * case range % 4 when 1 then 1 + 1e-13 when 2 then 1 - 1e-13 else 1 end"


class TestMetric(DiffSuite):
    def make_kind(self) -> DiffKind:
        return MetricDiff()

    def make_sample(self, folder: Path) -> Sample:
        return Sample(metric(1.5), metric(2.5))


class TestCheck(DiffSuite):
    def make_kind(self) -> DiffKind:
        return VerdictDiff()

    def make_sample(self, folder: Path) -> Sample:
        rows = f"select range as id, {ROUNDED} as x from range(100)"
        tables = table(folder, "a", ROWS), table(folder, "b", f"{ROWS} limit 90"), table(folder, "c", rows)
        return Sample(*(broken(side, 90 if at == 1 else 100) for at, side in enumerate(tables)))


class TestTable(DiffSuite):
    def make_kind(self) -> DiffKind:
        return TableDiff()

    def make_sample(self, folder: Path) -> Sample:
        return Sample(
            table(folder, "a", ROWS),
            table(folder, "b", f"{ROWS} limit 90"),
            table(folder, "c", f"select range as id, {ROUNDED} as x from range(100)"),
        )


class TestText(DiffSuite):
    def make_kind(self) -> DiffKind:
        return TextDiff()

    def make_sample(self, folder: Path) -> Sample:
        texts = ('{"rmse": 12.5}', '{"rmse": 11.9}', '{\n  "rmse": 12.50\n}\n')
        return Sample(*(blob(folder / "store", "metrics.json", text) for text in texts))


class TestFile(DiffSuite):
    def make_kind(self) -> DiffKind:
        return FileDiff()

    def make_sample(self, folder: Path) -> Sample:
        contents = document("12.5"), document("11.9"), document("12.5", year=2025)
        return Sample(*(blob(folder / "store", "report.docx", content) for content in contents))


class TestTree(DiffSuite):
    def make_kind(self) -> DiffKind:
        return TreeDiff()

    def make_sample(self, folder: Path) -> Sample:
        texts = ('{"rmse": 12.5}', '{"rmse": 11.9}', '{ "rmse": 12.50 }')
        return Sample(*(tree(folder / "store", {"a": "1", "metrics.json": text}) for text in texts))


class TestFigure(DiffSuite):
    def make_kind(self) -> DiffKind:
        return FigureDiff()

    def make_sample(self, folder: Path) -> Sample:
        figures = plot(1, 2, 3), plot(1, 2, 4), plot(1, 2 * (1 + 1e-13), 3)
        return Sample(*(written(folder / "store", figure) for figure in figures))


class TestDocument(DiffSuite):
    def make_kind(self) -> DiffKind:
        return DocumentDiff()

    def make_sample(self, folder: Path) -> Sample:
        texts = "median 12.5\nat 0x7f01", "median 11.9\nat 0x7f01", "median 12.5\nat 0x7f02"
        return Sample(*(kept(folder / "store", shows("x", printed(text))) for text in texts))


class TestModel(DiffSuite):
    def make_kind(self) -> DiffKind:
        return ModelDiff()

    def make_sample(self, folder: Path) -> Sample:
        # What a pickle says, only the workspace's Python finds out.
        return Sample(*(written(folder / "store", {"alpha": alpha}, kind="model") for alpha in (0.1, 0.5)))


def test_every_registered_kind_is_held_against_the_suite() -> None:
    tried = {suite().make_kind().name for suite in DiffSuite.__subclasses__()}
    assert tried == kinds().keys()
