"""Real programs around a real bucket: an S3 server, and a folder that ten processes share at once."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from pathlib import Path

import pytest

from onward.base.bucket import open_bucket
from onward.testing.workspace import write
from tests.cli.program import onward, started
from tests.machines import FILES, STEPS
from tests.s3 import Server

MACHINES = 10


def clone(folder: Path, name: str, address: str) -> Path:
    return write(folder / name / "work", {**FILES, "onward.toml": f'store = "{address}"\n'})


def test_an_s3_bucket_is_a_store_that_is_shared(tmp_path: Path, s3: Server) -> None:
    address = f"{s3.make_bucket()}/analyses"
    ann, bob = clone(tmp_path, "ann", address), clone(tmp_path, "bob", address)
    assert set(onward(ann, "run", "--json").outcomes().values()) == {"made"}
    assert onward(ann, "release", "--json").json["number"] == 1
    assert set(onward(bob, "run", "--json").outcomes().values()) == {"restored"}
    assert [release["number"] for release in onward(bob, "releases", "--json").json["releases"]] == [1]
    out = tmp_path / "words.md"
    assert onward(bob, "get", "p/words", "--at", "main", "--out", str(out)).status == 0
    assert "It is 12" in out.read_text()
    assert onward(bob, "site", "--out", str(tmp_path / "site")).status == 0


def test_objects_that_an_s3_bucket_has_lost_are_made_again(tmp_path: Path, s3: Server) -> None:
    address = f"{s3.make_bucket()}/analyses"
    ann, bob = clone(tmp_path, "ann", address), clone(tmp_path, "bob", address)
    first = onward(ann, "run", "--json").json
    bucket = open_bucket(address)
    for path in bucket.names("v1/team/objects"):
        bucket.remove(path)
    second = onward(bob, "run", "--json").json
    assert second["snapshot"] == first["snapshot"]
    assert onward(bob, "get", "p/words", "--out", str(tmp_path / "words.md")).status == 0
    assert "It is 12" in (tmp_path / "words.md").read_text()


def test_an_s3_bucket_that_refuses_is_told_of_once_and_gone_on_without(
    tmp_path: Path, s3: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = clone(tmp_path, "ann", "s3://nobody-made-this-bucket/analyses")
    answer = onward(root, "run", "--json")
    assert answer.status == 0
    assert set(answer.outcomes().values()) == {"made"}
    assert answer.err.count("nobody-made-this-bucket") == 1
    refused = onward(root, "release", "--json")
    assert refused.status == 3
    assert refused.json["error"]["code"] == "refused"
    assert onward(root, "releases", "--json").json["releases"] == []


@pytest.mark.long
def test_ten_machines_at_once_around_a_shared_folder_end_alike(tmp_path: Path) -> None:
    address = (tmp_path / "shared").as_uri()
    open_bucket(address)
    roots = [clone(tmp_path, f"machine {number}", address) for number in range(MACHINES)]
    running = [started(root, "run", "--json", "--jobs", "1") for root in roots]
    answers = []
    for process in running:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        answers.append(json.loads(out))
    assert len({answer["snapshot"] for answer in answers}) == 1
    outcomes = Counter(step["outcome"] for answer in answers for step in answer["steps"])
    assert outcomes.keys() <= {"made", "restored"}
    late = clone(tmp_path, "late", address)
    assert Counter(onward(late, "run", "--json").outcomes().values()) == Counter(restored=len(STEPS))
    assert not [path for path in Path(tmp_path / "shared").rglob("*") if path.is_file() and "#" in path.name]


@pytest.mark.long
def test_ten_machines_that_release_at_once_make_ten_releases(tmp_path: Path) -> None:
    address = (tmp_path / "shared").as_uri()
    open_bucket(address)
    roots = []
    for number in range(MACHINES):
        root = clone(tmp_path, f"machine {number}", address)
        steps = root / "projects" / "p" / "steps.py"
        steps.write_text(steps.read_text().replace("# It is", f"# {number}: it is"))
        assert onward(root, "run").status == 0
        roots.append(root)
    running = [started(root, "release", "--json") for root in roots]
    numbers = []
    for process in running:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        numbers.append(json.loads(out)["number"])
    assert sorted(numbers) == list(range(1, MACHINES + 1))
    logs = [onward(root, "releases", "--json").json["releases"] for root in roots]
    assert all(log == logs[0] for log in logs)
    assert [release["number"] for release in logs[0]] == list(range(MACHINES, 0, -1))


def test_a_program_that_stops_in_the_middle_leaves_a_bucket_that_tells_the_truth(tmp_path: Path) -> None:
    """Killed while it sends: what is named is there, and the next machine goes on."""
    address = (tmp_path / "shared").as_uri()
    ann = clone(tmp_path, "ann", address)
    process = started(ann, "run", "--jobs", "1")
    while not list((tmp_path / "shared").glob("v1/team/objects/*/*")) and process.poll() is None:
        time.sleep(0.01)
    os.killpg(process.pid, 9)
    process.communicate(timeout=60)
    bucket = open_bucket(address)
    bob = clone(tmp_path, "bob", address)
    assert onward(bob, "run").status == 0
    assert onward(bob, "show", "p/twice", "--json").json["value"] == 12
    for path in bucket.names("v1/team/traces"):
        assert bucket.read(path)
