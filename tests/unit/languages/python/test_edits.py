"""The statements that an edit is in, and the names through which a step comes to it."""

from __future__ import annotations

from typing import get_args, get_type_hints

import pytest

from onward.languages.python.closure import Linker, closure
from onward.languages.python.edits import Code, Comparison, Edit, Statement
from onward.languages.python.narrowing import RULES, hint
from onward.languages.python.nodes import Widening
from onward.languages.python.uses import Dynamic
from tests.unit.languages.python.test_closure import Files

STEP = "projects/a/steps.py"
FILES = {
    STEP: "from clean import f\n\n\ndef a():\n    return f()\n\n\ndef b():\n    return 1\n",
    "lib/clean.py": "from deep import g\n\nK = 1\n\n\ndef f():\n    return g() + K\n\n\ndef unused():\n    return 2\n",
    "lib/deep.py": "def g():\n    return 1\n",
}


def code(files: dict[str, str]) -> Code:
    return Code(Linker(Files(files)), frozenset(files))


def compared(**changed: str | None) -> Comparison:
    after = {**FILES, **{path.replace("__", "/") + ".py": text for path, text in changed.items()}}
    return Comparison(code(FILES), code({path: text for path, text in after.items() if text is not None}))


def at(path: str, line: int) -> Statement:
    return Statement(path, line)


def test_a_changed_statement_is_paired_with_what_it_was() -> None:
    comparison = compared(lib__clean="# more\n" + FILES["lib/clean.py"].replace("K = 1", "K = 2"))
    assert comparison.edits(STEP, "a", "clean.K") == [Edit(at("lib/clean.py", 3), at("lib/clean.py", 4))]


def test_a_name_that_leads_elsewhere_is_edited_where_it_is_imported() -> None:
    text = FILES["lib/clean.py"].replace("from deep import g", "from other import g")
    comparison = compared(lib__clean=text, lib__other="def g():\n    return 3\n")
    assert comparison.edits(STEP, "a", "clean.f") == [Edit(at("lib/clean.py", 1), at("lib/clean.py", 1))]


def test_a_file_that_takes_the_place_of_another_is_the_edit() -> None:
    comparison = compared(projects__a__deep="def g():\n    return 9\n")
    edits = comparison.edits(STEP, "a", "clean.f")
    assert edits == [Edit(None, at("projects/a/deep.py", 0))]


def test_a_function_that_is_gone_is_the_edit_behind_the_import_that_fails() -> None:
    comparison = compared(lib__deep="# nothing is left\n")
    assert Edit(at("lib/deep.py", 1), None) in comparison.edits(STEP, "a", "clean (import)")


def test_what_is_reached_no_more_leads_back_to_what_reached_it() -> None:
    comparison = compared(lib__clean=FILES["lib/clean.py"].replace("return g() + K", "return K"))
    assert comparison.edits(STEP, "a", "deep.g") == [Edit(at("lib/clean.py", 6), at("lib/clean.py", 6))]


def test_a_file_that_does_not_parse_is_edited_as_a_whole() -> None:
    comparison = compared(lib__deep="def g(:\n")
    assert comparison.edits(STEP, "a", "deep (source)") == [Edit(at("lib/deep.py", 0), at("lib/deep.py", 0))]


def test_nothing_is_known_of_a_name_that_is_none_of_the_step() -> None:
    assert compared().edits(STEP, "a", "clean.unused") == []


def test_the_way_goes_by_names_where_it_can() -> None:
    comparison = compared(lib__deep="def g():\n    return 2\n")
    assert comparison.way(STEP, "a", "deep.g") == [f"{STEP}:a", "clean.f", "deep.g"]


def test_the_way_to_what_only_acts_on_import_goes_by_imports() -> None:
    comparison = compared(lib__deep=FILES["lib/deep.py"] + "print(1)\n")
    assert comparison.way(STEP, "a", "deep (top level)") == [f"{STEP}:a", "clean.f", "deep.g", "deep (top level)"]
    assert comparison.way(STEP, "b", "deep (top level)") == [f"{STEP}:b", f"{STEP} (import)", "clean (import)",
                                                            "deep (top level)"]  # fmt: skip


def test_the_way_to_what_was_taken_away_is_that_of_before() -> None:
    comparison = compared(lib__clean=FILES["lib/clean.py"].replace("return g() + K", "return K"))
    assert comparison.way(STEP, "a", "deep.g") == [f"{STEP}:a", "clean.f", "deep.g"]


def test_what_something_reached_can_look_at_has_a_way_through_it() -> None:
    reads = "from deep import g\n\n\ndef f():\n    return g.__doc__\n"
    comparison = compared(lib__clean=reads, lib__deep='def g():\n    """It."""\n    return 1\n')
    assert comparison.way(STEP, "a", "deep.g (metadata)") == [f"{STEP}:a", "clean.f", "deep.g (metadata)"]


WIDENING = {
    "open": "def f():\n    return globals()['K']\n",
    "import": "import importlib\n\ndef f(x='deep'):\n    return importlib.import_module(x)\n",
    "unknown": "def f():\n    return nowhere\n",
    "unread": "def f(:\n",
    "metadata": "def f():\n    return f.__doc__\n",
    "frames": "import inspect\n\ndef f():\n    return inspect.stack()\n",
}


@pytest.mark.parametrize("rule", WIDENING)
def test_a_widening_says_by_which_rule_and_where(rule: str) -> None:
    found = closure(STEP, "a", Files({**FILES, "lib/clean.py": WIDENING[rule]})).widened
    item = next(each for each in found if each.rule == rule)
    assert item.path == "lib/clean.py"
    assert item.line == next(
        number for number, line in enumerate(WIDENING[rule].splitlines(), 1)
        if "return" in line or rule == "unread"
    )  # fmt: skip
    assert hint(item)


def test_every_rule_has_a_way_to_narrow_it() -> None:
    kinds = set(get_args(get_type_hints(Dynamic)["kind"]))
    assert kinds | {"unknown", "unread", "circle", "shadow"} == RULES
    assert all(hint(Widening("x", "y", 1, "z", rule)) for rule in RULES)
