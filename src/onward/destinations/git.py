"""`git:BRANCH`: a branch of a git remote, as the Pages of code hosts are served from.

One commit on top of the branch's tip, pushed and never forced: readers get the one before or the new one. It is made
in a bare repository of its own that is gone afterwards, so that no file, index, branch or object of the user's
repository is touched; of the branch its trees are fetched and no contents, and only changed files are written.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO

from onward.base.errors import PlaceError, UsageError
from onward.destinations.listing import read_listing, require_way, without_lost, written
from onward.destinations.naming import place_error, without_secrets
from onward.destinations.stopping import Stop
from onward.model.delivery import LISTING, Listing
from onward.model.ports import Change

NO_JEKYLL = ".nojekyll"
"""GitHub leaves out files and folders with an underscore, unless this file says not to."""

_TRIES = 8
_TIME_LIMIT_S = 900
_REMOTE = "place"
_COMMIT = "refs/onward/commit"
# What of the user's settings says how a remote is reached; the rest would change what our own commands do.
_TRANSPORT = ("http.", "https.", "credential.", "url.", "ssh.", "protocol.", "safe.", "user.", "author.", "committer.")
_TRANSPORT_CORE = frozenset({"core.sshcommand", "core.askpass", "core.gitproxy"})
_REMOTE_KEYS = frozenset({"url", "pushurl", "proxy", "proxyauthmethod", "uploadpack", "receivepack", "vcs"})
_WHERE_NOBODY_SAYS = {"user.name": "onward", "user.email": "onward@localhost"}
_OWN_SETTINGS = {
    "core.hooksPath": os.devnull,
    "gc.auto": "0",
    "fastimport.unpackLimit": "0",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "60",
}
# Variables that speak of another repository, or would print what is sent; and those that hold settings.
_OF_ANOTHER = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX", "GIT_QUARANTINE_PATH", "GIT_SHALLOW_FILE", "GIT_TRACE",
    "GIT_CURL_VERBOSE",
)  # fmt: skip
_SETTINGS = ("GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_", "GIT_CONFIG_PARAMETERS")
_OVERTAKEN = re.compile(
    r"\[rejected\]|fetch first|non-fast-forward|cannot lock ref|failed to update ref|incorrect old|shallow update not"
)


class GitDestination:
    """A branch of a remote. Where others have pushed to it meanwhile, the change is made anew on top of theirs."""

    def __init__(self, address: str, root: Path, cache: Path) -> None:
        """
        Args:
            address: what stands behind `git:`: a branch of `origin`, or `REMOTE#BRANCH`, where REMOTE is the name of
                a remote of the workspace's repository, a URL or a path.
            root: the workspace's root.
            cache: a folder for what is under way.
        """
        remote, mark, branch = address.rpartition("#")
        self._remote = remote if mark else "origin"
        self._branch = branch
        if not branch or (mark and not remote) or re.search(r"[\s~^:?*\[\\]|\.\.|^[-/]|//|/$|\.lock$|@\{", branch):
            raise UsageError(f"`git:{without_secrets(address)}` names no branch", hint="write `git:gh-pages`")
        self.name = f"git:{without_secrets(address)}"
        self._root = root
        self._cache = cache
        self._stop = Stop()

    def listing(self) -> Listing:
        with self._repository() as repository:
            _, there, listed = self._look(repository)
            return without_lost(listed, there.__contains__)

    def bring(self, plan: Callable[[Listing], Change | None]) -> int:
        with self._repository() as repository:
            for _ in range(_TRIES):
                count = self._try(repository, plan)
                if count is not None:
                    return count
        raise PlaceError(f"others keep pushing to `{self.name}`", hint="try again with `onward publish`")

    def stop(self) -> None:
        self._stop.ask()

    @contextmanager
    def _repository(self) -> Iterator[_Repository]:
        try:
            self._cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix="git-", dir=self._cache) as folder:
                yield _Repository(Path(folder), self.name, self._settings(), self._stop)
        except OSError as error:
            raise place_error(self.name, error) from error

    def _try(self, repository: _Repository, plan: Callable[[Listing], Change | None]) -> int | None:
        """The number of changed files; None where somebody else's push came first."""
        tip, there, listed = self._look(repository)
        change = plan(without_lost(listed, there.__contains__))
        if change is None:
            return 0
        require_way(change, listed, there, self.name)
        repository.commit(tip, change, [NO_JEKYLL] if NO_JEKYLL not in there else [])
        return len(change.put) + len(change.removed) if repository.push(self._branch) else None

    def _look(self, repository: _Repository) -> tuple[str | None, set[str], Listing]:
        """The branch's tip, the paths that it holds, and what of them onward has written."""
        tip = repository.fetch(self._branch)
        there = set(repository.paths(tip)) if tip else set()
        content = repository.read(f"{tip}:{LISTING}") if LISTING in there else None
        return tip, there, read_listing(content, self.name, is_empty=not there)

    def _settings(self) -> list[tuple[str, str]]:
        """How the remote is reached: the user's settings, those of the workspace's repository among them."""
        listed = _git(
            self.name, "-C", str(self._root), "config", "--list", "--includes", "-z", env=_environment()
        ).stdout
        parts = [line.partition("\n") for line in listed.split("\0") if line]
        pairs = [(key, value if mark else "true") for key, mark, value in parts]
        settings = [(key, value) for key, value in pairs if key.startswith(_TRANSPORT) or key in _TRANSPORT_CORE]
        own = f"remote.{self._remote}."
        remote = [
            (f"remote.{_REMOTE}.{key.removeprefix(own)}", self._at_root(key, value))
            for key, value in pairs
            if key.startswith(own) and key.removeprefix(own) in _REMOTE_KEYS
        ]
        if not any(key.endswith(".url") for key, _ in remote):
            if not re.search(r"[:/\\]", self._remote):
                names = sorted({key.split(".")[1] for key, _ in pairs if re.fullmatch(r"remote\.[^.]+\.url", key)})
                known = f"; its remotes are {', '.join(names)}" if names else ""
                raise PlaceError(
                    f"`{self.name}`: the workspace's repository has no remote `{self._remote}`{known}",
                    hint="name one before the branch: `git:upstream#gh-pages`, `git:https://host/site.git#gh-pages`",
                )
            remote = [(f"remote.{_REMOTE}.url", self._at_root("url", self._remote))]
        return [*settings, *remote]

    def _at_root(self, key: str, value: str) -> str:
        """A path that a remote is at, as seen from anywhere."""
        is_path = key.endswith("url") and "://" not in value and not re.match(r"[^/]+:", value)
        return os.path.normpath(self._root / Path(value).expanduser()) if is_path else value


class _Repository:
    """A bare repository for one change."""

    def __init__(self, folder: Path, name: str, settings: list[tuple[str, str]], stop: Stop) -> None:
        self._folder = folder
        self._name = name
        self._stop = stop
        # By the environment, and so neither in a file nor in the words of a process, which everybody can list.
        variables = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        everything = [*_WHERE_NOBODY_SAYS.items(), *settings, *_OWN_SETTINGS.items()]
        for place, (key, value) in enumerate(everything):
            variables |= {f"GIT_CONFIG_KEY_{place}": key, f"GIT_CONFIG_VALUE_{place}": value}
        variables["GIT_CONFIG_COUNT"] = str(len(everything))
        self._variables = _environment(variables, asks_ssh=any(key == "core.sshcommand" for key, _ in settings))
        self._run("init", "--quiet", "--bare", "--template=", str(folder))

    def fetch(self, branch: str) -> str | None:
        """The tip of a branch, with its trees; None where there is no such branch."""
        reference = f"refs/heads/{branch}"
        found = [line.split("\t")[-1] for line in self._run("ls-remote", _REMOTE, reference).splitlines()]
        if reference not in found:
            return None
        tip = "refs/onward/tip"
        self._run("fetch", "--quiet", "--depth=1", "--filter=blob:none", "--no-tags", _REMOTE, f"+{reference}:{tip}")
        return self._run("rev-parse", tip).strip()

    def paths(self, commit: str) -> list[str]:
        return [path for path in self._run("ls-tree", "-r", "-z", "--name-only", commit).split("\0") if path]

    def read(self, name: str) -> bytes:
        return self._run("cat-file", "blob", name).encode("utf-8", "surrogateescape")

    def commit(self, tip: str | None, change: Change, empty: list[str]) -> None:
        """Makes the commit of a change on top of `tip`."""
        with tempfile.TemporaryFile(dir=self._folder) as orders:
            self._write_orders(orders, tip, change, empty)
            orders.seek(0)
            self._run("fast-import", "--quiet", "--done", "--force", stdin=orders)

    def _write_orders(self, orders: IO[bytes], tip: str | None, change: Change, empty: list[str]) -> None:
        identity = self._run("var", "GIT_COMMITTER_IDENT").strip()
        title = change.title.encode()
        orders.write(b"commit %s\ncommitter %s\n" % (_COMMIT.encode(), identity.encode("utf-8", "surrogateescape")))
        orders.write(b"data %d\n%s\n" % (len(title), title))
        if tip is not None:
            orders.write(b"from %s\n" % tip.encode())
        for path in change.removed:
            orders.write(b"D %s\n" % _quoted(path))
        for path, content in {**change.put, LISTING: written(change.listing), **dict.fromkeys(empty, b"")}.items():
            if isinstance(content, bytes):
                _write_file(orders, path, BytesIO(content), len(content))
            else:
                with content.open("rb") as file:
                    _write_file(orders, path, file, os.fstat(file.fileno()).st_size)
        orders.write(b"done\n")

    def push(self, branch: str) -> bool:
        """Brings the commit to the remote; False where the branch has moved since it was fetched.

        Raises:
            PlaceError: the remote does not take it.
        """
        words = ("push", "--porcelain", _REMOTE, f"{_COMMIT}:refs/heads/{branch}")
        done = self._start(*words)
        if done.returncode == 0:
            return True
        if _OVERTAKEN.search(done.stdout + done.stderr):
            return False
        raise self._failed(done)

    def _run(self, *words: str, stdin: IO[bytes] | None = None) -> str:
        done = self._start(*words, stdin=stdin)
        if done.returncode != 0:
            raise self._failed(done)
        return done.stdout

    def _start(self, *words: str, stdin: IO[bytes] | None = None) -> subprocess.CompletedProcess[str]:
        self._stop.heed()
        return _git(self._name, *words, env=self._variables, folder=self._folder, stdin=stdin)

    def _failed(self, done: subprocess.CompletedProcess[str]) -> PlaceError:
        lines = [line.strip() for line in f"{done.stderr}\n{done.stdout}".splitlines() if line.strip()]
        said = [line for line in lines if line.startswith(("fatal:", "error:", "remote:", "! ", "!\t"))] or lines
        message = without_secrets("; ".join(dict.fromkeys(said[:4])) or f"git ended with {done.returncode}")
        return PlaceError(
            f"`{self._name}`: {message}",
            hint="see whether `git push` to it works from here, then `onward publish`",
        )


def _git(
    name: str, *words: str, env: Mapping[str, str], folder: Path | None = None, stdin: IO[bytes] | None = None
) -> subprocess.CompletedProcess[str]:
    """What git says, for a place of this name.

    Raises:
        PlaceError: there is no git, or it does not end.
    """
    try:
        return subprocess.run(
            ["git", *words],
            cwd=folder, env=env, stdin=stdin or subprocess.DEVNULL, capture_output=True,
            check=False, timeout=_TIME_LIMIT_S, encoding="utf-8", errors="surrogateescape",
        )  # fmt: skip
    except FileNotFoundError as error:
        raise PlaceError(f"`{name}` needs the program `git`", hint="install git") from error
    except subprocess.TimeoutExpired as error:
        raise PlaceError(
            f"`{name}`: git has not ended within {_TIME_LIMIT_S // 60} minutes",
            hint="see whether the remote can be reached, then `onward publish`",
        ) from error


def _write_file(orders: IO[bytes], path: str, content: IO[bytes], size: int) -> None:
    orders.write(b"M 100644 inline %s\ndata %d\n" % (_quoted(path), size))
    while part := content.read(1 << 20):
        orders.write(part)
    orders.write(b"\n")


def _quoted(path: str) -> bytes:
    """A path as fast-import reads it."""
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'.encode("utf-8", "surrogateescape")


def _environment(own: Mapping[str, str] | None = None, *, asks_ssh: bool = False) -> dict[str, str]:
    """The variables of a git that asks nobody, is told of no other repository, and traces nothing.

    Args:
        own: settings by variables, which take the place of the caller's.
        asks_ssh: the settings say how ssh is called.
    """
    hidden = (*_OF_ANOTHER, *(_SETTINGS if own is not None else ()))
    variables = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    variables |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8", **(own or {})}
    if not asks_ssh:
        variables.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ConnectTimeout=20")
    return variables
