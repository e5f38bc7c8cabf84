"""What one machine has made no other makes again; and whatever a bucket does, it costs time and never a result."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from onward.testing.workspace import write
from tests.cli.program import onward
from tests.machines import FILES, STEPS, Team


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
