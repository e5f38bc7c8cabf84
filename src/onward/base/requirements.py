"""What a distribution asks for: requirement lines and the conditions that they stand under.

Reads the part of PEP 508 that decides which distributions belong together. A condition that cannot be decided is
neither true nor false: whoever asks chooses the safe side. Versions are compared by their numbers alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

_REQUIREMENT = re.compile(
    r"\s*(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[(?P<extras>[^\]]*)\])?\s*"
    r"(?P<rest>@.*?(?:\s;|$)|[^;]*;?)(?P<marker>.*)$",
    re.DOTALL,
)
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'[^']*'|\"[^\"]*\")|(?P<operator><=|>=|===|==|~=|!=|<|>)|(?P<bracket>[()])|(?P<word>[A-Za-z_.]+))"
)
_VERSIONS = ("python_version", "python_full_version", "implementation_version")
_NUMBERS = re.compile(r"\d+(?:\.\d+)*")


class Requirement(NamedTuple):
    """`name` is normal (`normal_name`); `pin` is the one version that is allowed, `marker` the condition, if any."""

    name: str
    extras: tuple[str, ...] = ()
    pin: str | None = None
    marker: str = ""


def normal_name(name: str) -> str:
    """The name under which all spellings of a distribution are one.

    >>> normal_name("Ruamel.Yaml__clib")
    'ruamel-yaml-clib'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def parse_requirement(line: str) -> Requirement | None:
    """A requirement as a distribution or a file of requirements writes it; None for what is none.

    >>> parse_requirement('numpy[f2py]==2.1.0 ; python_version >= "3.9"')
    Requirement(name='numpy', extras=('f2py',), pin='2.1.0', marker='python_version >= "3.9"')
    """
    found = _REQUIREMENT.match(line)
    if found is None:
        return None
    rest = found["rest"].strip().rstrip(";").strip()
    if rest and not rest.startswith(("@", "=", "<", ">", "!", "~", "(")):
        return None
    extras = tuple(normal_name(part.strip()) for part in (found["extras"] or "").split(",") if part.strip())
    pinned = re.fullmatch(r"\(?\s*={2,3}\s*([^\s,*()]+)\s*\)?", rest)
    return Requirement(normal_name(found["name"]), extras, pinned[1] if pinned else None, found["marker"].strip())


def applies(marker: str, facts: Mapping[str, str], extras: Collection[str] = ()) -> bool | None:
    """Whether a condition is met; None where that cannot be told.

    Args:
        marker: the condition; an empty one is met.
        facts: what it may ask of a Python, such as `sys_platform`.
        extras: the normal names of the extras that are asked for.

    >>> applies('extra == "plot" or os_name == "nt"', {"os_name": "posix"}, {"plot"})
    True
    """
    if not marker.strip():
        return True
    tokens = _tokens(marker)
    if tokens is None:
        return None
    try:
        value, rest = _either(tokens, facts, extras)
    except (IndexError, ValueError):
        return None
    return None if rest else value


def same_version(one: str, other: str) -> bool:
    """Whether two versions mean one: `2.0` is `2.0.0`. A label such as `+cpu` counts where both have one."""
    first, second = _comparable(one), _comparable(other)
    if not (first[1] and second[1]):
        first, second = (first[0], ""), (second[0], "")
    return first == second


def _comparable(version: str) -> tuple[str, str]:
    public, _, label = version.strip().lower().removeprefix("v").partition("+")
    numbers = _NUMBERS.match(public)
    if numbers is None:
        return public, label
    parts = [str(int(part)) for part in numbers[0].split(".")]
    while len(parts) > 1 and parts[-1] == "0":
        parts.pop()
    return ".".join(parts) + public[numbers.end() :].replace("-", ".").replace("_", "."), label


def _tokens(marker: str) -> list[str] | None:
    tokens, position = [], 0
    marker = marker.strip()
    while position < len(marker):
        found = _TOKEN.match(marker, position)
        if found is None:
            return None
        tokens.append(found[0].strip())
        position = found.end()
        while position < len(marker) and marker[position].isspace():
            position += 1
    return tokens


_Answer = tuple[bool | None, list[str]]


def _either(tokens: list[str], facts: Mapping[str, str], extras: Collection[str]) -> _Answer:
    value, rest = _both(tokens, facts, extras)
    while rest and rest[0] == "or":
        other, rest = _both(rest[1:], facts, extras)
        value = True if value or other else None if value is None or other is None else False
    return value, rest


def _both(tokens: list[str], facts: Mapping[str, str], extras: Collection[str]) -> _Answer:
    value, rest = _one(tokens, facts, extras)
    while rest and rest[0] == "and":
        other, rest = _one(rest[1:], facts, extras)
        value = False if value is False or other is False else None if value is None or other is None else True
    return value, rest


def _one(tokens: list[str], facts: Mapping[str, str], extras: Collection[str]) -> _Answer:
    if tokens[0] == "(":
        value, rest = _either(tokens[1:], facts, extras)
        if rest[0] != ")":
            raise ValueError
        return value, rest[1:]
    left, operator, rest = tokens[0], tokens[1], tokens[2:]
    if operator == "not" and rest[0] == "in":
        operator, rest = "not in", rest[1:]
    return _compare(left, operator, rest[0], facts, extras), rest[1:]


def _compare(left: str, operator: str, right: str, facts: Mapping[str, str], extras: Collection[str]) -> bool | None:
    if "extra" in (left, right):
        asked = _text(right if left == "extra" else left, {})
        if asked is None or operator not in ("==", "!="):
            return None
        return (normal_name(asked) in extras) is (operator == "==")
    one, other = _text(left, facts), _text(right, facts)
    if one is None or other is None:
        return None
    if operator in ("in", "not in"):
        return (one in other) is (operator == "in")
    if left in _VERSIONS or right in _VERSIONS:
        return _compare_versions(one, operator, other)
    if operator in ("==", "===", "!="):
        return (one == other) is (operator != "!=")
    return None


def _text(token: str, facts: Mapping[str, str]) -> str | None:
    return token[1:-1] if token[0] in "'\"" else facts.get(token)


def _compare_versions(one: str, operator: str, other: str) -> bool | None:
    is_prefix = other.endswith(".*")
    first, second = _NUMBERS.match(one), _NUMBERS.fullmatch(other.removesuffix(".*"))
    if first is None or second is None:
        return None
    left, right = (tuple(map(int, found[0].split("."))) for found in (first, second))
    if operator == "~=":
        return left[: len(right) - 1] == right[:-1] and left >= right
    if is_prefix and operator in ("==", "!="):
        return (left[: len(right)] == right) is (operator == "==")
    if is_prefix:
        return None
    width = max(len(left), len(right))
    left, right = (part + (0,) * (width - len(part)) for part in (left, right))
    if left == right and first[0] != one:
        return None  # a release candidate is neither this version nor clearly another
    answers = {"==": left == right, "===": left == right, "!=": left != right,
               "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}  # fmt: skip
    return answers[operator]
