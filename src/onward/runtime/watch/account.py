"""What one step touched, reduced as it happens: one entry for each path, with its state when it was first seen.

It takes verbs (read, write, list, ...) with absolute paths, from whoever sees them, and gives the record that
the package's docstring describes. What a step wrote itself is not among what it read.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Set, Tuple

from onward.runtime.watch.policy import policy_of
from onward.runtime.watch.rescue import Rescue
from onward.runtime.watch.scope import Scope

FORMAT = 1
_MOST_LINKS = 40
_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "folder",
    stat.S_IFLNK: "link",
    stat.S_IFIFO: "pipe",
    stat.S_IFSOCK: "socket",
}
_NAME_SERVICES = ("/run/nscd/", "/var/run/nscd/", "/run/systemd/userdb/", "/dev/log", "/run/systemd/journal/")
"""Sockets through which the C library looks up users and writes logs: no data comes from there."""


_OWN = re.compile(r"/proc/(self|thread-self)/[^/]+\Z")
_ANOTHERS = re.compile(r"/proc/[0-9]+/(task/[0-9]+/)?(environ|mem)\Z")


class TakenError(Exception):
    """Another step is changing a file that this one is about to read or change: the call waits until that has ended."""

    def __init__(self, path: str, *, to_read: bool) -> None:
        super().__init__(path)
        self.path = path
        self.to_read = to_read


class State(NamedTuple):
    """A path at one moment."""

    kind: str
    size: int
    mtime_ns: int
    inode: int


class Entry:
    """One path, with all links on the way to it followed."""

    __slots__ = ("asked", "claimed", "first", "kept", "later", "names", "opened", "own", "path", "reads")

    def __init__(self, path: str, first: Optional[State]) -> None:
        self.path = path
        self.first = first
        self.reads = 0
        self.opened = 0
        """How often it was opened as a folder, which is what is done to list it."""
        self.asked = False
        self.own = False
        """It was written, removed or made, unless that failed: what is there now is the step's own work."""
        self.kept = False
        """It was opened to be changed in place, so that what is there now goes on from what there was, or was not."""
        self.later = 0
        """How often it was read after that."""
        self.claimed = False
        """It was opened to be written anew or added to, removed or replaced: not only in a way that may change it."""
        self.names: Optional[List[str]] = None


class Account:
    """The account of one step.

    Args:
        scope: which paths count.
        strict: what is allowed; None where everything is.
        rescue: keeps files before the step changes them.
        is_taken: whether another step is changing a file; None: nobody can tell.
    """

    def __init__(
        self,
        scope: Scope,
        strict: Optional[Dict[str, Any]] = None,
        rescue: Optional[Rescue] = None,
        is_taken: Optional[Callable[[str], bool]] = None,
    ) -> None:
        self._scope = scope
        self._rescue = rescue
        self._is_taken = is_taken
        self._policy = policy_of(strict)
        self._entries: Dict[str, Entry] = {}
        self._by_name: Dict[Tuple[str, bool], Optional[Entry]] = {}
        self._folders: Dict[str, str] = {}
        self._links: Dict[str, str] = {}
        self._renamed: List[Tuple[str, str]] = []
        self._programs: Set[str] = set()
        self._network: Set[Tuple[str, int]] = set()
        self._servers: Set[str] = set()
        self._own_servers: Set[str] = set()
        self._refused: Dict[Tuple[str, str], None] = {}
        self._doubts: Dict[str, None] = {}
        self._unfinished: Set[str] = set()
        self._moved: Dict[str, None] = {}
        self.listening: Set[str] = set()
        """The sockets of the step's own servers, as `/proc` names them."""
        self.events = 0

    # What was done. Each verb gives the error number that refuses it, or 0. Those that read or change a file raise
    # TakenError, and note nothing, where another step is changing it.

    def read(self, path: str, follow: bool = True) -> int:
        """A file's content is asked for."""
        entry = self._entry(path, follow)
        if self._policy.is_strict and (entry is None or entry.own):
            found = self._of_another(path, entry)
            if found is not None:
                return self._refuse(found, "read")
        if entry is None:
            self._scope.note_package(path)
            return 0
        self._wait_for_others(entry, to_read=True)
        if entry.asked and entry.first is not None and not entry.reads and not entry.own:
            entry.first = self._look(entry.path) or entry.first  # what it reads is what is there now
        if entry.own:
            entry.later += 1
        elif entry.first is None or entry.first.kind == "folder":
            entry.asked = True
            entry.opened += 1
        elif self._policy.may_read(entry.path):
            entry.reads += 1
        else:
            return self._refuse(entry.path, "read")
        return 0

    def ask(self, path: str, follow: bool = True) -> int:
        """Whether there is something, and what, is asked; not what it says."""
        entry = self._entry(path, follow)
        if entry is not None and not entry.own:
            entry.asked = True
            if entry.first is not None and entry.first.kind == "link":
                self._follow(*os.path.split(entry.path), 0)  # where it leads is what there is to be asked
        return 0

    def list(self, path: str) -> int:
        """The names in a folder are asked for."""
        entry = self._entry(path)
        if entry is None or entry.own:
            return 0
        if not self._policy.may_list(entry.path):
            return self._refuse(entry.path, "list")
        if entry.names is None:
            entry.names = self._names_before(entry.path)
        return 0

    def write(self, path: str, *, keeps: bool, adds: bool = False, follow: bool = True) -> int:
        """A file is made or changed.

        Args:
            keeps: whether anything of what is there before stays, so that the file depends on it.
            adds: it is opened to be added to; else, where it keeps something, it may be that it is only read.
        """
        entry = self._entry(path, follow)
        if entry is None:
            return 0
        if not self._policy.may_write(entry.path):
            return self._refuse(entry.path, "write")
        self._wait_for_others(entry)
        lost = self._keep_first(entry, in_place=keeps)
        if lost:
            return lost
        self._note_others_work(entry)
        if keeps and not entry.own:
            entry.kept = True
            entry.reads += entry.first is not None
        entry.own = True
        entry.claimed = entry.claimed or adds or not keeps
        return 0

    def make(self, path: str) -> int:
        """A file is made, and none is opened that is there: who meant to is told only that there is one."""
        entry = self._entry(path, follow=False)
        if entry is not None and not entry.own and _state(entry.path) is not None:
            return self.ask(path, follow=False)
        return self.write(path, keeps=False, follow=False)

    def make_folder(self, path: str) -> int:
        """A folder is made, unless it is there."""
        entry = self._entry(path, follow=False)
        if entry is None:
            return 0
        if entry.first is not None and not entry.own:
            entry.asked = True
            return 0
        if not self._policy.may_make_folder(entry.path):
            return self._refuse(entry.path, "write")
        entry.own = True
        return 0

    def remove(self, path: str) -> int:
        """A file, a link or an empty folder is removed. That there is none is no dependency."""
        entry = self._entry(path, follow=False)
        if entry is None or (entry.first is None and not entry.own and _state(entry.path) is None):
            return 0
        if not self._policy.may_write(entry.path):
            return self._refuse(entry.path, "remove")
        self._wait_for_others(entry)
        self._note_others_work(entry)
        lost = self._keep_first(entry)
        if lost:
            return lost
        entry.own = entry.claimed = True
        self._forget_ways()
        return 0

    def rename(self, old: str, new: str) -> int:
        """Something gets another name, and replaces what had it."""
        source, target = self._entry(old, follow=False), self._entry(new, follow=False)
        for entry in (source, target):
            if entry is not None and not self._policy.may_write(entry.path):
                return self._refuse(entry.path, "rename")
            if entry is not None:
                self._wait_for_others(entry)
                self._note_others_work(entry)
        lost = self._keep_first(target) if target is not None else 0
        if lost:
            return lost
        if source is not None:
            if source.first is not None and not source.own:
                source.reads += 1
            source.own = source.claimed = True
        if target is not None:
            target.own = target.claimed = True
        if source is not None and target is not None:
            self._renamed.append((source.path, target.path))
        self._forget_ways()
        return 0

    def is_changing(self, path: str) -> bool:
        """Whether the step has changed a file, or is about to."""
        entry = self._entries.get(path)
        return entry is not None and entry.own and (entry.claimed or _state(path) != entry.first)

    def is_changed(self, path: str) -> bool:
        """Whether the step may have changed a file, and the file is not what it was."""
        entry = self._entries.get(path)
        return entry is not None and entry.own and _state(path) != entry.first

    def changed(self) -> List[str]:
        """The files that the step may have changed and that are not what they were."""
        return [path for path in self._entries if self.is_changed(path)]

    def note_mixture(self, path: str) -> None:
        """Notes that another step has changed a file while this one could do so, too."""
        self._moved[path] = None

    def read_unfinished(self, path: str) -> None:
        """Lets a file be read from now on although another step is changing it."""
        self._unfinished.add(path)
        self.doubt(f"`{path}` was read while another step was writing it")

    def _wait_for_others(self, entry: Entry, *, to_read: bool = False) -> None:
        """
        Raises:
            TakenError: another step is changing what this one has not changed.
        """
        if entry.own or self._is_taken is None or (to_read and entry.path in self._unfinished):
            return
        if not self._is_taken(entry.path):
            return
        if not (entry.reads or entry.asked or entry.opened):
            del self._entries[entry.path]  # what is there first is looked at when the other step has ended
            self._forget_ways()
        raise TakenError(entry.path, to_read=to_read)

    def _note_others_work(self, entry: Entry) -> None:
        """Notes that what a step is about to change is not what it had read, or not there as it had been, or not.

        A call is answered before it is carried out: of what came in between the step may have seen either state.
        """
        if entry.own or not (entry.reads or entry.asked):
            return
        now = _state(entry.path)
        if now != entry.first if entry.reads else (now is None) != (entry.first is None):
            self._moved[entry.path] = None

    def _keep_first(self, entry: Entry, *, in_place: bool = False) -> int:
        """Sees to it that what a file held before the step is kept; gives the error number where that cannot be."""
        if self._rescue is None or entry.own:
            return 0
        if entry.first is None:
            self._rescue.before_making(entry.path)
            return 0
        if entry.first.kind != "file":
            return 0
        return self._rescue.before_change(entry.path, in_place=in_place)

    def link(self, old: str, new: str) -> int:
        """A file gets a second name."""
        return self.read(old, follow=False) or self.write(new, keeps=False, follow=False)

    def link_symbolically(self, new: str) -> int:
        """A link is made."""
        refused = self.write(new, keeps=False, follow=False)
        self._forget_ways()
        return refused

    def run(self, path: str) -> int:
        """A program is started, and so is what its first line names."""
        if not os.access(path, os.X_OK) or os.path.isdir(path):
            return 0  # a place of the search path where it is not
        refused = self.read(path)
        if refused:
            return refused
        self._programs.add(path)
        named = _named_in_first_line(path)
        if named is not None:
            self._programs.add(named)
        if _is_of_32_bits(path):
            self.doubt(f"`{path}` is a program of another architecture")
        return 0

    def connect(self, address: str, port: int) -> int:
        """Another machine is talked to, or a port of this one."""
        if port == 0:
            return 0  # the C library asks which way an address would go
        if address.startswith("127.") or address in ("::1", "::ffff:127.0.0.1", "localhost"):
            self._servers.add(f"{address}:{port}" if ":" not in address else f"[{address}]:{port}")
            return 0
        if not self._policy.may_connect:
            return self._refuse(f"{address}:{port}", "connect")
        self._network.add((address, port))
        return 0

    def connect_local(self, name: str) -> int:
        """A socket of this machine is talked to, by path or, after an `@`, by name."""
        if name.startswith(_NAME_SERVICES) or name in self._own_servers:
            return 0
        if name.startswith("@") or os.path.exists(name):
            self._servers.add(name)
        return 0

    def serve(self, name: str) -> None:
        """The step itself serves a socket, of the form that `connect_local` takes."""
        self._own_servers.add(name)
        if not name.startswith("@"):
            self.write(name, keeps=False, follow=False)

    def doubt(self, reason: str) -> None:
        """Something cannot be seen, or not for certain."""
        self._doubts[reason] = None

    # The record.

    def record(self, means: str, python: Iterable[Dict[str, Any]]) -> Dict[str, Any]:
        """What is to be told in the end.

        Args:
            means: by what it was seen.
            python: what the step's Python processes say of themselves.
        """
        python = list(python)
        imported, searched, modules, variables, everything = self._of_python(python)
        missing = [account["missing"] for account in python if "missing" in account]
        self._settle_bytecode()
        written, removed = self._changes()
        entries = sorted(self._entries.values(), key=lambda entry: entry.path)
        read = [entry for entry in entries if entry.reads and entry.first]
        asked = [entry for entry in entries if entry.asked and not entry.reads and entry.first]
        listed = {
            entry.path: {**_told(entry), "names": entry.names, "times": entry.opened}
            for entry in entries
            if entry.names is not None
        }
        absent = [entry.path for entry in entries if (entry.asked or entry.reads) and entry.first is None]
        if self._servers:
            self.doubt("it talked to a server on this machine: " + ", ".join(sorted(self._servers)))
        return {
            "format": FORMAT,
            "means": means,
            "confidence": "partial" if self._doubts else "complete",
            "reasons": list(self._doubts),
            "read": [_told(entry) for entry in read],
            "asked": [_told(entry) for entry in asked if entry.path not in imported | searched | listed.keys()],
            "absent": [path for path in absent if not self._is_of_search(path, searched)],
            "listed": list(listed.values()),
            "links": [{"path": path, "target": target} for path, target in sorted(self._links.items())],
            "written": written,
            "removed": removed,
            "renamed": [{"old": old, "new": new} for old, new in self._renamed],
            "programs": sorted(self._programs),
            "network": [{"address": address, "port": port} for address, port in sorted(self._network)],
            "servers": sorted(self._servers),
            "imported": sorted(imported),
            "modules": sorted(modules | self._scope.packages),
            "missing": sorted(set().union(*missing)) if missing else None,
            "distributions": sorted(self._scope.distributions),
            "variables": sorted(variables),
            "all_variables": everything,
            "refused": [{"path": path, "verb": verb} for path, verb in self._refused],
            "moved": list(self._moved),
            "kept": [] if self._rescue is None else self._kept(written, removed),
            "events": self.events,
        }

    def _kept(self, written: List[Dict[str, Any]], removed: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
        """The copies of what is no longer as it was."""
        assert self._rescue is not None
        changed = {row["path"] for row in (*written, *removed)}
        return [{"path": path, "copy": copy} for path, copy in self._rescue.copies.items() if path in changed]

    def _of_python(self, accounts: Iterable[Dict[str, Any]]) -> Tuple[Set[str], Set[str], Set[str], Set[str], bool]:
        """What Python processes say; what their imports read and listed is taken off what was seen of these paths."""
        imported: Set[str] = set()
        searched: Set[str] = set()
        modules: Set[str] = set()
        variables: Set[str] = set()
        everything = False
        for account in accounts:
            if account.get("unread"):
                self.doubt("what one of its Python processes said of itself cannot be read")
            modules.update(account.get("modules", ()))
            variables.update(account.get("variables", ()))
            everything = everything or bool(account.get("all_variables"))
            for path, count in account.get("loaded", {}).items():
                entry = self._entry(path)
                if entry is not None:
                    entry.reads = max(0, entry.reads - count)
                    imported.add(entry.path)
            for path in account.get("quoted", ()):
                entry = self._entry(path)
                if entry is not None:
                    entry.reads = max(0, entry.reads - 1)
            for path, count in account.get("searched", {}).items():
                entry = self._entry(path)
                if entry is not None:
                    searched.add(entry.path)
                    entry.opened = max(0, entry.opened - count)
        for path in searched:
            if not self._entries[path].opened:
                self._entries[path].names = None
        imported = {path for path in imported if not self._entries[path].reads}
        return imported, searched, modules, variables, everything

    def _is_of_search(self, path: str, searched: Set[str]) -> bool:
        """Whether a path that is not there was asked for by a search alone, which tries one place after the other."""
        folder, name = os.path.split(path)
        if name.startswith("python3") and name.endswith(".zip"):
            return True  # a Python that starts looks for its own library in it
        if name.startswith("__init__."):
            return folder in searched or os.path.dirname(folder) in searched
        return self._scope.is_searched_for_programs(folder)

    def _settle_bytecode(self) -> None:
        """What a Python of its own read from a `__pycache__` stands for the source beside it."""
        for path in [path for path in self._entries if "/__pycache__" in path]:
            entry = self._entries.pop(path)
            folder, found, name = path.partition("/__pycache__/")
            if not found or not entry.reads or entry.first is None:
                continue
            source = self._entry(f"{folder}/{name.partition('.')[0]}.py")
            if source is not None and not source.own:
                source.reads += 1

    def _changes(self) -> Tuple[List[Dict[str, Any]], List[Dict[str, Any]]]:
        """What was written and is there, and what was there and no longer is."""
        for _, new in self._renamed:
            self._count_moved(new)
        written, removed = [], []
        for entry in sorted(self._entries.values(), key=lambda entry: entry.path):
            if not entry.own:
                continue
            now = _state(entry.path)
            if now is None:
                if entry.first is not None:
                    removed.append({"path": entry.path, "kind": entry.first.kind})
            elif now.kind != "folder" and now.kind != "socket":
                if now == entry.first:
                    entry.reads += entry.later  # it could not be written, or nothing was
                else:
                    written.append(
                        {"path": entry.path, **now._asdict(), "existed": entry.first is not None, "kept": entry.kept}
                    )
        return written, removed

    def _count_moved(self, folder: str) -> None:
        """What a renamed folder brought with it was written under its new name."""
        if not os.path.isdir(folder) or os.path.islink(folder):
            return
        for home, _, names in os.walk(folder):
            for name in names:
                path = f"{home}/{name}"
                entry = self._entries.setdefault(path, Entry(path, None))
                entry.own = True

    # Paths.

    def _entry(self, path: str, follow: bool = True) -> Optional[Entry]:
        """The entry that a path leads to; None where it does not count."""
        known = (path, follow)
        try:
            return self._by_name[known]
        except KeyError:
            pass
        entry = self._by_name[known] = self._find(path, follow)
        return entry

    def _find(self, path: str, follow: bool) -> Optional[Entry]:
        is_plain = "/." not in path and "//" not in path
        if is_plain and not self._scope.counts(path):
            return None
        head, _, name = path.rstrip("/").rpartition("/")
        is_named = name not in ("", ".", "..")
        place = os.path.join(self._way(head or "/", 0), name) if is_named else self._way(path, 0)
        state = self._look(place)
        if follow and state is not None and state.kind == "link":
            place = self._follow(*os.path.split(place), 0)
            state = self._look(place)
        if not (is_plain and place == path) and not self._scope.counts(place):
            return None
        entry = self._entries.get(place)
        if entry is None:
            entry = self._entries[place] = Entry(place, state)
        return entry

    def _look(self, place: str) -> Optional[State]:
        try:
            return _state(place)
        except OSError as error:
            self.doubt(f"`{place}` cannot be looked at: {error.strerror}")
            return None

    def _way(self, folder: str, depth: int) -> str:
        """A folder with the links on the way to it followed, and each of them noted."""
        known = self._folders.get(folder)
        if known is not None:
            return known
        head, name = os.path.split(folder.rstrip("/"))
        if name == "" or depth > _MOST_LINKS:
            place = head or "/"
        elif name == ".":
            place = self._way(head, depth)
        elif name == "..":
            place = os.path.dirname(self._way(head, depth))
        else:
            place = self._follow(self._way(head, depth), name, depth)
        self._folders[folder] = place
        return place

    def _follow(self, folder: str, name: str, depth: int) -> str:
        place = os.path.join(folder, name)
        try:
            target = os.readlink(place)
        except OSError:
            return place
        if self._scope.counts(place):
            entry = self._entries.get(place)
            if entry is None or not entry.own:
                self._links[place] = target
        if depth > _MOST_LINKS:
            return place
        return self._way(os.path.join(folder, target), depth + 1)

    def _forget_ways(self) -> None:
        """Names may lead elsewhere from now on."""
        self._folders.clear()
        self._by_name.clear()

    def _names_before(self, folder: str) -> Optional[List[str]]:
        """The names in a folder as if the step had not been there."""
        try:
            names = set(os.listdir(folder))
        except FileNotFoundError:
            return None
        except OSError as error:
            self.doubt(f"`{folder}` cannot be listed: {error.strerror}")
            return None
        for name in list(names):
            entry = self._entries.get(os.path.join(folder, name))
            if entry is not None and entry.own and entry.first is None:
                names.remove(name)
        prefix = os.path.join(folder, "")
        for path, entry in self._entries.items():
            if entry.own and entry.first is not None and path.startswith(prefix) and "/" not in path[len(prefix) :]:
                names.add(path[len(prefix) :])
        return sorted(names)

    # Strict.

    def _of_another(self, path: str, entry: Optional[Entry]) -> Optional[str]:
        """The file with the variables or the memory of another process that a path leads to, if it does: a build's
        variables may open other doors, and no step has to know them."""
        may_lead_there = path.startswith("/proc/") or "/." in path or "//" in path
        # A link may be the step's own, or lie where paths count and lead to where they do not.
        if not may_lead_there and entry is None and not self._scope.counts(path):
            return None
        if _OWN.match(path):
            return None
        real = os.path.realpath(path)
        return real if _ANOTHERS.match(real) else None

    def _refuse(self, path: str, verb: str) -> int:
        self._refused[path, verb] = None
        return errno.EACCES


def _state(path: str) -> Optional[State]:
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return None  # there can be no such file
        raise
    kind = _KINDS.get(stat.S_IFMT(found.st_mode), "device")
    return State(kind, found.st_size, found.st_mtime_ns, found.st_ino)


def _told(entry: Entry) -> Dict[str, Any]:
    assert entry.first is not None
    return {"path": entry.path, **entry.first._asdict()}


def _head(path: str, size: int) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(size)
    except OSError:
        return b""


def _named_in_first_line(path: str) -> Optional[str]:
    """The program that the kernel starts for a script."""
    head = _head(path, 256)
    if not head.startswith(b"#!"):
        return None
    words = head[2:].split(b"\n")[0].split()
    return os.fsdecode(words[0]) if words else None


def _is_of_32_bits(path: str) -> bool:
    head = _head(path, 5)
    return head[:4] == b"\x7fELF" and head[4:5] == b"\x01"
