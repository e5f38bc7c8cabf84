"""Who owns which files, as the hosts read it: CODEOWNERS, written from the `owner` settings.

onward writes a part of that file, between two lines of its own, and leaves the rest to people. The last rule that fits
a file holds there, so what people write below it goes before it.
"""

from __future__ import annotations

from pathlib import Path

from onward.app.reading.projects import ProjectRules
from onward.ci.approvals import FOLDER
from onward.ci.gates import Owners
from onward.hosts.registry import hosts
from onward.model.ports import Host

_BEGIN = "# onward: begin. Written by `onward ci init` from the `owner` settings: change those instead."
_END = "# onward: end."
_AS_IT_IS = "surrogateescape"
"""What others wrote into the file stays, in whatever encoding."""


def owner_lines(rules: ProjectRules) -> list[str]:
    """The rules of the settings: the root's for all files, a project's for its folder and its approvals."""
    lines = []
    for folder, settings in sorted(rules.configured.items()):
        addresses = " ".join(Owners(settings.owner).addresses)
        if not addresses:
            continue
        if not folder:
            lines.append(f"* {addresses}")
            continue
        lines += [f"{_pattern(place)} {addresses}" for place in (folder, f"{FOLDER}/{rules.name_of(folder)}")]
    return lines


def write_owners(root: Path, host: Host, rules: ProjectRules) -> Path | None:
    """Brings the host's file of owners up to date; returns it where that changed it."""
    file = owners_file(root, host) or root / host.owners_path
    before = _read(file) if file.is_file() else ""
    after = _with(before, owner_lines(rules))
    if after == before:
        return None
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(after, "utf-8", _AS_IT_IS)
    return file


def stale_owners(root: Path, rules: ProjectRules) -> str | None:
    """The path of a file of owners of which onward wrote a part, if the settings say otherwise by now."""
    for host in hosts().values():
        file = owners_file(root, host)
        text = _read(file) if file is not None else ""
        if file is not None and _BEGIN in text and _with(text, owner_lines(rules)) != text:
            return file.relative_to(root).as_posix()
    return None


def owners_file(root: Path, host: Host) -> Path | None:
    """The file that the host reads: the first of its places that has one."""
    return next((root / path for path in host.owners_paths if (root / path).is_file()), None)


def _read(file: Path) -> str:
    return file.read_text("utf-8", _AS_IT_IS)


def _with(text: str, lines: list[str]) -> str:
    """A file of owners with our part as it should be, where it stood before, else at the top."""
    part = "\n".join([_BEGIN, *lines, _END]) + "\n"
    head, begin, rest = text.partition(_BEGIN)
    _, end, tail = rest.partition(_END)
    if begin and end:
        return head + (part if lines else "") + tail.removeprefix("\n")
    if not lines:
        return text
    return f"{part}\n{text}" if text else part


def _pattern(folder: str) -> str:
    return "/" + folder.replace("\\", "\\\\").replace(" ", "\\ ") + "/"
