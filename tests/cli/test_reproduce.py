"""`onward reproduce` as people and a script see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli import shapes
from tests.cli.conftest import Writer
from tests.cli.program import onward
from tests.cli.schema import mistakes
from tests.cli.workspaces import SHOP, commit


def released(shop: Path) -> Path:
    """A shop that is released, and has moved on."""
    assert onward(shop, "release").status == 0
    steps = shop / "projects/shop/steps.py"
    steps.write_text(steps.read_text().replace("sum(", "1 + sum("))
    commit(shop, "one more")
    return shop


def test_a_release_that_comes_out_equal_ends_with_zero(made_shop: Path) -> None:
    answer = onward(released(made_shop), "reproduce", "main@1")
    assert answer.status == 0, answer.text
    first, *_, last = answer.out.splitlines()
    assert first.startswith("main@1 was made again in ")
    assert last.startswith("4 results, all equal: snapshot ")
    assert "  environment  the same\n" in answer.out
    assert "shop/total  made in" in answer.err


def test_in_json_it_is_what_the_page_says(made_shop: Path) -> None:
    answer = onward(released(made_shop), "reproduce", "main@1", "--json")
    assert answer.status == 0, answer.text
    assert mistakes(answer.json, shapes.REPRODUCE) == []
    assert answer.json["made"] == {"snapshot": answer.json["snapshot"], "basis": answer.json["basis"]}
    assert answer.json["counts"] == {"equal": 4, "differs": 0, "failed": 0, "not had": 0}
    assert answer.out.count("\n") == 1


def test_what_could_not_be_had_is_told_in_words_and_in_json(workspace: Writer) -> None:
    root = workspace({**SHOP, "onward.toml": "keep_sources = 0\n", ".gitignore": "data/\n"}, "Größe und Maß")
    assert onward(root, "run").status == 0
    assert onward(root, "release").status == 0
    with (root / "projects/shop/data/visits.csv").open("a") as file:
        file.write("3,30\n")
    answer = onward(root, "reproduce", "main")
    assert answer.status == 1, answer.text
    assert "1 lost" in answer.out
    told = next(line for line in answer.out.splitlines() if "it rests on what could not be had" in line)
    assert "`projects/shop/data/visits.csv` (21 B) was not kept, git does not have it" in told
    assert answer.out.splitlines()[-1] == "4 could not be had"
    found = onward(root, "reproduce", "main", "--json")
    assert (found.status, mistakes(found.json, shapes.REPRODUCE)) == (1, [])
    assert found.json["counts"]["not had"] == 4
    assert [check["after"] for check in found.json["checks"]] == ["not run", "not run"]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ([], 2, "RELEASE"),
        (["main@9"], 2, "has no release 9"),
        (["nonsense"], 2, "no snapshot is called `nonsense`"),
        (["main@1", "--keep", "projects/new"], 2, "would become a part of it"),
        (["main@1", "--keep", "/dev/null/x"], 4, "cannot write to"),
    ],
    ids=str,
)
def test_what_cannot_be_is_told_with_what_to_do(
    made_shop: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], status: int, said: str
) -> None:
    monkeypatch.chdir(made_shop)
    answer = onward(released(made_shop), "reproduce", *words)
    assert answer.status == status, answer.text
    assert said in answer.err
    assert "hint" in answer.err


def test_the_folder_that_is_kept_is_a_workspace(made_shop: Path, tmp_path: Path) -> None:
    kept = tmp_path / "noch einmal"
    answer = onward(released(made_shop), "reproduce", "main@1", "--keep", str(kept))
    assert answer.status == 0, answer.text
    assert answer.out.splitlines()[-1] == f"it is in '{kept}'"
    assert onward(kept, "show", "shop/total", "--json").json["value"] == 180
