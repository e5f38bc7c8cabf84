"""Channels whose log lies in a bucket: all machines see one log, and a release stands on what is there already."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from onward.app.releases import channels, history
from onward.app.releases.history import Moved
from onward.base.codec import encode
from onward.base.errors import RefusedError, StoreError
from onward.portal.publish import write_site
from onward.testing.buckets import MemoryBucket
from tests.machines import FILES, STEPS, Machine, Team


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


def release(machine: Machine, channel: str = "main") -> Moved:
    with machine.open() as opened:
        return history.release(opened, channel)


def log(machine: Machine, channel: str = "main") -> list[tuple[int, str, int]]:
    with machine.open() as opened:
        return [(move.sequence, move.kind, move.number) for move in opened.store.records.moves(channel)]


def edited(machine: Machine, word: str) -> Machine:
    machine.edit("projects/p/steps.py", "# It is", f"# {word} # It is")
    machine.run()
    return machine


def paths(team: Team, part: str) -> list[str]:
    return [path for path in team.contents if part in path]


def test_a_release_of_one_machine_is_that_of_all(team: Team) -> None:
    ci, bob = team.machine("ci", "main"), team.machine("bob")
    ci.run()
    assert release(ci).move.number == 1
    assert log(bob) == log(ci) == [(1, "release", 1)]
    edited(bob, "Bob")
    assert release(bob).move.number == 2
    assert log(ci) == [(1, "release", 1), (2, "release", 2)]


def test_another_machine_has_all_that_a_release_names(team: Team, tmp_path: Path) -> None:
    ci = team.machine("ci", "main")
    ci.run()
    release(ci)
    with team.machine("bob").open() as opened:
        run = channels.run_of(opened, opened.store.records.moves("main")[-1])
        assert opened.store.records.snapshot(run.snapshot) is not None
        basis = opened.store.records.basis(run.basis)
        assert basis is not None
        assert opened.store.objects.read(basis.files["lib/common.py"].digest) is not None
        for artifact in run.artifacts.values():
            assert all(opened.store.objects.is_whole(address) for address in artifact.addresses())
        for record in run.steps.values():
            assert record.key is not None
            assert record.trace is not None
            assert opened.store.traces.get(record.key, record.trace) is not None
        write_site(opened, out=tmp_path / "site")
    assert (tmp_path / "site" / "index.html").is_file()


def test_a_release_that_a_person_makes_can_be_read_by_those_who_believe_main_alone(team: Team) -> None:
    ann = team.machine("ann")
    ann.run()
    release(ann)
    with team.machine("ci", "main").open() as opened:
        run = channels.run_of(opened, opened.store.records.moves("main")[-1])
        assert all(opened.store.objects.is_whole(one.bytes) for one in run.artifacts.values())
    assert paths(team, "v1/main/traces") == paths(team, "v1/main/head") == []
    assert team.machine("other", "main").counts()["made"] == len(STEPS)


def test_two_who_release_at_once_both_get_a_number_of_their_own(team: Team) -> None:
    ann, bob = edited(team.machine("ann"), "Ann"), edited(team.machine("bob"), "Bob")
    with ann.open() as first, bob.open() as second:
        # Both have seen the same log.
        assert first.store.records.moves("main") == second.store.records.moves("main") == []
        numbers = [history.release(first).move.number, history.release(second).move.number]
    assert numbers == [1, 2]
    assert log(ann) == log(bob) == [(1, "release", 1), (2, "release", 2)]


def test_a_release_that_cannot_be_written_is_refused_and_changes_nothing(team: Team) -> None:
    ann = team.machine("ann")
    ann.run()
    for verbs in (("create",), ("send",), ("has",), ("names",), ("replace",)):
        before = dict(team.contents)
        team.bucket.fails = lambda verb, path, verbs=verbs: verb in verbs and "/main/" in f"{path}/" + "/channels/main/"
        edited(ann, verbs[0])
        with pytest.raises(RefusedError, match="cannot be moved without the shared store"):
            release(ann)
        team.bucket.fails = None
        assert log(ann) == log(team.machine(f"after {verbs[0]}")) == []
        assert [path for path in team.contents if "/channels/" in path and path not in before] == []


def test_no_move_stands_in_the_log_before_what_it_names(team: Team) -> None:
    ann = team.machine("ann")
    ann.run()
    team.asked()
    release(ann)
    written = [path for verb, path in team.asked() if verb in ("create", "replace", "send")]
    kinds = [path.split("/")[2] for path in written]
    assert written[-1] == "v1/channels/main/00000001"
    assert kinds[-2] == "runs"
    assert set(kinds[:-2]) == {"objects", "bases", "snapshots"}
    assert max(at for at, kind in enumerate(kinds) if kind == "objects") < kinds.index("bases")


def test_what_nobody_has_any_more_is_made_again_and_not_released(team: Team) -> None:
    team.machine("first", "main").run()
    for path in [*paths(team, "/objects/"), "v1/main/head"]:
        del team.contents[path]
    clean = team.machine("clean", "main")
    assert clean.counts() == Counter(made=len(STEPS))
    release(clean)
    reader = team.machine("reader")
    with reader.open() as opened:
        run = channels.run_of(opened, opened.store.records.moves("main")[-1])
        assert all(opened.store.objects.is_whole(artifact.bytes) for artifact in run.artifacts.values())


def test_what_is_lost_between_a_run_and_its_release_holds_that_until_it_is_made_again(team: Team) -> None:
    team.machine("first", "main").run()
    clean = team.machine("clean", "main")
    assert clean.counts() == Counter(restored=len(STEPS))  # nobody needs the bytes
    for path in [*paths(team, "/objects/"), "v1/main/head"]:
        del team.contents[path]
    with pytest.raises(RefusedError, match="bytes of p/total, p/twice, p/words are neither here nor in") as raised:
        release(clean)
    assert raised.value.hint == "nothing has changed; `onward run` makes them again"
    assert paths(team, "/channels/") == []
    assert clean.counts() == Counter(made=len(STEPS))
    assert release(clean).move.number == 1


def test_a_head_that_would_name_what_is_lost_is_not_written(team: Team) -> None:
    team.machine("first", "main").run()
    del team.contents["v1/main/head"]
    clean = team.machine("clean", "main")
    clean.run("p/words")
    for path in paths(team, "/objects/"):
        del team.contents[path]
    clean.run()
    assert "v1/main/head" not in team.contents
    assert [said for said in clean.said if "the next run makes them again" in said] != []
    assert clean.counts() == Counter(made=len(STEPS))
    assert "v1/main/head" in team.contents


def test_where_the_bucket_cannot_be_had_what_is_known_is_served_and_said(team: Team) -> None:
    ann = team.machine("ann")
    ann.run()
    release(ann)
    team.bucket.fails = lambda verb, path: True
    assert log(ann) == [(1, "release", 1)]
    assert any("going on without the shared store" in said for said in ann.said)
    assert log(team.machine("bob")) == []


def test_an_answer_that_is_lost_on_the_way_makes_no_second_release(team: Team) -> None:
    """The server did what it was asked; the library asked again, and is told that the name is taken."""
    ann = team.machine("ann")
    ann.run()
    with ann.open() as opened:
        create = team.inner.create

        def twice(path: str, content: bytes) -> bool:
            create(path, content)
            return create(path, content)

        team.inner.create = twice  # type: ignore[method-assign]
        assert history.release(opened).move.number == 1
    assert log(team.machine("bob")) == [(1, "release", 1)]


def test_a_move_that_the_bucket_has_lost_is_put_back_by_who_knows_it(team: Team) -> None:
    ann = team.machine("ann")
    ann.run()
    release(ann)
    release(edited(ann, "Second"))
    team.contents.clear()
    assert release(edited(ann, "Third")).move.number == 3
    assert log(team.machine("bob")) == [(1, "release", 1), (2, "release", 2), (3, "release", 3)]


def test_a_release_that_is_put_back_can_be_gone_back_to_by_all(team: Team) -> None:
    ann = team.machine("ann")
    ann.run()
    release(ann)
    release(edited(ann, "Second"))
    team.contents.clear()
    release(edited(ann, "Third"))
    with team.machine("bob").open() as opened:
        for move in opened.store.records.moves("main"):
            run = channels.run_of(opened, move)
            assert opened.store.records.snapshot(run.snapshot) is not None
            addresses = [address for artifact in run.artifacts.values() for address in artifact.addresses()]
            assert all(opened.store.objects.is_whole(address) for address in addresses)
        assert history.rollback(opened, to=1).move.number == 1


def runs_of(machine: Machine) -> list[str]:
    with machine.open() as opened:
        return [move.run for move in opened.store.records.moves("main")]


@pytest.mark.parametrize("count", [1, 3, 4])
def test_where_a_bucket_was_made_anew_its_log_counts_for_all(team: Team, count: int) -> None:
    ann, bob = team.machine("ann"), team.machine("bob")
    ann.run()
    for word in ("First", "Second", "Third"):
        release(edited(ann, word))
    team.contents.clear()
    later(team, 10)
    for number in range(count):
        release(edited(bob, str(number)))
    later(team, 10)
    assert runs_of(ann) == runs_of(bob)
    assert len(runs_of(ann)) == count
    assert [said for said in ann.said if "has another log of the channel `main` than it had" in said] != []
    ann.said.clear()
    assert release(edited(ann, "Fourth")).move.number == count + 1
    assert runs_of(ann) == runs_of(bob) == runs_of(team.machine("carl"))
    assert ann.said == []


def later(team: Team, seconds: float) -> None:
    """Makes everything in the bucket as if it were written some seconds later."""
    assert isinstance(team.inner, MemoryBucket)
    team.inner.written.update({path: team.inner.written[path] + seconds for path in team.contents})


def test_a_log_that_has_not_grown_is_listed_and_not_read(team: Team) -> None:
    ann, bob = team.machine("ann"), team.machine("bob")
    ann.run()
    for word in ("First", "Second", "Third"):
        release(edited(ann, word))
    assert len(log(bob)) == 3
    team.asked()
    assert len(log(bob)) == len(log(ann)) == 3
    assert team.asked() == [("listing", "v1/channels")] * 2


def test_a_log_of_which_a_move_cannot_be_read_is_not_gone_on_with(team: Team) -> None:
    """What is not read may have been a rollback: what it took back would be released again."""
    ann = team.machine("ann")
    ann.run()
    for word in ("First", "Second", "Third"):
        release(edited(ann, word))
    for damaged in ("00000002", "00000003"):
        content = team.contents[f"v1/channels/main/{damaged}"]
        team.contents[f"v1/channels/main/{damaged}"] = b"{}"
        bob = edited(team.machine(f"bob {damaged}"), "Bob")
        with pytest.raises(StoreError, match=f"entry {int(damaged)} of the channel `main` cannot be read") as raised:
            release(bob)
        assert raised.value.hint == f"look at `v1/channels/main/{damaged}` there; removing it takes this one move back"
        assert len(paths(team, "/channels/main/")) == 3
        team.contents[f"v1/channels/main/{damaged}"] = content
    assert release(bob).move.number == 4


def test_a_copy_of_a_move_that_another_process_makes_first_makes_no_second_release(team: Team) -> None:
    ann = team.machine("ann")
    ann.run()
    with ann.open() as opened:
        create = team.inner.create

        def seen_at_once(path: str, content: bytes) -> bool:
            created = create(path, content)
            if "/channels/" in path:
                assert log(ann) != []  # `onward status` beside it, which keeps a copy
            return created

        team.inner.create = seen_at_once  # type: ignore[method-assign]
        assert history.release(opened).move.number == 1
    assert log(ann) == [(1, "release", 1)]


def test_a_damaged_record_of_a_released_run_comes_from_the_bucket_again(team: Team) -> None:
    ann = team.machine("ann")
    ann.run()
    release(ann)
    for file in (ann.root / ".onward" / "store" / "runs").iterdir():
        file.chmod(0o644)
        file.write_bytes(b"damaged")
    with ann.open() as opened:
        assert channels.run_of(opened, opened.store.records.moves("main")[-1]).complete


@pytest.mark.parametrize("lie", ["nothing", "another channel", "another place"])
def test_a_move_that_cannot_be_believed_is_told_of_and_not_taken(team: Team, lie: str) -> None:
    ann = team.machine("ann")
    ann.run()
    move = release(ann).move
    changed = {"nothing": b"{}", "another channel": encode(move).replace(b'"main"', b'"mine"')}
    team.contents["v1/channels/main/00000001"] = changed.get(
        lie, encode(move).replace(b'"sequence":1', b'"sequence":2')
    )
    bob = team.machine("bob")
    assert log(bob) == []
    assert any("entry 1 of the channel `main` cannot be read" in said for said in bob.said)
    assert log(ann) == [(1, "release", 1)]


STRAY = ["main/²", "main/1", "main/x", "main/-0000001", "main", "00000001", "..%2F..%2Fx/00000001"]


@pytest.mark.parametrize("path", [*STRAY, f"{'x' * 300}/00000001"])
def test_what_is_no_move_in_a_folder_of_channels_disturbs_nobody(team: Team, path: str) -> None:
    ann = team.machine("ann")
    ann.run()
    release(ann)
    team.contents[f"v1/channels/{path}"] = b"[" * 100_000
    bob = team.machine("bob")
    with bob.open() as opened:
        for channel in opened.store.records.channels():
            opened.store.records.moves(channel)
        assert [move.number for move in opened.store.records.moves("main")] == [1]
    assert not (bob.root.parent / "x").exists()


def test_a_run_that_is_not_the_one_which_was_released_is_not_believed(team: Team) -> None:
    ann = team.machine("ann")
    ann.run()
    release(ann)
    for path in paths(team, "/runs/"):
        team.contents[path] = team.contents[path].replace(b'"value":6', b'"value":9')
    with team.machine("bob").open() as opened:
        (move,) = opened.store.records.moves("main")
        assert opened.store.records.run(move.run) is None


def test_going_back_asks_little_and_computes_nothing(team: Team) -> None:
    ann = team.machine("ann")
    ann.run()
    release(ann)
    release(edited(ann, "Second"))
    team.asked()
    with ann.open() as opened:
        assert history.rollback(opened).move.number == 1
    assert len(team.asked()) <= 4
    assert log(team.machine("bob"))[-1] == (3, "rollback", 1)


def test_a_fork_moves_no_channel_but_its_own_previews(team: Team) -> None:
    ci, fork = team.machine("ci", "main"), team.machine("fork", "pr/7")
    ci.run()
    release(ci)
    edited(fork, "Fork")
    before = dict(team.contents)
    for channel in ("main", "weekly", "previews"):
        with pytest.raises(RefusedError, match="cannot move the channel"):
            release(fork, channel)
    assert team.contents == before
    assert release(fork, "preview/fix").move.number == 1
    written = [path for path in team.contents if path not in before]
    assert written != []
    assert all(path.startswith("v1/pr/7/") for path in written)
    assert log(fork) == log(ci) == [(1, "release", 1)]
    assert log(fork, "preview/fix") == [(1, "release", 1)]
    with ci.open() as opened:
        assert opened.store.records.channels() == ["main"]


def alone(machine: Machine) -> None:
    """Takes the shared store from a machine's settings."""
    (machine.root / "onward.toml").write_text("")


def together(machine: Machine) -> None:
    (machine.root / "onward.toml").write_text(FILES["onward.toml"])


def test_the_releases_of_before_a_store_was_shared_are_carried_over(team: Team) -> None:
    ann = team.machine("ann")
    alone(ann)
    ann.run()
    release(ann)
    release(edited(ann, "Second"))
    together(ann)
    assert log(ann) == [(1, "release", 1), (2, "release", 2)]
    bob = team.machine("bob")
    assert log(bob) == []
    release(edited(ann, "Third"))
    assert log(bob) == log(ann) == [(1, "release", 1), (2, "release", 2), (3, "release", 3)]
    with bob.open() as opened:
        for move in opened.store.records.moves("main"):
            run = channels.run_of(opened, move)
            assert all(opened.store.objects.is_whole(one.bytes) for one in run.artifacts.values())


def test_a_log_of_before_gives_way_to_one_that_is_shared(team: Team) -> None:
    ann, bob = team.machine("ann"), team.machine("bob")
    alone(ann)
    ann.run()
    release(ann)
    together(ann)
    bob.run()
    release(edited(bob, "Bob"))
    assert log(ann) == [(1, "release", 1)]
    assert release(edited(ann, "Ann")).move.number == 2
    assert log(bob) == [(1, "release", 1), (2, "release", 2)]


def test_what_a_stranger_released_on_a_machine_of_the_pipeline_is_not_carried_over(team: Team) -> None:
    """A fork's run without the shared setting leaves a log of its own behind."""
    runner = team.machine("runner", "pr/7")
    alone(runner)
    edited(runner, "Evil")
    release(runner)
    together(runner)
    runner.scope = "main"
    runner.edit("projects/p/steps.py", "# Evil # It is", "# It is")
    assert runner.counts() == Counter(made=len(STEPS))
    assert log(runner) == []
    assert release(runner).move.number == 1
    assert log(team.machine("bob")) == [(1, "release", 1)]
    with team.machine("eve").open() as opened:
        run = channels.run_of(opened, opened.store.records.moves("main")[0])
        words = opened.store.objects.read(run.artifacts["p/words"].bytes)
    assert words is not None
    assert b"Evil" not in words
