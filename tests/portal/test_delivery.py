"""The site follows its channels: what is brought where, what is not sent again, and what one place's trouble costs."""

from __future__ import annotations

import errno
import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from onward.app.releases import history, places, receipts
from onward.app.wiring import open_workspace
from onward.base.bucket import open_bucket
from onward.model.delivery import LISTING, Listing
from onward.model.ports import Change
from onward.model.records import Run
from onward.portal import delivery
from onward.store.records import Records
from onward.testing.destinations import MemoryDestination
from onward.workspace import Silence, Workspace
from tests.cli.program import Answer, onward
from tests.cli.workspaces import SHOP, write
from tests.portal.reader import dead_ends
from tests.s3 import Server


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The shop, made and not released, with a folder as its place."""
    return made_at(tmp_path / "shop", f"folder:{tmp_path / 'srv' / 'site'}")


def made_at(root: Path, *places: str) -> Path:
    write(root, SHOP | {"onward.toml": f'name = "house"\npublish = {json.dumps(places)}\n'})
    assert onward(root, "run").status == 0
    return root


def change(root: Path, factor: int) -> None:
    """Another number for the readers, made and not released."""
    settings = root / "projects" / "shop" / "onward.toml"
    settings.write_text(f'title = "Shop"\n[parameters]\nfactor = {factor}\n')
    assert onward(root, "run").status == 0


def release(root: Path, *words: str) -> Answer:
    answer = onward(root, "release", "--json", *words)
    assert answer.status == 0, answer.text
    return answer


def site(tmp_path: Path) -> dict[str, bytes]:
    folder = tmp_path / "srv" / "site"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_release_is_where_readers_look(shop: Path, tmp_path: Path) -> None:
    answer = release(shop)
    there = site(tmp_path)
    assert b"60" in there["shop/total/index.html"] or b"180" in there["shop/total/index.html"]
    published = answer.json["published"]
    assert [(one["outcome"], one["number"]) for one in published] == [("brought", 1)]
    assert published[0]["files"] == len(there) - 1
    assert published[0]["place"].startswith("folder:")


def test_every_release_keeps_its_address_for_good(shop: Path, tmp_path: Path) -> None:
    release(shop)
    first = {path: content for path, content in site(tmp_path).items() if path.startswith("releases/1/")}
    assert "releases/1/shop/total/index.html" in first
    change(shop, 5)
    release(shop)
    change(shop, 7)
    release(shop)
    assert onward(shop, "rollback").status == 0
    there = site(tmp_path)
    assert {path: content for path, content in there.items() if path.startswith("releases/1/")} == first
    assert there["shop/total/total.json"] == (shared(there, "releases/2/shop/total/index.html"))
    assert {path.split("/")[1] for path in there if path.startswith("releases/") and path.count("/") > 1} == {
        "1",
        "2",
        "3",
    }


def test_the_list_of_releases_leads_to_each_and_each_to_what_readers_have(shop: Path, tmp_path: Path) -> None:
    release(shop)
    change(shop, 5)
    release(shop)
    folder = tmp_path / "srv" / "site"
    assert dead_ends(folder) == []
    assert 'href="1/index.html"' in (folder / "releases" / "index.html").read_text()
    then = (folder / "releases" / "1" / "shop" / "total" / "index.html").read_text()
    assert "This is release 1 as it was then." in then
    assert 'href="../../../../index.html">What readers have now' in then
    assert "What readers have now" not in (folder / "shop" / "total" / "index.html").read_text()


def test_any_two_releases_can_be_held_beside_each_other(shop: Path, tmp_path: Path) -> None:
    release(shop)
    alone = site(tmp_path)["shop/total/index.html"]
    assert b"beside release" not in alone
    change(shop, 5)
    release(shop)
    change(shop, 7)
    release(shop)
    assert onward(shop, "rollback").status == 0
    folder = tmp_path / "srv" / "site"
    page = (folder / "compared" / "index.html").read_text()
    assert 'value="shop/total"' in page and 'data-states="1:1 2:2 3:3"' in page
    assert 'value="ops/rows"' in page and 'data-states="1:1"' in page
    assert "Release 3, " in page and ", taken back" in page
    assert "?asset=shop/total&amp;before=1&amp;after=2" in (folder / "shop" / "total" / "index.html").read_text()
    assert dead_ends(folder) == []
    assert [path for path in site(tmp_path) if path.endswith("/compared/index.html")] == []


def test_the_releases_of_a_preview_are_not_taken_for_those_of_main(shop: Path, tmp_path: Path) -> None:
    release(shop)
    change(shop, 5)
    release(shop, "--channel", "preview/topic")
    there = site(tmp_path)
    assert b"Release 1" in there["preview/topic/releases/index.html"]
    for path, content in there.items():
        if path.startswith("preview/topic/") and path.endswith(".html"):
            assert b"../releases/1/" not in content, path
            assert b"compared/index.html" not in content, path


def shared(there: dict[str, bytes], page: str) -> bytes:
    """The file by its content that a page below `releases/` offers."""
    address = there[page].partition(b"files/")[2].partition(b'"')[0].decode()
    return there[f"files/{address}"]


def test_what_is_there_already_is_not_sent_again(shop: Path, tmp_path: Path) -> None:
    release(shop)
    again = release(shop).json
    assert again["moved"] is False
    assert [(one["outcome"], one["files"]) for one in again["published"]] == [("unchanged", 0)]
    before = {path: (tmp_path / "srv" / "site" / path).stat().st_ino for path in site(tmp_path)}
    change(shop, 5)
    release(shop)
    after = {path: (tmp_path / "srv" / "site" / path).stat().st_ino for path in site(tmp_path)}
    kept = {path for path, inode in before.items() if after.get(path) == inode}
    # What both releases hold stays the same file; a page says of which release it is, and so is written anew.
    assert {path for path in kept if path.startswith(("files/", "static/", "releases/1/"))} == {
        path for path in before if path.startswith(("files/", "static/", "releases/1/"))
    }
    assert "ops/rows/rows.json" in kept
    assert "shop/total/total.json" not in kept


def test_pages_point_to_files_by_content_so_that_none_comes_with_anothers(shop: Path, tmp_path: Path) -> None:
    release(shop)
    old = site(tmp_path)["shop/total/index.html"]
    change(shop, 5)
    release(shop)
    there = site(tmp_path)
    assert shared(there, "shop/total/index.html") == there["shop/total/total.json"]
    address = old.partition(b"files/")[2].partition(b'"')[0].decode()
    assert there[f"files/{address}"] != there["shop/total/total.json"]  # an old page that is still open finds its own


def test_a_rollback_is_brought_too_and_no_release_is_sent_for_it(shop: Path, tmp_path: Path) -> None:
    release(shop)
    first = site(tmp_path)
    change(shop, 5)
    release(shop)
    answer = onward(shop, "rollback", "--json")
    assert [(one["outcome"], one["number"]) for one in answer.json["published"]] == [("brought", 1)]
    there = site(tmp_path)
    assert there["shop/total/total.json"] == first["shop/total/total.json"]
    assert answer.json["published"][0]["files"] < len(first)


def test_one_place_that_fails_does_not_hold_back_the_others(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "thesis.tex").write_text("years of work")
    places = (f"folder:{taken}", f"folder:{tmp_path / 'srv' / 'site'}", "git:gh-pages", "s3://")
    root = made_at(tmp_path / "shop", *places)
    answer = onward(root, "release", "--json")
    assert answer.status == 1
    assert answer.json["number"] == 1
    outcomes = [one["outcome"] for one in answer.json["published"]]
    assert outcomes == ["failed", "brought", "failed", "failed"]
    said = [one["message"] or "" for one in answer.json["published"]]
    assert "did not write" in said[0] and "origin" in said[2] and "no address of a bucket" in said[3]
    assert "index.html" in site(tmp_path)
    assert [path.name for path in taken.iterdir()] == ["thesis.tex"]


def test_publish_brings_what_failed(tmp_path: Path) -> None:
    place = tmp_path / "srv" / "site"
    place.mkdir(parents=True)
    (place / "thesis.tex").write_text("years of work")
    root = made_at(tmp_path / "shop", f"folder:{place}")
    assert onward(root, "release").status == 1
    (place / "thesis.tex").unlink()
    answer = onward(root, "publish", "--json")
    assert answer.status == 0
    assert [(one["outcome"], one["number"]) for one in answer.json["published"]] == [("brought", 1)]
    assert "index.html" in site(tmp_path)
    assert onward(root, "publish", "--json").json["published"][0]["outcome"] == "unchanged"


def test_a_new_place_gets_the_older_releases_as_well(tmp_path: Path) -> None:
    root = made_at(tmp_path / "shop", f"folder:{tmp_path / 'first'}")
    release(root)
    change(root, 5)
    release(root)
    (root / "onward.toml").write_text(f'publish = "folder:{tmp_path / "srv" / "site"}"\n')
    assert onward(root, "publish").status == 0
    there = site(tmp_path)
    assert {"releases/1/index.html", "releases/2/index.html", "index.html"} <= there.keys()


def test_whether_releases_can_have_addresses_is_looked_up_once_and_not_for_each_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = made_at(tmp_path / "shop")
    release(root)
    for factor in (5, 7, 9):
        change(root, factor)
        release(root)
    read: list[str] = []
    original = Records.run

    def counted(records: Records, identity: str) -> Run | None:
        read.append(identity)
        return original(records, identity)

    monkeypatch.setattr(Records, "run", counted)
    (root / "onward.toml").write_text(f'publish = "folder:{tmp_path / "srv" / "site"}"\ntimeline = 0\n')
    with Workspace(root, watcher=Silence()) as workspace:
        assert [one.outcome for one in workspace.publish()] == ["brought"]
    assert {f"releases/{number}/index.html" for number in (1, 2, 3, 4)} <= site(tmp_path).keys()
    sites = 5  # what readers have, and each of four releases
    assert max(read.count(run) for run in read) <= sites + 2, "not twice for each of them"


def test_a_place_that_shows_another_history_is_not_overwritten_unless_that_is_asked_for(tmp_path: Path) -> None:
    place = f"folder:{tmp_path / 'srv' / 'site'}"
    release(made_at(tmp_path / "shop", place))
    before = site(tmp_path)
    other = made_at(tmp_path / "other", place)
    change(other, 5)
    answer = onward(other, "release", "--json")
    assert answer.status == 1
    assert "history" in answer.json["published"][0]["message"]
    assert site(tmp_path) == before
    assert onward(other, "publish", "--take-over").status == 0
    there = site(tmp_path)
    assert there["shop/total/total.json"] != before["shop/total/total.json"]
    assert shared(there, "releases/1/shop/total/index.html") == there["shop/total/total.json"]


def test_a_place_that_was_taken_over_is_the_workspaces_own(tmp_path: Path) -> None:
    place = f"folder:{tmp_path / 'srv' / 'site'}"
    first = made_at(tmp_path / "shop", place)
    for note in ("one", "two", "three"):
        release(first, "--note", note)
    other = made_at(tmp_path / "other")
    release(other)
    change(other, 5)
    release(other)
    (other / "onward.toml").write_text(f'name = "house"\npublish = "{place}"\n')
    answer = onward(other, "publish")
    assert answer.status == 1 and "history" in answer.out
    assert onward(other, "publish", "--take-over").status == 0
    there = site(tmp_path)
    for number in (1, 2):
        ours = onward(other, "get", "shop/total", "--at", f"main@{number}", "--json", "--out", str(tmp_path / "ours"))
        assert ours.status == 0, ours.text
        assert shared(there, f"releases/{number}/shop/total/index.html") == (tmp_path / "ours").read_bytes()
    assert onward(other, "publish").out == f"{place} shows main@2 already\n"
    change(other, 7)
    release(other)
    assert b"Release 3" in site(tmp_path)["releases/3/index.html"]
    assert onward(first, "publish").status == 1  # and no other's


def test_settings_that_do_not_say_where_the_site_goes_are_told_when_a_channel_moves(shop: Path, tmp_path: Path) -> None:
    release(shop)
    change(shop, 5)
    release(shop)
    settings = shop / "onward.toml"
    text = settings.read_text()
    for wrong, said in (
        (f"{text}<<<<<<< HEAD\n", "does not parse"),
        ("publish = 3\n", "`publish` is a list of texts"),
        (text.replace("publish", "publsh"), "there is no setting `publsh`"),
    ):
        settings.write_text(wrong)
        answer = onward(shop, "rollback", "--to", "1")
        assert answer.status == 1
        assert "main is at release 1" in answer.out
        assert said in answer.out and "does not show main@1" in answer.out
        assert "onward.toml" in answer.out and "`onward publish`" in answer.out
        answer = onward(shop, "rollback", "--to", "1", "--json")
        assert (answer.json["number"], answer.json["published"][0]["outcome"]) == (1, "failed")
        answer = onward(shop, "publish")
        assert answer.status == 2
        assert said in answer.err
    settings.write_text('name = "house"\ntilte = "nothing of a place"\n')
    assert onward(shop, "rollback", "--to", "1").status == 0


def test_without_places_nothing_is_brought_and_publish_says_what_is_missing(tmp_path: Path) -> None:
    root = made_at(tmp_path / "shop")
    answer = onward(root, "release", "--json")
    assert (answer.status, answer.json["published"]) == (0, [])
    answer = onward(root, "publish", "--json")
    assert answer.status == 2
    assert "publish = " in answer.json["error"]["hint"]


@pytest.mark.parametrize("value", ["3", '["folder:"]', '["/srv/site"]', '["folder:/a", "folder:/a"]'])
def test_a_wrong_place_is_found_where_it_stands(shop: Path, value: str) -> None:
    (shop / "onward.toml").write_text(f'name = "house"\npublish = {value}\n')
    findings = onward(shop, "list", "--json").json["findings"]
    assert [finding["code"] for finding in findings] == ["config"]
    assert findings[0]["where"] == "onward.toml:2"


def test_a_place_of_no_kind_is_a_finding_that_keeps_no_step_from_running(shop: Path, tmp_path: Path) -> None:
    srv = tmp_path / "srv"
    (shop / "onward.toml").write_text(f'name = "house"\npublish = ["fodler:{srv}/a", "folder:{srv}/site"]\n')
    (finding,) = onward(shop, "list", "--json").json["findings"]
    assert (finding["code"], finding["where"]) == ("config", "onward.toml:2")
    assert finding["message"] == f"`publish`: `fodler:{srv}/a` is no place for a site"
    assert finding["hint"] == "write `folder:...`"
    assert onward(shop, "run").status == 2
    (shop / "projects" / "shop" / "data" / "visits.csv").write_text("day,visits\n1,11\n")
    answer = onward(shop, "run", "shop/total", "--json")
    assert (answer.status, answer.json["counts"]["made"]) == (0, 1)
    assert [each["message"] for each in answer.json["findings"]] == [finding["message"]]
    answer = onward(shop, "run", "--keep-going", "--json")
    assert answer.json["counts"]["failed"] == answer.json["counts"]["skipped"] == 0
    assert onward(shop, "release").status == 3  # before readers have it, not after


def test_a_place_of_no_kind_holds_back_no_other(shop: Path, tmp_path: Path) -> None:
    (shop / "onward.toml").write_text('name = "house"\n')
    assert onward(shop, "run").status == 0
    release(shop)
    (shop / "onward.toml").write_text(f'publish = ["fodler:a", "folder:{tmp_path}/srv/site"]\n')
    answer = onward(shop, "publish", "--json")
    assert [receipt["outcome"] for receipt in answer.json["published"]] == ["failed", "brought"]


def test_a_program_that_moves_a_channel_has_the_site_follow(shop: Path, tmp_path: Path) -> None:
    class Told(Silence):
        def __init__(self) -> None:
            self.messages: list[str] = []

        def say(self, message: str) -> None:
            self.messages.append(message)

    told = Told()
    with Workspace(shop, watcher=told) as workspace:
        assert workspace.release().move.number == 1
        assert b"Release 1" in site(tmp_path)["index.html"]
        assert [(one.channel, one.outcome) for one in workspace.receipts()] == [("main", "brought")]
        assert [one.outcome for one in workspace.publish()] == ["unchanged"]
        assert told.messages == []
        (tmp_path / "srv" / "site" / LISTING).unlink()
        assert workspace.release(note="again").move.number == 2
        assert [one.outcome for one in workspace.publish()] == ["failed"]
    assert "does not show main" in told.messages[0]


# Previews.

BRANCH = "preview/fix/Übersicht neu"


def test_a_preview_has_an_address_of_its_own_and_goes_with_its_channel(shop: Path, tmp_path: Path) -> None:
    release(shop)
    main = site(tmp_path)
    change(shop, 5)
    release(shop, "--channel", BRANCH)
    release(shop, "--channel", "preview/other")
    there = site(tmp_path)
    assert there["shop/total/total.json"] == main["shop/total/total.json"]
    assert b"Open previews" in there["releases/index.html"]
    assert b"Open previews" not in main["releases/index.html"]
    previews = {path.split("/")[1] for path in there if path.startswith("preview/")}
    assert len(previews) == 2 and "other" in previews
    (ours,) = previews - {"other"}
    assert ours.startswith("fix-ubersicht-neu")
    page = there[f"preview/{ours}/shop/total/index.html"].decode()
    address = page.partition("files/")[2].partition('"')[0]
    assert f'href="../../files/{address}"' in page
    assert "This is a preview of fix/Übersicht neu, which nobody has released" in page
    assert 'href="../../../../index.html">What readers have now' in page
    assert f'href="../../../../compared/preview/{ours}/index.html">What it would change' in page
    assert dead_ends(tmp_path / "srv" / "site") == []
    assert there[f"preview/{ours}/files/{address}"] != there["shop/total/total.json"]
    answer = onward(shop, "close", BRANCH, "--json")
    assert [(one["outcome"], one["number"]) for one in answer.json["published"]] == [("brought", None)]
    there = site(tmp_path)
    assert {path.split("/")[1] for path in there if path.startswith("preview/")} == {"other"}
    assert not (tmp_path / "srv" / "site" / "preview" / ours).exists()
    assert onward(shop, "close", "preview/other").status == 0
    there = site(tmp_path)
    assert {path: there[path] for path in main if path != LISTING} == {
        path: content for path, content in main.items() if path != LISTING
    }


def test_a_preview_whose_removal_failed_goes_with_the_next_delivery(shop: Path, tmp_path: Path) -> None:
    release(shop)
    release(shop, "--channel", "preview/topic")
    settings = shop / "onward.toml"
    text = settings.read_text()
    settings.write_text("")
    assert onward(shop, "close", "preview/topic").status == 0  # nothing was brought
    settings.write_text(text)
    assert "preview/topic/index.html" in site(tmp_path)
    assert onward(shop, "run").status == 0
    release(shop)
    assert not [path for path in site(tmp_path) if path.startswith("preview/")]


def test_of_a_site_that_is_gone_nothing_is_told_any_more(shop: Path, tmp_path: Path) -> None:
    def told() -> list[tuple[str, str]]:
        rows = onward(shop, "releases", "--json").json["published"]
        return [(row["channel"], row["outcome"]) for row in rows]

    release(shop)
    release(shop, "--channel", "preview/one")
    release(shop, "--channel", "preview/two")
    assert onward(shop, "close", "preview/one").status == 0
    assert told() == [("main", "brought"), ("preview/two", "brought")]
    listing = tmp_path / "srv" / "site" / LISTING
    content = listing.read_bytes()
    listing.write_text("{")
    assert onward(shop, "close", "preview/two").status == 1
    assert ("preview/two", "failed") in told()
    listing.write_bytes(content)
    assert onward(shop, "publish").status == 0  # with which the second preview goes
    assert told() == [("main", "brought")]


def test_a_preview_whose_log_is_damaged_holds_back_no_other_channel(shop: Path, tmp_path: Path) -> None:
    release(shop)
    release(shop, "--channel", "preview/topic")
    log = shop / ".onward" / "store" / "channels" / "preview%2Ftopic" / "00000001"
    log.chmod(0o644)
    log.write_text("{")
    change(shop, 5)
    release(shop)
    assert b"Release 2" in site(tmp_path)["index.html"]
    answer = onward(shop, "publish", "--json")
    assert answer.status == 1
    assert [(one["channel"], one["outcome"]) for one in answer.json["published"]] == [
        ("main", "unchanged"),
        ("preview/topic", "failed"),
    ]
    assert "is damaged" in answer.json["published"][1]["message"]


def test_another_channel_stands_below_channels(shop: Path, tmp_path: Path) -> None:
    release(shop, "--channel", "weekly")
    there = site(tmp_path)
    assert "channels/weekly/index.html" in there
    assert "channels/weekly/shop/total/total.json" in there
    assert "index.html" not in there


def test_what_a_project_is_called_takes_no_address_of_the_sites(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    steps = "from onward import asset\n\n\n@asset\ndef n() -> int:\n    return 1\n"
    projects = {f"projects/{name}/steps.py": steps for name in ("preview", "files", "channels", "releases")}
    write(root, {"onward.toml": f'publish = "folder:{tmp_path}/srv/site"\n', **projects})
    assert onward(root, "run").status == 0
    release(root)
    release(root, "--channel", "preview/n")
    folders = {path.partition("/")[0] for path in site(tmp_path)}
    assert {"channels", "files", "preview", "releases"} & folders == {"files", "preview", "releases"}
    before = set(site(tmp_path))
    assert onward(root, "close", "preview/n").status == 0
    assert set(site(tmp_path)) == {path for path in before if "preview/n/" not in path}


# What goes wrong.


def test_a_place_that_fails_for_a_moment_is_tried_again(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, waited = MemoryDestination(), []
    monkeypatch.setattr(places, "destination_for", lambda *_: place)
    with open_workspace(shop, writes=True) as opened:
        history.release(opened)
        place.fails = 2
        (receipt,) = delivery.bring(opened, "main", Silence(), pause=waited.append)
        assert (receipt.outcome, len(waited)) == ("brought", 2)
        assert "index.html" in place.files
        history.release(opened, note="again")
        place.fails = 3
        (receipt,) = delivery.bring(opened, "main", Silence(), pause=waited.append)
        assert (receipt.outcome, receipt.message) == ("failed", "`memory:site` fails as it was told to")
        assert receipts.kept(opened) == [receipt]
    answer = onward(shop, "releases", "--json")
    assert [(one["outcome"], one["number"]) for one in answer.json["published"]] == [("failed", 2)]
    assert "fails as it was told to (just now)" in onward(shop, "releases").out


def test_where_the_channel_moves_before_a_place_is_tried_again_that_is_no_failure(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = MemoryDestination()
    monkeypatch.setattr(places, "destination_for", lambda *_: place)

    def overtake(_: float) -> None:
        assert onward(shop, "release", "--note", "two").status == 0

    with open_workspace(shop, writes=True) as opened:
        history.release(opened, note="one")
        place.fails = 1
        (receipt,) = delivery.bring(opened, "main", Silence(), pause=overtake)
    assert (receipt.outcome, receipt.number, receipt.message) == ("unchanged", 2, None)


def test_a_place_that_takes_long_is_named_meanwhile(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    is_told = threading.Event()

    class Slow(MemoryDestination):
        def bring(self, plan: Callable[[Listing], Change | None]) -> int:
            assert is_told.wait(60)
            return super().bring(plan)

    class Told(Silence):
        def say(self, message: str) -> None:
            assert message == f"still bringing the site to folder:{shop.parent}/srv/site"
            is_told.set()

    monkeypatch.setattr(delivery, "_SILENCE_S", 0.01)
    monkeypatch.setattr(places, "destination_for", lambda *_: Slow())
    with open_workspace(shop, writes=True) as opened:
        history.release(opened)
        (receipt,) = delivery.bring(opened, "main", Told())
    assert receipt.outcome == "brought"


def test_what_the_system_refuses_at_one_place_holds_back_no_other(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(MemoryDestination):
        def bring(self, plan: Callable[[Listing], Change | None]) -> int:
            raise OSError(errno.ENOSPC, "No space left on device", "/mnt/stick")

    whole = MemoryDestination()
    monkeypatch.setattr(places, "destination_for", lambda place, *_: whole if place == "folder:b" else Full())
    (shop / "onward.toml").write_text('publish = ["folder:a", "folder:b"]\n')
    assert onward(shop, "run").status == 0
    with open_workspace(shop, writes=True) as opened:
        history.release(opened)
        full, brought = delivery.bring(opened, "main", Silence(), pause=lambda _: None)
    assert (full.outcome, full.message) == (
        "failed",
        "`folder:a` cannot be written: No space left on device (`/mnt/stick`)",
    )
    assert brought.outcome == "brought"
    assert "index.html" in whole.files


def test_a_site_that_cannot_be_drawn_is_told_by_a_receipt(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lay_out(*_: object, **__: object) -> dict[str, bytes]:
        raise OSError(errno.ENOSPC, "No space left on device", "cache/publish")

    with open_workspace(shop, writes=True) as opened:
        history.release(opened)
        monkeypatch.setattr(delivery, "lay_out", lay_out)
        (receipt,) = delivery.bring(opened, "main", Silence())
    assert (receipt.outcome, receipt.number) == ("failed", 1)
    assert "cannot be drawn" in (receipt.message or "") and "No space left" in (receipt.message or "")


def test_a_site_that_is_not_removed_is_said_to_be_there_still(shop: Path, tmp_path: Path) -> None:
    release(shop, "--channel", "preview/topic")
    listing = tmp_path / "srv" / "site" / LISTING
    listing.write_text("{")
    answer = onward(shop, "close", "preview/topic")
    assert answer.status == 1
    assert "still shows preview/topic: the listing of" in answer.out


def test_the_doctor_looks_whether_the_places_show_where_the_channels_stand(shop: Path) -> None:
    def said() -> list[tuple[str, str]]:
        checks = onward(shop, "doctor", "--json").json["checks"]
        return [(check["state"], check["message"]) for check in checks if check["area"] == "place"]

    assert said() == [("ok", "it shows where the channels stand")]
    release(shop)
    release(shop, "--channel", "preview/topic")
    assert said() == [("ok", "it shows where the channels stand")]
    text = (shop / "onward.toml").read_text()
    (shop / "onward.toml").write_text("")
    assert onward(shop, "run").status == 0
    assert onward(shop, "release", "--note", "again").status == 0
    (shop / "onward.toml").write_text(text)
    assert said() == [("note", "it does not show main@2")]
    (shop / "onward.toml").write_text('publish = "git:gh-pages"\n')
    ((state, message),) = said()
    assert state == "note" and "no remote `origin`" in message


def test_where_the_channel_moves_meanwhile_its_newest_state_is_brought(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = MemoryDestination()
    monkeypatch.setattr(places, "destination_for", lambda *_: place)
    with open_workspace(shop, writes=True) as opened:
        history.release(opened, note="one")
        original = place.bring

        def overtaken(plan: Callable[[Listing], Change | None]) -> int:
            place.bring = original  # type: ignore[method-assign]
            assert onward(shop, "release", "--note", "two").status == 0
            return original(plan)

        place.bring = overtaken  # type: ignore[method-assign]
        (receipt,) = delivery.bring(opened, "main", Silence())
    assert receipt.number == 2
    assert b"Release 2" in place.files["index.html"]
    assert {"releases/1/index.html", "releases/2/index.html"} <= place.files.keys()


def test_a_release_whose_bytes_are_gone_is_named_and_the_others_are_brought(tmp_path: Path) -> None:
    root = made_at(tmp_path / "shop")
    release(root)
    change(root, 5)
    first = json.loads(onward(root, "show", "shop/total", "--at", "main@1", "--json").out)["bytes_digest"]
    release(root)
    file = root / ".onward" / "store" / "objects" / first[:2] / first[2:]
    file.chmod(0o644)
    file.unlink()
    (root / "onward.toml").write_text(f'publish = "folder:{tmp_path}/srv/site"\n')
    answer = onward(root, "publish", "--json")
    assert answer.status == 0
    assert "main@1" in answer.json["published"][0]["message"]
    there = site(tmp_path)
    assert "releases/2/index.html" in there and "releases/1/index.html" not in there


def test_no_password_is_shown_or_kept(tmp_path: Path) -> None:
    secret = "ghp_0123456789abcdef"
    root = made_at(tmp_path / "shop", f"git:https://ada:{secret}@localhost:1/site.git#gh-pages")
    for answer in (onward(root, "release"), onward(root, "releases"), onward(root, "publish", "--json")):
        assert secret not in answer.text
    assert "git:https://localhost:1/site.git#gh-pages" in answer.json["published"][0]["place"]
    for path in (root / ".onward" / "state").rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes()


# Real buckets.


def test_a_bucket_is_brought_what_a_folder_is(tmp_path: Path, s3: Server) -> None:
    url = f"{s3.make_bucket()}/readers/site"
    root = made_at(tmp_path / "shop", url, f"folder:{tmp_path / 'srv' / 'site'}")
    release(root)
    change(root, 5)
    answer = release(root)
    assert [one["outcome"] for one in answer.json["published"]] == ["brought", "brought"]
    assert answer.json["published"][0]["files"] == answer.json["published"][1]["files"]
    bucket = open_bucket(url)
    assert {path: bucket.read(path) for path in bucket.names()} == site(tmp_path)
