"""`onward.toml`: settings with every mistake found at once, each with its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import tomli

from onward.base.text import nearest
from onward.model.workspace import Finding, Settings, SourceDeclaration

ROOT_ONLY = ("name", "projects", "keep_sources", "watch", "environment")
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|sec|m|min|h|d)?\s*\Z")
_SECONDS = {None: 1, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(B|kB|MB|GB|TB)\s*\Z", re.IGNORECASE)
_BYTES = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}


class _WrongFormError(Exception):
    """A value of the wrong form; says what the form is."""


def read_settings(content: bytes, path: str, *, is_root: bool) -> tuple[Settings, list[Finding]]:
    """The settings of one `onward.toml` and what is wrong with it; wrong settings keep their defaults."""
    try:
        text = content.decode("utf-8-sig")
        document = tomli.loads(text)
    except UnicodeDecodeError as error:
        return Settings(), [
            Finding("config", f"`{path}` is not UTF-8: {error.reason}", path, None, "save it as UTF-8", ("*",))
        ]
    except tomli.TOMLDecodeError as error:
        line = getattr(error, "lineno", None)
        message = str(error).partition(" (at ")[0]
        finding = Finding("config", f"`{path}` does not parse: {message}", path, line, "mend this line", ("*",))
        return Settings(), [finding]
    fields: dict[str, Any] = {}
    findings: list[Finding] = []
    lines = _Lines(content)
    for name, value in document.items():
        if name == "environment" and isinstance(value, Mapping):
            _read_table("environment", value, {"python": _text}, fields, findings, path, lines)
            continue
        reader = _READERS.get(name)
        if reader is None or (name in ROOT_ONLY and not is_root):
            known = [known for known in [*_READERS, "environment"] if is_root or known not in ROOT_ONLY]
            findings.append(_unknown(name, known, path, lines, root_only=reader is not None or name in ROOT_ONLY))
            continue
        try:
            field, read = reader(value)
        except _WrongFormError as error:
            findings.append(Finding("config", f"`{name}` {error}", path, lines.of(name)))
            continue
        fields[field] = read
    return Settings(**fields), findings


def _read_table(
    table: str,
    values: Mapping[str, Any],
    readers: Mapping[str, Callable[[Any], Any]],
    fields: dict[str, Any],
    findings: list[Finding],
    path: str,
    lines: _Lines,
) -> None:
    for name, value in values.items():
        if name not in readers:
            findings.append(_unknown(f"{table}.{name}", [f"{table}.{known}" for known in readers], path, lines))
            continue
        try:
            fields[name] = readers[name](value)
        except _WrongFormError as error:
            findings.append(Finding("config", f"`{table}.{name}` {error}", path, lines.of(f"{table}.{name}")))


def _unknown(name: str, known: list[str], path: str, lines: _Lines, *, root_only: bool = False) -> Finding:
    if root_only:
        message, hint = f"`{name}` is a setting of the root's `onward.toml` alone", "move it there"
    else:
        close = nearest(name, known, 1)
        message = f"there is no setting `{name}`"
        hint = f"write `{close[0]}`" if close else f"the settings are {', '.join(sorted(known))}"
    return Finding("config", message, path, lines.of(name), hint)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _WrongFormError(f"is a text, not {_form(value)}")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _WrongFormError(f"is a list of texts, not {_form(value)}")
    return tuple(value)


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _WrongFormError(f"is a table, not {_form(value)}")
    return value


def _sources(value: Any) -> dict[str, SourceDeclaration]:
    declared = {}
    for name, row in _table(value).items():
        if isinstance(row, str):
            declared[name] = SourceDeclaration(row)
            continue
        try:
            declared[name] = msgspec.convert(row, SourceDeclaration, strict=True)
        except msgspec.ValidationError as error:
            example = f'{name} = "data/file.csv"'
            raise _WrongFormError(f"has `{name}` of the wrong form ({error}): write `{example}`") from error
        extra = set(row) - {"path", "table", "form"}
        if extra:
            raise _WrongFormError(f"has `{name}` with `{min(extra)}`; a source has `path`, `table` and `form`")
    return declared


def _seconds(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return float(value)
    match = _DURATION.match(value) if isinstance(value, str) else None
    if match is None or float(match[1]) <= 0:
        raise _WrongFormError('is a length of time like `"10 min"`')
    return float(match[1]) * _SECONDS[match[2]]


def _bytes(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    match = _SIZE.match(value) if isinstance(value, str) else None
    if match is None:
        raise _WrongFormError('is a size like `"100 MB"`')
    return int(float(match[1]) * _BYTES[match[2].lower()])


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _WrongFormError(f"is `true` or `false`, not {_form(value)}")
    return value


def _form(value: Any) -> str:
    names = {bool: "a yes or no", int: "a number", float: "a number", list: "a list", dict: "a table", str: "a text"}
    return names.get(type(value), "a date")


def _parameters(value: Any) -> dict[str, Any]:
    return {name: msgspec.to_builtins(item) for name, item in _table(value).items()}


_READERS: dict[str, Callable[[Any], tuple[str, Any]]] = {
    "name": lambda value: ("name", _text(value)),
    "title": lambda value: ("title", _text(value)),
    "owner": lambda value: ("owner", _text(value)),
    "question": lambda value: ("question", _text(value)),
    "projects": lambda value: ("projects", _text(value)),
    "steps": lambda value: ("steps", _texts(value)),
    "ignore": lambda value: ("ignore", _texts(value)),
    "sources": lambda value: ("sources", _sources(value)),
    "parameters": lambda value: ("parameters", _parameters(value)),
    "keep_sources": lambda value: ("keep_sources", _bytes(value)),
    "watch": lambda value: ("watch", _yes_or_no(value)),
    "time_limit": lambda value: ("time_limit_s", _seconds(value)),
}


def setting_line(content: bytes, name: str) -> int | None:
    """The line of a setting (`parameters.limit`) in an `onward.toml`, from 1; None where it is not there."""
    return _Lines(content).of(name)


class _Lines:
    """Where each setting stands. The grammar is loaded only when something is wrong."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._places: dict[str, int] | None = None

    def of(self, name: str) -> int | None:
        """The line of a setting, from 1; None where it cannot be told."""
        if self._places is None:
            self._places = _key_lines(self._content)
        return self._places.get(name)


def _key_lines(content: bytes) -> dict[str, int]:
    import tree_sitter
    import tree_sitter_toml

    language = tree_sitter.Language(tree_sitter_toml.language())
    root = tree_sitter.Parser(language).parse(content).root_node
    places: dict[str, int] = {}

    def visit(node: tree_sitter.Node, prefix: str) -> None:
        for child in node.named_children:
            if child.type in ("table", "table_array_element", "pair") and child.named_children:
                key = (child.named_children[0].text or b"").decode("utf-8", "replace").replace('"', "")
                name = f"{prefix}{key}"
                places.setdefault(name, child.start_point[0] + 1)
                visit(child, f"{name}.")

    visit(root, "")
    return places
