"""Who believes whom. A mistake here lets a stranger's numbers reach readers, so both directions are spelled out."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from onward.app import standing
from onward.app.settings.scope import default, is_fork, reads, shared_reads
from onward.app.wiring import open_workspace
from onward.base.errors import UsageError
from onward.store.disk import Disk
from onward.store.opened import Store
from onward.testing.stores import sample_trace
from onward.testing.workspace import write

ALL = ("local", "team", "main", "pr/7", "pr/8")
BELIEVED = {
    "main": {"main"},
    "team": {"team", "main", "local"},
    "local": {"local", "team", "main"},
    "pr/7": {"pr/7", "main"},
    "pr/8": {"pr/8", "main"},
}


@pytest.mark.parametrize("reader", ALL)
@pytest.mark.parametrize("writer", ALL)
def test_a_result_is_believed_by_those_who_may_and_by_nobody_else(reader: str, writer: str, tmp_path: Path) -> None:
    written = Store(tmp_path, scopes=reads(writer))
    written.prepare()
    name = written.traces.record(sample_trace(), {})
    read = Store(tmp_path, scopes=reads(reader)).traces
    is_believed = writer in BELIEVED[reader]
    assert (read.get(sample_trace().key, name) is not None) == is_believed
    assert (read.find(sample_trace().key) != []) == is_believed
    assert read.has_seen(sample_trace().step) == is_believed


def test_the_same_trace_of_two_scopes_is_one(tmp_path: Path) -> None:
    for scope in ("main", "team"):
        store = Store(tmp_path, scopes=reads(scope))
        store.prepare()
        store.traces.record(sample_trace(), {})
    assert len(Store(tmp_path, scopes=reads("team")).traces.find(sample_trace().key)) == 1


def test_one_scope_s_damaged_copy_does_not_hide_another_s_whole_one(tmp_path: Path) -> None:
    for scope in ("main", "team"):
        store = Store(tmp_path, scopes=reads(scope))
        store.prepare()
        name = store.traces.record(sample_trace(), {})
    copy = Path(store.layout.traces("team", sample_trace().key)) / name
    copy.chmod(0o644)
    copy.write_bytes(b"{}")
    assert store.traces.get(sample_trace().key, name) == sample_trace()


@pytest.mark.parametrize("scope", ["", "Main", "pr", "pr/", "pr/x", "pr/1/2", "pr/1\n", "../main", "teams"])
def test_what_is_no_scope_is_refused(scope: str) -> None:
    with pytest.raises(UsageError, match="no scope is called"):
        reads(scope)
    assert not is_fork(scope)


def test_what_is_local_never_leaves() -> None:
    for scope in ALL:
        assert "local" not in shared_reads(scope)
    assert shared_reads("main") == ("main",)
    assert shared_reads("pr/7") == ("pr/7", "main")


@pytest.mark.parametrize("saved_by", ALL)
@pytest.mark.parametrize("opened_as", ALL)
def test_standing_results_are_kept_by_those_who_believe_their_scope(
    saved_by: str, opened_as: str, tmp_path: Path
) -> None:
    result = standing.StandingResult("name", sample_trace())
    saved = standing.Standing(run="a run", results={"a": result}, seconds={"a": 1.0}, scope=saved_by)
    standing.save(tmp_path / "standing", saved, Disk(tmp_path))
    loaded = standing.load(tmp_path / "standing", reads(opened_as))
    is_believed = saved_by in BELIEVED[opened_as]
    assert (loaded.run, bool(loaded.results)) == (("a run", True) if is_believed else (None, False))
    assert loaded.seconds == {"a": 1.0}


def test_standing_results_of_before_there_were_scopes_are_local(tmp_path: Path) -> None:
    old = {"format": 1, "run": "a run", "results": {}, "failed": {}, "seconds": {}}
    (tmp_path / "standing").write_bytes(msgspec.msgpack.encode(old))
    assert standing.load(tmp_path / "standing", reads("team")).run == "a run"
    assert standing.load(tmp_path / "standing", reads("main")).run is None


def test_people_s_runs_are_the_team_s_where_a_store_is_shared(tmp_path: Path) -> None:
    assert default(is_shared=False) == "local"
    root = write(tmp_path / "work", {"onward.toml": ""})
    with open_workspace(root) as opened:
        assert (opened.scope, opened.store.is_shared) == ("local", False)
    write(root, {"onward.toml": f'store = "{(tmp_path / "shared").as_uri()}"\n'})
    with open_workspace(root) as opened:
        assert (opened.scope, opened.store.is_shared) == ("team", True)
    with open_workspace(root, scope="pr/7") as opened:
        assert opened.scope == "pr/7"
        assert opened.store.scopes == ("pr/7", "main")
    with pytest.raises(UsageError):
        open_workspace(root, scope="nobody")


def test_a_setting_that_is_no_address_shares_nothing(tmp_path: Path) -> None:
    for text in ('store = "bucket"\n', "store = 3\n", 'store = "s3://bucket', 'title = "a store"\n', "[store]\na = 1"):
        root = write(tmp_path / "work", {"onward.toml": text})
        with open_workspace(root) as opened:
            assert not opened.store.is_shared
