"""What a comment tells machines, and a yes as a file: what is written is read again, and anything else is nothing."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from onward.base.digest import digest_bytes
from onward.ci.approvals import Kept, keep, kept, marker_of, now_shown, read_marker
from onward.ci.gates import Yes
from onward.model.hosting import ContentChange, Shown

ONE, TWO = digest_bytes(b"1"), digest_bytes(b"2")
names = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1)
digests = st.one_of(st.none(), st.sampled_from([ONE, TWO]))


@given(st.dictionaries(names, st.builds(ContentChange, digests, digests)))
def test_a_marker_is_read_as_it_was_written_and_ends_no_comment(changes: dict[str, ContentChange]) -> None:
    shown = Shown("a" * 40, changes, dict.fromkeys(changes, "2026-01-01T00:00:00Z"))
    marker = marker_of(shown)
    assert len(marker.splitlines()) == 1
    assert marker.count("-->") == 1
    assert read_marker(f"{marker}\n### Results\n") == shown


@given(st.text())
def test_any_other_text_is_no_marker(text: str) -> None:
    assert read_marker(text) is None
    assert read_marker(f"<!-- onward:review {text} -->") is None or text.strip().startswith("{")


def test_what_was_shown_keeps_its_time_for_this_head_and_content_alone() -> None:
    move, other = ContentChange(ONE, TWO), ContentChange(ONE, None)
    first = Shown("a", {"shop/total": move}, {"shop/total": "2026-01-01T00:00:00Z"})
    assert now_shown("a", {"shop/total": move}, first).since == first.since
    for head, change in (("b", move), ("a", other)):
        assert now_shown(head, {"shop/total": change}, first).since["shop/total"] > "2026-06"
    assert now_shown("a", {"shop/total": move}, None).since["shop/total"] > "2026-06"


def test_a_yes_is_read_as_it_was_written(tmp_path: Path) -> None:
    yes = Yes("shop/total", ContentChange(ONE, TWO), 'Ada "A\\da" Löv\n<ada@example.org>', "typed")
    gone = Yes("shop/out/a.csv", ContentChange(ONE, None), "Ada", "typed")
    files = [keep(tmp_path, each, "12 → 13\tmin") for each in (yes, gone)]
    found = {each.asset: each for each in kept(tmp_path).said}
    for each, file in zip((yes, gone), files, strict=True):
        read = found[each.asset]
        assert (read.asset, read.change, read.by) == (each.asset, each.change, each.by)
        assert read.how == file.relative_to(tmp_path).as_posix()


def test_what_is_no_yes_is_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "approvals"
    folder.mkdir()
    (folder / "a.toml").write_bytes(b"\xff")
    (folder / "b.toml").write_text('asset = "x"\n', "utf-8")
    (folder / "c.toml").write_text('asset = 1\nby = "Ada"\n', "utf-8")
    (folder / "d.txt").write_text('asset = "x"\nby = "Ada"\n', "utf-8")
    found = kept(tmp_path)
    assert found.said == ()
    assert [note.split("`")[1] for note in found.notes] == [f"approvals/{name}.toml" for name in "abc"]
    assert kept(tmp_path / "nowhere") == Kept((), ())


def test_a_yes_in_another_folder_than_its_projects_is_none(tmp_path: Path) -> None:
    """CODEOWNERS guards `approvals/shop/`, and nobody that folder's neighbours."""
    file = keep(tmp_path, Yes("shop/total", ContentChange(ONE, TWO), "Ada", "typed"), "12 → 13")
    elsewhere = tmp_path / "approvals" / "anybody" / file.name
    elsewhere.parent.mkdir()
    file.rename(elsewhere)
    found = kept(tmp_path)
    assert found.said == ()
    (note,) = found.notes
    assert note.startswith(f"`approvals/anybody/{file.name}` opens no gate")
    assert note.endswith(f"a yes to `shop/total` stands in `{file.relative_to(tmp_path).as_posix()}`")


def test_what_stands_farther_down_in_a_comment_is_no_marker() -> None:
    """There stand the words of data and errors, which anybody may have written."""
    marker = marker_of(Shown("a" * 40, {"shop/total": ContentChange(ONE, TWO)}))
    assert read_marker(f"### Results\n{marker}\n") is None
