"""What one machine has made no other makes again; and whatever a bucket does, it costs time and never a result."""

from __future__ import annotations

import errno
import json
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from onward.app.doctor import doctor
from onward.app.running.run import run
from onward.app.settings.options import RunOptions
from onward.app.settings.scope import reads
from onward.app.wiring import open_workspace
from onward.base.bucket import open_bucket
from onward.base.codec import decode, encode
from onward.base.digest import digest_bytes
from onward.base.errors import StoreError
from onward.cli.nothing_to_do import answered
from onward.model.artifact import Part
from onward.model.trace import Envelope, Trace
from onward.store.shared.head import pack
from onward.testing.watchers import Recorder
from onward.testing.workspace import write
from tests.cli.program import onward
from tests.machines import FILES, STEPS, Machine, Team


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


# What is shared, and what it costs.


def test_what_one_machine_made_another_restores(team: Team) -> None:
    first = team.machine("ann").run()
    assert first.counts["made"] == len(STEPS)
    second = team.machine("bob").run()
    assert second.counts["restored"] == len(STEPS)
    assert second.run.complete
    assert second.run.snapshot == first.run.snapshot
    assert {name: check.outcome for name, check in second.checks.items()} == {"p/is_even": "passed"}


def test_a_shared_folder_and_the_command_line_are_enough(tmp_path: Path) -> None:
    files = {**FILES, "onward.toml": f'store = "{(tmp_path / "team store").as_uri()}"\n'}
    ann, bob = (write(tmp_path / name / "work", files) for name in ("ann", "bob"))
    assert set(onward(ann, "run", "--json").outcomes().values()) == {"made"}
    assert set(onward(bob, "run", "--json").outcomes().values()) == {"restored"}
    assert onward(bob, "show", "p/twice", "--json").json["value"] == 12
    assert "adding up" in onward(bob, "logs", "p/total").out


def test_a_clean_machine_reads_one_object_for_a_whole_unchanged_snapshot(team: Team) -> None:
    team.machine("ann").run()
    team.asked()
    assert team.machine("bob").counts() == Counter(restored=len(STEPS))
    assert team.asked() == [("read", "v1/team/head")]


def test_a_run_in_which_nothing_changed_asks_the_bucket_nothing(team: Team) -> None:
    ann = team.machine("ann")
    ann.run()
    team.asked()
    assert ann.counts() == Counter(kept=len(STEPS))
    assert team.asked() == []


def test_only_bytes_that_are_needed_are_fetched(team: Team) -> None:
    team.machine("ann").run()
    bob = team.machine("bob")
    bob.edit("projects/p/steps.py", "# It is", "# Now it is")
    team.asked()
    assert bob.outcomes() == {"p/total": "restored", "p/twice": "restored", "p/words": "made"}
    fetched = [path for verb, path in team.asked() if verb == "fetch"]
    assert len(fetched) == 1  # `twice`, which `words` takes


def test_what_was_changed_on_one_branch_does_not_hide_what_others_made(team: Team) -> None:
    team.machine("ann").run()
    eve = team.machine("eve")
    eve.edit("lib/common.py", "FACTOR = 2", "FACTOR = 4")
    assert eve.outcomes() == {"p/total": "restored", "p/twice": "made", "p/words": "made"}
    # The head of the team is that of another branch now.
    assert team.machine("bob").counts() == Counter(restored=len(STEPS))


def test_a_result_that_rests_on_other_files_is_not_restored(team: Team) -> None:
    team.machine("ann").run()
    bob = team.machine("bob")
    bob.edit("data/numbers.json", "3", "4")
    report = bob.run()
    assert report.counts["made"] == len(STEPS)
    with bob.open() as opened:
        content = opened.store.objects.read(report.run.artifacts["p/twice"].bytes)
    assert content is not None
    assert b"14" in content


def test_a_step_that_reads_a_variable_is_restored_where_that_has_the_same_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values are kept as digests under a secret, which all machines have in common."""
    steps = "import os\nfrom onward import asset\n\n@asset\ndef region():\n    return [os.environ.get('REGION')]\n"
    team = Team(tmp_path, {"onward.toml": FILES["onward.toml"], "projects/p/steps.py": steps})
    monkeypatch.setenv("REGION", "north")
    team.machine("ann").run()
    bob = team.machine("bob")
    assert bob.outcomes() == {"p/region": "restored"}
    assert bob.outcomes() == {"p/region": "kept"}
    monkeypatch.setenv("REGION", "south")
    assert bob.outcomes() == {"p/region": "made"}
    assert team.machine("eve").outcomes() == {"p/region": "restored"}
    lose(team, "head")
    assert team.machine("joe").outcomes() == {"p/region": "restored"}
    traces = [content for path, content in team.contents.items() if "/traces/" in path]
    assert traces != []
    assert not [trace for trace in traces if b"north" in trace or b"south" in trace]


def test_a_notebook_s_new_words_are_rendered_with_the_outputs_of_another_machine(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "old words"},
        {
            "cell_type": "code",
            "id": "b",
            "metadata": {},
            "source": "print(6 * 7)",
            "outputs": [],
            "execution_count": None,
        },
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    files = {"onward.toml": FILES["onward.toml"], "projects/p/report.ipynb": json.dumps(notebook)}
    team = Team(tmp_path, files)
    team.machine("ann").run()
    for head in ("with", "without"):
        bob = team.machine(f"bob {head}")
        bob.edit("projects/p/report.ipynb", "old words", f"new words {head} a head")
        report = bob.run()
        assert report.steps["p/report"].outcome == "made"
        assert not report.steps["p/report"].executed
        lose(team, "head")


# Who believes whom.


@pytest.mark.parametrize("reader", ["main", "team", "pr/7", "pr/8"])
@pytest.mark.parametrize("writer", ["main", "team", "pr/7", "pr/8"])
def test_a_scope_restores_what_those_made_whom_it_believes_and_nothing_else(
    team: Team, reader: str, writer: str
) -> None:
    team.machine("writer", writer).run()
    counts = team.machine("reader", reader).counts()
    is_believed = writer in reads(reader)
    assert counts == Counter({"restored" if is_believed else "made": len(STEPS)})


def test_the_main_pipeline_asks_for_nothing_that_others_have_written(team: Team) -> None:
    for scope in ("team", "pr/7"):
        team.machine(scope.replace("/", ""), scope).run()
    team.asked()
    team.machine("ci", "main").run()
    asked = {path for _, path in team.asked()}
    assert {path.split("/")[1] for path in asked} == {"main", "secret"}


def test_a_fork_writes_nothing_outside_of_its_own_folder(team: Team) -> None:
    team.machine("ci", "main").run()
    team.asked()
    fork = team.machine("fork", "pr/7")
    fork.edit("lib/common.py", "FACTOR = 2", "FACTOR = 1000")
    fork.run()
    written = [path for verb, path in team.asked() if verb not in ("read", "has", "names", "fetch")]
    assert written != []
    assert all(path.startswith("v1/pr/7/") for path in written)


def test_a_fork_s_run_on_a_kept_machine_brings_nothing_to_the_main_pipeline(team: Team) -> None:
    """One runner, one folder, one after the other: what the fork's code made of the same keys is not believed."""
    runner = team.machine("runner", "pr/7")
    assert runner.counts() == Counter(made=len(STEPS))
    runner.scope = "main"
    assert runner.counts() == Counter(made=len(STEPS))
    runner.scope = "pr/7"
    # It may read main; and what it made itself is still its own.
    assert runner.counts()["made"] == 0


def test_a_forged_result_of_a_fork_is_not_served_by_main(team: Team) -> None:
    """The fork claims, under the very key of main's step, that the sum is another one."""
    fork = team.machine("fork", "pr/7")
    fork.run()
    forged = {path: content.replace(b'"value":6', b'"value":9') for path, content in team.contents.items()}
    team.contents.update(forged)
    report = team.machine("ci", "main").run()
    assert report.counts["made"] == len(STEPS)
    assert report.run.artifacts["p/total"].facts["value"] == 6


# A bucket that lies.


def spoil(team: Team, part: str, content: bytes = b"something else") -> int:
    """Changes what the bucket holds below a part of it; how many objects that were."""
    spoiled = [path for path in team.contents if f"/{part}" in path]
    team.contents.update(dict.fromkeys(spoiled, content))
    return len(spoiled)


def lose(team: Team, part: str) -> None:
    for path in [path for path in team.contents if part in path]:
        del team.contents[path]


@pytest.mark.parametrize("content", [b"", b"something else", b"{}"])
def test_bytes_that_are_not_what_their_name_says_are_made_again(team: Team, content: bytes) -> None:
    first = team.machine("ann").run()
    assert spoil(team, "objects", content)
    bob = team.machine("bob")
    bob.edit("projects/p/steps.py", "# It is", "# Now it is")
    report = bob.run()
    assert report.run.complete
    assert report.run.artifacts["p/twice"].content == first.run.artifacts["p/twice"].content
    with bob.open() as opened:
        words = opened.store.objects.read(report.run.artifacts["p/words"].bytes)
    assert words is not None
    assert b"Now it is 12" in words


@pytest.mark.parametrize("fault", [spoil, lose], ids=["spoiled", "lost"])
def test_what_was_spoiled_or_lost_is_whole_again_once_somebody_made_it(
    team: Team, fault: Callable[[Team, str], object]
) -> None:
    first = team.machine("ann").run()
    address = first.run.artifacts["p/twice"].bytes
    path = f"v1/team/objects/{address[:2]}/{address[2:]}"
    whole = team.contents[path]
    fault(team, path.removeprefix("v1/team/"))
    bob = team.machine("bob")
    bob.edit("projects/p/steps.py", "# It is", "# Now it is")
    assert bob.outcomes()["p/twice"] == "made"
    assert team.contents[path] == whole


@pytest.mark.parametrize("part", ["head", "traces"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"something else",
        b"{}",
        zlib.compress(b"{}"),
        zlib.compress(b'{"traces":' + b"[" * 100_000),
        b"[" * 100_000,
    ],
    ids=["empty", "text", "JSON", "packed", "packed and deep", "deep"],
)
def test_a_record_that_cannot_be_believed_is_passed_over(team: Team, part: str, content: bytes) -> None:
    team.machine("ann").run()
    spoil(team, part, content)
    # One of the two ways to a trace is left, and what comes by it is whole.
    assert team.machine("bob").counts() == Counter(restored=len(STEPS))


def test_where_every_record_is_spoiled_everything_is_made_again(team: Team) -> None:
    first = team.machine("ann").run()
    spoil(team, "head")
    spoil(team, "traces")
    second = team.machine("bob").run()
    assert second.counts["made"] == len(STEPS)
    assert second.run.snapshot == first.run.snapshot


def test_traces_that_have_changed_places_are_not_believed(team: Team) -> None:
    """Every trace is whole, and lies under the key of another step."""
    team.machine("ann").run()
    spoil(team, "head")
    traces = sorted(path for path in team.contents if "/traces/" in path)
    contents = [team.contents.pop(path) for path in traces]
    for path, content in zip(traces, contents[1:] + contents[:1], strict=True):
        team.contents[f"{path.rpartition('/')[0]}/{digest_bytes(content)}"] = content
    report = team.machine("bob").run()
    assert report.counts["made"] == len(STEPS)
    assert report.run.artifacts["p/total"].facts["value"] == 6


def forge(team: Team, change: Callable[[Trace], Trace]) -> None:
    """Puts a changed trace in the place of each, with a name and a head that fit."""
    forged = []
    for path in sorted(path for path in team.contents if "/traces/" in path):
        envelope = decode(team.contents.pop(path), Envelope)
        content = encode(msgspec.structs.replace(envelope, payload=change(envelope.payload)))
        team.contents[f"{path.rpartition('/')[0]}/{digest_bytes(content)}"] = content
        forged.append(content)
    team.contents["v1/team/head"] = pack("", "", b"", forged)


def renamed(**changes: object) -> Callable[[Trace], Trace]:
    """The change of a trace in all of its artifacts."""

    def change(trace: Trace) -> Trace:
        artifacts = {name: msgspec.structs.replace(artifact, **changes) for name, artifact in trace.artifacts.items()}
        return msgspec.structs.replace(trace, artifacts=artifacts)

    return change


FORGERIES: dict[str, Callable[[Trace], Trace]] = {
    "inputs of another key": lambda trace: msgspec.structs.replace(trace, inputs=trace.inputs[1:]),
    "another format": lambda trace: msgspec.structs.replace(trace, format=99),
    "an address that is a path": renamed(bytes="../../../../outside"),
    "a log that is a path": lambda trace: msgspec.structs.replace(trace, log="../../../../outside"),
    "an environment that is a path": lambda trace: msgspec.structs.replace(trace, environment="/etc/passwd"),
    "a file outside of the workspace": renamed(facts={"path": "../outside"}),
    "a file with an absolute path": renamed(facts={"path": "/tmp/outside"}),
    "a part outside of its folder": renamed(parts=(Part("../../outside", "0" * 64, "text/plain", 1),)),
    "a part without a name": renamed(parts=(Part("", "0" * 64, "text/plain", 1),)),
}


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_trace_that_could_do_harm_is_not_believed(team: Team, kind: str) -> None:
    team.machine("ann").run()
    forge(team, FORGERIES[kind])
    bob = team.machine("bob")
    outside = bob.root.parent / "outside"
    outside.write_text("somebody's own")
    report = bob.run()
    with_artifact = [name for name, record in report.steps.items() if record.outcome != "made"]
    assert with_artifact == []
    assert outside.read_text() == "somebody's own"


def test_a_forgery_test_without_a_change_would_be_believed(team: Team) -> None:
    """The other direction: it is the change, and nothing of how it is made, that is refused above."""
    team.machine("ann").run()
    forge(team, lambda trace: trace)
    assert team.machine("bob").counts() == Counter(restored=len(STEPS))


# A bucket that loses.


def test_objects_that_are_gone_are_made_again_where_they_are_needed(team: Team) -> None:
    first = team.machine("ann").run()
    lose(team, "/objects/")
    bob = team.machine("bob")
    assert bob.counts() == Counter(restored=len(STEPS))  # nobody needs the bytes
    bob.edit("projects/p/steps.py", "# It is", "# Now it is")
    report = bob.run()
    assert report.run.complete
    assert report.run.artifacts["p/twice"].content == first.run.artifacts["p/twice"].content
    assert {name: record.outcome for name, record in report.steps.items()} == {
        "p/total": "made",
        "p/twice": "made",
        "p/words": "made",
    }


def test_an_emptied_bucket_is_filled_again_by_the_next_run(team: Team) -> None:
    ann = team.machine("ann")
    ann.run()
    team.contents.clear()
    ann.edit("projects/p/steps.py", "# It is", "# Now it is")
    ann.run()
    bob = team.machine("bob")
    bob.edit("projects/p/steps.py", "# It is", "# Now it is")
    assert bob.counts() == Counter(restored=len(STEPS))
    with bob.open() as opened:
        run = opened.store.records.runs()[-1]
        for artifact in run.artifacts.values():
            assert opened.store.objects.read(artifact.bytes) is not None


REGION = """\
import os

from onward import asset


@asset
def region():
    return "one" + os.environ["REGION"]
"""


def test_machines_agree_on_a_secret_again_where_a_bucket_was_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under two secrets nobody would restore what another one made of a variable, for good and without a word."""
    monkeypatch.setenv("REGION", "north")
    team = Team(tmp_path, {**FILES, "projects/q/steps.py": REGION})
    ann, bob = team.machine("ann"), team.machine("bob")
    ann.run()
    team.contents.clear()
    bob.run("q/region")  # a machine that knew nothing of before
    ann.edit("projects/q/steps.py", "one", "two")
    ann.run()
    bob.edit("projects/q/steps.py", "one", "three")
    bob.run()
    ann.edit("projects/q/steps.py", "two", "three")
    assert ann.outcomes()["q/region"] == "restored"
    assert ann.outcomes()["q/region"] == "kept"


@pytest.mark.parametrize("damaged", [b"", b"{}"])
def test_a_damaged_secret_of_a_bucket_is_mended(team: Team, damaged: bytes) -> None:
    ann = team.machine("ann")
    ann.run()
    whole = team.contents["v1/secret"]
    team.contents["v1/secret"] = damaged
    ann.edit("projects/p/steps.py", "# It is", "# Now it is")
    ann.run()
    assert team.contents["v1/secret"] == whole


def test_a_bucket_that_takes_everything_and_keeps_nothing_changes_no_result(team: Team) -> None:
    team.bucket.loses = lambda path: True
    first, second = team.machine("ann").run(), team.machine("bob").run()
    assert first.counts["made"] == second.counts["made"] == len(STEPS)
    assert first.run.snapshot == second.run.snapshot


# A bucket that fails, or stalls.


@pytest.mark.parametrize("verbs", [("read",), ("fetch",), ("names",), ("has",), ("send",), ("replace",), ("create",)])
def test_a_bucket_that_fails_at_something_costs_no_result_and_is_told_of_once(team: Team, verbs: tuple[str]) -> None:
    ann, bob = team.machine("ann"), team.machine("bob")
    first = ann.run()
    team.bucket.fails = lambda verb, path: verb in verbs
    bob.edit("projects/p/steps.py", "# It is", "# Now it is")
    report = bob.run()
    assert report.run.complete
    assert report.run.artifacts["p/twice"].content == first.run.artifacts["p/twice"].content
    told = [said for said in bob.said if "it fails as it was told to" in said]
    assert len(told) <= 1


def test_a_bucket_that_cannot_be_reached_is_told_of_once_and_asked_once(team: Team) -> None:
    team.bucket.fails = lambda verb, path: True
    ann = team.machine("ann")
    assert ann.counts() == Counter(made=len(STEPS))
    assert len(team.asked()) == 1
    assert len(ann.said) == 1
    assert "going on without the shared store" in ann.said[0]


def test_who_goes_on_without_a_shared_folder_is_told_what_to_do(team: Team, tmp_path: Path) -> None:
    ann = team.machine("ann")
    with open_workspace(
        ann.root, writes=True, bucket=lambda url: open_bucket((tmp_path / "a" / "b").as_uri())
    ) as opened:
        opened.store.secret()
        trouble = opened.store.trouble()
    assert trouble is not None
    assert trouble.endswith(
        f"going on without the shared store (mount the drive that it lies on, or make the folder `{tmp_path / 'a'}`)"
    )


def test_what_was_made_off_line_is_shared_by_the_next_run(team: Team) -> None:
    ann = team.machine("ann")
    team.bucket.fails = lambda verb, path: True
    ann.run()
    team.bucket.fails = None
    assert ann.counts() == Counter(kept=len(STEPS))
    assert team.machine("bob").counts() == Counter(restored=len(STEPS))


def test_who_may_read_and_not_write_restores_and_is_told_that_nothing_is_shared(team: Team) -> None:
    team.machine("ann").run()
    before = dict(team.contents)
    team.bucket.fails = lambda verb, path: verb in ("create", "replace", "send", "remove")
    bob = team.machine("bob")
    bob.edit("projects/p/steps.py", "# It is", "# Now it is")
    assert bob.outcomes() == {"p/total": "restored", "p/twice": "restored", "p/words": "made"}
    assert [said for said in bob.said if "what is made here is not shared" in said]
    assert team.contents == before


def test_a_bucket_that_stalls_is_waited_for_once(team: Team) -> None:
    team.machine("ann").run()
    bob = team.machine("bob")
    bob.answer_s = 0.2
    team.bucket.stalls = True
    try:
        report = bob.run()
    finally:
        team.bucket.stalls = False
    assert report.counts["made"] == len(STEPS)
    assert len([said for said in bob.said if "has not answered" in said]) == 1


def test_a_bucket_that_stalls_when_bytes_are_fetched_is_gone_on_without(team: Team) -> None:
    team.machine("ann").run()
    bob = team.machine("bob")
    assert bob.counts() == Counter(restored=len(STEPS))
    bob.edit("projects/p/steps.py", "# It is", "# Now it is")
    bob.answer_s = 0.2
    team.bucket.stalls = True
    try:
        report = bob.run()
    finally:
        team.bucket.stalls = False
    assert report.run.complete
    assert report.steps["p/words"].outcome == "made"


def test_a_disk_without_room_for_what_comes_is_called_so_and_the_bucket_is_not_blamed(team: Team) -> None:
    team.machine("ann").run()
    bob = team.machine("bob")
    bob.edit("projects/p/steps.py", "# It is", "# Now it is")

    def is_full(verb: str, path: str) -> bool:
        if verb == "fetch":
            raise OSError(errno.ENOSPC, "No space left on device")
        return False

    team.bucket.fails = is_full
    with pytest.raises(StoreError, match="the disk is full"):
        bob.run()
    assert bob.said == []
    team.bucket.fails = None
    assert bob.outcomes() == {"p/total": "restored", "p/twice": "restored", "p/words": "made"}


# What doctor says.


def diagnoses(machine: Machine) -> dict[str, tuple[str, str]]:
    with machine.open() as opened:
        return {one.name: (one.state, one.message) for one in doctor(opened) if one.area == "shared store"}


def test_doctor_tells_whether_the_bucket_can_be_read_and_written(team: Team) -> None:
    ann = team.machine("ann")
    assert diagnoses(ann)["reading"] == ("ok", "`s3://shared/team` has no results yet")
    ann.run()
    before = dict(team.contents)
    assert diagnoses(ann) == {
        "reading": ("ok", "`s3://shared/team` has the newest results of team"),
        "writing": ("ok", "what is made here is shared as `team`"),
    }
    assert team.contents == before
    team.bucket.fails = lambda verb, path: verb == "replace"
    assert diagnoses(ann)["writing"][0] == "note"
    team.bucket.fails = lambda verb, path: True
    assert diagnoses(ann)["reading"][0] == "note"


@pytest.fixture
def _racy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files need not be old for a run to rely on their times."""
    monkeypatch.setattr("onward.app.running.shortcut._RACY_NS", 0)


@pytest.mark.usefixtures("_racy")
def test_the_short_answer_that_nothing_has_changed_does_not_speak_of_a_fork_s_run(tmp_path: Path) -> None:
    files = {**FILES, "onward.toml": f'store = "{(tmp_path / "shared").as_uri()}"\n'}
    root = write(tmp_path / "work", files)
    with open_workspace(root, writes=True, scope="pr/7") as opened:
        run(opened, RunOptions(), Recorder())
    assert not (root / ".onward" / "state" / "unchanged").exists()
    assert set(onward(root, "run", "--json").outcomes().values()) == {"made"}
    # The other direction: people's own runs are what it speaks of.
    assert (root / ".onward" / "state" / "unchanged").exists()
    with open_workspace(root, writes=True, scope="pr/7") as opened:
        run(opened, RunOptions(), Recorder())
    assert set(onward(root, "run", "--json").outcomes().values()) == {"restored"}


@pytest.mark.usefixtures("_racy")
def test_after_a_restored_run_the_short_answer_is_given_although_bytes_are_not_here(tmp_path: Path) -> None:
    files = {**FILES, "onward.toml": f'store = "{(tmp_path / "shared").as_uri()}"\n'}
    ann, bob = (write(tmp_path / name / "work", files) for name in ("ann", "bob"))
    assert onward(ann, "run").status == 0
    assert set(onward(bob, "run", "--json").outcomes().values()) == {"restored"}
    assert onward(bob, "run").status == 0
    assert answered(["run", "-C", str(bob)])
