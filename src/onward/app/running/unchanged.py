"""A state of the world in which there was nothing to do, as `shortcut` keeps it, and whether the world is in it still.

Read before anything else is loaded, for most of the time of an answer "nothing has changed" is the start of Python:
what is imported here an empty Python has imported already, and what is kept is read without a parser.
"""

from __future__ import annotations

import os
import time

import onward
from onward.app.settings import root

FORMAT = b"3"
VARIABLES = ("VIRTUAL_ENV", "CONDA_PREFIX")
"""The environment variables that choose the Python."""
_ABSENT = b"-"
_END = b"end"


class Found:
    """What the run found that found everything in order.

    Attributes:
        run, basis, snapshot: of that run.
        steps: how many steps it kept.
        passed: how many checks passed.
        broken: name, severity, number of rows and message of each check that did not, the last two empty where unknown.
        report: JSON: what `run --json` says of the steps and of the checks.
    """

    def __init__(
        self,
        run: str,
        basis: str,
        snapshot: str,
        steps: int,
        passed: int,
        broken: list[tuple[str, str, str, str]],
        report: str,
    ) -> None:
        self.run = run
        self.basis = basis
        self.snapshot = snapshot
        self.steps = steps
        self.passed = passed
        self.broken = broken
        self.report = report


class World:
    """The state of the world in which it did.

    Attributes:
        files: absolute paths, of files and folders whose states count.
        stamps: those states.
        objects: files of the store that have to be there.
        as_of: the date, where a step asked for it; else empty.
        variables: names of the environment variables that steps read.
        values: what is kept of their values: a digest under the store's `secret`, a file.
    """

    def __init__(
        self,
        files: list[str],
        stamps: list[bytes],
        objects: list[str],
        as_of: str,
        variables: list[str],
        secret: str,
        values: str = "",
    ) -> None:
        self.files = files
        self.stamps = stamps
        self.objects = objects
        self.as_of = as_of
        self.variables = variables
        self.secret = secret
        self.values = values or values_now(variables, secret)

    def is_still(self) -> bool:
        """Whether the world is in this state now."""
        if self.as_of and self.as_of != today():
            return False
        if self.variables and values_now(self.variables, self.secret) != self.values:
            return False
        return stamps(self.files) == self.stamps and all(map(os.path.exists, self.objects))


def encode(found: Found, world: World) -> bytes:
    """What is kept: fields that a zero ends, which no path and no JSON holds."""
    fields = [found.run, found.basis, found.snapshot, str(found.steps), str(found.passed), str(len(found.broken))]
    fields += [field.replace("\0", "") for check in found.broken for field in check]
    fields += [found.report, world.as_of, world.secret, world.values]
    fields += [str(len(each)) for each in (world.variables, world.files, world.objects)]
    fields += [*world.variables, *world.files, *world.objects]
    return b"\0".join([*_here(), *map(os.fsencode, fields), *world.stamps, _END])


def find(start: str) -> Found | None:
    """What an ordinary run in the folder `start` would find, if it is certain that it would find nothing to do.

    Raises:
        OSError: there is no such folder.
    """
    place = root.worked_in(os.path.realpath(start, strict=True))
    if place is None:
        return None
    try:
        with open(f"{place}/{root.LOCAL_FOLDER}/state/unchanged", "rb") as file:
            kept = _decode(file.read())
    except (OSError, ValueError, IndexError):
        return None
    try:
        return kept[0] if kept is not None and kept[1].is_still() else None
    except OSError:
        return None


def stamps(files: list[str]) -> list[bytes]:
    """What tells the states of files and folders from others."""
    found = []
    for path in files:
        try:
            status = os.stat(path)
        except OSError:
            found.append(_ABSENT)
            continue
        found.append(b"%d %d %d %d" % (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino))
    return found


def values_now(variables: list[str], secret: str) -> str:
    """What tells the values of variables from others, without telling them; empty where none are read.

    Raises:
        OSError: there is no secret.
    """
    if not variables:
        return ""
    # By its own name, for `hashlib` loads much more; and only where a variable was read.
    from _blake2 import blake2b  # noqa: PLC0415

    with open(secret, "rb") as file:
        told = blake2b(key=file.read(64))
    for name in variables:
        value = os.environ.get(name)
        told.update(os.fsencode(f"{name}\0" if value is None else f"{name}={value}\0"))
    return told.hexdigest()


def today() -> str:
    """The date that a run of now is as of."""
    return time.strftime("%Y-%m-%d", time.gmtime())


def _here() -> list[bytes]:
    """What has to be equal before anything else of a kept state is read."""
    variables = (f"{name}={os.environ[name]}" if name in os.environ else name for name in VARIABLES)
    return [FORMAT, onward.__version__.encode(), *map(os.fsencode, variables)]


def _decode(content: bytes) -> tuple[Found, World] | None:
    """What bytes hold; None where it is of other surroundings.

    Raises:
        ValueError, IndexError: they hold none.
    """
    fields = content.split(b"\0")
    here = _here()
    if fields[: len(here)] != here or fields[-1] != _END:
        return None
    place = len(here)
    run, basis, snapshot, steps, passed, broken = map(os.fsdecode, fields[place : place + 6])
    place += 6
    checks = []
    for _ in range(int(broken)):
        name, severity, rows, message = map(os.fsdecode, fields[place : place + 4])
        checks.append((name, severity, rows, message))
        place += 4
    report, as_of, secret, values = map(os.fsdecode, fields[place : place + 4])
    counts = [int(field) for field in fields[place + 4 : place + 7]]
    place += 7
    lists = []
    for count in counts:
        lists.append(list(map(os.fsdecode, fields[place : place + count])))
        place += count
    variables, paths, needed = lists
    kept_stamps = fields[place:-1]
    if len(kept_stamps) != len(paths):
        return None
    found = Found(run, basis, snapshot, int(steps), int(passed), checks, report)
    return found, World(paths, kept_stamps, needed, as_of, variables, secret, values)
