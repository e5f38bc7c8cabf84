"""Whether what is installed is what the workspace's lock asks for: `uv.lock`, or pins in `requirements.txt`.

What is installed beyond the lock is nobody's mistake, nor are groups and extras that were left out. A mismatch is
told and stops nothing: what counts for results is what is installed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import tomli

from onward.app.environments.distributions import Distributions
from onward.base import paths
from onward.base.requirements import Requirement, applies, normal_name, parse_requirement, same_version
from onward.base.text import listed
from onward.model.workspace import Finding
from onward.store.index import Index

LOCK_FORMAT = 1
UV_LOCK, REQUIREMENTS = "uv.lock", "requirements.txt"
_MENDS = {UV_LOCK: "uv sync", REQUIREMENTS: "pip install -r requirements.txt"}
_SHOWN = 4


class Need(msgspec.Struct, frozen=True, array_like=True):
    """A dependency of a locked package."""

    name: str
    extras: tuple[str, ...] = ()
    marker: str = ""


class Locked(msgspec.Struct, frozen=True, array_like=True):
    """One package of a lock; several may have one name, for different Pythons (`markers`).

    `version` is None where the lock leaves it open, `commit` set where it comes from a repository; `is_ours` says
    that it lies in the workspace, `is_root` that it is the workspace's own project.
    """

    name: str
    version: str | None
    commit: str | None
    is_ours: bool
    is_root: bool
    markers: tuple[str, ...]
    needs: tuple[Need, ...]
    extras: dict[str, tuple[Need, ...]]


def check_lock(root: Path, files: Collection[str], index: Index, distributions: Distributions) -> Finding | None:
    """What differs between the lock at the workspace's root and what is installed; None for nothing.

    Args:
        root: the workspace's root.
        files: the locks and lists of requirements that the workspace holds.
        index: keeps what a lock says by its content.
        distributions: what is installed.
    """
    name = next((name for name in (UV_LOCK, REQUIREMENTS) if name in files), None)
    if name is None:
        return None
    try:
        if name == UV_LOCK:
            said = list(_differences(_read_lock(root / name, index), distributions))
        else:
            said = list(_unmet(_pins(root, name, set()), distributions))
    except (OSError, tomli.TOMLDecodeError, TypeError, ValueError, KeyError) as error:
        return Finding("environment", f"`{name}` cannot be read: {error}", name, hint="write it anew")
    if not said:
        return None
    message = f"what is installed does not match `{name}`: {listed(said, _SHOWN)}"
    return Finding("environment", message, name, hint=f"bring it up to date: `{_MENDS[name]}`")


def _read_lock(path: Path, index: Index) -> list[Locked]:
    """The packages of a `uv.lock`; its text is read once for each content."""
    analyser, digest = f"{UV_LOCK} {LOCK_FORMAT}", index.digest(str(path))
    kept = index.tables(analyser, [digest]).get(digest)
    if kept is not None:
        try:
            return msgspec.msgpack.decode(kept, type=list[Locked])
        except msgspec.DecodeError:
            kept = None
    packages = [_locked(entry) for entry in tomli.loads(path.read_text("utf-8")).get("package", ())]
    index.keep_tables(analyser, {digest: msgspec.msgpack.encode(packages)})
    return packages


def _locked(entry: Mapping[str, Any]) -> Locked:
    source = entry.get("source", {})
    where = next((source[kind] for kind in ("virtual", "editable", "directory") if kind in source), None)
    return Locked(
        name=normal_name(entry["name"]),
        version=entry.get("version"),
        commit=source["git"].rpartition("#")[2] if "git" in source else None,
        is_ours="virtual" in source or "editable" in source,
        is_root=where == ".",
        markers=tuple(entry.get("resolution-markers", ())),
        needs=_needs(entry.get("dependencies", ())),
        extras={normal_name(extra): _needs(said) for extra, said in entry.get("optional-dependencies", {}).items()},
    )


def _needs(entries: Sequence[Mapping[str, Any]]) -> tuple[Need, ...]:
    return tuple(
        Need(normal_name(entry["name"]), tuple(map(normal_name, entry.get("extra", ()))), entry.get("marker", ""))
        for entry in entries
    )


def _differences(packages: Sequence[Locked], distributions: Distributions) -> Iterator[str]:
    by_name: dict[str, list[Locked]] = {}
    for package in packages:
        if any(applies(marker, distributions.facts) is not False for marker in package.markers or ("",)):
            by_name.setdefault(package.name, []).append(package)
    required = _required(by_name, distributions.facts)
    for name, locked in sorted(by_name.items()):
        installed = distributions.installed.distributions.get(name)
        if any(package.is_ours for package in locked) or name in distributions.members:
            continue
        versions = [package.version for package in locked if package.version is not None]
        if installed is None:
            if name in required:
                yield f"{name} is missing"
        elif versions and not any(same_version(installed.version, version) for version in versions):
            yield f"{name} is {installed.version} and not {' or '.join(versions)}"
        elif installed.commit and all(package.commit not in (None, installed.commit) for package in locked):
            yield f"{name} is of commit {installed.commit[:12]} and not {str(locked[0].commit)[:12]}"


def _required(by_name: Mapping[str, Sequence[Locked]], facts: Mapping[str, str]) -> set[str]:
    """What has to be installed in any case: what the workspace's project needs, else what all of its members need."""
    ours = [package for locked in by_name.values() for package in locked if package.is_ours]
    roots = [package for package in ours if package.is_root] or ours
    todo = [Need(package.name) for package in roots]
    seen: set[tuple[str, tuple[str, ...]]] = set()
    while todo:
        need = todo.pop()
        # Where a condition cannot be decided, nothing is missed.
        if (need.name, need.extras) in seen or applies(need.marker, facts) is not True:
            continue
        seen.add((need.name, need.extras))
        for package in by_name.get(need.name, ()):
            todo += package.needs
            todo += [inner for extra in need.extras for inner in package.extras.get(extra, ())]
    return {name for name, _ in seen}


def _pins(root: Path, name: str, seen: set[str]) -> Iterator[Requirement]:
    """The requirements of a file that allow one version, with those of the files that it includes."""
    if name in seen or not (root / name).is_file():
        return
    seen.add(name)
    for line in (root / name).read_text("utf-8-sig").replace("\\\n", " ").splitlines():
        text = f" {line}".partition(" #")[0].strip()
        option, _, value = text.replace("=", " ", 1).partition(" ") if text.startswith("--") else text.partition(" ")
        if option in ("-r", "--requirement"):
            included = paths.join(paths.folder_of(name), value.strip())
            yield from _pins(root, included, seen) if included is not None else ()
        elif not text.startswith("-"):
            requirement = parse_requirement(text.partition(" --")[0])
            if requirement is not None and requirement.pin is not None:
                yield requirement


def _unmet(pins: Iterator[Requirement], distributions: Distributions) -> Iterator[str]:
    for pin in sorted(set(pins)):
        installed = distributions.installed.distributions.get(pin.name)
        if pin.name in distributions.members or applies(pin.marker, distributions.facts) is not True:
            continue
        if installed is None:
            yield f"{pin.name} is missing"
        elif not same_version(installed.version, pin.pin or ""):
            yield f"{pin.name} is {installed.version} and not {pin.pin}"
