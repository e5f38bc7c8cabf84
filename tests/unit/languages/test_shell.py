"""Command lines: which edits of them count, and which words can be paths."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.languages.shell import normal_form, path_words


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("cat a > b", "  cat   a  >\tb\n"),
        ("cat a\ncat b", "cat a  \n  cat  b\n"),
        ("echo 'a b'", "  echo 'a b'\n"),
    ],
)
def test_blanks_between_words_do_not_count(before: str, after: str) -> None:
    assert normal_form(before) == normal_form(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("cat a b", "cat b a"),
        ("cat a b", "cat ab"),
        ("cat a\ncat b", "cat a cat b"),
        ("echo 'a  b'", "echo 'a b'"),
        ('echo "a  b"', 'echo "a b"'),
        ("echo a\\  b", "echo a\\ b"),
        ("cat <<END\na  b\nEND", "cat <<END\na b\nEND"),
        ("x=${y:-a  b}", "x=${y:-a b}"),
        ("echo `echo 'a  b'`", "echo `echo 'a b'`"),
        ("cat a", ["cat", "a"]),
        ("cat a", ["cat a"]),
        (["cat", "a b"], ["cat", "a", "b"]),
        (["cat", "a  b"], ["cat", "a b"]),
        ("text x", ["text", "x"]),
    ],
)
def test_all_else_counts(before: str | list[str], after: str | list[str]) -> None:
    assert normal_form(before) != normal_form(after)


@given(st.text("ab '\"\\`${}<>|\n\t", max_size=12), st.text("ab '\"\\`${}<>|\n\t", max_size=12))
def test_texts_of_one_form_are_one_command_to_the_shell(before: str, after: str) -> None:
    if normal_form(before) == normal_form(after):
        for one, other in zip(before.strip().splitlines(), after.strip().splitlines(), strict=True):
            assert _parts(one) == _parts(other)


def _parts(line: str) -> list[str] | str:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:
        return line.strip()


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ("Rscript clean.R raw.csv>out.csv", ["Rscript", "clean.R", "raw.csv", ">", "out.csv"]),
        ("sh 'mit blank.sh' --config=set.yml -v", ["sh", "mit blank.sh", "set.yml"]),
        (["sh", "größe.sh", "--", "a=b"], ["sh", "größe.sh", "a=b"]),
        ("echo 'does not end", ["echo", "'does", "not", "end"]),
        ("(cd x; ./y.sh)|sort", ["(", "cd", "x", ";", "./y.sh", ")|", "sort"]),
    ],
)
def test_words_that_can_be_paths(run: str | list[str], words: list[str]) -> None:
    assert path_words(run) == words
