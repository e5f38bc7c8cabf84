"""A month of a team of five, acted out: people with clones, empty machines that build, a host of code, a site.

Each day's claims are checked: what was made, restored and left alone, what the review said, what readers saw, and when.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onward.testing.hosts import TOKEN
from tests.month import analyses
from tests.month.analyses import CLEANING, FORECAST, MARGIN, ORDERS, REVENUE
from tests.month.team import Build, Person, Request, Team, git


@pytest.fixture
def month(tmp_path: Path) -> Iterator[Month]:
    team = Team(tmp_path, analyses.install)
    yield Month(team)
    team.close()


class Month:
    """The days, in the order in which they follow each other."""

    def __init__(self, team: Team) -> None:
        self.team = team
        self.total = sum(range(91, 118))
        """The revenue that readers should see, in EUR."""
        self.number = 0
        """The number of the newest release."""
        self.extra = 0
        """What the price rise adds to each order."""
        self.growth = 3

    # What is claimed again and again.

    def readers_see(self, number: int | None = None) -> None:
        """The readers' site shows a release, the newest if none is named, and its numbers."""
        total = self.total
        home = self.team.read("index.html")
        assert f"{total:,}" in home.replace("\u202f", ",").replace("\u00a0", ","), home
        board = self.team.read("board/summary/index.html")
        assert f"Revenue: {total} EUR" in board
        answer = self.ana.onward("releases", "--json")
        standing = [move for move in answer.json["releases"] if move["channel"] == "main" and move["current"]]
        assert [f"main@{move['number']}" for move in standing] == [f"main@{number or self.number}"], answer.json

    def is_green(self, build: Build) -> None:
        assert build.status == 0, build.answer.text

    def is_released(self, build: Build) -> None:
        """The build has made the next release."""
        self.is_green(build)
        self.number += 1
        assert (build.released, build.held) == (f"main@{self.number}", {}), build.answer.text

    def merged(self, request: Request, by: Person) -> Build:
        self.team.merge(request, by)
        return self.team.build_main()

    # The days.

    def the_first_day(self) -> None:
        """Ana pushes the first analyses; the build of the main branch publishes them."""
        team = self.team
        first = team.join("seed")
        first.write(analyses.workspace(f"file://{team.store.as_posix().replace(' ', '%20')}", str(team.site)))
        first.git("checkout", "-q", "-b", "main")
        team.install(first.folder)
        first.commit("the first analyses")
        first.git("push", "-q", "-u", "origin", "main")
        build = team.build_main()
        self.is_released(build)
        assert build.counts == {"made": 4, "kept": 0, "restored": 0, "failed": 0, "skipped": 0}
        self.ana, self.ben, self.cem = (team.join(name) for name in ("ana", "ben", "cem"))
        self.readers_see()

    def a_clean_clone_makes_nothing(self) -> None:
        """Dora starts today: what the team has made is there, and nothing runs."""
        dora = self.team.join("dora")
        answer = dora.onward("run", "--json")
        assert answer.status == 0, answer.text
        assert answer.json["counts"] == {"made": 0, "kept": 0, "restored": 4, "failed": 0, "skipped": 0}
        again = dora.onward("run", "--json")
        assert again.json["counts"]["kept"] == 4

    def a_comment_moves_nothing(self) -> None:
        """A comment in the code that everybody uses: the build makes nothing, and says so."""
        self.cem.begin("words")
        self.cem.edit(CLEANING, "    return int", "    # orders are whole euros\n    return int")
        self.cem.commit("a comment")
        self.cem.push()
        request = self.team.open_request(self.cem, "words")
        build = self.team.build(request)
        self.is_green(build)
        assert build.counts["made"] == 0
        assert build.answer.json["changes"] == {"changed": 0, "equal": 4, "added": 0, "removed": 0}
        assert self.team.status(request) == "success"
        merged = self.merged(request, self.cem)
        self.is_released(merged)  # readers see the code, too
        assert merged.counts["made"] == 0
        self.readers_see()

    def a_review_is_one_comment(self) -> None:
        """A small change of the numbers: the review says what moves, in one comment for all pushes."""
        team = self.team
        self.ben.begin("a-correction")
        self.ben.edit(ORDERS, "2026-01-04,south,94", "2026-01-04,south,95")
        self.ben.commit("one euro more on the fourth")
        said = self.ben.onward("review")
        assert said.status == 0, said.text
        assert f"{self.total:,}" in said.text
        self.ben.push()
        request = team.open_request(self.ben, "a-correction")
        first = team.build(request)
        self.is_green(first)
        # Ben has run it to see the review: the branch's build takes his word for it.
        assert first.counts["made"] == 0
        assert first.counts["restored"] == 4
        assert first.released == "preview/a-correction@1"
        assert "its results are made now" not in first.answer.err, "main's own build has made the base"
        (comment,) = team.comments(request)
        assert f"{self.total:,}" in comment
        assert f"{self.total + 1:,}" in comment
        self.ben.edit(ORDERS, "2026-01-06,south,96", "2026-01-06,south,97")
        self.ben.commit("and on the sixth")
        self.ben.push()
        second = team.build(request)
        self.is_green(second)
        assert second.counts["made"] > 0
        assert second.released == "preview/a-correction@2"
        (comment,) = team.comments(request)
        assert f"{self.total + 2:,}" in comment
        assert f"{self.total + 1:,}" not in comment
        assert "Revenue" in second.review
        self.readers_see()  # nobody has merged it
        assert "preview/a-correction" in self.channels()
        # Main believes nobody but itself, so it makes again what the branch had made.
        merged = self.merged(request, self.ben)
        self.is_released(merged)
        assert merged.counts["made"] == second.counts["made"]
        self.total += 2
        self.readers_see()
        assert "preview/a-correction" not in self.channels()

    def a_gate_waits_for_its_owner(self) -> None:
        """A price rise moves the revenue by more than 2 %: it waits for Ana, who owns it, and for nobody else."""
        team = self.team
        self.cem.begin("prices")
        self.cem.edit(CLEANING, 'int(row["amount"])', 'int(row["amount"]) + 10')
        self.cem.commit("ten euros more for each order")
        self.cem.push()
        request = team.open_request(self.cem, "prices")
        build = team.build(request)
        assert build.status == 1, build.answer.text
        assert team.status(request) == "failure"
        (gate,) = [gate for gate in build.answer.json["gates"] if gate["asset"] == "sales/revenue"]
        assert (gate["outcome"], gate["owner"]) == ("waiting", "@ana"), gate
        team.approve(request, "ben")
        assert team.build(request).status == 1, "Ben does not own it"
        team.approve(request, "ana")
        approved = team.build(request)
        self.is_green(approved)
        assert team.status(request) == "success"
        assert len(team.comments(request)) == 1
        merged = self.merged(request, self.cem)
        self.is_released(merged)
        self.extra = 10
        self.total += 27 * self.extra
        self.readers_see()
        move = self.releases()[0]
        assert [yes["by"] for yes in move["approved"] if yes["asset"] == "sales/revenue"] == ["@ana"], move

    def a_rebase_shows_only_what_is_its_own(self) -> None:
        """A branch that is behind is rebased and pushed with force: the review shows its change, and not main's."""
        team = self.team
        request = team.open_request(self.ben, self.another_growth())
        self.is_green(team.build(request))
        self.cem.begin("the-tenth")
        self.cem.edit(ORDERS, "2026-01-10,south,100", "2026-01-10,south,101")
        self.cem.commit("one euro more on the tenth")
        self.cem.push()
        self.is_released(self.merged(team.open_request(self.cem, "the-tenth"), self.cem))
        self.total += 1
        self.readers_see()
        self.ben.git("fetch", "-q", "origin")
        self.ben.git("rebase", "-q", "origin/main")
        self.ben.push("--force-with-lease")
        build = team.build(request)
        self.is_green(build)
        moved = {asset["name"] for asset in build.answer.json["assets"] if asset["change"] != "equal"}
        assert moved == {"forecast/expected", "board/summary"}
        assert len(team.comments(request)) == 1
        self.is_released(self.merged(request, self.ben))
        self.readers_see()

    def a_conflict_is_judged_as_it_was_solved(self) -> None:
        """Two change one line: who comes second solves it, and the numbers are those of the solution."""
        team = self.team
        for person, amount in ((self.ana, 103), (self.ben, 105)):
            person.begin(f"the-twelfth-{person.name}")
            person.edit(ORDERS, "2026-01-12,south,102", f"2026-01-12,south,{amount}")
            person.commit(f"the twelfth, says {person.name}")
            person.push()
        first = team.open_request(self.ana, "the-twelfth-ana")
        second = team.open_request(self.ben, "the-twelfth-ben")
        self.is_green(team.build(first))
        self.is_released(self.merged(first, self.ana))
        self.ben.git("fetch", "-q", "origin")
        self.ben.git("merge", "origin/main", fails=True)
        text = (self.ben.folder / ORDERS).read_text("utf-8")
        said = self.ben.onward("run")
        assert said.status == 1, said.text  # the marks of a conflict are no amounts
        kept = [
            line for line in text.splitlines() if not line.startswith(("<<<<<<<", "=======", ">>>>>>>", "2026-01-12"))
        ]
        at = next(number for number, line in enumerate(kept) if line.startswith("2026-01-13"))
        kept.insert(at, "2026-01-12,south,104")
        self.ben.write({ORDERS: "\n".join(kept) + "\n"})
        self.ben.commit("in the middle")
        self.ben.push()
        self.is_green(team.build(second))
        self.is_released(self.merged(second, self.ben))
        self.total += 2
        self.readers_see()

    def two_that_are_fine_alone_are_wrong_together(self) -> None:
        """One renames a column, one uses it by its old name: each is green, and main is red before a reader sees it."""
        team = self.team
        self.ana.begin("rename")
        self.ana.edit(REVENUE, '"region": row["region"]', '"area": row["region"]')
        self.ana.commit("regions are called areas")
        self.ana.push()
        renames = team.open_request(self.ana, "rename")
        self.cem.begin("margin")
        self.cem.write(
            {
                MARGIN: """\
import polars as pl
from onward import asset


@asset(key=["region"])
def by_region(by_day: pl.DataFrame) -> pl.DataFrame:
    return by_day.group_by("region").agg(pl.col("amount").sum()).sort("region")
""",
            }
        )
        self.cem.commit("what each region brings")
        self.cem.push()
        uses = team.open_request(self.cem, "margin")
        self.is_green(team.build(renames))
        self.is_green(team.build(uses))
        self.is_released(self.merged(renames, self.ana))
        broken = self.merged(uses, self.cem)
        assert broken.status == 1, broken.answer.text
        assert broken.released is None
        assert "sales/by_region" in broken.held
        self.readers_see()
        self.cem.begin("mend-margin")
        self.cem.git("merge", "-q", "--ff-only", "origin/main")
        text = (self.cem.folder / MARGIN).read_text("utf-8")
        self.cem.write({MARGIN: text.replace('"region"', '"area"')})
        self.cem.commit("areas here too")
        self.cem.push()
        self.is_released(self.merged(team.open_request(self.cem, "mend-margin"), self.cem))
        self.readers_see()

    def a_broken_main_keeps_its_readers(self) -> None:
        """Somebody pushes past all reviews what does not even parse: readers keep what they have."""
        self.ben.begin("main-itself")
        self.ben.edit(CLEANING, "def amount(", "def amount((")
        self.ben.commit("in a hurry")
        self.ben.git("push", "-q", "origin", "HEAD:main")
        build = self.team.build_main()
        assert build.status in (1, 2), build.answer.text
        assert CLEANING in build.answer.text, build.answer.text
        self.readers_see()
        self.ben.git("revert", "--no-edit", "HEAD")
        self.ben.git("push", "-q", "origin", "HEAD:main")
        mended = self.team.build_main()
        self.is_green(mended)
        assert mended.counts["made"] == 0
        assert mended.released == f"main@{self.number}", "it is what readers have"
        self.readers_see()

    def a_fork_with_bad_intent(self) -> None:
        """A stranger's request prints all that it can see and forges what it can: nobody sees or believes it."""
        team = self.team
        fork = team.folder / "fork.git"
        git(team.folder, "clone", "-q", "--bare", str(team.remote), str(fork))
        stranger = Person(team, "stranger", fork)
        stranger.git("checkout", "-q", "-b", "free-money")
        stranger.edit(CLEANING, "def amount(", BAD_CODE + "\n\ndef amount(")
        stranger.edit(CLEANING, 'int(row["amount"])', 'int(row["amount"]) * FACTOR')
        stranger.commit("a small improvement")
        stranger.git("push", "-q", "origin", "HEAD:free-money")
        request = team.open_request(stranger, "free-money", remote=fork)
        before = self.releases()
        build = team.build(request)
        assert build.status in (0, 1), build.answer.text
        assert build.released is None
        everything = build.answer.text + build.review + "".join(team.comments(request))
        assert TOKEN not in everything
        assert TOKEN not in _content_of(team.store)
        assert team.comments(request) == []  # a stranger's build may not write
        assert self.releases() == before
        again = team.build_main()
        self.is_green(again)
        assert again.counts["made"] == 0
        assert again.answer.json["changes"]["changed"] == 0
        answer = self.ana.onward("run", "--json")
        assert answer.status == 0, answer.text
        del team.requests[request.number]

    def two_merges_end_in_the_other_order(self) -> None:
        """Two builds of main at once: whichever ends first, readers end with the later commit, and both are green."""
        team = self.team
        commits = []
        for person, day in ((self.ana, 14), (self.cem, 16)):
            person.begin(f"at-once-{person.name}")
            person.edit(ORDERS, f"2026-01-{day},south,{90 + day}", f"2026-01-{day},south,{91 + day}")
            person.commit(f"one euro more on the {day}th")
            person.push()
            commits.append(team.merge(team.open_request(person, f"at-once-{person.name}"), person))
        builds = [team.start_main(commit) for commit in reversed(commits)]
        ended = [team.end(build) for build in builds]
        for build in ended:
            self.is_green(build)
            assert build.held == {}
        self.total += 2
        standing = self.releases()[0]
        assert standing["commit"] == commits[1]
        assert standing["number"] in (self.number + 1, self.number + 2)
        self.number = standing["number"]
        self.readers_see()

    def a_flaky_step_costs_its_own_time(self) -> None:
        """A step that fails now and then: the build is red, and the one after it makes that step and no other."""
        team = self.team
        self.ben.begin("flaky")
        self.ben.write(
            {
                "projects/forecast/flaky.py": """\
import os

from onward import asset, ref


@asset(unit="EUR")
def guess(*, revenue: int = ref("sales/revenue")) -> int:
    if os.environ.get("BAD_WEATHER"):
        raise ConnectionError("the line broke")
    return revenue + 1
""",
            }
        )
        self.ben.commit("a guess")
        self.ben.push()
        team.merge(team.open_request(self.ben, "flaky"), self.ben)
        failed = team.build_main(BAD_WEATHER="1")
        assert failed.status == 1, failed.answer.text
        assert "the line broke" in failed.answer.text
        assert set(failed.held) == {"forecast/guess"}
        self.readers_see()
        again = team.build_main()
        self.is_released(again)
        assert again.counts["made"] == 1
        self.readers_see()

    def a_bucket_that_was_emptied(self) -> None:
        """Somebody empties the bucket. All is made again, and no number is given twice: Ana's clone knows them."""
        team = self.team
        self.releases()  # Ana looks at them, as she does every day
        shutil.rmtree(team.store)
        build = team.build_main()
        assert build.status == 1, build.answer.text
        assert (build.counts["restored"], build.released) == (0, None)
        assert "has lost that" in build.held[""]
        self.readers_see()
        self.ana.begin("a-look")
        assert self.ana.onward("run").status == 0
        brought_back = self.ana.onward("release", "--note", "the bucket is there again", "--json")
        assert brought_back.status == 0, brought_back.text
        self.number += 1
        assert brought_back.json["number"] == self.number
        self.readers_see()
        again = team.build_main()
        self.is_green(again)
        assert again.counts["made"] == 0, "the red build has filled the bucket"
        assert again.released == f"main@{self.number}"
        self.readers_see()
        eve = team.join("eve")
        assert eve.onward("run", "--json").json["counts"]["made"] == 0

    def a_bad_release_is_taken_back_and_stays_back(self) -> None:
        """A slip of four zeros reaches the readers. Ben takes it back; three merges later it still has not returned."""
        team, good = self.team, self.total
        self.cem.begin("the-last-day")
        self.cem.write({ORDERS: (self.cem.folder / ORDERS).read_text("utf-8") + analyses.WRONG_ROW})
        self.cem.commit("the twenty-eighth")
        self.cem.push()
        request = team.open_request(self.cem, "the-last-day")
        assert team.build(request).status == 1, "it moves too far"
        team.approve(request, "ana")  # who looks at the sum, and not at the row
        self.is_green(team.build(request))
        wrong = self.merged(request, self.cem)
        before = self.number
        self.is_released(wrong)
        self.total = good + 4000 + self.extra
        self.readers_see()
        taken_back = self.ben.onward("rollback", "--note", "the last day is wrong", "--json")
        assert taken_back.status == 0, taken_back.text
        self.total = good
        self.readers_see(before)
        for _ in range(3):
            branch = self.another_growth()
            held = self.merged(team.open_request(self.ben, branch), self.ben)
            self.is_green(held)
            assert held.released is None
            assert "the last day is wrong" in held.held["sales/revenue"]
            self.readers_see(before)
        self.ana.begin("the-right-row")
        self.ana.edit(ORDERS, analyses.WRONG_ROW, analyses.RIGHT_ROW)
        self.ana.commit("forty, not four thousand")
        self.ana.push()
        mended = self.merged(team.open_request(self.ana, "the-right-row"), self.ana)
        self.is_released(mended)
        self.total = good + 40 + self.extra
        self.readers_see()
        timeline = team.read("releases/index.html")
        assert "the last day is wrong" in timeline
        assert "Taken back" in timeline

    def a_dependency_is_bumped(self) -> None:
        """A library gets a new version: what imports it is made again, and nothing else."""
        team = self.team
        self.cem.begin("alpha-2")
        self.cem.edit(analyses.LOCK, "alpha==1.0", "alpha==2.0")
        analyses.install(self.cem.folder)
        self.cem.commit("alpha 2")
        self.cem.push()
        request = team.open_request(self.cem, "alpha-2")
        build = team.build(request)
        self.is_green(build)
        moved = {asset["name"] for asset in build.answer.json["assets"] if asset["change"] != "equal"}
        assert moved == {"forecast/expected", "board/summary"}
        assert build.counts["made"] == 2
        merged = self.merged(request, self.cem)
        self.is_released(merged)
        self.readers_see()

    def an_old_release_is_reproduced(self) -> None:
        """Whoever asks how the third release came about gets it again, in a folder of its own."""
        eve = self.team.join("auditor")
        answer = eve.onward("reproduce", "main@3", "--no-install", "--json")
        counts = answer.json["counts"]
        # alpha is another one today, which only what imports it can feel.
        assert counts["equal"] >= 2, answer.text
        assert counts["differs"] == counts["failed"] == 0, answer.text
        assert eve.git("status", "--porcelain") == ""

    def another_growth(self) -> str:
        """Ben expects one percent more; returns his branch."""
        self.ben.begin(f"growth-{self.growth + 1}")
        self.ben.edit(FORECAST, f"growth: int = {self.growth}", f"growth: int = {self.growth + 1}")
        self.growth += 1
        self.ben.commit(f"growth of {self.growth} %")
        self.ben.push()
        return f"growth-{self.growth}"

    def releases(self) -> list[dict[str, Any]]:
        """The moves of the main channel as Ana sees them, newest first."""
        answer = self.ana.onward("releases", "--json")
        return [move for move in answer.json["releases"] if move["channel"] == "main"]

    def channels(self) -> set[str]:
        """The channels that stand somewhere now."""
        answer = self.ana.onward("releases", "--json")
        return {move["channel"] for move in answer.json["releases"] if move["current"]}


BAD_CODE = """
import os

print("token:", os.environ.get("GITHUB_TOKEN"), dict(os.environ))
FACTOR = 1000
"""


def _content_of(folder: Path) -> str:
    return "".join(path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file())


def test_a_week(month: Month) -> None:
    month.the_first_day()
    month.a_clean_clone_makes_nothing()
    month.a_review_is_one_comment()
    month.a_bad_release_is_taken_back_and_stays_back()


@pytest.mark.long
def test_a_month(month: Month) -> None:
    month.the_first_day()
    month.a_clean_clone_makes_nothing()
    month.a_comment_moves_nothing()
    month.a_review_is_one_comment()
    month.a_gate_waits_for_its_owner()
    month.a_rebase_shows_only_what_is_its_own()
    month.a_conflict_is_judged_as_it_was_solved()
    month.two_that_are_fine_alone_are_wrong_together()
    month.a_broken_main_keeps_its_readers()
    month.a_fork_with_bad_intent()
    month.two_merges_end_in_the_other_order()
    month.a_flaky_step_costs_its_own_time()
    month.a_bad_release_is_taken_back_and_stays_back()
    month.a_dependency_is_bumped()
    month.an_old_release_is_reproduced()
    month.a_bucket_that_was_emptied()
