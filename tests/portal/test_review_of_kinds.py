"""What each kind of difference really tells, on the review page: more than its sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from onward.model.difference import DiffOptions
from onward.portal.review import evidence, pictures
from onward.portal.review.page import page
from onward.testing.diffs import DiffSuite
from tests.conformance import test_diffs
from tests.portal import review_sample as sample
from tests.portal.reader import read

SUITES = [
    each
    for each in vars(test_diffs).values()
    if isinstance(each, type) and issubclass(each, DiffSuite) and each is not DiffSuite
]


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.__name__)
def test_a_kind_is_shown_by_more_than_its_sentence(suite: type[DiffSuite], tmp_path: Path) -> None:
    made = suite().make_sample(tmp_path)
    found = suite().make_kind().compare(made.artifact, made.other, DiffOptions())
    assert found is not None
    kind = made.other.artifact.kind
    asset = sample.changed("p/it", kind, found.summary, found.detail, pictures=found.pictures)
    text = page(sample.report(asset), "Acme air")
    assert read(text).faults == []
    is_number = "moved-number" in text
    has_class_alone = set(found.detail) == {"class"}  # of a model that nobody has opened
    assert is_number or evidence.of_detail(found.detail) or pictures.embedded(asset) or has_class_alone
