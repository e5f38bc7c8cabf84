"""Paths inside a workspace."""

from __future__ import annotations

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.base import paths


@pytest.mark.parametrize(
    ("folder", "text", "expected"),
    [
        ("a/b", "c.csv", "a/b/c.csv"),
        ("a/b", "../c.csv", "a/c.csv"),
        ("a/b", "./x/../c.csv", "a/b/c.csv"),
        ("a/b", "../..", ""),
        ("a/b", "../../..", None),
        ("a/b", "../../../c", None),
        ("", "c.csv", "c.csv"),
        ("", "..", None),
        ("", "..hidden", "..hidden"),
        ("a", "/etc/passwd", None),
        ("a", "data/*.csv", "a/data/*.csv"),
    ],
)
def test_a_path_is_seen_from_a_folder_and_never_leaves_the_workspace(
    folder: str, text: str, expected: str | None
) -> None:
    assert paths.join(folder, text) == expected


@given(st.lists(st.sampled_from(["a", "..", ".", "b", ""]), max_size=6))
def test_a_joined_path_is_plain(parts: list[str]) -> None:
    joined = paths.join("x/y", "/".join(parts) if parts[:1] != [""] else ".")
    assert joined is None or not {".", ".."} & set(joined.split("/"))


@pytest.mark.parametrize(
    ("path", "stem"),
    [
        ("data/flights.csv", "flights"),
        ("flights.csv.gz", "flights"),
        ("a/b.tar.gz", "b"),
        ("x.gz", "x"),
        ("report", "report"),
        (".hidden", ".hidden"),
        ("v1.2.csv", "v1.2"),
        (".gz", ".gz"),
    ],
)
def test_a_stem_is_the_name_without_its_extension(path: str, stem: str) -> None:
    assert paths.stem_of(path) == stem


def test_folders() -> None:
    assert paths.folder_of("a/b/c.py") == "a/b"
    assert paths.folder_of("c.py") == ""
    assert paths.is_below("a/b", "a")
    assert paths.is_below("a", "a")
    assert paths.is_below("anything", "")
    assert not paths.is_below("ab", "a")
    assert not paths.is_below("a", "a/b")


def test_a_dotted_name_is_made_from_the_path() -> None:
    assert paths.dotted_name("projects/sales/steps.py") == "projects.sales.steps"
    assert paths.dotted_name("v1.2/steps.py") == "v1_2e_2.steps"
    assert paths.dotted_name("v1.2/steps.py") != paths.dotted_name("v1_2/steps.py")


@pytest.mark.parametrize(
    ("glob", "path", "fits"),
    [
        ("*.csv", "a.csv", True),
        ("*.csv", "b/a.csv", False),
        ("**/*.csv", "a.csv", True),
        ("**/*.csv", "x/y/a.csv", True),
        ("a/**", "a/b/c", True),
        ("a/**", "ab/c", False),
        ("a/**/c", "a/c", True),
        ("a/**/c", "a/x/y/c", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("a.csv", "axcsv", False),
        ("201[3-5].csv", "2014.csv", True),
        ("201[3-5].csv", "2016.csv", False),
        ("[!a].csv", "b.csv", True),
        ("[!a].csv", "a.csv", False),
        ("x[!a]y", "x/y", False),
        ("x[+-9]y", "x/y", False),
        ("[]a].csv", "].csv", True),
        ("[!]a].csv", "].csv", False),
        ("[z-a].csv", "b.csv", False),
        ("[[].csv", "[.csv", True),
        ("[a&&b].csv", "&.csv", True),
        ("[abc", "[abc", True),
        ("a\\b", "a\\b", True),
        ("*", "line\nbreak", True),
        ("**", "a/line\nbreak", True),
        ("a.csv", "a.csv\n", False),
    ],
)
def test_a_glob_fits_as_in_a_shell(glob: str, path: str, fits: bool) -> None:
    assert bool(paths.glob_pattern(glob).match(path)) is fits


@given(st.text("ab[]!-?*.z", max_size=8), st.text("ab[]!-.z", max_size=6))
def test_within_one_folder_globs_fit_as_those_of_the_standard_library(glob: str, name: str) -> None:
    if "**" not in glob:
        assert bool(paths.glob_pattern(glob).match(name)) == fnmatch.fnmatchcase(name, glob)


def test_a_plain_path_is_no_glob() -> None:
    assert not paths.is_glob("data/a.csv")
    assert all(map(paths.is_glob, ["*.csv", "a?", "[ab]"]))


@given(st.text("ab[]*?!-/.", max_size=8))
def test_an_escaped_path_is_a_glob_that_fits_it_alone_and_says_it(path: str) -> None:
    assert paths.literal(paths.escaped(path)) == path
    assert paths.glob_pattern(paths.escaped(path)).match(path)
    assert not paths.glob_pattern(paths.escaped(path)).match(path + "a")


def test_who_reads_a_path_with_brackets_reads_the_file_of_that_name() -> None:
    assert paths.covers("x [1]/a.csv", "x [1]/a.csv")
    assert paths.covers("x [[]1]/*.csv", "x [1]/a.csv")
    assert paths.covers("x [1]/", "x [1]/a.csv")
    assert not paths.covers("x [[]1]/*.csv", "x 1/a.csv")
