"""`ci init`: writes the one CI file, once, and the part of the code owners' file that the settings speak of.

What somebody else has written is never replaced: a CI file that differs stays if it calls `onward ci`, else is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import onward
from onward.app.reading.whole import read
from onward.app.releases.places import places_of
from onward.app.wiring import Opened
from onward.base.errors import RefusedError, unknown_name
from onward.ci.build import main_branch
from onward.ci.owners import owners_file, write_owners
from onward.hosts.registry import hosts
from onward.model.ports import Host

_UV = "0.13.9"


@dataclass(frozen=True)
class SetUp:
    """What `ci init` found and wrote: paths from the root.

    Attributes:
        kept: a CI file that is there and says something else, which is as good.
    """

    host: str
    created: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    kept: tuple[str, ...]


def set_up(opened: Opened, name: str) -> SetUp:
    """Writes what a host's CI needs.

    Raises:
        UnknownNameError: there is no such host.
        RefusedError: there is another CI file, which does not call `onward ci`; nothing has been written.
    """
    host = host_called(name)
    root = opened.place.root
    text = host.ci_file(
        {"onward": onward.__version__, "uv": _UV},
        main_branch(root),
        pushes=any(place.startswith("git:") for place in places_of(opened)),
    )
    file = root / host.ci_path
    before = file.read_text("utf-8", "replace") if file.is_file() else None
    if before is not None and before != text and not _calls_onward(before):
        raise RefusedError(
            f"`{host.ci_path}` is there, and is not what onward would write",
            hint="keep it and let it call `onward ci`, or take it away; then type this again",
        )
    found: dict[str, list[str]] = {"created": [], "changed": [], "unchanged": [], "kept": []}
    found["created" if before is None else "unchanged" if before == text else "kept"].append(host.ci_path)
    if before is None:
        _write(file, text)
    rules = read(opened.place, opened.index, {}, opened.standing.discovered()).rules
    had_owners = owners_file(root, host) is not None
    owners = write_owners(root, host, rules)
    if owners is not None:
        found["changed" if had_owners else "created"].append(owners.relative_to(root).as_posix())
    return SetUp(name, *(_sorted(found[each]) for each in ("created", "changed", "unchanged", "kept")))


def _calls_onward(ci_file: str) -> bool:
    """Whether a CI file runs `onward ci`: somebody has made it their own, or an earlier onward wrote it."""
    return any("onward ci" in line.partition("#")[0] for line in ci_file.splitlines())


def host_called(name: str) -> Host:
    """The host of a name.

    Raises:
        UnknownNameError: there is none.
    """
    known = hosts()
    if name not in known:
        raise unknown_name("host", name, sorted(known), hint=f"write one of {', '.join(sorted(known))}")
    return known[name]


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


def _sorted(paths: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(paths))
