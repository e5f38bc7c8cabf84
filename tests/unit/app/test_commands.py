"""Commands as steps: what makes them run again, what does not, what they may see, and how they fail."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests.cli.program import Answer, onward
from tests.cli.workspaces import write

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere only what Python itself opens is seen, by design; Linux runs it"
)
CLEAN = """\
[commands.clean]
run = "sh tools/clean.sh raw.csv > out.csv"
outputs = ["out.csv"]
"""
FILES = {
    "onward.toml": "",
    "projects/delays/onward.toml": CLEAN,
    "projects/delays/tools/clean.sh": 'grep -v "^#" "$1"\ncat extra.txt\n',
    "projects/delays/raw.csv": "# a comment\na,b\n1,2\n",
    "projects/delays/extra.txt": "3,4\n",
}
DELAYS = "projects/delays"


def laid_out(root: Path, **commands: str) -> Path:
    """A workspace with one project that declares these commands, each by the lines of its table."""
    text = "".join(f"[commands.{name}]\n{lines}\n" for name, lines in commands.items())
    return write(root, {"onward.toml": "", f"{DELAYS}/onward.toml": text})


def made(root: Path, *words: str) -> dict[str, str]:
    answer = onward(root, "run", "--json", *words)
    assert answer.status in (0, 1), answer.text
    return answer.outcomes()


def failure(root: Path, lines: str, *, name: str = "c") -> dict[str, object]:
    """How a command of these lines fails, when nothing else is run."""
    laid_out(root, **{name: lines})
    return error_of(onward(root, "run", "--json"))


def error_of(answer: Answer) -> dict[str, object]:
    assert answer.status == 1, answer.text
    (step,) = answer.json["steps"]
    assert step["outcome"] == "failed"
    error: dict[str, object] = step["error"]
    return error


# What counts


def test_a_command_is_made_once_and_its_file_is_a_table(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    assert made(tmp_path) == {"delays/clean": "made"}
    assert (tmp_path / DELAYS / "out.csv").read_text() == "a,b\n1,2\n3,4\n"
    assert made(tmp_path) == {"delays/clean": "kept"}
    listed = onward(tmp_path, "list", "--json").json
    (step,) = listed["steps"]
    assert (step["kind"], step["file"], step["line"]) == ("command", f"{DELAYS}/onward.toml", 1)
    assert step["assets"] == ["delays/out.csv"]
    assert [(asset["name"], asset["kind"]) for asset in listed["assets"]] == [("delays/out.csv", "table")]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("tools/clean.sh", 'cat extra.txt\ngrep -v "^#" "$1"\n'),
        ("raw.csv", "a,b\n1,3\n"),
        ("extra.txt", "5,6\n"),
        ("onward.toml", CLEAN.replace("raw.csv >", "raw.csv | sort >")),
        ("onward.toml", CLEAN + 'env = { LEVEL = "2" }\n'),
        ("onward.toml", CLEAN + 'inputs = ["raw.csv"]\n'),
    ],
)
def test_an_edit_that_a_command_can_see_runs_it(tmp_path: Path, path: str, content: str) -> None:
    write(tmp_path, FILES)
    made(tmp_path)
    write(tmp_path, {f"{DELAYS}/{path}": content}, git=False)
    assert made(tmp_path) == {"delays/clean": "made"}


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("onward.toml", f'title = "Delays"\n\n# Cleans.\n{CLEAN.replace("raw.csv >", "  raw.csv  >  ")}'),
        ("onward.toml", CLEAN + 'title = "Clean"\ntime_limit = "5 min"\n'),
        ("onward.toml", CLEAN + '[commands.other]\nrun = "true"\n'),
        ("unrelated.txt", "x"),
    ],
)
def test_an_edit_that_a_command_cannot_see_does_not(tmp_path: Path, path: str, content: str) -> None:
    write(tmp_path, FILES)
    made(tmp_path)
    write(tmp_path, {f"{DELAYS}/{path}": content}, git=False)
    assert made(tmp_path)["delays/clean"] == "kept"


def test_blanks_within_quotes_count(tmp_path: Path) -> None:
    laid_out(tmp_path, c="""run = "echo 'a  b' > out.txt\"""")
    made(tmp_path)
    laid_out(tmp_path, c="""run = "echo 'a b' > out.txt\"""")
    assert made(tmp_path) == {"delays/c": "made"}
    assert (tmp_path / DELAYS / "out.txt").read_text() == "a b\n"


def test_a_file_that_was_not_there_counts_when_it_comes(tmp_path: Path) -> None:
    laid_out(tmp_path, c="run = 'if test -e more.txt; then cat more.txt; else echo none; fi > out.txt'")
    made(tmp_path)
    assert made(tmp_path) == {"delays/c": "kept"}
    write(tmp_path, {f"{DELAYS}/more.txt": "more\n"}, git=False)
    assert made(tmp_path) == {"delays/c": "made"}
    assert (tmp_path / DELAYS / "out.txt").read_text() == "more\n"


def test_a_command_that_reads_its_settings_runs_again_for_any_of_them(tmp_path: Path) -> None:
    laid_out(tmp_path, c='run = "wc -l < onward.toml > out.txt"')
    made(tmp_path)
    assert made(tmp_path) == {"delays/c": "kept"}
    laid_out(tmp_path, c='run = "wc -l < onward.toml > out.txt"\n# a comment')
    assert made(tmp_path) == {"delays/c": "made"}


def test_a_script_of_python_that_a_command_starts_is_no_step_of_its_own(tmp_path: Path) -> None:
    laid_out(tmp_path, c='run = "python report.py out.txt"')
    write(tmp_path, {f"{DELAYS}/report.py": "import sys, part\nopen(sys.argv[1], 'w').write(part.WORD)\n"}, git=False)
    write(tmp_path, {f"{DELAYS}/part.py": "WORD = 'one'\n"}, git=False)
    assert made(tmp_path) == {"delays/c": "made"}
    # Of the same size, and within the same second: no bytecode of before may run.
    write(tmp_path, {f"{DELAYS}/part.py": "WORD = 'two'\n"}, git=False)
    assert made(tmp_path) == {"delays/c": "made"}
    assert (tmp_path / DELAYS / "out.txt").read_text() == "two"


def test_why_shows_the_line_of_the_command(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    made(tmp_path)
    edited = CLEAN.replace("raw.csv >", "raw.csv | sort >")
    write(tmp_path, {f"{DELAYS}/onward.toml": f'title = "Delays"\n\n{edited}'}, git=False)
    (reason,) = onward(tmp_path, "why", "delays/clean", "--json").json["reasons"]
    assert reason["where"] == f"{DELAYS}/onward.toml:4"
    assert '-run = "sh tools/clean.sh raw.csv > out.csv"' in reason["diffs"][0]["lines"]
    assert not any("title" in line for line in reason["diffs"][0]["lines"])


def test_why_shows_the_line_of_a_script_that_a_command_names(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    made(tmp_path)
    write(tmp_path, {f"{DELAYS}/tools/clean.sh": 'grep -v "^#" "$1"\ncat extra.txt extra.txt\n'}, git=False)
    (reason,) = onward(tmp_path, "why", "delays/clean", "--json").json["reasons"]
    assert (reason["kind"], reason["where"]) == ("code", f"{DELAYS}/tools/clean.sh:2")


# Edges


def test_declared_outputs_give_the_order_before_anything_has_run(tmp_path: Path) -> None:
    laid_out(
        tmp_path,
        a='run = "cat b.txt > a.txt"\ninputs = ["b.txt"]\noutputs = ["a.txt"]',
        b='run = "echo b > b.txt"\noutputs = ["b.txt"]',
    )
    graph = onward(tmp_path, "list", "--json").json
    assert {step["name"]: step["inputs"] for step in graph["steps"]}["delays/a"] == [f"{DELAYS}/b.txt"]
    answer = onward(tmp_path, "run", "--json")
    assert answer.outcomes() == {"delays/a": "made", "delays/b": "made"}
    assert "again" not in answer.err


def test_what_is_left_to_the_watch_is_found_and_ordered(tmp_path: Path) -> None:
    laid_out(tmp_path, a='run = "cat b.txt > a.txt"', b='run = "sleep 0.1; echo b > b.txt"')
    assert made(tmp_path) == {"delays/a": "made", "delays/b": "made"}
    assert made(tmp_path) == {"delays/a": "kept", "delays/b": "kept"}
    assert (tmp_path / DELAYS / "a.txt").read_text() == "b\n"


def test_names_in_braces_stand_for_files_of_assets_and_sources(tmp_path: Path) -> None:
    text = (
        '[commands.both]\nrun = "cat {flights} \'{total}\' > both.txt"\ninputs = ["flights", "total"]\n'
        'outputs = ["both.txt"]\n[commands.words]\nrun = ["sh", "-c", \'cat "$0" > words.txt\', "{total}"]\n'
        'inputs = ["total"]\n'
    )
    write(
        tmp_path / "mit blank und ü",
        {
            "onward.toml": "",
            f"{DELAYS}/onward.toml": text,
            f"{DELAYS}/data/flights.csv": "a\n1\n",
            f"{DELAYS}/steps.py": "from onward import asset\n\n@asset\ndef total() -> int:\n    return 42\n",
        },
    )
    root = tmp_path / "mit blank und ü"
    assert set(made(root).values()) == {"made"}
    assert (root / DELAYS / "both.txt").read_text().startswith("a\n1\n")
    assert "42" in (root / DELAYS / "words.txt").read_text()
    write(root, {f"{DELAYS}/data/flights.csv": "a\n2\n"}, git=False)
    assert made(root) == {"delays/both": "made", "delays/total": "kept", "delays/words": "kept"}


def test_names_with_blanks_and_umlauts(tmp_path: Path) -> None:
    laid_out(tmp_path, **{'"größe mit blank"': 'run = ["sh", "-c", \'wc -c < "roh mit ü.txt" > "größe ü.txt"\']'})
    write(tmp_path, {f"{DELAYS}/roh mit ü.txt": "abc"}, git=False)
    assert made(tmp_path) == {"delays/größe mit blank": "made"}
    assert made(tmp_path, "delays/größe mit blank") == {"delays/größe mit blank": "kept"}
    assert (tmp_path / DELAYS / "größe ü.txt").read_text().strip() == "3"


def test_a_folder_that_is_an_input_counts_with_all_that_is_in_it(tmp_path: Path) -> None:
    laid_out(tmp_path, c='run = "echo x > out.txt"\ninputs = ["parts"]\noutputs = ["out.txt"]')
    write(tmp_path, {f"{DELAYS}/parts/a.txt": "a"}, git=False)
    made(tmp_path)
    assert made(tmp_path) == {"delays/c": "kept"}
    write(tmp_path, {f"{DELAYS}/parts/b.txt": "b"}, git=False)
    assert made(tmp_path) == {"delays/c": "made"}


def test_what_was_declared_counts_where_nobody_watches(tmp_path: Path) -> None:
    write(tmp_path, {**FILES, "onward.toml": "watch = false\n"})
    write(tmp_path, {f"{DELAYS}/onward.toml": CLEAN + 'inputs = ["raw.csv"]\n'}, git=False)
    assert made(tmp_path) == {"delays/clean": "made"}
    assert made(tmp_path) == {"delays/clean": "kept"}
    write(tmp_path, {f"{DELAYS}/raw.csv": "a,b\n7,8\n"}, git=False)
    assert made(tmp_path) == {"delays/clean": "made"}
    # An edit of the program that the command line names, too; of what only running it showed nothing is known.
    write(tmp_path, {f"{DELAYS}/tools/clean.sh": "cat raw.csv\n"}, git=False)
    assert made(tmp_path) == {"delays/clean": "made"}


def test_where_the_kernel_cannot_be_asked_what_was_declared_counts_and_the_result_is_partial(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    write(tmp_path, {f"{DELAYS}/onward.toml": CLEAN + 'inputs = ["raw.csv"]\n'}, git=False)
    system = os.uname()
    machine = f"{system.sysname} {system.release} {system.machine} uid {os.getuid()}"
    probed = json.dumps({"format": 1, "on": machine, "reason": "Function not implemented"})
    write(tmp_path, {".onward/cache/watch-probe.json": probed}, git=False)
    assert made(tmp_path) == {"delays/clean": "made"}
    assert onward(tmp_path, "show", "delays/out.csv", "--json").json["marks"] == ["partial", "unchecked"]
    assert made(tmp_path) == {"delays/clean": "kept"}
    write(tmp_path, {f"{DELAYS}/raw.csv": "a,b\n7,8\n"}, git=False)
    assert made(tmp_path) == {"delays/clean": "made"}


# Variables


def test_a_command_gets_a_fixed_list_of_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOBODY_KNOWS", "it")
    laid_out(tmp_path, c='run = "env > out.txt"\nenv = { OWN = "mine" }')
    write(tmp_path, {"onward.toml": '[environment]\nset = { SHARED = "ours", LANG = "de_DE.UTF-8" }\n'}, git=False)
    made(tmp_path)
    given = dict(line.split("=", 1) for line in (tmp_path / DELAYS / "out.txt").read_text().splitlines())
    assert given.keys() >= {"PATH", "TZ", "LC_ALL"} | ({"HOME"} & os.environ.keys())
    assert (given["OWN"], given["SHARED"], given["LANG"]) == ("mine", "ours", "de_DE.UTF-8")
    assert "NOBODY_KNOWS" not in given
    assert str(Path(sys.executable).parent) in given["PATH"].split(":")


def test_a_variable_that_is_set_for_all_counts_for_all(tmp_path: Path) -> None:
    files = {
        "onward.toml": '[environment]\nset = { LEVEL = "1" }\n',
        f"{DELAYS}/onward.toml": '[commands.c]\nrun = "echo $LEVEL > out.txt"\n',
        f"{DELAYS}/steps.py": "import os\nfrom onward import asset\n\n@asset\ndef level() -> int:\n"
        "    return int(os.environ['LEVEL'])\n",
    }
    write(tmp_path, files)
    assert set(made(tmp_path).values()) == {"made"}
    assert set(made(tmp_path).values()) == {"kept"}
    write(tmp_path, {"onward.toml": '[environment]\nset = { LEVEL = "2" }\n'}, git=False)
    (reason,) = onward(tmp_path, "why", "delays/c", "--json").json["reasons"]
    assert (reason["kind"], reason["what"], reason["where"]) == ("environment", "variable LEVEL", "onward.toml:2")
    assert set(made(tmp_path).values()) == {"made"}
    assert onward(tmp_path, "show", "delays/level", "--json").json["value"] == 2


def test_a_variable_that_is_handed_on_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out(tmp_path, c='run = "echo $AWS_PROFILE > out.txt"')
    write(tmp_path, {"onward.toml": '[environment]\npass = ["AWS_PROFILE", "NOT_THERE"]\n'}, git=False)
    monkeypatch.setenv("AWS_PROFILE", "research")
    assert made(tmp_path) == {"delays/c": "made"}
    assert (tmp_path / DELAYS / "out.txt").read_text() == "research\n"
    assert made(tmp_path) == {"delays/c": "kept"}
    monkeypatch.setenv("AWS_PROFILE", "production")
    assert made(tmp_path) == {"delays/c": "made"}
    monkeypatch.setenv("SOMETHING_ELSE", "x")
    assert made(tmp_path) == {"delays/c": "kept"}


def test_a_secret_is_handed_on_and_stands_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKEN", "hush-hush-4711")
    laid_out(tmp_path, c='run = "test $API_TOKEN = hush-hush-4711; echo it is $API_TOKEN.; echo done > out.txt"')
    write(tmp_path, {"onward.toml": '[environment]\npass = ["API_TOKEN"]\n'}, git=False)
    text = (tmp_path / DELAYS / "onward.toml").read_text()
    write(tmp_path, {f"{DELAYS}/onward.toml": text.replace("test $API_TOKEN = hush-hush-4711; ", "")}, git=False)
    assert made(tmp_path) == {"delays/c": "made"}
    logged = onward(tmp_path, "logs", "delays/c")
    assert "it is ***." in logged.text
    held = [path.read_bytes() for path in (tmp_path / ".onward").rglob("*") if path.is_file()]
    assert not any(b"hush-hush" in content for content in held)
    monkeypatch.setenv("API_TOKEN", "another-one")
    assert made(tmp_path) == {"delays/c": "kept"}


def test_a_command_that_fails_for_want_of_a_variable_is_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_URL", "x")
    monkeypatch.setenv("ACME_SITE", "x")
    error = failure(tmp_path, """run = 'test -n "$ACME_URL" || exit 3'\nenv = { ACME_SITE = "mine" }""")
    assert 'pass = ["ACME_URL"]' in str(error["hint"])
    assert failure(tmp_path, 'run = "exit 3"')["hint"] is None


# Failures


def test_a_failing_command_says_its_status_and_its_last_lines(tmp_path: Path) -> None:
    error = failure(tmp_path, 'run = "echo one; echo two >&2; exit 3"')
    assert error["message"] == "the command ended with exit status 3: two"
    assert {"one", "two"} <= set(str(error["traceback"]).splitlines())
    assert (error["file"], error["line"]) == (f"{DELAYS}/onward.toml", 1)
    assert "one" in onward(tmp_path, "logs", "delays/c").text


def test_of_the_last_lines_the_one_that_speaks_of_an_error_is_the_headline(tmp_path: Path) -> None:
    error = failure(
        tmp_path, "run = \"echo 'Error in f(x) : no such column' >&2; echo 'Execution halted' >&2; exit 1\""
    )
    assert error["message"] == "the command ended with exit status 1: Error in f(x) : no such column"


@pytest.mark.parametrize("run", ["""["sh", "-c", "kill -9 $$"]""", """"sh -c 'kill -9 $$'; exit $?\""""])
def test_a_killed_command_says_by_what(tmp_path: Path, run: str) -> None:
    error = failure(tmp_path, f"run = {run}")
    assert error["message"] == "the command was killed by SIGKILL"
    assert "memory" in str(error["hint"])


@pytest.mark.parametrize("run", ['"greep x"', '["greep", "x"]'])
def test_a_program_that_is_not_there_is_named_with_a_near_one(tmp_path: Path, run: str) -> None:
    error = failure(tmp_path, f"run = {run}")
    assert error["message"] == "there is no program `greep` on the PATH"
    assert "install `greep`" in str(error["hint"])


def test_a_known_program_that_is_not_there_is_named_with_how_to_get_it(tmp_path: Path) -> None:
    error = failure(tmp_path, 'run = ["Rscript", "clean.R"]\nenv = { PATH = "/there/is/nothing" }')
    assert error["message"] == "there is no program `Rscript` on the PATH"
    assert "r-base-core" in str(error["hint"])


def test_a_program_of_the_workspace_that_is_not_there_is_named_with_a_near_one(tmp_path: Path) -> None:
    write(tmp_path, {f"{DELAYS}/tools/clean.sh": "true\n"}, git=False)
    error = failure(tmp_path, 'run = ["tools/claen.sh"]')
    assert (error["message"], error["hint"]) == ("there is no `tools/claen.sh`", "write `tools/clean.sh`")


def test_a_program_that_may_not_be_executed_says_how_to_let_it(tmp_path: Path) -> None:
    write(tmp_path, {f"{DELAYS}/clean.sh": "true\n"}, git=False)
    error = failure(tmp_path, 'run = ["./clean.sh"]')
    assert error["message"] == "`./clean.sh` may not be executed"
    assert "chmod +x ./clean.sh" in str(error["hint"])
    again = failure(tmp_path, 'run = "./clean.sh"')
    assert "chmod +x" in str(again["hint"])


def test_a_program_whose_first_line_names_nothing_says_so(tmp_path: Path) -> None:
    write(tmp_path, {f"{DELAYS}/clean.sh": "#!/there/is/none\n"}, git=False)
    (tmp_path / DELAYS / "clean.sh").chmod(0o755)
    assert "first line" in str(failure(tmp_path, 'run = ["./clean.sh"]')["message"])


def test_a_command_ends_at_its_own_time_limit(tmp_path: Path) -> None:
    error = failure(tmp_path, 'run = "sleep 60 & wait"\ntime_limit = "0.5 s"')
    assert "time limit" in str(error["message"])
    assert (error["file"], error["line"]) == (f"{DELAYS}/onward.toml", 1)


def test_an_output_that_was_promised_and_not_written_is_named(tmp_path: Path) -> None:
    error = failure(tmp_path, 'run = "echo x > outt.txt"\noutputs = ["out.txt"]')
    assert error["message"] == "the command ended well and did not write `out.txt`, which `outputs` names"
    assert error["hint"] == "write `outt.txt`"


def test_an_older_file_is_no_output_of_a_command(tmp_path: Path) -> None:
    laid_out(tmp_path, c='run = "cp in.txt out.txt"\noutputs = ["out.txt"]')
    write(tmp_path, {f"{DELAYS}/in.txt": "x"}, git=False)
    assert made(tmp_path) == {"delays/c": "made"}
    error = failure(tmp_path, 'run = "true in.txt"\noutputs = ["out.txt"]')
    assert "an older one" in str(error["message"])


def test_an_output_that_is_written_as_it_was_is_written(tmp_path: Path) -> None:
    laid_out(tmp_path, c='run = "cp in.txt out.txt"\noutputs = ["out.txt"]')
    write(tmp_path, {f"{DELAYS}/in.txt": "x"}, git=False)
    for _ in range(3):
        assert made(tmp_path, "--force", "delays/c") == {"delays/c": "made"}


def test_the_folder_of_an_output_is_made(tmp_path: Path) -> None:
    laid_out(tmp_path, c='run = "echo x > results/deep/out.txt"\noutputs = ["results/deep/out.txt"]')
    assert made(tmp_path) == {"delays/c": "made"}


def test_an_input_that_is_not_there_is_named_with_a_near_one(tmp_path: Path) -> None:
    write(tmp_path, {f"{DELAYS}/raw.csv": "a\n"}, git=False)
    error = failure(tmp_path, 'run = "true"\ninputs = ["raww.csv"]')
    assert error["message"] == "`inputs` names `raww.csv`, and there is no such file or folder"
    assert error["hint"] == "write `raw.csv`"


def test_a_name_that_is_no_path_is_told_to_be_written_in_braces(tmp_path: Path) -> None:
    error = failure(tmp_path, 'run = "cat flights"\ninputs = ["flights"]')
    assert "{flights}" in str(error["hint"])


def test_braces_that_stand_for_nothing_are_told(tmp_path: Path) -> None:
    error = failure(tmp_path, 'run = "cat {flights}"')
    assert 'inputs = ["flights"]' in str(error["hint"])


def test_what_a_command_leaves_running_does_not_hold_it_up(tmp_path: Path) -> None:
    laid_out(tmp_path, c='run = "(sleep 60; echo late) & echo x > out.txt"')
    assert made(tmp_path) == {"delays/c": "made"}


def test_what_is_printed_without_an_end_of_line_is_in_the_log(tmp_path: Path) -> None:
    laid_out(tmp_path, c="run = \"printf 'one\\ntwo'; echo x > out.txt\"")
    made(tmp_path)
    log = json.loads(onward(tmp_path, "logs", "delays/c", "--json").out)
    assert [line["text"] for line in log["lines"]] == ["one", "two"]


def test_no_file_of_the_workspace_stands_in_for_what_onward_imports(tmp_path: Path) -> None:
    laid_out(tmp_path, c='run = "echo x > out.txt"')
    for name in ("selectors", "shlex", "subprocess", "threading"):
        write(tmp_path, {f"{DELAYS}/{name}.py": "raise SystemExit('stood in')\n"}, git=False)
    assert made(tmp_path, "delays/c") == {"delays/c": "made"}


# Settings


@pytest.mark.parametrize(
    ("lines", "said", "line"),
    [
        ("inputs = ['a']", "has no `run`", 1),
        ("run = 3", "is a text like", 2),
        ("run = []", "is a text like", 2),
        ("run = 'x'\nrnu = 'y'", "there is no setting `commands.c.rnu`", 3),
        ("run = 'x'\noutputs = ['../../../x']", "outside of the workspace", 3),
        ("run = 'x'\noutputs = ['parts/']", "which is no file", 3),
        ("run = 'x'\noutputs = ['*.csv']", "which is no file", 3),
        ("run = 'x'\ninputs = ['/etc/hosts']", "outside of the workspace", 3),
        ("run = 'x'\ninputs = '.'", "the folder of this file", 3),
        ("run = 'x'\nenv = {A = 1}", "a variable is a text", 3),
        ("run = 'x'\nenv = {MY_PASSWORD = 'x'}", "named like a secret", 3),
        ("run = 'x'\ntime_limit = 'long'", "length of time", 3),
    ],
)
def test_a_wrong_declaration_is_a_finding_with_its_line(tmp_path: Path, lines: str, said: str, line: int) -> None:
    laid_out(tmp_path, c=lines)
    answer = onward(tmp_path, "list", "--json")
    assert answer.status == 2
    (finding,) = answer.json["findings"]
    assert said in finding["message"]
    assert finding["where"] == f"{DELAYS}/onward.toml:{line}"


@pytest.mark.parametrize(
    ("lines", "said", "line"),
    [
        ('pass = "PYTHONPATH"', "is the same for every run", 2),
        ('pass = ["A=B"]', "no name of a variable", 2),
        ("set = { LEVEL = 2 }", "a variable is a text", 2),
        ('python = "3"\nset = { API_KEY = "x" }', "named like a secret", 3),
        ('psas = ["A"]', "there is no setting `environment.psas`", 2),
    ],
)
def test_wrong_variables_are_a_finding_with_its_line(tmp_path: Path, lines: str, said: str, line: int) -> None:
    write(tmp_path, {"onward.toml": f"[environment]\n{lines}\n"})
    (finding,) = onward(tmp_path, "list", "--json").json["findings"]
    assert said in finding["message"]
    assert finding["where"] == f"onward.toml:{line}"


def test_names_of_nothing_are_findings(tmp_path: Path) -> None:
    laid_out(tmp_path, c='run = "cat {fligths}"\ninputs = ["fligths"]')
    write(tmp_path, {f"{DELAYS}/data/flights.csv": "a\n1\n"}, git=False)
    (finding,) = onward(tmp_path, "list", "--json").json["findings"]
    assert (finding["code"], finding["hint"]) == ("unknown-name", "write `flights`")


def test_a_command_in_a_table_within_a_line(tmp_path: Path) -> None:
    write(tmp_path, {"onward.toml": 'commands = { c = { run = "echo x > out.txt" } }\n'})
    assert made(tmp_path) == {"root/c": "made"}
    assert onward(tmp_path, "list", "--json").json["steps"][0]["line"] == 1
