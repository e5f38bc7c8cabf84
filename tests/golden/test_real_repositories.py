"""What strangers' repositories do, a small workspace of ours for each idiom: no settings, nothing of onward in it.

Each runs to the end with real processes, again with nothing to do, and after an edit runs what that reaches.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from onward.app.running.plan import plan
from onward.app.running.run import RunReport, run
from onward.app.settings.options import RunOptions
from onward.app.wiring import open_workspace
from onward.base.errors import GraphError, UnknownNameError
from onward.testing import workspace
from onward.testing.watchers import Recorder

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere only what Python itself opens is seen, by design; Linux runs it"
)
TABLE = "month,checks\n1,10\n2,30\n"


def notebook(*cells: str, language: str = "python", kernel: str = "python3", outputs: str = "") -> str:
    shown = [{"output_type": "stream", "name": "stdout", "text": outputs}] if outputs else []
    return json.dumps(
        {
            "cells": [
                {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": shown, "source": text}
                for text in cells
            ],
            "metadata": {"kernelspec": {"name": kernel, "display_name": kernel, "language": language}},
            "nbformat": 4,
            "nbformat_minor": 4,
        }
    )


def run_in(root: Path) -> RunReport:
    with open_workspace(root, writes=True) as opened:
        return run(opened, RunOptions(keep_going=True), Recorder())


def outcomes(report: RunReport) -> dict[str, str]:
    """By the name's last part."""
    return {name.rpartition("/")[2]: record.outcome for name, record in report.steps.items()}


def errors(report: RunReport) -> dict[str, str]:
    failed = {name: record.error for name, record in report.steps.items() if record.outcome == "failed"}
    return {name.rpartition("/")[2]: str((error or {}).get("message")) for name, error in failed.items()}


class Repository:
    """A folder under git that is run, edited and run again."""

    def __init__(self, root: Path, files: workspace.Contents) -> None:
        self.root = workspace.write(root, files)
        self.git("init", "--quiet")
        self.git("add", "--all")
        self.git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", "all")

    def git(self, *words: str) -> str:
        return subprocess.run(["git", "-C", str(self.root), *words], check=True, capture_output=True, text=True).stdout

    def run(self) -> dict[str, str]:
        """One run that ends well, and a second one that has nothing to do."""
        report = run_in(self.root)
        assert errors(report) == {}
        again = run_in(self.root)
        assert set(outcomes(again).values()) <= {"kept"}, {n: s.reasons for n, s in again.steps.items()}
        assert again.run.snapshot == report.run.snapshot
        return outcomes(report)

    def edit(self, files: workspace.Contents) -> dict[str, str]:
        workspace.write(self.root, files)
        return self.run()

    def shown(self, name: str) -> str:
        """The text of a document."""
        report = run_in(self.root)
        with open_workspace(self.root) as opened:
            parts = [part for part in report.run.artifacts[name].parts if "html" in part.media]
            return "".join((opened.store.objects.read(part.bytes) or b"").decode() for part in parts)


# Magics and shell lines.


def test_magics_of_lines_and_cells_are_run_and_read(tmp_path: Path) -> None:
    cells = (
        "%matplotlib inline\n%load_ext autoreload\n%autoreload 2\nimport csv",
        "%%time\nrows = list(csv.reader(open('in.csv')))",
    )
    told = ("%%bash\ncat note.txt", "%%latex\n$x$", "len(rows)")
    repository = Repository(
        tmp_path, {"look.ipynb": notebook(*cells, *told), "in.csv": TABLE, "note.txt": "one", "far.txt": "far"}
    )
    assert repository.run() == {"look": "made"}
    assert repository.edit({"in.csv": TABLE + "3,1\n"}) == {"look": "made"}
    assert repository.edit({"note.txt": "two"}) == {"look": "made"}
    assert repository.edit({"far.txt": "two"}) == {"look": "kept"}


def test_a_shell_line_s_reads_and_writes_are_seen(tmp_path: Path) -> None:
    repository = Repository(
        tmp_path,
        {
            "nb/a reader.ipynb": notebook("open('../output/copy.csv').read()"),
            "nb/maker.ipynb": notebook("!mkdir -p ../output", "!cat ../in.csv > ../output/copy.csv", "!ls ../output"),
            "in.csv": TABLE,
        },
    )
    assert repository.run() == {"a reader": "made", "maker": "made"}
    assert repository.edit({"in.csv": TABLE + "3,1\n"}) == {"a reader": "made", "maker": "made"}
    assert "3,1" in (repository.root / "output/copy.csv").read_text()


def test_what_run_magic_runs_counts_by_what_it_says(tmp_path: Path) -> None:
    repository = Repository(
        tmp_path,
        {
            "main.ipynb": notebook("%run setup_all.py\n%run base.ipynb", "print(START + STEP)"),
            "setup_all.py": "START = 1\n",
            "base.ipynb": notebook("STEP = 2"),
        },
    )
    assert repository.run() == {"main": "made", "base": "made"}
    assert repository.edit({"setup_all.py": "START = 5\n"}) == {"main": "made", "base": "kept"}
    assert repository.edit({"base.ipynb": notebook("STEP = 4")}) == {"main": "made", "base": "made"}


def test_a_folder_that_is_changed_moves_the_paths_after_it(tmp_path: Path) -> None:
    repository = Repository(
        tmp_path,
        {
            "nb/magic.ipynb": notebook("%cd ../raw", "open('in.csv').read()"),
            "nb/call.ipynb": notebook("import os\nos.chdir('../raw')", "open('in.csv').read()"),
            "raw/in.csv": TABLE,
            "nb/in.csv": "decoy",
        },
    )
    assert repository.run() == {"magic": "made", "call": "made"}
    assert repository.edit({"nb/in.csv": "another decoy"}) == {"magic": "kept", "call": "kept"}
    assert repository.edit({"raw/in.csv": TABLE + "3,1\n"}) == {"magic": "made", "call": "made"}


# Imports.


@pytest.mark.parametrize(
    "hack",
    [
        "import sys; sys.path.append('..')",
        "import sys, os\nsys.path.insert(0, os.path.abspath(os.path.join(os.getcwd(), '..')))",
        "import sys\nfrom pathlib import Path\nsys.path.append(str(Path.cwd().parent))",
    ],
)
def test_code_behind_a_changed_import_path_counts_by_function(tmp_path: Path, hack: str) -> None:
    utils = "def used():\n    return {used}\n\n\ndef spare():\n    return {spare}\n"
    repository = Repository(
        tmp_path,
        {
            "nb/look.ipynb": notebook(hack, "from kit.tools import used\nused()"),
            "kit/tools.py": utils.format(used=1, spare=1),
        },
    )
    assert repository.run() == {"look": "made"}
    assert repository.edit({"kit/tools.py": utils.format(used=1, spare=2)}) == {"look": "kept"}
    assert repository.edit({"kit/tools.py": utils.format(used=2, spare=2)}) == {"look": "made"}


def test_a_module_that_is_imported_and_run_is_both(tmp_path: Path) -> None:
    tools = "def size(path):\n    return len(open(path).read())\n\n\n"
    tools += "if __name__ == '__main__':\n    print(size('in.csv'){more})\n"
    repository = Repository(
        tmp_path,
        {
            "import.ipynb": notebook("from tools import size\nsize('in.csv')"),
            "shell.ipynb": notebook("!python tools.py"),
            "tools.py": tools.format(more=""),
            "in.csv": TABLE,
        },
    )
    assert repository.run() == {"import": "made", "shell": "made"}
    # Only who runs it as a program reaches what is below the guard.
    assert repository.edit({"tools.py": tools.format(more=" + 1")}) == {"import": "kept", "shell": "made"}


def test_data_that_a_shared_module_opens_counts(tmp_path: Path) -> None:
    module = "import os\n\nHERE = os.path.dirname(os.path.abspath(__file__))\nDATA = os.path.join(HERE, 'raw')\n\n\n"
    module += "def table(name):\n    with open(f'{DATA}/{name}.csv') as file:\n        return file.read()\n"
    repository = Repository(
        tmp_path,
        {
            "look.ipynb": notebook("import tables\ntables.table('first')"),
            "tables.py": module,
            "raw/first.csv": TABLE,
            "raw/second.csv": TABLE,
        },
    )
    assert repository.run() == {"look": "made"}
    assert repository.edit({"raw/second.csv": "x\n"}) == {"look": "kept"}
    assert repository.edit({"raw/first.csv": "x\n"}) == {"look": "made"}


# Files that feed one another.


def test_a_download_behind_a_look_for_the_file_happens_once(tmp_path: Path) -> None:
    guard = "import os\nif not os.path.exists('cached.csv'):\n    open('cached.csv', 'w').write({text!r})"
    guard += "\nopen('cached.csv').read()"
    repository = Repository(
        tmp_path, {"a.ipynb": notebook(guard.format(text="x,y\n")), "b.ipynb": notebook(guard.format(text="x,y\n"))}
    )
    assert set(repository.run().values()) == {"made"}
    (repository.root / "cached.csv").unlink()
    assert repository.run() == {"a": "kept", "b": "kept"}
    assert (repository.root / "cached.csv").read_text() == "x,y\n"


def test_readers_run_on_the_committed_product_of_a_step_that_fails(tmp_path: Path) -> None:
    repository = Repository(
        tmp_path,
        {
            # What nobody reads, such as a picture that git does not track, keeps no reader from going on.
            "0-download.ipynb": notebook(
                "open('raw.csv', 'w').write('half')\nopen('plot.txt', 'w').write('*')\nraise OSError('no network')"
            ),
            "1-look.ipynb": notebook("open('raw.csv').read()"),
            "raw.csv": TABLE,
        },
    )
    report = run_in(repository.root)
    assert outcomes(report) == {"0-download": "failed", "1-look": "made"}
    assert (repository.root / "raw.csv").read_text() == TABLE
    assert not report.run.complete
    assert outcomes(run_in(repository.root)) == {"0-download": "failed", "1-look": "kept"}


def test_readers_run_on_the_committed_product_of_a_step_that_is_skipped(tmp_path: Path) -> None:
    repository = Repository(
        tmp_path,
        {
            "0-download.ipynb": notebook("open('all[1].txt', 'w').write('1')"),
            "1-clean.ipynb": notebook("open('all[1].txt').read()\nopen('raw[1].csv', 'w').write('a,b')"),
            "2-look.ipynb": notebook("open('raw[1].csv').read()"),
            "3-more.ipynb": notebook("open('all[1].txt').read()"),
        },
    )
    assert set(repository.run().values()) == {"made"}
    repository.git("add", ":(literal)raw[1].csv")
    repository.git("commit", "-q", "-m", "what came out")
    edited = {"0-download": "raise OSError('no network')", "2-look": "print(open('raw[1].csv').read())"}
    workspace.write(repository.root, {f"{name}.ipynb": notebook(code) for name, code in edited.items()})
    report = run_in(repository.root)
    skipped = {"1-clean": "skipped", "3-more": "skipped"}
    assert outcomes(report) == {"0-download": "failed", **skipped, "2-look": "made"}
    assert not report.run.complete
    assert outcomes(run_in(repository.root)) == {"0-download": "failed", **skipped, "2-look": "kept"}


def test_a_plan_knows_that_a_committed_product_stands_in_for_a_step_that_cannot_run(tmp_path: Path) -> None:
    repository = Repository(
        tmp_path,
        {
            "clean.ipynb": notebook("import onward as ow\now.load('nothing')\nopen('raw.csv', 'w').write('half')"),
            "look.ipynb": notebook("open('raw.csv').read()"),
            "raw.csv": TABLE,
        },
    )
    with open_workspace(repository.root, writes=True) as opened:
        planned = plan(opened, RunOptions(keep_going=True))
    told = {name.rpartition("/")[2]: step.outcome for name, step in planned.steps.items()}
    assert told == {"clean": "would-skip", "look": "would-make"}
    assert outcomes(run_in(repository.root)) == {"clean": "skipped", "look": "made"}
    assert (repository.root / "raw.csv").read_text() == TABLE


def test_a_product_in_git_is_no_source_and_equal_bytes_stop_the_wave(tmp_path: Path) -> None:
    writes = "rows = open('../in.csv').read()\nopen('../output/n.txt', 'w').write(str(len(rows) // 20))"
    repository = Repository(
        tmp_path,
        {
            "nb/1-count.ipynb": notebook(writes),
            "nb/0-show.ipynb": notebook("open('../output/n.txt').read()"),
            "in.csv": TABLE,
            "output/n.txt": "1",
        },
    )
    assert set(repository.run().values()) == {"made"}
    assert repository.git("status", "--short", "--untracked-files=no") == ""
    assert repository.edit({"in.csv": TABLE + "3,1\n"}) == {"1-count": "made", "0-show": "kept"}
    assert repository.edit({"in.csv": TABLE * 3}) == {"1-count": "made", "0-show": "made"}


def test_a_file_more_in_a_folder_that_is_globbed_unsorted_counts(tmp_path: Path) -> None:
    reads = "import glob, json\nsum(json.load(open(path)) for path in glob.glob('in/*/*.json'))"
    repository = Repository(tmp_path, {"sum.ipynb": notebook(reads), "in/a/1.json": "1", "in/b/2.json": "2"})
    assert repository.run() == {"sum": "made"}
    assert repository.edit({"in/b/readme.txt": "words"}) in ({"sum": "kept"}, {"sum": "made"})
    assert repository.edit({"in/b/3.json": "3"}) == {"sum": "made"}
    assert repository.edit({"in/a/1.json": None}) == {"sum": "made"}
    assert repository.edit({"other/4.json": "4"}) == {"sum": "kept"}


def test_a_database_by_two_relative_paths_is_one_file(tmp_path: Path) -> None:
    fills = "import sqlite3\nbase = sqlite3.connect('../base.sqlite')\nbase.executescript('drop table if exists t; "
    fills += "create table t (n); insert into t values ({n})')\nbase.close()"
    reads = "import sqlite3\nsqlite3.connect('base.sqlite').execute('select n from t').fetchall()"
    repository = Repository(tmp_path, {"nb/fill.ipynb": notebook(fills.format(n=1)), "a look.ipynb": notebook(reads)})
    assert repository.run() == {"fill": "made", "a look": "made"}
    assert repository.edit({"nb/fill.ipynb": notebook(fills.format(n=2))}) == {"fill": "made", "a look": "made"}
    assert "(2,)" in repository.shown("root/a look")


def test_a_folder_that_one_writes_and_another_lists_is_an_edge(tmp_path: Path) -> None:
    writes = "import os\nos.makedirs('shapes', exist_ok=True)\nfor end in ('shp', 'dbf'):\n"
    writes += "    open(f'shapes/all.{end}', 'w').write('{word}')"
    reads = "import os\n[open(f'shapes/{name}').read() for name in sorted(os.listdir('shapes'))]"
    repository = Repository(
        tmp_path, {"z-write.ipynb": notebook(writes.replace("{word}", "one")), "a-read.ipynb": notebook(reads)}
    )
    assert repository.run() == {"a-read": "made", "z-write": "made"}
    changed = {"z-write.ipynb": notebook(writes.replace("{word}", "two"))}
    assert repository.edit(changed) == {"a-read": "made", "z-write": "made"}


def test_two_writers_of_one_path_both_run_and_the_later_one_s_file_stays(tmp_path: Path) -> None:
    writes = "open('table.csv', 'w').write('{word}')"
    repository = Repository(
        tmp_path,
        {
            "a.ipynb": notebook(writes.format(word="a")),
            "b.ipynb": notebook(writes.format(word="b")),
            "c.ipynb": notebook("open('table.csv').read()"),
        },
    )
    assert set(repository.run().values()) == {"made"}
    assert (repository.root / "table.csv").read_text() == "b"
    repository.edit({"b.ipynb": notebook(writes.format(word="bb"))})
    assert (repository.root / "table.csv").read_text() == "bb"
    assert "bb" in repository.shown("root/c")


def test_a_file_that_is_read_changed_and_written_settles(tmp_path: Path) -> None:
    grows = "n = int(open('count.txt').read())\nopen('count.txt', 'w').write(str(n + 1))"
    repository = Repository(tmp_path, {"grow.ipynb": notebook(grows), "count.txt": "1"})
    assert repository.run() == {"grow": "made"}
    assert (repository.root / "count.txt").read_text() == "2"


def test_equal_base_names_in_many_folders_are_apart(tmp_path: Path) -> None:
    files: dict[str, str] = {}
    for folder in ("01_One", "02_Two & [more]", "03 Three"):
        files[f"{folder}/Solutions.ipynb"] = notebook("open('table4.csv').read()")
        files[f"{folder}/table4.csv"] = folder
    repository = Repository(tmp_path, files)
    first = run_in(repository.root)
    assert {name: record.outcome for name, record in first.steps.items()} == {
        "01_One/Solutions": "made",
        "02_Two & [more]/Solutions": "made",
        "03 Three/Solutions": "made",
    }
    workspace.write(repository.root, {"02_Two & [more]/table4.csv": "edited"})
    report = run_in(repository.root)
    assert {name for name, record in report.steps.items() if record.outcome == "made"} == {"02_Two & [more]/Solutions"}


def test_a_folder_with_brackets_is_no_pattern(tmp_path: Path) -> None:
    globs = "import glob\n[open(path).read() for path in sorted(glob.glob('in/*.csv'))]"
    repository = Repository(
        tmp_path,
        {
            "x [1]/0-read.ipynb": notebook("open('out.csv').read()"),
            "x [1]/1-glob.ipynb": notebook(globs),
            "x [1]/2-write.ipynb": notebook("open('out.csv', 'w').write('one')"),
            "x [1]/3-list.ipynb": notebook("import os\nsorted(os.listdir('in'))"),
            "x [1]/in/a.csv": TABLE,
            "x [1]/in[1].csv": TABLE,
            "x [1]/4-named.ipynb": notebook("open('in[1].csv').read()"),
            "x 1/in/a.csv": "decoy",
            "x 1/out.csv": "decoy",
        },
    )
    kept = dict.fromkeys(("0-read", "1-glob", "2-write", "3-list", "4-named"), "kept")
    assert set(repository.run().values()) == {"made"}
    assert repository.edit({"x 1/in/a.csv": "another", "x 1/in/b.csv": "more"}) == kept
    assert repository.edit({"x [1]/in/b.csv": TABLE}) == {**kept, "1-glob": "made", "3-list": "made"}
    assert repository.edit({"x [1]/in[1].csv": "edited"}) == {**kept, "4-named": "made"}
    changed = {"x [1]/2-write.ipynb": notebook("open('out.csv', 'w').write('two')")}
    assert repository.edit(changed) == {**kept, "0-read": "made", "2-write": "made"}
    (repository.root / "x [1]/out.csv").unlink()
    assert repository.run() == kept
    assert (repository.root / "x [1]/out.csv").read_text() == "two"


def test_settings_that_name_a_file_with_brackets_mean_it(tmp_path: Path) -> None:
    files = {"x [1]/a.py": "print(1)\n", "x [1]/b.ipynb": notebook("1"), "y [2]/c.ipynb": notebook("1")}
    repository = Repository(tmp_path, files)
    settings = 'steps = ["x [1]/a.py"]\nignore = ["x [1]/b.ipynb", "y [2]"]\n'
    assert repository.edit({"onward.toml": settings}) == {"a": "made"}


def test_a_project_with_brackets_in_its_name_is_a_target(tmp_path: Path) -> None:
    files = {f"{folder}/a.ipynb": notebook("1") for folder in ("x [1]", "x 1", "y & z")}
    repository = Repository(tmp_path, files)
    for target in ("x [1]", "x [1]/a", "x [1]/a.ipynb", "y & z/a"):
        with open_workspace(repository.root, writes=True) as opened:
            report = run(opened, RunOptions(targets=[target]), Recorder())
        assert list(report.steps) == [f"{target.partition('/')[0]}/a"]


# What needs a person, a screen or another machine.


def test_figures_are_shown_without_a_window(tmp_path: Path) -> None:
    draws = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nplt.savefig('plot.png')"
    repository = Repository(
        tmp_path, {"draw.ipynb": notebook(draws), "script.py": draws, "onward.toml": 'steps = ["script.py"]\n'}
    )
    assert set(repository.run().values()) == {"made"}


def test_a_script_that_is_fed_by_redirection_gets_nothing_and_says_so(tmp_path: Path) -> None:
    chart = "import sys\n\nrows = sys.stdin.read().splitlines()\nprint(rows[0])\n"
    repository = Repository(tmp_path, {"chart.py": chart, "look.ipynb": notebook("1")})
    assert repository.run() == {"look": "made"}
    workspace.write(repository.root, {"onward.toml": 'steps = ["chart.py"]\n'})
    report = run_in(repository.root)
    assert outcomes(report) == {"chart": "failed", "look": "kept"}
    assert "IndexError" in str((report.steps["root/chart"].error or {})["type"])


def test_a_question_to_a_person_fails_and_does_not_wait(tmp_path: Path) -> None:
    repository = Repository(tmp_path, {"ask.ipynb": notebook("name = input('who? ')"), "fine.ipynb": notebook("1")})
    assert outcomes(run_in(repository.root)) == {"ask": "failed", "fine": "made"}


def test_an_absolute_path_of_another_machine_fails_its_notebook_alone(tmp_path: Path) -> None:
    reads = "open('/Users/ann/thesis/in.csv').read()"
    repository = Repository(tmp_path, {"ann.ipynb": notebook(reads), "fine.ipynb": notebook("1")})
    report = run_in(repository.root)
    assert outcomes(report) == {"ann": "failed", "fine": "made"}
    assert "/Users/ann/thesis/in.csv" in errors(report)["ann"]
    assert "cell 1" in errors(report)["ann"]


def test_a_cell_that_fails_is_named_and_fails_again_until_it_is_mended(tmp_path: Path) -> None:
    repository = Repository(tmp_path, {"bad.ipynb": notebook("1", "nobody_defined_this"), "fine.ipynb": notebook("1")})
    for outcome in ("made", "kept"):
        report = run_in(repository.root)
        assert outcomes(report) == {"bad": "failed", "fine": outcome}
        assert "cell 2" in errors(report)["bad"]
    assert repository.edit({"bad.ipynb": notebook("1", "2")}) == {"bad": "made", "fine": "kept"}


def test_random_numbers_without_a_seed_come_again(tmp_path: Path) -> None:
    draws = "import random\nimport numpy as np\nprint(random.random(), np.random.rand())"
    one = Repository(tmp_path / "one", {"draw.ipynb": notebook(draws)})
    two = Repository(tmp_path / "two", {"draw.ipynb": notebook(draws)})
    assert one.run() == two.run() == {"draw": "made"}
    assert one.shown("root/draw") == two.shown("root/draw")


def test_the_name_of_a_kernel_is_no_verdict_and_saved_outputs_count_for_nothing(tmp_path: Path) -> None:
    repository = Repository(tmp_path, {"old.ipynb": notebook("print(1)", kernel="python2")})
    assert repository.run() == {"old": "made"}
    saved = notebook("print(1)", kernel="conda-env-thesis-py", outputs="x" * 2_000_000)
    assert repository.edit({"old.ipynb": saved}) == {"old": "kept"}


# Other languages.


def test_notebooks_in_r_are_candidates_and_their_products_are_files(tmp_path: Path) -> None:
    tidy = notebook("readr::write_tsv(x, file.path('out', 'tidy.tsv'))", language="R", kernel="ir")
    repository = Repository(
        tmp_path,
        {"1-tidy.ipynb": tidy, "2-look.ipynb": notebook("open('out/tidy.tsv').read()"), "out/tidy.tsv": "a\tb\n"},
    )
    assert repository.run() == {"2-look": "made"}
    report = run_in(repository.root)
    assert report.ok
    assert report.run.complete
    (candidate,) = report.reading.candidates
    assert candidate.file == "1-tidy.ipynb"
    assert candidate.why == "it is written in R, which onward does not run yet"
    assert candidate.line == 'ignore = ["1-tidy.ipynb"]'
    assert repository.edit({"out/tidy.tsv": "a\tc\n"}) == {"2-look": "made"}


def test_a_notebook_in_r_that_somebody_means_says_why_it_is_no_step(tmp_path: Path) -> None:
    files: dict[str, Any] = {"tidy.ipynb": notebook("x <- 1", language="R", kernel="ir"), "fine.ipynb": notebook("1")}
    root = workspace.write(tmp_path, files)
    with open_workspace(root, writes=True) as opened, pytest.raises(UnknownNameError, match="written in R"):
        run(opened, RunOptions(targets=["tidy.ipynb"]), Recorder())
    workspace.write(root, {"onward.toml": 'steps = ["tidy.ipynb"]\n'})
    with open_workspace(root, writes=True) as opened, pytest.raises(GraphError, match="notebook in R"):
        run(opened, RunOptions(), Recorder())
