"""The harness that runs the samples of pages: right ones pass, and each way of being wrong is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.docs.harness import WrongSampleError, agrees, commands_of, read_page, run_page

LINES = st.lists(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1), min_size=1)


def run(text: str, folder: Path) -> None:
    run_page(read_page("page.md", text), folder)


def test_a_command_that_prints_what_is_shown_passes(tmp_path: Path) -> None:
    run("```console\n$ echo one; echo two >&2\none\ntwo\n```\n", tmp_path)


@pytest.mark.parametrize(
    "block",
    [
        "$ echo one\ntwo",
        "$ echo one\none\ntwo",
        "$ printf 'one\\ntwo\\n'\none",
        "$ true\nsomething",
        "$ exit 1",
        "$ true  # exit 1",
        "$ exit 2  # exit 1",
        "$ no-such-program",
        "one\n$ echo one",
    ],
)
def test_a_command_that_does_something_else_fails(block: str, tmp_path: Path) -> None:
    with pytest.raises(WrongSampleError):
        run(f"```console\n{block}\n```\n", tmp_path)


def test_a_status_other_than_0_is_said_in_a_comment(tmp_path: Path) -> None:
    run("```console\n$ (echo no; exit 3)  # exit 3\nno\n```\n", tmp_path)


def test_a_command_that_shows_nothing_is_run_and_not_compared(tmp_path: Path) -> None:
    run("```console\n$ echo anything > file\n$ echo more\n$ cat file\nanything\n```\n", tmp_path)


def test_commands_go_on_over_lines(tmp_path: Path) -> None:
    run("```console\n$ cat <<END\n> one\n> two\n> END\none\ntwo\n```\n", tmp_path)


def test_a_change_of_folder_lasts_for_the_page(tmp_path: Path) -> None:
    run("```console\n$ mkdir -p a/b\n$ cd a/b\n```\ntext\n```console\n$ pwd\n.../a/b\n```\n", tmp_path)


def test_a_block_with_a_title_is_a_file_below_the_root(tmp_path: Path) -> None:
    text = '```python title="a/b.py"\nprint("hello")\n```\n```console\n$ python a/b.py\nhello\n```\n'
    run(text, tmp_path)


def test_python_blocks_share_one_namespace_and_the_folder(tmp_path: Path) -> None:
    run("```python\nx = 1\n```\n```console\n$ touch here\n```\n"
        "```python\nimport os\nassert x == 1 and os.path.exists('here')\n```\n", tmp_path)  # fmt: skip


@pytest.mark.parametrize("code", ["assert False", "1 / 0", "import no_such_module"])
def test_a_python_block_that_raises_fails_and_names_the_page_and_line(code: str, tmp_path: Path) -> None:
    with pytest.raises(WrongSampleError, match=r"page\.md:2"):
        run(f"\n```python\n{code}\n```\n", tmp_path)


def test_blocks_of_other_languages_are_not_run(tmp_path: Path) -> None:
    run("```sh\nexit 1\n```\n```\n$ exit 1\n```\n```text\n$ exit 1\n```\n", tmp_path)


def test_a_block_in_a_list_and_a_block_within_a_block_are_read_as_markdown_means_them() -> None:
    text = "- item\n\n  ```console\n  $ true\n  ```\n\n````markdown\n```console\n$ exit 1\n```\n````\n"
    first, second = read_page("page.md", text).blocks
    assert (first.language, first.text, first.line) == ("console", "$ true\n", 3)
    assert second.language == "markdown"


def test_a_block_that_is_never_closed_fails() -> None:
    with pytest.raises(WrongSampleError, match="never closed"):
        read_page("page.md", "```console\n$ true\n")


def test_a_page_begins_in_the_workspace_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    run("```console\n$ test -d .git\n```\n", tmp_path / "a")
    run("<!-- workspace: none -->\n```console\n$ test -e .git  # exit 1\n```\n", tmp_path / "b")


def test_an_unknown_workspace_fails() -> None:
    with pytest.raises(WrongSampleError, match="demo, empty, none"):
        read_page("page.md", "<!-- workspace: dmo -->\n")


@given(LINES)
def test_what_is_printed_agrees_with_itself(lines: list[str]) -> None:
    assert agrees(lines, "\n".join(lines))


@given(LINES, st.data())
def test_any_line_may_be_left_to_a_wildcard(lines: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(lines)))
    until = data.draw(st.integers(at, len(lines)))
    assert agrees([*lines[:at], "...", *lines[until:]], "\n".join(lines))


@given(st.lists(st.text("ab", min_size=1), min_size=1), st.lists(st.text("ab", min_size=1), min_size=1))
def test_without_a_wildcard_only_equal_lines_agree(shown: list[str], printed: list[str]) -> None:
    assert agrees(shown, "\n".join(printed)) == (shown == printed)


@pytest.mark.parametrize(
    ("shown", "printed", "agree"),
    [
        ("made 3 steps in ... s", "made 3 steps in 1.9 s", True),
        ("made 3 steps in ... s", "made 4 steps in 1.9 s", False),
        ("made 3 steps in ... s", "made 3 steps in 1.9\n s", False),
        ("a.c", "abc", False),
        ("one\n...\ntwo", "one\ntwo", True),
        ("one\n...\ntwo", "one\nx\ny\ntwo", True),
        ("one\n...\ntwo", "one\nx\ny", False),
    ],
)
def test_dots_stand_for_anything_and_nothing_else_does(shown: str, printed: str, agree: bool) -> None:
    assert agrees(shown.splitlines(), printed) is agree


def test_an_empty_line_within_output_counts() -> None:
    block = read_page("page.md", "```console\n$ a\none\n\ntwo\n\n$ b\n```\n").blocks[0]
    first, second = commands_of(block)
    expected = ["one", "", "two", ""]
    assert first.expected == expected and second.expected is None
    assert agrees(expected, "one\n\ntwo\n") and not agrees(expected, "one\ntwo\n")
