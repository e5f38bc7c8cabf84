"""The site follows its channels: what is brought where, what is not sent again, and what one place's trouble costs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.program import Answer, onward
from tests.cli.workspaces import SHOP, write


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
    places = (f"folder:{taken}", f"folder:{tmp_path / 'srv' / 'site'}", "git:gh-pages", "carrier-pigeon:home")
    root = made_at(tmp_path / "shop", *places)
    answer = onward(root, "release", "--json")
    assert answer.status == 1
    assert answer.json["number"] == 1
    outcomes = [one["outcome"] for one in answer.json["published"]]
    assert outcomes == ["failed", "brought", "failed", "failed"]
    said = [one["message"] or "" for one in answer.json["published"]]
    assert "did not write" in said[0] and "origin" in said[2] and "carrier-pigeon" in said[3]
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
