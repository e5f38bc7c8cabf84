"""What the difference between two folders says."""

from __future__ import annotations

import json
from pathlib import Path

from onward.diffs.tree import TreeDiff
from onward.model.difference import Difference, DiffOptions
from tests.unit.diffs.files import blob, difference, tree

PAGE = '<html><div id="T_{}">{}</div></html>'


def compared(folder: Path, before: dict[str, str], after: dict[str, str]) -> Difference:
    return difference(TreeDiff(), tree(folder, before), tree(folder, after))


def test_parts_that_came_went_and_changed_are_named(tmp_path: Path) -> None:
    found = compared(tmp_path, {"a.txt": "1", "b.txt": "1", "c": "1"}, {"a.txt": "2", "c": "1", "d/e.txt": "1"})
    assert found.summary == "1 file changed, 1 came in, 1 went: `a.txt`, `d/e.txt`, `b.txt`"
    assert found.detail["parts"]["added"] == {"count": 1, "names": ["d/e.txt"]}
    assert found.detail["changed"][0]["summary"] == "1 line changed: 1 → 2"
    assert found.share == 0.75


def test_the_only_part_that_changed_says_what_changed_in_it(tmp_path: Path) -> None:
    found = compared(tmp_path, {"a.json": '{"x": 1}', "b": "1"}, {"a.json": '{"x": 2}', "b": "1"})
    assert found.summary == "`a.json`: 1 value changed: `x` 1 → 2"


def test_parts_that_differ_by_noise_alone_mean_nothing(tmp_path: Path) -> None:
    old = {"a.html": PAGE.format("00000", 1), "b.json": '{"a":1}'}
    new = {"a.html": PAGE.format("11111", 1), "b.json": '{"a": 1}'}
    assert compared(tmp_path, old, new).means_nothing
    found = compared(tmp_path, old, {**new, "a.html": PAGE.format("11111", 2)})
    assert not found.means_nothing
    assert found.detail["parts"]["noise"] == {"count": 1, "names": ["b.json"]}


def test_of_a_thousand_parts_some_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    found = compared(tmp_path, {str(at): f"a {at}" for at in range(1000)}, {str(at): f"b {at}" for at in range(1000)})
    assert found.detail["parts"]["changed"]["count"] == 1000
    assert len(json.dumps(found.detail)) < 50_000


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    assert TreeDiff().compare(blob(tmp_path, "a", "1"), tree(tmp_path, {"a": "1"}), DiffOptions()) is None
