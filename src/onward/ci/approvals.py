"""Every yes that is known: files of the repository, and reviews of the host.

`approvals/` holds one file for each yes that was typed; it is reviewed, merged and kept like any other. A review on the
host counts for the head that it was made of, and for what the comment there showed at that time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
import tomli

from onward.base import clock
from onward.base.codec import decode
from onward.base.digest import Digest
from onward.base.errors import HostError
from onward.ci.gates import Owners, Yes
from onward.model.hosting import Approval, ContentChange, Request, Shown
from onward.model.ports import Conversation

FOLDER = "approvals"
MARKER = "<!-- onward:review "
"""What the comment of ours begins with; the rest of that line is what it shows, for the machine."""
_END = " -->"
OwnersOf = Callable[[str], Owners]
"""The owners of an asset by its name."""


class _Record(msgspec.Struct, frozen=True):
    """A yes as its file has it."""

    asset: str
    by: str
    before: Digest | None = None
    after: Digest | None = None


@dataclass(frozen=True)
class Kept:
    """The yeses that stand in the repository, and what has to be said of files below `approvals/` that are none."""

    said: tuple[Yes, ...]
    notes: tuple[str, ...]


def kept(root: Path) -> Kept:
    """The yeses that stand in the repository."""
    said, notes = [], []
    for file in sorted((root / FOLDER).rglob("*.toml")):
        path = file.relative_to(root).as_posix()
        try:
            found = msgspec.convert(tomli.loads(file.read_text("utf-8")), _Record)
        except (OSError, ValueError):
            notes.append(f"`{path}` is no yes that can be read, and opens no gate")
            continue
        yes = Yes(found.asset, ContentChange(found.before, found.after), found.by, path)
        # Who may write where is the code owners' affair: a yes in somebody else's folder would have passed by them.
        if path != _path_of(yes):
            notes.append(f"`{path}` opens no gate: a yes to `{yes.asset}` stands in `{_path_of(yes)}`")
            continue
        said.append(yes)
    return Kept(tuple(said), tuple(notes))


def _path_of(yes: Yes) -> str:
    """Where a yes stands: below the folder of its asset's project, which CODEOWNERS gives to the project's owner."""
    return f"{FOLDER}/{yes.asset}-{(yes.change.after or 'gone')[:12]}.toml"


def keep(root: Path, yes: Yes, summary: str) -> Path:
    """Writes a yes into the repository; returns its file."""
    file = root / _path_of(yes)
    file.parent.mkdir(parents=True, exist_ok=True)
    fields = {
        "asset": yes.asset,
        "summary": summary,
        "before": yes.change.before,
        "after": yes.change.after,
        "by": yes.by,
        "at": clock.text_of(clock.now()),
    }
    lines = [f"{name} = {_toml(value)}" for name, value in fields.items() if value is not None]
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


def _toml(text: str) -> str:
    """A text as TOML has it: JSON's form, whose escapes TOML shares."""
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")


@dataclass
class Reviews:
    """What was said on the host below the requests of one build.

    Attributes:
        conversation: None where there is no token.
        notes: what could not be asked.
    """

    conversation: Conversation | None
    notes: list[str]

    def of_request(self, request: int, head: str, shown: Shown | None, owners: OwnersOf) -> list[Yes]:
        """Each yes of an owner to what a request showed of its head."""
        if self.conversation is None or shown is None or shown.head != head:
            return []
        try:
            approvals = self.conversation.approvals(request, head)
        except HostError as error:
            self._say(error)
            return []
        where = f"request {request}"
        return [
            Yes(asset, change, f"@{approval.by}", where, is_owners=True)
            for asset, change in shown.changes.items()
            for approval in approvals
            if _has_seen(approval, shown, asset) and self._is_owner(approval, owners(asset))
        ]

    def of_merged(self, commits: Sequence[str], owners: OwnersOf) -> list[Yes]:
        """Each yes to the requests by which commits came in."""
        found: list[Yes] = []
        for request in self._merged(commits):
            shown = self.shown(request.number)
            found += self.of_request(request.number, request.head, shown, owners)
        return found

    def shown(self, request: int) -> Shown | None:
        """What our comment below a request shows."""
        if self.conversation is None:
            return None
        try:
            comment = self.conversation.comment(request)
        except HostError as error:
            self._say(error)
            return None
        return read_marker(comment.text) if comment is not None else None

    def _merged(self, commits: Iterable[str]) -> list[Request]:
        found: dict[int, Request] = {}
        for commit in commits if self.conversation is not None else ():
            assert self.conversation is not None
            try:
                found |= {request.number: request for request in self.conversation.merged(commit)}
            except HostError as error:
                self._say(error)
                break
        return list(found.values())

    def _is_owner(self, approval: Approval, owners: Owners) -> bool:
        if owners.text is None:  # anybody of us may say yes; on a public repository, anybody at all may review
            return approval.is_collaborator
        person = approval.by
        return owners.holds(f"@{person}") or any(self._is_member(team, person) for team in owners.teams)

    def _is_member(self, team: str, person: str) -> bool:
        assert self.conversation is not None
        try:
            return self.conversation.is_member(team, person)
        except HostError as error:
            self._say(error)
            return False

    def _say(self, error: HostError) -> None:
        if error.message not in self.notes:
            self.notes.append(error.message)


def _has_seen(approval: Approval, shown: Shown, asset: str) -> bool:
    """Whether a yes came after the numbers that it is to."""
    since = shown.since.get(asset)
    return since is not None and _time(approval.at) >= _time(since)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def now_shown(head: str, changes: dict[str, ContentChange], before: Shown | None) -> Shown:
    """What a comment shows from now on; what an earlier one has shown already of this head keeps its time."""
    now = clock.text_of(clock.now())
    old = before if before is not None and before.head == head else Shown(head)
    since = {
        asset: old.since.get(asset, now) if old.changes.get(asset) == change else now
        for asset, change in changes.items()
    }
    return Shown(head, changes, since)


def marker_of(shown: Shown) -> str:
    """The line of a comment that machines read."""
    # On one line of plain letters, and without what would end the comment that it is.
    record = json.dumps(msgspec.to_builtins(shown), ensure_ascii=True, sort_keys=True).replace(">", "\\u003e")
    return f"{MARKER}{record}{_END}"


def read_marker(text: str) -> Shown | None:
    """What the first line of a comment says to machines; None where it is none of ours."""
    line = next(iter(text.splitlines()), "")
    if not line.startswith(MARKER) or not line.endswith(_END):
        return None
    try:
        return decode(line.removeprefix(MARKER).removesuffix(_END).encode(), Shown)
    except msgspec.DecodeError:
        return None
