"""The closure against the truth: code is edited and run, and what comes out otherwise must have been seen."""

from __future__ import annotations

import sys
import types
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from onward.base.digest import Digest, digest_bytes
from onward.languages.python.closure import closure
from onward.languages.python.parse import parse
from onward.languages.python.symbols import SymbolTable, symbol_table
from onward.model.code import Problem

NAMES = ("A", "B", "C", "f", "g", "h", "L", "D")
HEAD = """
from functools import lru_cache
REG = []
def reg(fn):
    REG.append(fn)
    return fn
def dec(fn):
    def wrapped(*a, **k):
        return ("wrapped", fn(*a, **k))
    return wrapped
"""
STEP = "from m import f, A\ndef a(flights):\n    return f(), str(type(A))\n"
ODD = (
    "eval('A')",
    "globals().get('B')",
    "len(L)",
    "L[0]",
    "D['a']",
    "f.__name__",
    "g.__doc__",
    "[A for A in [1]]",
    "[q for q in [B]]",
    "dec(f)",
    "getattr(h, '__doc__')",
)


class TwoFiles:
    """A library `m` and a step that uses it."""

    def __init__(self, library: str) -> None:
        self.files = {"m.py": library, "step.py": STEP}

    def find(self, module: str, importer: str) -> str | None:
        return "m.py" if module == "m" else None

    def table(self, path: str) -> SymbolTable | Problem:
        tree = parse(self.files[path].encode())
        return tree if isinstance(tree, Problem) else symbol_table(tree, role="module")

    def package_of(self, path: str) -> str:
        return ""

    def digest(self, path: str) -> Digest:
        return digest_bytes(self.files[path].encode())

    def replaced(self, importer: str) -> list[tuple[str, str]]:
        return []

    def importable(self, importer: str, prefix: str) -> list[str]:
        return ["m"] if prefix in ("", "m") else []


def expression(random: Random, depth: int = 0) -> str:
    """A random expression over the names of the library; many fail when they run, as edits do."""
    choice = random.randrange(11)
    if choice < 3 or depth > 2:
        return random.choice(["0", "1", "2", "1.0", "True", "'A'", "'x'", "None"])
    if choice < 6:
        return random.choice(NAMES)
    inner = expression(random, depth + 1)
    return {
        6: f"({inner} + {expression(random, depth + 1)})",
        7: f"{random.choice('fgh')}({random.choice(['', inner])})",
        8: f"[{inner}, {expression(random, depth + 1)}]",
        9: f"(1 if {inner} else {expression(random, depth + 1)})",
        10: random.choice(ODD),
    }[choice]


def function(random: Random) -> str:
    """A random definition, with decorators, annotations, defaults and bodies that have rules of their own."""
    name, value, inner = random.choice("ABC"), expression(random), expression(random)
    body = random.choice(
        [
            f"return {inner}",
            f"global {name}\n    {name} = {inner}\n    return {name}",
            f"L.append({inner})\n    return L",
            f"{name} = {inner}\n    return {name}",
            f"def inner():\n        return {inner}\n    return inner()",
            f"from m import {random.choice(NAMES)} as z\n    return str(z)[:3]",
        ]
    )
    decorator = random.choice(["", "", "", "@dec\n", "@reg\n", "@lru_cache(maxsize=None)\n"])
    documented = random.choice(["", f"    'text {random.randrange(3)}'\n"])
    annotation = random.choice(["", ": int", ": A", ": Nowhere", ": list[A]", ": int | None", ": int[str]"])
    head = f"def {random.choice('fgh')}(x=1, y{annotation}={value}):"
    return f"{decorator}{head}\n{documented}    {body}"


def statement(random: Random) -> str:
    """A random top-level statement."""
    if random.randrange(2):
        return function(random)
    name, value = random.choice("ABC"), expression(random)
    return random.choice(
        [
            f"{name} = {value}",
            f"{name} = {value}",
            f"L.append({value})",
            f"D['a'] = {value}",
            random.choice(["L = []", "D = {}"]),
            f"{name} += {value}",
            f"if {value}:\n    {name} = {expression(random)}",
            f"class {name}:\n    z = {value}\n    def m(self):\n        return {expression(random)}",
            f"del {name}",
            f"try:\n    {name} = {value}\nexcept Exception:\n    {name} = 7",
            f"for {name} in [{value}]: pass",
            f"def len(x):\n    return {value}",
        ]
    )


def edit(random: Random, statements: list[str]) -> list[str]:
    """The statements with one replaced, removed, put in, moved or changed."""
    edited, at = list(statements), random.randrange(len(statements))
    kind = random.randrange(5)
    if kind == 0:
        edited[at] = statement(random)
    elif kind == 1:
        del edited[at]
    elif kind == 2:
        edited.insert(at, statement(random))
    elif kind == 3:
        edited.append(edited.pop(at))
    else:
        edited[at] = edited[at].replace("1", "2").replace("A", "B")
    return edited


def shown(value: object, depth: int = 0) -> str:
    """A result as text without addresses, so that two runs can be compared."""
    if depth > 4:
        return "..."
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__} {[shown(item, depth + 1) for item in value[:20]]}"
    if isinstance(value, dict):
        return f"dict {sorted((str(key), shown(item, depth + 1)) for key, item in value.items())}"
    if isinstance(value, (types.FunctionType, type)):
        return value.__qualname__
    return repr(value) if isinstance(value, (int, float, str, type(None))) else type(value).__name__


MOST_CALLS = 5_000


class EndlessError(BaseException):
    """Random code calls and calls; no `except` of its own holds this up."""


def outcome(library: str) -> str | None:
    """What the step gives with this library, or how it fails; None where it runs too deep or too long to say."""
    module = types.ModuleType("m")
    sys.modules["m"] = module
    calls = 0

    def count(frame: types.FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"
        if calls > MOST_CALLS:
            raise EndlessError

    sys.setprofile(count)
    try:
        exec(compile(library, "m", "exec"), module.__dict__)
        step: dict[str, object] = {"__name__": "step"}
        exec(STEP, step)
        made = step["a"]
        assert isinstance(made, types.FunctionType)
        return shown(made(1))
    except (RecursionError, EndlessError):
        return None
    except Exception as error:  # any failure of the random code is its outcome
        return type(error).__name__
    finally:
        sys.setprofile(None)
        del sys.modules["m"]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_an_edit_that_changes_what_a_step_gives_changes_its_closure(seed: int) -> None:
    random = Random(seed)
    base = ["A = 1", "B = 2", "C = 3", "L = []", "D = {}"]
    base += [f"def {name}(x=1, y=2):\n    return {expression(random)}" for name in "fgh"]
    statements = base + [statement(random) for _ in range(random.randrange(1, 7))]
    before = HEAD + "\n".join(statements) + "\n"
    after = HEAD + "\n".join(edit(random, statements)) + "\n"
    old, new = outcome(before), outcome(after)
    if old != new and old is not None and new is not None:
        one, other = (closure("step.py", "a", TwoFiles(library)) for library in (before, after))
        assert one.symbols != other.symbols, f"{old} became {new}\n{before}\n---\n{after}"
