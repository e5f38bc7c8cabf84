"""What git remembers of a workspace: old bytes, rights and names of files, and the line of commits between two.

Everything here reads. Where git is not installed or does not know, the answer is nothing, and never an error.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from onward.base.digest import Digest, digest_bytes

_PROGRAM_MODE = "100755"
_FILE_MODES = ("100644", _PROGRAM_MODE)
_AT_ONCE = 200
_PATIENCE_S = 600


@dataclass(frozen=True)
class TreeFile:
    """A file of a commit: its blob, and whether it may be started as a program."""

    blob: str
    is_program: bool


@dataclass(frozen=True)
class Commit:
    """A commit of a line of them: its whole name, and the first line of what it says."""

    name: str
    subject: str


class GitHistory:
    """The history of the repository at a workspace's root; `git` is None where there is none."""

    def __init__(self, root: Path, git: Path | None) -> None:
        self._root = root
        self._git = git
        self._files: dict[str, dict[str, TreeFile]] = {}
        self._digests: dict[str, Digest] = {}

    def files(self, commit: str) -> dict[str, TreeFile]:
        """The files of a commit, by workspace path; links and submodules are left out."""
        if commit not in self._files:
            told = self._ask("ls-tree", "-r", "-z", "--full-tree", commit) or b""
            self._files[commit] = dict(_tree_files(told))
        return self._files[commit]

    def write(self, blob: str, target: Path, *, path: str | None = None) -> bool:
        """Writes a blob to a file; False where that cannot be done, and `target` may then hold a part of it.

        Args:
            blob: its name.
            target: the file.
            path: where git would check it out, to write it as it would lie there (line ends, large files); None for
                its own bytes.
        """
        way = ("blob", blob) if path is None else ("--filters", f"--path={path}", blob)
        if self._git is None:
            return False
        with open(target, "wb") as file:
            try:
                done = subprocess.run(
                    self._command("cat-file", *way),
                    stdout=file, stderr=subprocess.DEVNULL, timeout=_PATIENCE_S, check=False,
                )  # fmt: skip
            except (OSError, subprocess.SubprocessError):
                return False
        return done.returncode == 0

    def versions(self, paths: Iterable[str]) -> dict[str, list[tuple[str, int]]]:
        """By path, the blobs that any commit of any branch has there, with their sizes in bytes."""
        wanted = list(paths)
        found: dict[str, list[str]] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            told = self._ask("--literal-pathspecs", "rev-list", "--objects", "--all", "--", *part) or b""
            for line in told.splitlines():
                blob, _, name = line.partition(b" ")
                if name and os.fsdecode(name) in part:
                    found.setdefault(os.fsdecode(name), []).append(blob.decode())
        sizes = self._sizes({blob for blobs in found.values() for blob in blobs})
        return {path: [(blob, sizes[blob]) for blob in blobs if blob in sizes] for path, blobs in found.items()}

    def commit(self, revision: str) -> str | None:
        """The whole name of the commit that a revision means."""
        if revision.startswith("-"):
            return None
        told = self._ask("rev-parse", "--verify", "-q", f"{revision}^{{commit}}")
        return told.decode().strip() if told else None

    def is_ancestor(self, first: str, second: str) -> bool:
        """Whether `second` builds upon `first`, or is the same."""
        return self._ask("merge-base", "--is-ancestor", first, second) is not None

    def is_shallow(self) -> bool:
        """Whether commits are missing that others build upon."""
        return (self._ask("rev-parse", "--is-shallow-repository") or b"").strip() == b"true"

    def fork(self, first: str, second: str) -> str | None:
        """The newest commit that two build upon."""
        told = self._ask("merge-base", first, second)
        return told.decode().split()[0] if told else None

    def digests(self, commit: str, paths: Iterable[str]) -> dict[str, Digest]:
        """Our digests of what a commit has at these paths, as git keeps it. Cost: reads all of it."""
        blobs = {path: file.blob for path, file in self.files(commit).items()}
        wanted = {path: blobs[path] for path in paths if path in blobs}
        unknown = [blob for blob in dict.fromkeys(wanted.values()) if blob not in self._digests]
        told = self._ask("cat-file", "--batch", content="".join(f"{blob}\n" for blob in unknown).encode()) or b""
        for blob in unknown:
            head, _, rest = told.partition(b"\n")  # `<blob> blob <bytes>`, or `<blob> missing`
            length = head.rpartition(b" ")[2]
            if length.isdigit():
                self._digests[blob] = digest_bytes(rest[: int(length)])
                rest = rest[int(length) + 1 :]
            told = rest
        return {path: self._digests[blob] for path, blob in wanted.items() if blob in self._digests}

    def line(self, first: str, last: str) -> list[Commit]:
        """The commits from `first` to `last`, both included, the oldest first, each the first parent of the next.

        Where `first` came in by a merge, the merge is what follows it.
        """
        told = self._ask("log", "--first-parent", "--reverse", "--format=%H%x00%s%x1e", f"{first}..{last}") or b""
        after = list(_commits(told))
        return [*_commits(self._ask("log", "-1", "--format=%H%x00%s%x1e", first) or b""), *after]

    def _sizes(self, blobs: Iterable[str]) -> dict[str, int]:
        names = "".join(f"{blob}\n" for blob in blobs).encode()
        told = self._ask("cat-file", "--batch-check", content=names) or b""
        rows = [line.split() for line in told.decode().splitlines()]
        return {row[0]: int(row[2]) for row in rows if len(row) == 3 and row[1] == "blob"}

    def _ask(self, *words: str, content: bytes | None = None) -> bytes | None:
        if self._git is None:
            return None
        try:
            done = subprocess.run(
                self._command(*words), input=content, capture_output=True, timeout=_PATIENCE_S, check=False
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout if done.returncode == 0 else None

    def _command(self, *words: str) -> list[str]:
        return ["git", "--no-optional-locks", "-C", str(self._root), *words]


def _tree_files(told: bytes) -> Iterator[tuple[str, TreeFile]]:
    for line in filter(None, told.split(b"\0")):
        facts, _, name = line.partition(b"\t")
        mode, _, blob = facts.decode().split()
        if mode in _FILE_MODES:
            yield os.fsdecode(name), TreeFile(blob, mode == _PROGRAM_MODE)


def _commits(told: bytes) -> Iterator[Commit]:
    for entry in told.decode("utf-8", "replace").split("\x1e"):
        name, _, subject = entry.strip("\n").partition("\0")
        if name:
            yield Commit(name, subject)
