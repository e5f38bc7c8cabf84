"""`onward.toml`: settings with every mistake found at once, each with its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import tomli

from onward.app.settings.place import CONFIG_NAME
from onward.app.settings.variables import is_passed_on, is_secret
from onward.base import paths
from onward.base.bucket import EXAMPLES, is_address
from onward.base.errors import UsageError
from onward.base.numbers import amount_or_share
from onward.base.text import nearest
from onward.destinations.registry import check_kind
from onward.model.difference import Tolerance
from onward.model.workspace import (
    Allowance,
    CommandDeclaration,
    Finding,
    Gates,
    Settings,
    SourceDeclaration,
)

ROOT_ONLY = ("name", "projects", "keep_sources", "publish", "watch", "environment", "store", "main", "timeline")
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
        if name == "environment" and is_root and isinstance(value, Mapping):
            _read_table("environment", value, _ENVIRONMENT, fields, findings, path, lines)
            continue
        if name == "commands" and isinstance(value, Mapping):
            fields["commands"] = _read_commands(value, findings, path, lines)
            continue
        if name in _TABLES:
            readers, make = _TABLES[name]
            inside: dict[str, Any] = {}
            if isinstance(value, Mapping):
                _read_table(name, value, readers, inside, findings, path, lines)
            else:
                findings.append(Finding("config", f"`{name}` is a table, not {_form(value)}", path, lines.of(name)))
            fields[name] = make(**inside)
            continue
        reader = _READERS.get(name)
        if reader is None or (name in ROOT_ONLY and not is_root):
            tables = ("commands", "environment", *_TABLES)
            known = [known for known in [*_READERS, *tables] if is_root or known not in ROOT_ONLY]
            findings.append(_unknown(name, known, path, lines, root_only=reader is not None or name in ROOT_ONLY))
            continue
        try:
            field, read = reader(value)
        except _WrongFormError as error:
            findings.append(Finding("config", f"`{name}` {error}", path, lines.of(name)))
            continue
        fields[field] = read
    findings += _unknown_places(fields.get("publish", ()), path, lines)
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
            fields[_FIELDS.get(name, name)] = readers[name](value)
        except _WrongFormError as error:
            findings.append(Finding("config", f"`{table}.{name}` {error}", path, lines.of(f"{table}.{name}")))


def _read_commands(
    tables: Mapping[str, Any], findings: list[Finding], path: str, lines: _Lines
) -> dict[str, CommandDeclaration]:
    """The commands that are well declared, by name; of each other one, what is wrong with it is a finding."""
    declared = {}
    for name, table in tables.items():
        setting = f"commands.{name}"
        line = lines.of(setting) or lines.of(f"{setting}.run") or lines.of("commands")
        fields: dict[str, Any] = {"line": line or 1}
        wrong: list[Finding] = []
        if not name.strip() or "/" in name:
            wrong.append(Finding("config", f"`{name}` is no name of a command: it has a letter and no `/`", path, line))
        elif not isinstance(table, Mapping):
            message = f"`{setting}` is a table, not {_form(table)}"
            wrong.append(Finding("config", message, path, line, f'write `[{setting}]` and below it `run = "..."`'))
        else:
            _read_table(setting, table, _COMMAND, fields, wrong, path, lines)
            if "run" not in table:
                hint = 'write `run = "..."`, its command line'
                wrong.append(Finding("config", f"`{setting}` has no `run`", path, line, hint))
            wrong += _misplaced(setting, fields, path, lines)
        if not wrong:
            declared[name] = CommandDeclaration(**fields)
        # Whatever it makes is missing, and any step of the project may need it.
        findings += [msgspec.structs.replace(finding, touches=("*",)) for finding in wrong]
    return declared


def _misplaced(setting: str, fields: Mapping[str, Any], path: str, lines: _Lines) -> list[Finding]:
    """What a command names that cannot be one of its inputs or outputs."""
    folder = paths.folder_of(path)
    wrong = []
    for field in ("inputs", "outputs"):
        for text in fields.get(field, ()):
            said = None
            if paths.join(folder, text) is None:
                said = f"`{text}`, which lies outside of the workspace", "leave it out: what is read there is seen"
            elif not text.strip() or paths.join(folder, text) in ("", folder):
                said = f"`{text}`, which is the folder of this file", "name the files that it takes"
            elif field == "outputs" and (text.endswith("/") or paths.is_glob(text)):
                said = f"`{text}`, which is no file", "name each file, or leave it out: what is written is seen"
            if said is not None:
                message = f"`{setting}.{field}` names {said[0]}"
                wrong.append(Finding("config", message, path, lines.of(f"{setting}.{field}"), said[1]))
    return wrong


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


def _places(value: Any) -> tuple[str, ...]:
    places = _texts(value)
    for place in places:
        kind, _, address = place.partition(":")
        if not kind or not address:
            raise _WrongFormError('names a place as a kind and an address: `"folder:/srv/site"`, `"git:gh-pages"`')
    if len(set(places)) < len(places):
        raise _WrongFormError("names a place twice")
    return places


def _unknown_places(places: Sequence[str], path: str, lines: _Lines) -> Iterator[Finding]:
    """The places of `publish` that are of no kind. The setting keeps them: the site still comes to the others."""
    for place in places:
        try:
            check_kind(place)
        except UsageError as error:
            yield Finding("config", f"`publish`: {error.message}", path, lines.of("publish"), error.hint)


def _command_line(value: Any) -> str | tuple[str, ...]:
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value) and value[0].strip():
        return tuple(value)
    raise _WrongFormError('is a text like `"Rscript clean.R"`, or a list: a program and its arguments')


def _variables(value: Any) -> dict[str, str]:
    """Names with values. A value that is a secret does not belong into a file that everybody reads."""
    for name, text in _table(value).items():
        if not isinstance(text, str):
            raise _WrongFormError(f'has `{name}` of the wrong form: the value of a variable is a text, `{name} = "1"`')
        _require_name(name)
        if is_secret(name):
            raise _WrongFormError(
                f"has `{name}`, which is named like a secret: keep its value out of this file, and hand the caller's "
                f'on with `pass = ["{name}"]` in `[environment]` of the root\'s `onward.toml`'
            )
    return dict(value)


def _passed(value: Any) -> tuple[str, ...]:
    names = _texts(value)
    for name in names:
        _require_name(name)
        if not is_passed_on(name):
            raise _WrongFormError(
                f"has `{name}`, which is the same for every run or left out of all: give it with `set`"
            )
    return names


def _require_name(name: str) -> None:
    if not name or "=" in name or "\0" in name:
        raise _WrongFormError(f"has `{name}`, which is no name of a variable")


def _address(value: Any) -> str:
    """The address of a bucket or a shared folder."""
    if not isinstance(value, str) or not is_address(value):
        raise _WrongFormError(f"is the address of a bucket: {EXAMPLES}")
    return value


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


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _WrongFormError(f"is a whole number from 0 on, not {value if isinstance(value, int) else _form(value)}")
    return value


def _form(value: Any) -> str:
    names = {bool: "a yes or no", int: "a number", float: "a number", list: "a list", dict: "a table", str: "a text"}
    return names.get(type(value), "a date")


def _parameters(value: Any) -> dict[str, Any]:
    return {name: msgspec.to_builtins(item) for name, item in _table(value).items()}


def _tolerances(value: Any) -> dict[str, Tolerance]:
    found = {}
    for name, each in _table(value).items():
        declared = amount_or_share(each)
        if declared is None:
            raise _WrongFormError(f'has `{name}` of the wrong form: write an amount, `0.1`, or a share, `"1 %"`')
        found[name] = Tolerance(*declared)
    return found


_READERS: dict[str, Callable[[Any], tuple[str, Any]]] = {
    "name": lambda value: ("name", _text(value)),
    "main": lambda value: ("main", _text(value)),
    "title": lambda value: ("title", _text(value)),
    "owner": lambda value: ("owner", _text(value)),
    "question": lambda value: ("question", _text(value)),
    "projects": lambda value: ("projects", _text(value)),
    "steps": lambda value: ("steps", _texts(value)),
    "ignore": lambda value: ("ignore", _texts(value)),
    "sources": lambda value: ("sources", _sources(value)),
    "parameters": lambda value: ("parameters", _parameters(value)),
    "tolerance": lambda value: ("tolerances", _tolerances(value)),
    "keep_sources": lambda value: ("keep_sources", _bytes(value)),
    "store": lambda value: ("store", _address(value)),
    "publish": lambda value: ("publish", _places(value)),
    "timeline": lambda value: ("timeline", _count(value)),
    "watch": lambda value: ("watch", _yes_or_no(value)),
    "time_limit": lambda value: ("time_limit_s", _seconds(value)),
}


_STRICT: dict[str, Callable[[Any], Any]] = {"reads": _texts, "writes": _texts, "network": _texts}
_GATES: dict[str, Callable[[Any], Any]] = {"approve": _texts, "moves": _tolerances}
_TABLES: dict[str, tuple[Mapping[str, Callable[[Any], Any]], Callable[..., Any]]] = {
    "strict": (_STRICT, Allowance),
    "gates": (_GATES, Gates),
}
"""Tables that any `onward.toml` may have, with their settings."""
_ENVIRONMENT: dict[str, Callable[[Any], Any]] = {"python": _text, "set": _variables, "pass": _passed}
_COMMAND: dict[str, Callable[[Any], Any]] = {
    "run": _command_line,
    "inputs": _texts,
    "outputs": _texts,
    "env": _variables,
    "time_limit": _seconds,
    "title": _text,
}
_FIELDS = {"set": "variables", "pass": "passed", "time_limit": "time_limit_s"}
"""Settings whose field has another name."""


def parameter_places(folder: str, setting: str) -> tuple[tuple[str, str], ...]:
    """Where a parameter (`sales.limit`) of a project in a folder may be set, what counts first: file and key."""
    name = setting.rpartition(".")[2]
    return (
        (f"{folder}/{CONFIG_NAME}" if folder else CONFIG_NAME, f"parameters.{name}"),
        (CONFIG_NAME, f"parameters.{setting}"),
        (CONFIG_NAME, f"parameters.{name}"),
    )


def shared_store(root: Path) -> str | None:
    """The address of the shared store that the `onward.toml` of a root names; None where there is none that can be.

    It is wanted before anything else is read; what is wrong with the file is a finding of those who read all of it.
    """
    try:
        content = (root / CONFIG_NAME).read_bytes()
        value = tomli.loads(content.decode("utf-8-sig")).get("store") if b"store" in content else None
        return None if value is None else _address(value)
    except (OSError, ValueError, _WrongFormError):
        return None


def setting_line(content: bytes, name: str) -> int | None:
    """The line of a setting (`parameters.limit`) in an `onward.toml`, from 1; None where it is not there."""
    return _Lines(content).of(name)


class _Lines:
    """Where each setting stands. The grammar is loaded only when something is wrong."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._places: dict[str, int] | None = None

    def of(self, name: str) -> int | None:
        """The line of a setting, or of the first one in a table that has no line of its own; None: not to be told."""
        if self._places is None:
            self._places = _key_lines(self._content)
        inside = (line for key, line in self._places.items() if key.startswith(f"{name}."))
        return self._places.get(name) or min(inside, default=None)


def _key_lines(content: bytes) -> dict[str, int]:
    import tree_sitter
    import tree_sitter_toml

    language = tree_sitter.Language(tree_sitter_toml.language())
    root = tree_sitter.Parser(language).parse(content).root_node
    places: dict[str, int] = {}

    def visit(node: tree_sitter.Node, prefix: str) -> None:
        for child in node.named_children:
            if child.type == "inline_table":
                visit(child, prefix)
            elif child.type in ("table", "table_array_element", "pair") and child.named_children:
                key = (child.named_children[0].text or b"").decode("utf-8", "replace").replace('"', "").replace("'", "")
                name = f"{prefix}{key}"
                places.setdefault(name, child.start_point[0] + 1)
                visit(child, f"{name}.")

    visit(root, "")
    return places
