"""What is removed, and what is not: nothing that a reader, a colleague or the next run would miss."""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from onward.app.gc import gc
from onward.app.releases import history
from onward.app.wiring import open_workspace
from onward.base.errors import BucketError, StoreError
from onward.model.records import Run
from onward.store.expired import SECONDS_A_DAY
from onward.testing.buckets import MemoryBucket
from onward.testing.workspace import write
from tests.cli.program import onward
from tests.machines import STEPS, Machine, Team

STEPS_OF_TABLES = """
import json
from pathlib import Path

from onward import asset


@asset
def rows(numbers):
    return [{"n": n, "of": "WORD"} for n in numbers]


@asset
def settings(rows):
    return {"rows": len(rows), "of": "WORD"}


@asset
def total(rows) -> float:
    return float(len(rows))
"""
FILES = {"data/numbers.json": "[1, 2, 3]\n", "projects/p/steps.py": STEPS_OF_TABLES}


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A workspace that has made one state and then another one."""
    root = write(tmp_path / "work", {**FILES, "onward.toml": ""})
    assert onward(root, "run").status == 0
    write(root, {"projects/p/steps.py": STEPS_OF_TABLES.replace("WORD", "another")})
    assert onward(root, "run").status == 0
    return root


def age(root: Path, days: float) -> None:
    """Makes all bytes of a store so old."""
    then = time.time() - days * SECONDS_A_DAY
    for path in (root / ".onward" / "store" / "objects").rglob("*"):
        os.utime(path, (then, then))


def objects(root: Path) -> set[str]:
    return {path.parent.name + path.name for path in (root / ".onward" / "store" / "objects").glob("??/*")}


def removed(root: Path, keep_days: float = 0, *words: str) -> dict[str, int]:
    answer = onward(root, "gc", "--keep-days", str(keep_days), "--json", *words)
    assert answer.status == 0, answer.text
    return answer.json["here"]


def test_old_tables_go_and_what_people_read_stays(work: Path) -> None:
    age(work, 1)
    first = onward(work, "snapshots", "--json").json["snapshots"][-1]["id"]
    before = objects(work)
    gone = removed(work)
    assert gone["objects"] == len(before - objects(work)) == 2  # `rows` and `settings` of the first state
    assert gone["bytes"] > 0
    assert onward(work, "get", "p/total", "--at", first, "--out", str(work / "total.json")).status == 0
    assert onward(work, "show", "p/rows", "--at", first).status == 0
    # What the working tree has is all there, and a run keeps it.
    assert set(onward(work, "run", "--json").outcomes().values()) == {"kept"}
    assert onward(work, "get", "p/rows", "--out", str(work / "rows.csv")).status == 0


def test_what_went_is_made_again_when_the_files_are_as_they_were(work: Path) -> None:
    age(work, 1)
    removed(work)
    write(work, {"projects/p/steps.py": STEPS_OF_TABLES})
    assert onward(work, "run", "--json").outcomes() == {"p/rows": "made", "p/settings": "made", "p/total": "restored"}
    assert onward(work, "doctor").status == 0


def test_nothing_that_is_young_goes(work: Path) -> None:
    assert removed(work, 30)["objects"] == 0
    age(work, 60)
    # The runs are of just now, whatever the age of the bytes.
    assert removed(work, 30)["objects"] == 0


def test_what_a_release_names_stays_for_good(work: Path) -> None:
    write(work, {"projects/p/steps.py": STEPS_OF_TABLES})
    assert onward(work, "run").status == 0
    assert onward(work, "release").status == 0
    write(work, {"projects/p/steps.py": STEPS_OF_TABLES.replace("WORD", "another")})
    assert onward(work, "run").status == 0
    assert onward(work, "release").status == 0
    age(work, 100)
    assert removed(work)["objects"] == 0
    assert onward(work, "get", "p/rows", "--at", "main@1", "--out", str(work / "rows.csv")).status == 0


def test_a_dry_run_says_the_same_and_removes_nothing(work: Path) -> None:
    age(work, 1)
    before = objects(work)
    foreseen = removed(work, 0, "--dry-run")
    assert objects(work) == before
    assert removed(work) == foreseen
    assert "would remove 0 objects" in onward(work, "gc", "--keep-days", "0", "-n").out


def test_what_another_worktree_has_made_last_stays(work: Path) -> None:
    git = ["git", "-C", str(work), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", "init", "-q", str(work)], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "one"], check=True)
    other = work.parent / "other"
    subprocess.run([*git, "worktree", "add", "-q", str(other)], check=True)
    write(other, {"projects/p/steps.py": STEPS_OF_TABLES.replace("WORD", "a third")})
    assert onward(other, "run").status == 0
    age(work, 1)
    removed(work)
    assert set(onward(other, "run", "--json").outcomes().values()) == {"kept"}
    assert onward(other, "get", "p/rows", "--out", str(other / "rows.csv")).status == 0
    assert "a third" in (other / "rows.csv").read_text()


def test_bytes_that_are_made_again_count_as_new(work: Path) -> None:
    age(work, 100)
    with open_workspace(work, writes=True) as opened:
        digest = opened.store.objects.put(b'{"some": "bytes"}')
        age(work, 100)
        opened.store.objects.put(b'{"some": "bytes"}')
        gc(opened, 30)
        assert opened.store.objects.has(digest)


@pytest.mark.parametrize("days", ["nan", "inf", "1e300", "36501", "-1"])
def test_what_is_no_number_of_days_is_refused(work: Path, days: str) -> None:
    answer = onward(work, "gc", "--keep-days", days)
    assert answer.status == 2
    assert "error[usage]" in answer.err
    assert "hint: " in answer.err


# The shared store.


def aged(team: Team, days: float) -> None:
    assert isinstance(team.inner, MemoryBucket)
    team.inner.written.update(dict.fromkeys(team.inner.contents, time.time() - days * SECONDS_A_DAY))


def collected(machine: Machine, keep_days: float = 10) -> int | None:
    with machine.open() as opened:
        found = gc(opened, keep_days)
    return None if found.shared is None else found.shared.objects


def changed(machine: Machine, word: str) -> Machine:
    machine.edit("projects/p/steps.py", "# It is", f"# {word} # It is")
    machine.run()
    return machine


def test_only_the_main_pipeline_cleans_the_bucket(tmp_path: Path) -> None:
    team = Team(tmp_path)
    ci = team.machine("ci", "main")
    ci.run()
    for name, scope in (("ann", "team"), ("fork", "pr/7")):
        machine = changed(team.machine(name, scope), name)
        aged(team, 100)
        before = set(team.contents)
        assert collected(machine) is None
        assert set(team.contents) == before
    gone = collected(ci)
    assert gone is not None
    assert gone > 0


def test_what_goes_from_a_bucket_is_what_nobody_would_miss(tmp_path: Path) -> None:
    team = Team(tmp_path)
    ci, ann, fork = team.machine("ci", "main"), team.machine("ann"), team.machine("fork", "pr/7")
    ci.run()
    with ci.open() as opened:
        history.release(opened)
    changed(ann, "Old")
    changed(ci, "New")
    changed(fork, "Fork")
    changed(ann, "Newer")
    aged(team, 100)
    assert collected(ci) is not None
    assert not [path for path in team.contents if "/pr/" in path]
    # The heads are those of the last runs, and all that they need is there.
    late = team.machine("late", "main")
    late.edit("projects/p/steps.py", "# It is", "# New # It is")
    assert late.counts() == Counter(restored=len(STEPS))
    bob = team.machine("bob")
    bob.edit("projects/p/steps.py", "# It is", "# Old # Newer # It is")
    assert bob.counts() == Counter(restored=len(STEPS))
    with team.machine("reader").open() as opened:
        (move,) = opened.store.records.moves("main")
        run = opened.store.records.run(move.run)
        assert run is not None
        basis = opened.store.records.basis(run.basis)
        assert basis is not None
        addresses = [address for artifact in run.artifacts.values() for address in artifact.addresses()]
        assert all(opened.store.objects.is_whole(address) for address in addresses)
        assert all(opened.store.objects.is_whole(state.digest) for state in basis.files.values())
        assert opened.store.objects.is_whole(run.catalogue)
    # And what belonged to the middle states alone is gone.
    assert collected(ci) == 0


def test_what_is_young_stays_in_a_bucket_with_all_that_it_names(tmp_path: Path) -> None:
    team = Team(tmp_path)
    ci, ann = team.machine("ci", "main"), team.machine("ann")
    ci.run()
    changed(ann, "One")
    aged(team, 100)
    changed(ann, "Two")  # names some of the bytes of before
    changed(ci, "Three")
    before = dict(team.contents)
    collected(ci)
    bob = team.machine("bob")
    bob.edit("projects/p/steps.py", "# It is", "# One # Two # It is")
    assert bob.counts() == Counter(restored=len(STEPS))
    with bob.open() as opened:
        for artifact in opened.store.records.runs()[-1].artifacts.values():
            assert opened.store.objects.is_whole(artifact.bytes)
    assert len(team.contents) < len(before)


def test_a_log_that_cannot_be_read_stops_it_and_nothing_is_removed(tmp_path: Path) -> None:
    team = Team(tmp_path)
    ci = team.machine("ci", "main")
    ci.run()
    with ci.open() as opened:
        history.release(opened)
    changed(ci, "New")
    aged(team, 100)
    team.contents["v1/channels/main/00000001"] = b"{}"
    before = dict(team.contents)
    with pytest.raises(StoreError, match="is no move of a channel"):
        collected(ci)
    assert team.contents == before


def released(machine: Machine) -> Run:
    with machine.open() as opened:
        (move,) = opened.store.records.moves("main")
        run = opened.store.records.run(move.run)
    assert run is not None
    return run


@pytest.mark.parametrize("folder", ["runs", "bases"])
def test_what_a_release_stands_on_and_cannot_be_read_stops_it_too(tmp_path: Path, folder: str) -> None:
    team = Team(tmp_path)
    ci = team.machine("ci", "main")
    ci.run()
    with ci.open() as opened:
        history.release(opened)
    run = released(ci)
    changed(ci, "New")
    aged(team, 100)
    path = f"v1/main/{folder}/{run.id if folder == 'runs' else run.basis}"
    whole = team.contents[path]
    team.contents[path] = b"{}"
    before = dict(team.contents)
    with pytest.raises(StoreError, match=f"`{path}` in .* is not the record that a release stands on"):
        collected(ci)
    assert team.contents == before
    team.contents[path] = whole
    assert collected(ci) != 0
    assert all(f"v1/main/{each}" in team.contents for each in (f"runs/{run.id}", f"snapshots/{run.snapshot}"))


def test_a_machine_whose_clock_is_wrong_removes_nothing_that_is_young(tmp_path: Path) -> None:
    team = Team(tmp_path)
    assert isinstance(team.inner, MemoryBucket)
    # The machine is 400 days ahead of the bucket.
    team.inner.clock = lambda: time.time() - 400 * SECONDS_A_DAY
    ci = team.machine("ci", "main")
    ci.run()
    changed(ci, "New")
    before = dict(team.contents)
    assert collected(ci) == 0
    assert team.contents == before


def test_what_is_released_while_it_looks_stays(tmp_path: Path) -> None:
    """One machine goes back to an old state, and releases it, while another removes what nobody needed before."""
    team = Team(tmp_path)
    ci, back = team.machine("ci", "main"), team.machine("back", "main")
    ci.run()
    changed(ci, "New")
    aged(team, 100)
    remove, is_first = team.inner.remove, iter([True])

    def removed_late(path: str) -> None:
        if path.startswith("v1/main/traces/") and next(is_first, False):
            assert back.counts() == Counter(restored=len(STEPS))
            with back.open() as opened:
                history.release(opened)
        remove(path)

    team.inner.remove = removed_late  # type: ignore[method-assign]
    collected(ci)
    assert next(is_first, None) is None
    reader = team.machine("reader")
    run = released(reader)
    with reader.open() as opened:
        assert opened.store.records.snapshot(run.snapshot) is not None
        assert opened.store.records.basis(run.basis) is not None
        assert all(opened.store.objects.is_whole(artifact.bytes) for artifact in run.artifacts.values())


def test_a_bucket_that_cannot_be_had_is_an_error(tmp_path: Path) -> None:
    team = Team(tmp_path)
    ci = team.machine("ci", "main")
    ci.run()
    team.bucket.fails = lambda verb, path: verb == "listing"
    with pytest.raises(BucketError):
        collected(ci)
