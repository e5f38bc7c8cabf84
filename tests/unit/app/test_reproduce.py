"""An old run made again from its basis: what comes out equal, what does not, and what cannot be had any more."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path

import msgspec
import pytest

from onward.app.releases import history, snapshots
from onward.app.reproducing.reproduce import AssetAgain, ReproduceReport, reproduce
from onward.app.running.run import run
from onward.app.settings.options import RunOptions
from onward.app.wiring import open_workspace
from onward.base.errors import StoreError, UnknownNameError, UsageError
from onward.testing import workspace
from onward.testing.watchers import Recorder
from tests.cli.workspaces import commit, run_git

WORKSPACE = """
=== onward.toml
=== data/day prices.csv
day,price
1,10
2,30
=== lib/shared.py
def rounded(value):
    return round(value, 2)
=== projects/größe a/onward.toml
[sources]
prices = "../../data/day prices.csv"
=== projects/größe a/steps.py
from pathlib import Path

from onward import asset
from shared import rounded

@asset(unit="USD")
def mean(prices: Path) -> float:
    lines = prices.read_text().split()[1:]
    return rounded(sum(float(line.partition(",")[2]) for line in lines) / len(lines))

@asset
def doubled(mean: float) -> float:
    return mean * 2

@asset
def constant() -> int:
    return 7
"""
STEPS = "projects/größe a/steps.py"
DATA = "data/day prices.csv"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace in git whose names have a space and an umlaut."""
    folder = workspace.write(tmp_path / "Übersicht a", WORKSPACE)
    run_git(folder, "init", "-q", "-b", "main")
    commit(folder, "first")
    return folder


def released(folder: Path, **settings: object) -> None:
    """Runs the workspace and releases it, or only runs it where parameters are given by hand."""
    with open_workspace(folder, writes=True) as opened:
        made = run(opened, RunOptions(keep_going=True, settings=settings), Recorder())
        assert made.ok, made.steps
        if not settings:
            history.release(opened)


def again(folder: Path, word: str = "main@1", keep: Path | None = None) -> ReproduceReport:
    with open_workspace(folder) as opened:
        return reproduce(opened, word, Recorder(), keep=keep)


def by_name(report: ReproduceReport) -> dict[str, AssetAgain]:
    return {asset.name.rpartition("/")[2]: asset for asset in report.assets}


def outcomes(report: ReproduceReport) -> dict[str, str]:
    return {name: asset.outcome for name, asset in by_name(report).items()}


def edit(folder: Path, path: str, old: str, new: str) -> None:
    text = (folder / path).read_text("utf-8")
    assert old in text
    (folder / path).write_text(text.replace(old, new), "utf-8")


def everything_in(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file and folder, with its size and the time of its last change; git's and the index's own left out."""
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if not name.startswith((".git", ".onward/cache")):
            status = path.stat()
            found[name] = (0 if path.is_dir() else status.st_size, status.st_mtime_ns)
    return found


# What comes out equal.


def test_a_release_comes_out_equal_though_code_and_data_have_moved_on(folder: Path) -> None:
    released(folder)
    edit(folder, "lib/shared.py", "round(value, 2)", "round(value, 2) + 1")
    (folder / DATA).write_text("day,price\n1,99\n")
    (folder / STEPS).unlink()
    commit(folder, "all of it is another")
    report = again(folder)
    assert (report.ok, outcomes(report)) == (True, dict.fromkeys(("mean", "doubled", "constant"), "equal"))
    assert (report.new.snapshot, report.new.basis) == (report.old.snapshot, report.old.basis)
    assert report.laid_out.counts == {"store": 4, "git": 1, "tree": 0}


def test_everything_is_made_and_nothing_restored(folder: Path) -> None:
    released(folder)
    assert {record.outcome for record in again(folder).new.steps.values()} == {"made"}


def test_nothing_changes_in_the_workspace(folder: Path) -> None:
    released(folder)
    edit(folder, "lib/shared.py", "2)", "3)")
    before, git = everything_in(folder), run_git(folder, "status", "--porcelain=v2", "--branch")
    again(folder)
    assert (everything_in(folder), run_git(folder, "status", "--porcelain=v2", "--branch")) == (before, git)


def test_data_that_was_committed_later_comes_from_git(folder: Path) -> None:
    (folder / "onward.toml").write_text("keep_sources = 0\n")
    (folder / DATA).write_text("day,price\n1,50\n")
    released(folder)
    commit(folder, "the data of the release")
    (folder / DATA).write_text("day,price\n1,51\n")
    commit(folder, "later data")
    report = again(folder)
    assert (report.ok, report.laid_out.origins[DATA]) == (True, "git")


def test_data_that_only_the_tree_has_serves_while_it_is_the_same(folder: Path) -> None:
    ignore_data(folder)
    released(folder)
    report = again(folder)
    assert (report.ok, report.laid_out.origins[DATA]) == (True, "tree")


def test_a_workspace_without_git_can_be_made_again(tmp_path: Path) -> None:
    folder = workspace.write(tmp_path / "plain", WORKSPACE)
    released(folder)
    (folder / DATA).write_text("day,price\n1,51\n")
    assert again(folder).ok


def test_the_date_and_parameters_given_by_hand_are_those_of_then(folder: Path) -> None:
    (folder / STEPS).write_text(
        "import onward as ow\nfrom onward import asset\n\n@asset\ndef day() -> str:\n    return str(ow.today())\n\n"
        "@asset\ndef scaled(limit: float = 3.0) -> float:\n    return limit\n"
    )
    with open_workspace(folder, writes=True) as opened:
        options = RunOptions(settings={"limit": float("inf")}, as_of="2020-02-29")
        old = run(opened, options, Recorder()).run
        report = reproduce(opened, old.id, Recorder())
    assert report.ok
    assert report.new.artifacts["größe a/day"].content == old.artifacts["größe a/day"].content
    assert report.new.steps["größe a/day"].outcome == "made"


def test_of_a_run_of_some_targets_these_alone_are_made_again(folder: Path) -> None:
    with open_workspace(folder, writes=True) as opened:
        old = run(opened, RunOptions(("constant",)), Recorder()).run
    report = again(folder, old.id)
    assert (report.ok, outcomes(report)) == (True, {"constant": "equal"})
    assert report.new.steps.keys() == {"größe a/constant"}


def test_a_program_that_a_step_starts_may_still_be_started(folder: Path) -> None:
    script = folder / "projects/größe a/count.sh"
    script.write_text("#!/bin/sh\necho 41 > counted.txt\n")
    script.chmod(0o755)
    with (folder / "projects/größe a/onward.toml").open("a") as file:
        file.write('[commands.counted]\nrun = "./count.sh"\noutputs = ["counted.txt"]\n')
    commit(folder, "a program")
    released(folder)
    report = again(folder)
    assert report.ok, report.assets


def test_a_step_that_counts_names_finds_the_names_of_then(folder: Path) -> None:
    (folder / "raw").mkdir()
    for name in ("a", "b", "c"):
        (folder / f"raw/{name}.txt").write_text(name)
    (folder / "projects/größe a/many.py").write_text(
        "import os\nimport onward as ow\n\now.metric('many', len(os.listdir('../../raw')))\n"
    )
    commit(folder, "names")
    released(folder)
    (folder / "raw/d.txt").write_text("d")
    report = again(folder)
    assert report.ok, report.assets


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux sees every link on the way, by design; Linux runs it")
@pytest.mark.parametrize("is_absolute", [False, True], ids=["relative", "absolute"])
def test_a_symbolic_link_by_which_a_step_found_its_data_is_there_again(folder: Path, *, is_absolute: bool) -> None:
    (folder / "raw/2026").mkdir(parents=True)
    (folder / "raw/2026/a.txt").write_text("four")
    (folder / "raw/latest").symlink_to(folder / "raw/2026" if is_absolute else "2026")
    reads = "import onward as ow\n\now.metric('size', len(open('/'.join(['../../raw/latest', 'a.txt'])).read()))\n"
    (folder / "projects/größe a/linked.py").write_text(reads, "utf-8")
    commit(folder, "linked")
    released(folder)
    report = again(folder)
    assert report.ok, report.assets


def test_a_step_that_adds_to_a_file_begins_with_what_was_there(folder: Path) -> None:
    (folder / "projects/größe a/notes.txt").write_text("begun\n")
    (folder / "projects/größe a/add.py").write_text(
        "with open('notes.txt', 'a') as file:\n    file.write('added\\n')\n"
    )
    commit(folder, "notes")
    released(folder)
    assert (folder / "projects/größe a/notes.txt").read_text() == "begun\nadded\n"
    report = again(folder)
    assert report.ok, report.assets


def test_a_source_is_called_as_then_though_nobody_reads_its_neighbour(folder: Path) -> None:
    (folder / ".gitignore").write_text("data/\n")
    workspace.write(folder, {"data/raw/seen.csv": "day,price\n1,5\n", "data/raw/unseen.csv": "another,header\n"})
    edit(
        folder,
        STEPS,
        "def constant() -> int:\n    return 7\n",
        "def constant(*, seen: Path = ref('raw/seen.csv')) -> int:\n    return len(seen.read_text())\n",
    )
    edit(folder, STEPS, "from onward import asset\n", "from onward import asset, ref\n")
    commit(folder, "a source by its path")
    released(folder)
    (folder / "data/raw/unseen.csv").unlink()
    report = again(folder)
    assert report.ok, report.assets


def test_what_moves_within_its_tolerance_is_equal_and_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moving = "    import os\n    return 7.0 + float(os.environ['SHIFT_TOKEN'])\n"
    edit(
        folder,
        STEPS,
        "@asset\ndef constant() -> int:\n    return 7\n",
        f"@asset(tolerance=0.1)\ndef constant() -> float:\n{moving}",
    )
    monkeypatch.setenv("SHIFT_TOKEN", "0")
    released(folder)
    monkeypatch.setenv("SHIFT_TOKEN", "0.05")
    report = again(folder)
    assert report.ok, report.assets
    assert "7.05" in by_name(report)["constant"].summary
    monkeypatch.setenv("SHIFT_TOKEN", "0.5")
    assert outcomes(again(folder)) == {"mean": "equal", "doubled": "equal", "constant": "differs"}


# What differs.


def test_a_result_of_chance_differs_though_all_was_had_and_what_rests_on_it_too(folder: Path) -> None:
    edit(folder, STEPS, "    return 7\n", "    import os\n    return int.from_bytes(os.urandom(6), 'big')\n")
    released(folder)
    report = again(folder)
    assert (report.ok, outcomes(report)) == (False, {"mean": "equal", "doubled": "equal", "constant": "differs"})
    found = by_name(report)["constant"]
    assert "→" in found.summary
    assert found.lacks == ()


def test_a_step_that_fails_now_is_told_with_what_it_failed_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(folder, STEPS, "    return 7\n", "    import os\n    return len(os.environ['SITE_TOKEN'])\n")
    monkeypatch.setenv("SITE_TOKEN", "secret")
    released(folder)
    monkeypatch.delenv("SITE_TOKEN")
    report = again(folder)
    assert (report.ok, outcomes(report)) == (False, {"mean": "equal", "doubled": "equal", "constant": "failed"})
    assert by_name(report)["constant"].summary.startswith("its step failed: KeyError")


# What cannot be had.


def test_data_that_nobody_kept_is_named_with_the_results_that_rest_on_it(folder: Path) -> None:
    ignore_data(folder)
    released(folder)
    (folder / DATA).write_text("day,price\n1,51\n")
    report = again(folder)
    assert (report.ok, outcomes(report)) == (False, {"mean": "not had", "doubled": "not had", "constant": "equal"})
    (lost,) = report.laid_out.lost
    assert lost.words == (
        "`data/day prices.csv` (20 B) was not kept, git does not have it, and the file has changed since"
    )
    assert [lack.words for lack in by_name(report)["doubled"].lacks] == [lost.words]
    (folder / DATA).unlink()
    assert again(folder).laid_out.lost[0].words.endswith("and the file is gone")


def test_code_that_the_store_has_lost_is_looked_for_in_git_and_named_where_it_is_nowhere(folder: Path) -> None:
    released(folder)
    with open_workspace(folder) as opened:
        basis = opened.store.records.basis(snapshots.resolve(opened, "main").basis)
        assert basis is not None
        for path in ("lib/shared.py", STEPS):
            Path(opened.store.layout.object(basis.files[path].digest)).unlink()
    edit(folder, STEPS, "return 7", "return 8")
    report = again(folder)
    assert (report.ok, report.laid_out.origins["lib/shared.py"], report.laid_out.origins[STEPS]) == (True, "git", "git")
    shutil.rmtree(folder / ".git")
    report = again(folder)
    assert [lost.path for lost in report.laid_out.lost] == [STEPS]
    assert (
        report.laid_out.lost[0].words
        == f"the store has lost `{STEPS}`, git does not have it, and the file has changed since"
    )
    assert report.laid_out.origins["lib/shared.py"] == "tree"
    assert set(outcomes(report).values()) == {"not had"}
    assert by_name(report)["constant"].summary == "its step is not found in the files that are left"


def test_a_variable_that_is_set_otherwise_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(folder, STEPS, "    return 7\n", "    import os\n    return int(os.environ['LIMIT'])\n")
    monkeypatch.setenv("LIMIT", "3")
    released(folder)
    monkeypatch.setenv("LIMIT", "4")
    report = again(folder)
    assert outcomes(report) == {"mean": "equal", "doubled": "equal", "constant": "not had"}
    assert [lack.words for lack in by_name(report)["constant"].lacks] == ["the variable `LIMIT` is set otherwise"]
    monkeypatch.setenv("LIMIT", "3")
    assert again(folder).ok


def test_what_was_read_outside_of_the_workspace_is_named_where_it_differs(folder: Path, tmp_path: Path) -> None:
    outside = Path.home() / f"onward-test-{tmp_path.name}.txt"
    outside.write_text("7")
    try:
        edit(folder, STEPS, "    return 7\n", f"    return int(Path({str(outside)!r}).read_text())\n")
        released(folder)
        assert again(folder).ok
        outside.write_text("8")
        found = by_name(again(folder))["constant"]
    finally:
        outside.unlink()
    assert found.outcome == "not had"
    assert [lack.axis for lack in found.lacks] == ["outside"]
    assert outside.name in found.lacks[0].words


def test_a_record_that_leads_out_of_the_folder_writes_nothing_there(folder: Path, tmp_path: Path) -> None:
    released(folder)
    with open_workspace(folder, writes=True) as opened:
        run_before = snapshots.resolve(opened, "main")
        basis = opened.store.records.basis(run_before.basis)
        assert basis is not None
        state = basis.files["lib/shared.py"]
        files = {**basis.files, "../escaped.py": state, f"{tmp_path}/absolute.py": state}
        forged = opened.store.records.put_basis(msgspec.structs.replace(basis, files=files))
        opened.store.records.put_run(msgspec.structs.replace(run_before, id="20990101-000000000-abcdef", basis=forged))
    report = again(folder, "20990101-000000000-abcdef", tmp_path / "in here" / "kept")
    assert {lost.path for lost in report.laid_out.lost} == {"../escaped.py", f"{tmp_path}/absolute.py"}
    assert os.listdir(tmp_path / "in here") == ["kept"]
    assert not (tmp_path / "absolute.py").exists()


def test_line_ends_that_git_changes_are_as_they_were_in_the_tree(folder: Path) -> None:
    (folder / "onward.toml").write_text("keep_sources = 0\n")
    (folder / ".gitattributes").write_text("*.csv text eol=crlf\n")
    (folder / DATA).write_bytes(b"day,price\r\n1,10\r\n")
    commit(folder, "other line ends")
    released(folder)
    (folder / DATA).write_bytes(b"day,price\r\n1,99\r\n")
    commit(folder, "later data")
    report = again(folder)
    assert (report.ok, report.laid_out.origins[DATA]) == (True, "git")


def test_a_basis_that_is_gone_is_an_error_that_says_so(folder: Path) -> None:
    released(folder)
    with open_workspace(folder) as opened:
        path = Path(opened.store.layout.bases) / snapshots.resolve(opened, "main").basis
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    path.write_bytes(b"{}")
    with pytest.raises(StoreError, match="basis of the run"):
        again(folder)


def test_a_word_that_means_nothing_is_refused_before_anything_is_laid_out(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError):
        again(folder, "main@7", tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


# The folder that is left.


def test_the_folder_that_is_kept_can_be_looked_at(folder: Path, tmp_path: Path) -> None:
    released(folder)
    edit(folder, "lib/shared.py", "2)", "3)")
    kept = tmp_path / "für später"
    report = again(folder, keep=kept)
    assert report.folder == kept
    assert (kept / "lib/shared.py").read_text() == "def rounded(value):\n    return round(value, 2)\n"
    with open_workspace(kept) as opened:
        assert snapshots.latest(opened).snapshot == report.old.snapshot


def test_without_it_nothing_is_left(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released(folder)
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    assert again(folder).ok
    assert os.listdir(place) == []


def test_a_folder_that_holds_something_or_lies_in_the_workspace_is_refused(folder: Path, tmp_path: Path) -> None:
    released(folder)
    full = workspace.write(tmp_path / "full", {"mine.txt": "mine\n"})
    with pytest.raises(UsageError, match="there is something in"):
        again(folder, keep=full)
    with pytest.raises(UsageError, match="would become a part of it"):
        again(folder, keep=folder / "new" / "one")
    assert not (folder / "new").exists()
    assert workspace.contents_of(full) == {"mine.txt": b"mine\n"}


def ignore_data(folder: Path) -> None:
    """Takes the data out of git, and sees to it that the store keeps no copy."""
    (folder / "onward.toml").write_text("keep_sources = 0\n")
    (folder / ".gitignore").write_text("data/\n")
    (folder / DATA).write_text("day,price\n1,10\n2,40\n")
    run_git(folder, "rm", "-q", "-r", "--cached", "data")
    commit(folder, "the data is no longer in git")
