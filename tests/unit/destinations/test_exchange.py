"""Replacing a site: all or nothing, and nothing of anybody else's."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.base.errors import RefusedError
from onward.destinations import exchange
from onward.model.delivery import LISTING


def publish(out: Path, files: Mapping[str, str]) -> list[str]:
    exchange.require_own(out)
    with exchange.staged(out) as stage:
        for name, text in files.items():
            (stage / name).parent.mkdir(parents=True, exist_ok=True)
            (stage / name).write_text(text)
        return exchange.publish(stage, out, list(files))


def contents(out: Path) -> dict[str, str]:
    return {
        path.relative_to(out).as_posix(): path.read_text()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != LISTING
    }


def test_a_new_folder_is_written_with_those_above_it(tmp_path: Path) -> None:
    out = tmp_path / "a" / "b"
    assert publish(out, {"x/index.html": "x", "index.html": "home"}) == ["index.html", "x/index.html"]
    assert contents(out) == {"index.html": "home", "x/index.html": "x"}
    assert [path.name for path in out.parent.iterdir()] == ["b"]


def test_files_of_the_site_before_are_gone(tmp_path: Path) -> None:
    out = tmp_path / "site"
    publish(out, {"old/index.html": "1", "index.html": "1"})
    publish(out, {"new/index.html": "2", "index.html": "2"})
    assert contents(out) == {"index.html": "2", "new/index.html": "2"}
    assert not (out / "old").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_what_others_put_there_stays(tmp_path: Path) -> None:
    out = tmp_path / "site"
    publish(out, {"index.html": "1", "a/index.html": "1"})
    (out / "CNAME").write_text("example.org")
    (out / ".git" / "refs" / "empty").mkdir(parents=True)
    (out / ".git" / "HEAD").write_text("ref")
    (out / "a" / "note.txt").write_text("mine")
    (out / "link").symlink_to("CNAME")
    publish(out, {"index.html": "2"})
    assert contents(out) == {
        "index.html": "2", "CNAME": "example.org", ".git/HEAD": "ref", "a/note.txt": "mine",
        "link": "example.org",
    }  # fmt: skip
    assert (out / ".git" / "refs" / "empty").is_dir()
    assert os.readlink(out / "link") == "CNAME"
    publish(out, {"index.html": "3"})
    assert contents(out)["CNAME"] == "example.org"


def test_a_folder_that_is_no_site_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(RefusedError, match="did not write"):
        publish(tmp_path, {"index.html": "1"})
    assert contents(tmp_path) == {"thesis.tex": "years of work"}


@pytest.mark.parametrize("listing", ["", "{", "[]", '{"files": 3}', '{"format": 99, "files": []}'])
def test_a_listing_that_means_nothing_is_refused(tmp_path: Path, listing: str) -> None:
    (tmp_path / LISTING).write_text(listing)
    (tmp_path / "index.html").write_text("?")
    with pytest.raises(RefusedError):
        publish(tmp_path, {"index.html": "1"})
    assert (tmp_path / "index.html").read_text() == "?"


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("no folder")
    with pytest.raises(RefusedError, match="no folder"):
        publish(tmp_path / "site", {"index.html": "1"})


@pytest.mark.parametrize("foreign", ["b/index.html", "b"])
def test_a_foreign_file_in_the_way_is_refused_untouched(tmp_path: Path, foreign: str) -> None:
    out = tmp_path / "site"
    publish(out, {"index.html": "1"})
    (out / foreign).parent.mkdir(exist_ok=True)
    (out / foreign).write_text("mine")
    with pytest.raises(RefusedError, match="in the way"):
        publish(out, {"index.html": "2", "b/index.html": "2"})
    assert contents(out) == {"index.html": "1", foreign: "mine"}
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_failure_half_way_leaves_the_old_site_whole(tmp_path: Path) -> None:
    out = tmp_path / "site"
    publish(out, {"index.html": "1", "a.html": "1"})
    with pytest.raises(FileNotFoundError), exchange.staged(out) as stage:
        (stage / "no folder" / "index.html").write_text("2")
    assert contents(out) == {"index.html": "1", "a.html": "1"}
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_what_others_do_while_the_site_is_written_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "site"
    publish(out, {"index.html": "1"})
    (out / "notes.txt").write_text("old")

    def after_others(stage: Path, out: Path) -> bool:
        (out / "new.txt").write_text("new")
        (out / "notes.txt.tmp").write_text("rewritten")
        (out / "notes.txt.tmp").rename(out / "notes.txt")
        return swap(stage, out)

    swap = exchange._exchanged_at_once
    monkeypatch.setattr(exchange, "_exchanged_at_once", after_others)
    publish(out, {"index.html": "2"})
    assert contents(out) == {"index.html": "2", "new.txt": "new", "notes.txt": "rewritten"}


def test_systems_that_cannot_swap_two_folders_rename_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange.sys, "platform", "other")
    out = tmp_path / "site"
    publish(out, {"index.html": "1", "a.html": "1"})
    publish(out, {"index.html": "2"})
    assert contents(out) == {"index.html": "2"}
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


names = st.sampled_from(["index.html", "a/index.html", "a/b/index.html", "c.txt", "d/e.txt"])


@given(
    st.lists(st.sets(names, min_size=1), min_size=1, max_size=4),
    st.sets(st.sampled_from(["x.txt", "a/y.txt"])),
)
def test_after_any_history_there_is_the_last_site_and_what_is_foreign(
    tmp_path_factory: pytest.TempPathFactory, history: list[set[str]], foreign: set[str]
) -> None:
    out = tmp_path_factory.mktemp("history") / "site"
    publish(out, {"index.html": "first"})
    for name in foreign:
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_text("mine")
    for number, files in enumerate(history):
        publish(out, dict.fromkeys(files, str(number)))
    last = str(len(history) - 1)
    assert contents(out) == {**dict.fromkeys(history[-1], last), **dict.fromkeys(foreign, "mine")}
