"""What the program loads, how it looks on a terminal and elsewhere, and what it offers to a shell."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Writer
from tests.cli.program import PROGRAM, in_process, onward, started
from tests.cli.workspaces import functions

HEAVY = (
    "polars",
    "pandas",
    "pyarrow",
    "duckdb",
    "numpy",
    "matplotlib",
    "sklearn",
    "nbformat",
    "rich",
    "sqlglot",
    "tree_sitter",
)
COMMANDS = (
    "init", "list", "run", "status", "why", "show", "get", "logs", "graph", "snapshots", "release", "rollback",
    "releases", "close", "bisect", "reproduce", "site", "doctor",
)  # fmt: skip


def modules_of(folder: Path, *words: str) -> set[str]:
    """The modules that a command line has loaded by its end."""
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('LOADED', *sys.modules, file=sys.stderr))\n"
        "from onward.cli.entry import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("LOADED")]
    return set(line.split()[1:])


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["run", "--help"], ["show", "-h"]], ids=" ".join)
def test_version_and_help_load_no_heavy_library(tmp_path: Path, words: list[str]) -> None:
    loaded = modules_of(tmp_path, *words)
    assert loaded.isdisjoint(HEAVY)
    if words == ["--version"]:
        assert "click" not in loaded


def test_what_only_looks_loads_no_data_library(made_shop: Path) -> None:
    for words in (["list"], ["status"], ["run"], ["show", "shop/total"], ["why", "shop/total"]):
        assert modules_of(made_shop, *words).isdisjoint(set(HEAVY) - {"tree_sitter"}), words


def test_a_rollback_loads_nothing_that_reads_code_or_data(made_shop: Path) -> None:
    """Who takes something back is in a hurry."""
    assert in_process(made_shop, "release").status == 0
    assert in_process(made_shop, "release", "--note", "again").status == 0
    assert modules_of(made_shop, "rollback").isdisjoint({*HEAVY, "onward.app.reading.whole"})


def test_the_version_is_the_package_s() -> None:
    import onward as package

    assert in_process(Path.cwd(), "--version").out == f"onward {package.__version__}\n"


def test_the_help_names_every_command_and_every_command_has_its_own(tmp_path: Path) -> None:
    text = onward(tmp_path, "--help").out
    for name in COMMANDS:
        assert f"\n  {name} " in text
        own = onward(tmp_path, name, "--help")
        assert own.status == 0
        assert f"onward {name}" in own.out
        assert "--json" in own.out
        assert "-C DIR" in own.out


def completions(folder: Path, *words: str) -> list[str]:
    """What bash is offered for the last word."""
    answer = in_process(
        folder,
        _ONWARD_COMPLETE="bash_complete",
        COMP_WORDS=" ".join(["onward", *words]),
        COMP_CWORD=str(len(words)),
    )
    assert answer.err == ""
    return [line.partition(",")[2] for line in answer.out.splitlines() if line]


def test_a_shell_is_offered_commands_options_and_names(made_shop: Path) -> None:
    assert set(completions(made_shop, "re")) == {"release", "releases", "reproduce", "review"}
    assert "--keep-going" in completions(made_shop, "run", "--k")
    assert completions(made_shop, "run", "shop/t") == ["shop/total"]
    assert set(completions(made_shop / "projects", "status", "sh")) == {"shop", "shop/report", "shop/total"}
    assert completions(made_shop, "show", "nothing") == []


def test_a_broken_workspace_offers_what_can_be_read(made_shop: Path) -> None:
    (made_shop / "projects/shop/broken.py").write_text("def (\n")
    assert completions(made_shop, "run", "shop/t") == ["shop/total"]


def on_terminal(folder: Path, *words: str, **variables: str) -> str:
    """All that a command line shows on a terminal."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", **variables}
    process = subprocess.Popen(
        [*PROGRAM, *words], cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other side has closed: the program has ended
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert process.wait(timeout=30) in (0, 1)
    return shown.decode()


def test_colours_are_for_terminals_alone(shop: Path) -> None:
    assert "\x1b[" in on_terminal(shop, "run")
    assert "\x1b[" in on_terminal(shop, "list")
    for words in (["list"], ["status"], ["run"], ["run", "--force", "shop"], ["snapshots"], ["show", "shop/total"]):
        assert "\x1b" not in in_process(shop, *words).text


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"CI": "true"}], ids=str)
def test_who_wants_no_colours_gets_none(shop: Path, variables: dict[str, str]) -> None:
    (shop / "projects/shop/more.py").write_text(functions(bad="1 / 0"))
    for words in (["list"], ["run", "--keep-going"]):
        assert "\x1b" not in on_terminal(shop, *words, **variables)


def test_json_is_json_on_a_terminal_too(shop: Path) -> None:
    shown = on_terminal(shop, "list", "--json")
    assert shown.startswith('{"schema": 1')
    assert "\x1b" not in shown


def test_progress_comes_while_a_run_goes_on(workspace: Writer) -> None:
    root = workspace(
        {"onward.toml": "", "projects/a/steps.py": functions(quick="1", **{"slow(quick)": "time.sleep(30)"})}
    )
    process = started(root, "run", "--json")
    assert process.stderr is not None
    begun = time.monotonic()
    assert "a/quick" in process.stderr.readline()
    assert time.monotonic() - begun < 20
    assert process.poll() is None
    process.terminate()
    process.communicate(timeout=30)


@pytest.mark.parametrize("words", [["releases"], ["snapshots"], ["list", "--json"], ["doctor"]], ids=" ".join)
def test_a_reader_that_has_gone_is_no_failure(made_shop: Path, words: list[str]) -> None:
    assert onward(made_shop, "release").status == 0
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [*PROGRAM, *words], cwd=made_shop, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")
