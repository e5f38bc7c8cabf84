"""The suite of what compares two artifacts of one kind."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from onward.model.artifact import Artifact
from onward.model.difference import DiffOptions
from onward.model.ports import DiffKind, Side


@dataclass(frozen=True)
class Sample:
    """An artifact, another one that differs in what it means, and one that differs in nothing that means anything.

    `alike` is None for a kind whose contents differ only where the meaning does.
    """

    artifact: Side
    other: Side
    alike: Side | None = None


class DiffSuite:
    """What every kind of difference does."""

    def make_kind(self) -> DiffKind:
        raise NotImplementedError("a suite is subclassed, and its `make_kind` gives the kind")

    def make_sample(self, folder: Path) -> Sample:
        raise NotImplementedError("a suite is subclassed, and its `make_sample` gives artifacts of the kind")

    @pytest.fixture
    def kind(self) -> DiffKind:
        return self.make_kind()

    @pytest.fixture
    def sample(self, tmp_path: Path) -> Sample:
        return self.make_sample(tmp_path)

    def test_a_difference_is_told_in_a_sentence_and_in_data(self, kind: DiffKind, sample: Sample) -> None:
        found = kind.compare(sample.artifact, sample.other, DiffOptions())
        assert found is not None
        assert found.summary.strip() == found.summary != ""
        assert "\n" not in found.summary
        assert 0 < found.share <= 1
        assert not found.means_nothing
        assert json.loads(json.dumps(found.detail, allow_nan=False)) == found.detail

    def test_it_is_told_alike_each_time(self, kind: DiffKind, sample: Sample) -> None:
        first = kind.compare(sample.artifact, sample.other, DiffOptions())
        assert first == kind.compare(sample.artifact, sample.other, DiffOptions())

    def test_what_means_nothing_is_said_to(self, kind: DiffKind, sample: Sample) -> None:
        if sample.alike is not None:
            found = kind.compare(sample.artifact, sample.alike, DiffOptions())
            assert found is not None
            assert found.means_nothing, found.summary

    def test_bytes_that_are_not_what_their_kind_says_are_no_error(
        self, kind: DiffKind, sample: Sample, tmp_path: Path
    ) -> None:
        broken = tmp_path / "broken"
        broken.write_bytes(b"\0\xff\0 neither this nor that")
        found = kind.compare(sample.artifact, side_of(sample.other.artifact, broken), DiffOptions())
        assert found is None or found.summary

    def test_nothing_is_left_behind(
        self, kind: DiffKind, sample: Sample, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path_factory.mktemp("temporary")
        monkeypatch.setattr("tempfile.tempdir", str(folder))
        kind.compare(sample.artifact, sample.other, DiffOptions())
        assert os.listdir(folder) == []


def side_of(artifact: Artifact, *files: Path) -> Side:
    """An artifact whose bytes lie in `files`: that of a blob, or those of a tree's parts in their order."""
    if len(files) == 1:
        return Side(artifact, lambda _: files[0])
    places = dict(zip((part.bytes for part in artifact.parts), files, strict=False))
    return Side(artifact, places.__getitem__)
