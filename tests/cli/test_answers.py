"""Every command's `--json` answer is what the page on the command line says, and nothing else is printed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli import shapes
from tests.cli.conftest import Writer
from tests.cli.program import in_process, onward
from tests.cli.schema import Map, Shape, mistakes
from tests.cli.workspaces import commit, functions, run_git, write

LOOKS = {
    "list": (["list"], shapes.LIST),
    "list of targets": (["list", "shop", "ops/seen"], shapes.LIST),
    "dry run": (["run", "--dry-run"], shapes.PLAN),
    "status": (["status"], shapes.STATUS),
    "status of a target": (["status", "shop/total+"], shapes.STATUS),
    "why": (["why", "shop/total"], shapes.WHY),
    "show a metric": (["show", "shop/total"], {**shapes.SHOW, "value": float, "unit": {"visits"}}),
    "show a table": (
        ["show", "shop/daily"],
        {**shapes.SHOW, "columns": [{"name": str, "type": str}], "rows": {2}},
    ),
    "show a document": (["show", "shop/report"], {**shapes.SHOW, "kind": {"document"}}),
    "show at a release": (["show", "shop/total", "--at", "main@1"], shapes.SHOW),
    "logs": (["logs", "shop/total"], shapes.LOGS),
    "diff": (["diff", "main", "latest"], shapes.DIFF),
    "diff of targets": (["diff", "main@1", "main", "shop"], shapes.DIFF),
    "graph": (["graph"], shapes.GRAPH),
    "graph as json": (["graph", "--format", "json"], shapes.GRAPH),
    "snapshots": (["snapshots"], shapes.SNAPSHOTS),
    "releases": (["releases"], shapes.RELEASES),
    "doctor": (["doctor"], shapes.DOCTOR),
}


@pytest.mark.parametrize(("words", "shape"), LOOKS.values(), ids=LOOKS.keys())
def test_an_answer_has_the_fields_of_the_page(made: Path, words: list[str], shape: Shape) -> None:
    answer = onward(made, *words, "--json")
    assert answer.status == 0, answer.text
    assert mistakes(answer.json, shape) == []
    assert answer.out.count("\n") == 1, "one object and nothing else"


@pytest.mark.parametrize(("words", "shape"), LOOKS.values(), ids=LOOKS.keys())
def test_json_may_be_asked_for_before_the_command(made: Path, words: list[str], shape: Shape) -> None:
    answer = onward(made, "--json", *words)
    assert answer.status == 0
    assert mistakes(answer.json, shape) == []


@pytest.mark.parametrize("words", [words for words, _ in LOOKS.values() if "json" not in words], ids=str)
def test_what_is_for_people_is_no_json(made: Path, words: list[str]) -> None:
    answer = onward(made, *words)
    assert answer.status == 0
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.out)
    assert "\x1b" not in answer.text, "no colours where nobody looks"


def test_a_run_prints_its_object_on_standard_output_and_its_progress_on_standard_error(shop: Path) -> None:
    first = onward(shop, "run", "--json")
    assert first.status == 0, first.text
    assert mistakes(first.json, shapes.RUN) == []
    assert first.out.count("\n") == 1
    assert "shop/total" in first.err
    assert first.json["ok"] is True
    assert first.json["complete"] is True
    assert first.json["missing"] == []
    assert first.json["counts"] == {"made": 3, "kept": 0, "restored": 0, "failed": 0, "skipped": 0}
    assert first.outcomes() == dict.fromkeys(["ops/script", "shop/report", "shop/total"], "made")
    checks = {check["name"]: (check["asset"], check["severity"], check["outcome"]) for check in first.json["checks"]}
    assert checks == {
        "shop/somebody_came": ("shop/total", "error", "passed"),
        "shop/is_a_party": ("shop/total", "warn", "broken"),
    }
    second = onward(shop, "run", "--json")
    assert mistakes(second.json, shapes.RUN) == []
    assert set(second.outcomes().values()) == {"kept"}
    assert second.json["snapshot"] == first.json["snapshot"]
    assert second.json["basis"] == first.json["basis"]
    assets = {step["name"]: step["assets"] for step in first.json["steps"]}
    assert {step["name"]: step["assets"] for step in second.json["steps"]} == assets
    assert assets["ops/script"].keys() == {"ops/rows", "ops/seen"}


def test_a_run_says_what_changed(made_shop: Path) -> None:
    steps = made_shop / "projects/shop/steps.py"
    steps.write_text(steps.read_text().replace("visits\\n", "guests\\n"))
    plan = onward(made_shop, "run", "--dry-run", "--json")
    assert mistakes(plan.json, shapes.PLAN) == []
    assert plan.outcomes() == {"ops/script": "kept", "shop/report": "would-make", "shop/total": "kept"}
    answer = onward(made_shop, "run", "--json")
    assert answer.outcomes() == {"ops/script": "kept", "shop/report": "made", "shop/total": "kept"}
    (report,) = [step for step in answer.json["steps"] if step["name"] == "shop/report"]
    assert any("report" in reason and "changed" in reason for reason in report["reasons"])


def test_a_plan_knows_what_may_come_out_equal(made_shop: Path) -> None:
    (made_shop / "projects/shop/data/visits.csv").write_text("day,visits\n1,20\n2,10\n")
    plan = onward(made_shop, "run", "--dry-run", "--json")
    assert plan.outcomes() == {"ops/script": "may-make", "shop/report": "may-make", "shop/total": "would-make"}
    assert onward(made_shop, "run", "--json").outcomes() == {
        "ops/script": "kept",
        "shop/report": "kept",
        "shop/total": "made",
    }


def test_a_dry_run_runs_and_writes_nothing(shop: Path) -> None:
    before = sorted(shop.rglob("*"))
    answer = onward(shop, "run", "--dry-run", "--json")
    assert set(answer.outcomes().values()) == {"would-make"}
    assert sorted(shop.rglob("*")) == before
    assert onward(shop, "snapshots", "--json").json["snapshots"] == []


def test_status_and_list_write_nothing_where_nothing_was_made(shop: Path) -> None:
    before = sorted(shop.rglob("*"))
    assert onward(shop, "list").status == 0
    states = onward(shop, "status", "--json").json
    assert {step["state"] for step in states["steps"]} == {"never made"}
    assert states["counts"]["never made"] == 3
    assert sorted(shop.rglob("*")) == before


def test_status_tells_each_state(made_shop: Path) -> None:
    (made_shop / "projects/shop/data/visits.csv").write_text("day,visits\n1,20\n")
    (made_shop / "projects/new").mkdir()
    (made_shop / "projects/new/steps.py").write_text(functions(one="1", bad="1 / 0"))
    onward(made_shop, "run", "new/bad")
    answer = onward(made_shop, "status", "--json")
    assert mistakes(answer.json, shapes.STATUS) == []
    assert {step["name"]: step["state"] for step in answer.json["steps"]} == {
        "shop/total": "stale",
        "shop/report": "may be stale",
        "ops/script": "may be stale",
        "new/one": "never made",
        "new/bad": "failed",
    }
    assert answer.json["counts"] == {"current": 0, "stale": 1, "may be stale": 2, "never made": 1, "failed": 1}
    said = {step["name"]: step["failed"] for step in answer.json["steps"] if step["failed"]}
    assert said.keys() == {"new/bad"}
    assert f"new/bad  {said['new/bad']}" in onward(made_shop, "status").text


def test_why_leads_back_to_the_edit(made_shop: Path) -> None:
    common = made_shop / "lib/common.py"
    common.write_text("def double(x):\n    return x + x + 0\n")
    answer = onward(made_shop, "why", "shop/report", "--json")
    assert mistakes(answer.json, shapes.WHY) == []
    assert answer.json["decision"] == "await"
    chain = [(reason["kind"], reason["what"]) for reason in answer.json["chain"]]
    assert ("code", "common.double") in chain
    direct = onward(made_shop, "why", "shop/total", "--json").json
    assert direct["decision"] == "run"
    assert direct["reasons"][0]["kind"] == "code"
    assert direct["reasons"][0]["before"] != direct["reasons"][0]["after"]


def test_show_tells_what_an_asset_rests_on(made: Path) -> None:
    shown = onward(made, "show", "shop/total", "--json").json
    assert shown["value"] == 180
    assert shown["basis"]["code"] == {"commit": run_git(made, "rev-parse", "HEAD"), "dirty": False}
    assert shown["basis"]["sources"].keys() == {"shop/visits"}
    assert shown["basis"]["parameters"] == {"shop.factor": 3}
    assert set(shown["used_by"]) >= {"ops/script", "shop/report"}
    assert shown["inputs"] == ["shop/visits"]


@pytest.mark.parametrize(
    ("body", "text", "said"),
    [
        ("float('nan')", "nan", "NaN"),
        ("float('inf')", "inf", "infinity"),
        ("__import__('decimal').Decimal('-Infinity')", "-inf", "-infinity"),
    ],
)
def test_a_metric_that_is_no_number_is_said_plainly(tmp_path: Path, body: str, text: str, said: str) -> None:
    write(tmp_path, {"projects/p/steps.py": functions(ratio=body)}, git=False)
    assert onward(tmp_path, "run").status == 0
    shown = onward(tmp_path, "show", "p/ratio", "--json").json
    assert (shown["value"], shown["text"]) == (None, text)
    assert f"  value     {said}\n" in onward(tmp_path, "show", "p/ratio").out


def test_show_marks_what_is_stale_and_what_nobody_checks(made_shop: Path) -> None:
    assert onward(made_shop, "show", "shop/report", "--json").json["marks"] == ["unchecked"]
    assert onward(made_shop, "show", "shop/total", "--json").json["marks"] == []
    (made_shop / "projects/shop/data/visits.csv").write_text("day,visits\n1,20\n")
    assert onward(made_shop, "show", "shop/total", "--json").json["stale"] is True
    assert "stale" in onward(made_shop, "show", "shop/total").text
    got = onward(made_shop, "get", "shop/total", "--out", str(made_shop / "total.json"), "--json")
    assert got.json["stale"] is True


def test_get_writes_each_format_of_a_table(made: Path, tmp_path: Path) -> None:
    for form in ("parquet", "csv", "json", "xlsx"):
        target = tmp_path / f"daily.{form}"
        answer = onward(made, "get", "shop/daily", "--out", str(target), "--json")
        assert answer.status == 0, answer.text
        assert mistakes(answer.json, shapes.GET) == []
        assert target.stat().st_size > 10
    assert (tmp_path / "daily.csv").read_text().splitlines() == ["day,twice", "1,20", "2,40"]
    assert [row["twice"] for row in json.loads((tmp_path / "daily.json").read_text())] == [20, 40]


def test_get_without_a_path_writes_to_the_current_folder(made: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert onward(made, "get", "shop/daily", "--as", "csv").status == 0
    assert (tmp_path / "daily.csv").read_text().startswith("day,twice")


def test_init_makes_a_workspace_that_runs(tmp_path: Path) -> None:
    answer = onward(tmp_path, "init", "new place", "--json")
    assert answer.status == 0, answer.text
    assert mistakes(answer.json, shapes.INIT) == []
    root = tmp_path / "new place"
    assert Path(answer.json["workspace"]).samefile(root)
    assert {name for name in answer.json["created"] if not (root / name).is_file()} == set()
    assert ".onward/" in (root / ".gitignore").read_text().splitlines()
    run = onward(root, "run", "--json")
    assert run.status == 0, run.text
    assert run.json["counts"]["made"] > 0
    assert "no commit  " in onward(root, "snapshots").out, "where there is none, none has changes"
    again = onward(root, "init", "--json")
    assert again.status == 0
    assert again.json["created"] == []


def test_init_makes_a_first_project_again_where_there_is_none(tmp_path: Path) -> None:
    onward(tmp_path, "init", "mine")
    root = tmp_path / "mine"
    (root / "onward.toml").write_text('name = "ours"\n')
    shutil.rmtree(root / "projects/first")
    assert "`onward init`" in onward(root, "list").out
    assert onward(root, "init", "--json").json["created"] == [
        f"projects/first/{name}" for name in ("data/visits.csv", "onward.toml", "steps.py")
    ]
    assert onward(root, "run").status == 0
    assert (root / "onward.toml").read_text() == 'name = "ours"\n'
    shutil.rmtree(root / "projects/first")
    (root / "projects/mine").mkdir()
    assert onward(root, "init", "--json").json["created"] == []


def test_init_changes_no_file_that_is_there(workspace: Writer) -> None:
    files = {"analysis.py": "print(1)\n", "README.md": "mine\n", ".gitignore": "*.tmp\n"}
    root = workspace(files)
    answer = onward(root, "init", "--json")
    assert answer.status == 0, answer.text
    assert {name: (root / name).read_text() for name in files} == files
    assert not set(answer.json["created"]) & files.keys()


def test_a_mistyped_channel_is_refused_and_a_new_one_is_made_where_it_is_meant(made_shop: Path) -> None:
    assert onward(made_shop, "release", "--channel", "mian").status == 0, "none is called so yet"
    refused = onward(made_shop, "release", "--channel", "main")
    assert refused.status == 3
    assert "there is no channel `main` yet, and there is `mian`" in refused.err
    assert "--new" in refused.err
    assert {row["channel"] for row in onward(made_shop, "releases", "--json").json["releases"]} == {"mian"}
    assert onward(made_shop, "release", "--new").status == 0
    assert onward(made_shop, "release", "--channel", "mian").status == 0, "it is there"
    assert onward(made_shop, "release", "--channel", "preview/main").status == 0
    assert onward(made_shop, "release", "--channel", "weekly").status == 0


def test_a_release_can_be_taken_back(made_shop: Path) -> None:
    first = onward(made_shop, "release", "--note", "the first", "--json")
    assert mistakes(first.json, shapes.MOVED) == []
    assert (first.json["number"], first.json["previous"]) == (1, None)
    steps = made_shop / "projects/shop/steps.py"
    steps.write_text(steps.read_text().replace("visits\\n", "guests\\n"))
    onward(made_shop, "run")
    second = onward(made_shop, "release", "--json").json
    assert (second["number"], second["previous"]) == (2, 1)
    back = onward(made_shop, "rollback", "--json")
    assert mistakes(back.json, shapes.MOVED) == []
    assert (back.json["number"], back.json["snapshot"]) == (1, first.json["snapshot"])
    forth = onward(made_shop, "rollback", "--to", "2", "--json").json
    assert (forth["number"], forth["snapshot"]) == (2, second["snapshot"])
    assert onward(made_shop, "rollback", "--json").json["number"] == 1, "what it pointed at before"
    assert onward(made_shop, "release", "--json").json["number"] == 3, "a number is never used again"
    listed = onward(made_shop, "releases", "--json")
    assert mistakes(listed.json, shapes.RELEASES) == []
    assert [row["number"] for row in listed.json["releases"]] == [3, 1, 2, 1, 2, 1], "newest first"


def test_what_was_rolled_back_is_held_until_somebody_releases_it(made_shop: Path) -> None:
    onward(made_shop, "release")
    steps = made_shop / "projects/shop/steps.py"
    steps.write_text(steps.read_text().replace("visits\\n", "guests\\n"))
    onward(made_shop, "run")
    second = onward(made_shop, "release", "--automatic", "--json").json
    back = onward(made_shop, "rollback", "--note", "a slip", "--json").json
    taken = [one["asset"] for one in back["quarantined"]]
    assert (second["held"], taken) == ([], ["shop/report"])

    held = onward(made_shop, "release", "--automatic", "--json")
    assert (held.status, mistakes(held.json, shapes.MOVED)) == (0, [])
    assert (held.json["moved"], held.json["number"], held.json["snapshot"]) == (False, 1, back["snapshot"])
    assert [one["asset"] for one in held.json["held"]] == taken
    assert "main@2" in held.json["held"][0]["reason"]
    assert held.json["held"][0]["reason"].endswith(": a slip")
    said = onward(made_shop, "release", "--automatic").out
    assert said.startswith("held: main@1 stays")
    assert "  shop/report: as in main@2, rolled back by " in said

    listed = onward(made_shop, "releases", "--json")
    assert mistakes(listed.json, shapes.RELEASES) == []
    newest, second_row, first = listed.json["releases"]
    assert (newest["note"], newest["left"]["number"], newest["left"]["since"]) == ("a slip", 2, second_row["at"])
    assert (second_row["automatic"], second_row["until"], first["automatic"]) == (True, newest["at"], False)
    assert [one["asset"] for one in listed.json["quarantined"]] == taken
    assert "rolled back from 2, which readers had for " in onward(made_shop, "releases").out

    lifted = onward(made_shop, "release", "--json").json
    assert (lifted["number"], lifted["lifted"]) == (3, back["quarantined"])
    assert onward(made_shop, "releases", "--json").json["quarantined"] == []


def test_a_rollback_for_an_asset_quarantines_it_alone(made_shop: Path) -> None:
    onward(made_shop, "release")
    steps = made_shop / "projects/shop/steps.py"
    steps.write_text(steps.read_text().replace("visits\\n", "guests\\n"))
    onward(made_shop, "run")
    onward(made_shop, "release")
    refused = onward(made_shop, "rollback", "--for", "shop/total")
    assert (refused.status, "`shop/total` is not taken back" in refused.err) == (3, True)
    assert onward(made_shop, "rollback", "--for", "total").status == 3
    assert onward(made_shop, "rollback", "--for", "report", "--json").json["quarantined"][0]["asset"] == "shop/report"
    assert "nothing was moved" in onward(made_shop, "rollback", "--to", "1", "--for", "shop/*").out


def test_a_rollback_that_takes_no_result_back_says_that_nothing_is_quarantined(made_shop: Path) -> None:
    onward(made_shop, "release")
    onward(made_shop, "release", "--note", "the same with a word")
    assert "nothing is quarantined: the next automatic release is not held" in onward(made_shop, "rollback").out
    assert "quarantined" not in onward(made_shop, "rollback", "--to", "2").out
    assert onward(made_shop, "rollback", "--json").json["quarantined"] == []
    assert onward(made_shop, "release", "--automatic", "--note", "again", "--json").json["moved"] is True


def test_a_channel_is_closed_and_opened_again(made_shop: Path) -> None:
    onward(made_shop, "release", "--channel", "preview/topic")
    closed = onward(made_shop, "close", "preview/topic", "--json")
    assert (closed.status, mistakes(closed.json, shapes.MOVED)) == (0, [])
    for words in (["show", "shop/total", "--at", "preview/topic"], ["site", "--channel", "preview/topic"]):
        unknown = onward(made_shop, *words)
        assert (unknown.status, "the channel `preview/topic` is closed" in unknown.err) == (2, True)
    assert onward(made_shop, "show", "shop/total", "--at", "preview/topic@1").status == 0
    assert [row["move"] for row in onward(made_shop, "releases", "--json").json["releases"]] == ["close", "release"]
    assert onward(made_shop, "close", "main").status == 3
    assert onward(made_shop, "close", "preview/topic").status == 2
    again = onward(made_shop, "release", "--channel", "preview/topic", "--json").json
    assert (again["number"], again["previous"], again["moved"]) == (2, None, True)


def test_a_state_is_released_once(made_shop: Path) -> None:
    first = onward(made_shop, "release", "--note", "the first", "--json").json
    assert first["moved"] is True
    onward(made_shop, "run", "--force", "shop/total")
    for words in ([], ["--note", "the first"]):
        again = onward(made_shop, "release", *words, "--json")
        assert (again.status, mistakes(again.json, shapes.MOVED)) == (0, [])
        assert again.json == {**first, "previous": 1, "moved": False}
    assert "main@1 is this already" in onward(made_shop, "release").text
    assert len(onward(made_shop, "releases", "--json").json["releases"]) == 1


def test_what_is_new_to_readers_is_another_release(made_shop: Path) -> None:
    def number(*words: str) -> int:
        return onward(made_shop, "release", *words, "--json").json["number"]

    assert number() == 1
    assert number("--note", "a word to the readers") == 2
    steps = made_shop / "projects/shop/steps.py"
    steps.write_text("# a comment, which readers see in the code\n" + steps.read_text())
    onward(made_shop, "run")
    assert number() == 3
    onward(made_shop, "rollback")
    assert number() == 4, "the channel stood elsewhere"
    assert number("--channel", "weekly") == 1


def test_the_commit_of_what_was_released_without_one_is_news_and_a_later_one_is_none(made_shop: Path) -> None:
    steps = made_shop / "projects/shop/steps.py"
    steps.write_text(steps.read_text().replace("visits\\n", "guests\\n"))
    numbers = []
    for committed in (False, True, True):
        if committed:
            commit(made_shop, "work")
        onward(made_shop, "run")
        numbers.append(onward(made_shop, "release", "--json").json["number"])
    assert numbers == [1, 2, 2]


def test_channels_are_independent(made_shop: Path) -> None:
    assert onward(made_shop, "release", "--channel", "weekly", "--json").json["number"] == 1
    assert onward(made_shop, "release", "--json").json["number"] == 1
    assert onward(made_shop, "show", "shop/total", "--at", "weekly", "--json").status == 0


def test_a_site_is_written_and_opens_from_a_file(made: Path, tmp_path: Path) -> None:
    answer = onward(made, "site", "--out", str(tmp_path / "site"), "--json")
    assert answer.status == 0, answer.text
    assert mistakes(answer.json, shapes.SITE) == []
    assert (tmp_path / "site/index.html").is_file()


def test_snapshots_are_listed_newest_first_and_equal_results_are_one_snapshot(made_shop: Path) -> None:
    onward(made_shop, "run", "shop/total")
    onward(made_shop, "run", "--force", "shop/report")
    rows = onward(made_shop, "snapshots", "--json").json["snapshots"]
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    assert rows[0]["id"] == rows[-1]["id"]


@pytest.mark.parametrize(("form", "start"), [("dot", "digraph"), ("mermaid", "flowchart")])
def test_the_graph_is_drawn_in_other_forms(made: Path, form: str, start: str) -> None:
    answer = onward(made, "graph", "--format", form)
    assert answer.status == 0
    assert answer.out.startswith(start)
    assert "shop/total" in answer.out


def test_logs_are_what_a_step_printed_with_times(made: Path) -> None:
    log = onward(made, "logs", "shop/total", "--json").json
    assert [(line["stream"], line["text"]) for line in log["lines"]] == [("out", "counting")]
    assert 0 <= log["lines"][0]["at"] < 60
    of_run = onward(made, "logs", "shop/total", "--run", log["run"], "--json").json
    assert of_run["lines"] == log["lines"]


def test_what_a_check_printed_is_kept_too(workspace: Writer) -> None:
    steps = functions(one="1") + (
        "from onward import check\n@check(one)\ndef fine(one):\n    print('looking')\n    return True\n"
    )
    root = workspace({"onward.toml": "", "projects/a/steps.py": steps})
    onward(root, "run")
    log = onward(root, "logs", "a/fine", "--json").json
    assert [line["text"] for line in log["lines"]] == ["looking"]


def test_names_are_qualified_in_every_answer_of_a_workspace_without_projects(workspace: Writer) -> None:
    """Here the only project is the root's."""
    root = workspace({"steps.py": functions(**{"one": "1", "two(one)": "one + 1"})})
    assert mistakes(onward(root, "list", "--json").json, shapes.LIST) == []
    ran = onward(root, "run", "--json")
    assert mistakes(ran.json, shapes.RUN) == []
    assert ran.outcomes() == {"root/one": "made", "root/two": "made"}
    assert mistakes(onward(root, "show", "two", "--json").json, shapes.SHOW) == []


def test_an_empty_folder_is_a_workspace(tmp_path: Path) -> None:
    for git in (False, True):
        root = tmp_path / str(git)
        root.mkdir()
        if git:
            run_git(root, "init", "-q")
        assert mistakes(onward(root, "list", "--json").json, shapes.LIST) == []
        ran = onward(root, "run", "--json")
        assert ran.status == 0
        assert mistakes(ran.json, shapes.RUN) == []
        assert ran.json["steps"] == []
        for words, shape in (
            (["status"], shapes.STATUS),
            (["snapshots"], shapes.SNAPSHOTS),
            (["releases"], shapes.RELEASES),
        ):
            assert mistakes(onward(root, *words, "--json").json, shape) == []


def test_a_real_process_prints_the_same(made: Path) -> None:
    for words in (["list"], ["status"], ["run", "--dry-run"]):
        answer = in_process(made, *words, "--json")
        assert answer.status == 0
        here = onward(made, *words, "--json").json
        assert {**answer.json, "seconds": 0} == {**here, "seconds": 0}


def test_the_checker_of_shapes_finds_what_is_wrong() -> None:
    shape = {"a": int, "b?": [str], "c": Map(float), "d": ({"x"}, None)}
    assert mistakes({"a": 1, "c": {"k": 1}, "d": None, "more": 1}, shape) == []
    assert mistakes({"a": True, "b": [1], "c": {"k": "1"}, "d": "y"}, shape) == [
        "answer.a is True and no int",
        "answer.b[0] is 1 and no str",
        "answer.c.k is '1' and no float",
        "answer.d is 'y': none of the forms",
    ]
    assert mistakes({"c": {}, "d": "x"}, shape) == ["answer lacks a"]
