"""What a step left in its outbox, taken into the store: bytes first, then the trace that names them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from onward.app.observing.watched import JOURNAL, OVERWRITTEN, Watched, is_hidden, read_watched
from onward.base.codec import digest_of, encode
from onward.base.digest import Digest
from onward.model.artifact import MODEL, TABLE, TREE_MEDIA, Artifact, ColumnContent, Part
from onward.store.objects import Objects

CONTENT_FORMAT = 1

CodeNamed = Callable[[Iterable[str]], Mapping[str, Mapping[str, Digest]]]
"""From names in a pickle to the workspace's code behind them."""


Killed = tuple[str, dict[str, Digest | None]]
"""A step whose run was killed, and what each file of the tree held that it was changing: empty where there was none,
None where that is known already."""


def sweep(outboxes: Path, root: str, objects: Objects) -> list[Killed]:
    """Removes what killed runs of this machine left behind; what belongs to a living process stays.

    So does what tells of the files of another worktree, which shares the store: it is that one's to look at.
    """
    killed = []
    for folder in outboxes.glob("*-*-*"):
        owner = folder.name.split("-")[1]
        if folder.is_dir() and owner.isdigit() and not _is_alive(int(owner)):
            journals = [journal for outbox in folder.glob("*") if (journal := _journal(outbox)) is not None]
            if any(journal.root != root and os.path.isdir(journal.root) for journal in journals):
                continue
            killed += [(each.step, _found(each, objects)) for each in journals if each.root == root]
            remove(folder, objects)
    return killed


class _Journal(NamedTuple):
    """What a step was seen to change, written down as it did: by path, the copy of what was there; None: nothing."""

    step: str
    root: str
    changed: dict[str, str | None]


def _journal(outbox: Path) -> _Journal | None:
    try:
        lines = (outbox / JOURNAL).read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    try:
        step, root = json.loads(lines[0])
        return _Journal(step, root, dict(map(json.loads, lines[1:])))
    except (ValueError, IndexError, TypeError):  # the machine went down with it
        return None


def _found(journal: _Journal, objects: Objects) -> dict[str, Digest | None]:
    found: dict[str, Digest | None] = {}
    for path, copy in journal.changed.items():
        name = os.path.relpath(path, journal.root)
        if not is_hidden(name):
            found[name] = "" if copy is None else objects.adopt(copy) if os.path.exists(copy) else None
    return found


def remove(folder: Path, objects: Objects) -> None:
    """Removes the outboxes of a run. What steps overwrote that had no time to say so goes into the store first."""
    for outbox in folder.glob("*"):
        keep_overwritten(outbox, objects)
    shutil.rmtree(folder, ignore_errors=True)


def keep_overwritten(outbox: Path, objects: Objects) -> None:
    """Takes all that a step's watch kept of files before they were changed: nobody knows which of them were."""
    for copy in outbox.glob(f"{OVERWRITTEN}/*"):
        objects.adopt(copy)


def emptied(outbox: Path) -> Path:
    """An outbox that the next step can have: making and removing one for each costs more than a small step."""
    for entry in os.scandir(outbox):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            os.unlink(entry.path)
    return outbox


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def said(account: str) -> dict[str, Any]:
    """What a child's account says; nothing where there is none, or a part."""
    try:
        return dict(json.loads(account))
    except ValueError:
        return {}


class Result:
    """A child's own account of how it went; `None` fields where it left none."""

    def __init__(self, outbox: Path, account: str) -> None:
        self.outbox = outbox
        self._said = said(account)
        self._watched: Watched | None = None
        self._has_looked = False

    @property
    def is_there(self) -> bool:
        return bool(self._said)

    @property
    def ok(self) -> bool:
        return bool(self._said.get("ok"))

    @property
    def needs(self) -> list[str]:
        return list(self._said.get("needs", ()))

    @property
    def error(self) -> dict[str, Any] | None:
        return self._said.get("error")

    @property
    def modules(self) -> list[str]:
        """The modules that its process had loaded when it ended: see `runtime.surroundings.loaded_modules`."""
        return list(self._said.get("modules", ()))

    @property
    def missing(self) -> list[str] | None:
        """The top-level modules that its process looked for and did not have in the end; None: not known."""
        return self._said.get("missing")

    @property
    def asked_for_today(self) -> bool:
        return bool(self._said.get("today"))

    @property
    def is_executed(self) -> bool:
        """Whether the user's code ran, and what is here was not only rendered again."""
        return bool(self._said.get("executed", True))

    @property
    def quotes_code(self) -> bool:
        """Whether the results quote the text or the lines of the code."""
        return bool(self._said.get("quotes"))

    @property
    def check(self) -> dict[str, Any] | None:
        return self._said.get("check")

    @property
    def watched(self) -> Watched | None:
        """What it was seen to touch; None where it was not watched."""
        if not self._has_looked:
            self._watched, self._has_looked = read_watched(self.outbox), True
        return self._watched

    def written(self, project: str) -> dict[str, dict[str, Any]]:
        """What was written, by asset name; of two saves of one name the later counts."""
        written = dict(self._said.get("written", {}))
        for fact in self._said.get("saves", ()):
            written[f"{project}/{fact['name']}"] = fact["written"]
        return written

    def log(self, objects: Objects) -> Digest | None:
        """What it printed, kept."""
        path = f"{self.outbox}/log.jsonl"
        return objects.adopt(path) if os.path.exists(path) else None


def take(written: dict[str, Any], objects: Objects, code_named: CodeNamed) -> Artifact:
    """Adopts the files of one written value and says what artifact they are.

    A pickle holds values, and only the names of its classes: what they do is part of what it means, and
    `code_named` tells it.
    """
    code = code_named(written["facts"].get("globals", ())) if written["kind"] == MODEL else {}
    if not written["tree"]:
        (file,) = written["files"]
        size = os.stat(file["path"]).st_size
        address = objects.adopt(file["path"])
        content = _content(written, address, code)
        facts, columns = written["facts"], _columns(written)
        return Artifact(written["kind"], content, address, written["media"], size, (), facts, columns)
    parts = []
    for file in sorted(written["files"], key=lambda file: file["name"]):
        size = os.stat(file["path"]).st_size
        parts.append(Part(file["name"], objects.adopt(file["path"]), file["media"], size))
    address = objects.put(encode({"format": CONTENT_FORMAT, "parts": parts}))
    content = _content(written, address, code)
    size = sum(part.size for part in parts)
    return Artifact(written["kind"], content, address, TREE_MEDIA, size, tuple(parts), written["facts"])


def _columns(written: dict[str, Any]) -> tuple[ColumnContent, ...]:
    """The columns of a table; none where it has a meaning beyond them, as the index of a pandas frame is one."""
    content = written["content"]
    if written["kind"] != TABLE or content is None or content.keys() != {"rows", "columns"}:
        return ()
    return tuple(ColumnContent(*column) for column in content["columns"])


def _content(written: dict[str, Any], address: Digest, code: Mapping[str, Mapping[str, Digest]]) -> Digest:
    """The digest of the canonical meaning; the bytes themselves where the writer knows no other."""
    if code:
        return digest_of([CONTENT_FORMAT, written["kind"], address, {name: dict(code[name]) for name in code}])
    if written["content"] is None:
        return digest_of([CONTENT_FORMAT, written["kind"], address])
    return digest_of([CONTENT_FORMAT, written["kind"], written["content"]])
