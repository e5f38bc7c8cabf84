"""What git knows that a build needs: which branches there are, and where a branch left the main one.

Nothing here changes a branch, the index or the working tree. What a shallow clone lacks is fetched.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from onward.base.errors import MachineError

_TIMEOUT_S = 600
_DEPTHS = ("--depth=50", "--depth=1000", "--unshallow")
"""How far back a shallow clone is filled up, step by step."""


@dataclass(frozen=True)
class Repository:
    """One git repository as a working tree shows it."""

    root: Path

    def check(self) -> None:
        """Sees that git works here, so that what it does not say later is not there.

        Raises:
            MachineError: it does not.
        """
        try:
            done = subprocess.run(
                ("git", "-C", str(self.root), "rev-parse", "--git-dir"),
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise MachineError(f"git cannot be run: {error}", hint="install git, where `PATH` leads to it") from error
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0].removeprefix("fatal: ")
            mend = f"type `git config --global --add safe.directory {self.root}`, if you trust who owns it"
            raise MachineError(
                f"git does not work in `{self.root}`: {said}",
                hint=mend if "ownership" in said else "see what `git status` says there",
            )

    def has_committed(self, path: str) -> bool:
        """Whether a file, or one below a folder, is git's."""
        return self._ask("ls-files", "--", path) is not None

    def commit(self, revision: str) -> str | None:
        """The commit that a revision means; None where there is none, or it is not here."""
        return self._ask("rev-parse", "--verify", "-q", f"{revision}^{{commit}}")

    def branch(self) -> str | None:
        """The branch that is checked out; None for a commit without one."""
        return self._ask("symbolic-ref", "--short", "-q", "HEAD")

    def remote(self) -> str | None:
        """The remote that others push to: `origin`, else the only one."""
        names = (self._ask("remote") or "").split()
        if "origin" in names:
            return "origin"
        return names[0] if len(names) == 1 else None

    def main_branch(self, named: str | None = None) -> str:
        """The main branch: as the settings name it, else as the remote does, else `main` or `master`."""
        if named is not None:
            return named
        remote = self.remote()
        head = self._ask("symbolic-ref", "--short", "-q", f"refs/remotes/{remote}/HEAD") if remote else None
        if head is not None:
            return head.removeprefix(f"{remote}/")
        # A CI service fetches a commit into an empty repository, and what the remote calls its own is not among that.
        told = _default_branch(self, remote) if remote else None
        if told is not None:
            return told
        has_master = self._tip("master") is not None and self._tip("main") is None
        return "master" if has_master else "main"

    def fork_point(self, onto: str, *, is_fresh: bool) -> str | None:
        """The commit at which HEAD left another branch; what a shallow clone lacks for it is fetched.

        None where the two share none, or the other cannot be had.

        Args:
            onto: the other branch.
            is_fresh: what is known here of it is what the remote has now.
        """
        if self._tip(onto) is None or not is_fresh:
            self._fetch(onto)
        base = self._merge_base(onto)
        for depth in _DEPTHS if self._is_shallow() else ():
            if base is not None:
                break
            if self._fetch(onto, depth):
                base = self._merge_base(onto)
        return base

    def behind(self, onto: str) -> int:
        """How many commits another branch has, as far as it is known here, that HEAD lacks."""
        tip = self._tip(onto)
        return int(self._ask("rev-list", "--count", f"HEAD..{tip}") or 0) if tip is not None else 0

    def is_later(self, commit: str, than: str, branch: str) -> bool:
        """Whether a commit of a branch comes after another; no commit does that was taken off the branch again.

        Raises:
            MachineError: the commit is not here, and the remote cannot be asked for it.
        """
        if commit == than:
            return False
        if not self._know(commit, branch):
            raise MachineError(
                f"git cannot fetch `{branch}`, so nobody can tell whether {commit[:12]} is later than {than[:12]}",
                hint="see that the build may read the repository (`git fetch`), and start it again",
            )
        return self._is_ancestor(than, commit) and self.is_on(commit, branch) is not False

    def is_on(self, commit: str, branch: str) -> bool | None:
        """Whether a commit is on a branch as others see it; None where the remote cannot be asked."""
        if self._is_ancestor(commit, self._tip(branch)):
            return True
        # What is known here may be old.
        if self.remote() is not None and not self._fetch(branch):
            return None
        return self._is_ancestor(commit, self._tip(branch))

    def commits_between(self, older: str, newer: str, branch: str, most: int) -> list[str]:
        """The commits of a branch that `newer` has and `older` lacks, newest first; what a shallow clone lacks is
        fetched."""
        self._know(older, branch)
        found = self._ask("rev-list", f"--max-count={most}", f"{older}..{newer}")
        return found.split() if found else []

    def remote_branches(self) -> set[str] | None:
        """The branches that others see; None where the remote cannot be asked."""
        remote = self.remote()
        heads = self._run("ls-remote", "--heads", remote) if remote is not None else None
        if heads is None:
            return None
        return {line.partition("\t")[2].removeprefix("refs/heads/") for line in heads.splitlines()}

    def person(self) -> str:
        """Who commits here: `Ada <ada@example.org>`; empty where git was not told."""
        name, address = self._ask("config", "user.name"), self._ask("config", "user.email")
        return " ".join(word for word in (name, f"<{address}>" if address else None) if word)

    @contextmanager
    def checked_out(self, commit: str) -> Iterator[Path]:
        """A commit's tree in a folder of its own, for as long as it is needed. It shares this repository's store.

        Raises:
            MachineError: git cannot lay it out.
        """
        folder = Path(tempfile.mkdtemp(prefix="onward-base-"))
        tree = folder / self.root.name
        try:
            if self._run("worktree", "add", "--detach", "--quiet", str(tree), commit) is None:
                raise MachineError(f"git cannot lay out the commit {commit[:12]}", hint="fetch it, with its files")
            yield tree
        finally:
            self._run("worktree", "remove", "--force", str(tree))
            shutil.rmtree(folder, ignore_errors=True)
            self._run("worktree", "prune")

    def _tip(self, branch: str) -> str | None:
        """The newest state of a branch that is known here: what others have pushed goes before what only we have."""
        remote = self.remote()
        pushed = self.commit(f"refs/remotes/{remote}/{branch}") if remote is not None else None
        return pushed or self.commit(f"refs/heads/{branch}")

    def _is_ancestor(self, older: str, newer: str | None) -> bool:
        return newer is not None and self._run("merge-base", "--is-ancestor", older, newer) is not None

    def _know(self, commit: str, branch: str) -> bool:
        """Fetches a commit of a branch, with what lies between, where it is not here; False where that goes wrong."""
        depths = [[depth] for depth in _DEPTHS] if self._is_shallow() else [[]]
        for depth in depths if self.remote() is not None else ():
            if self.commit(commit) is not None:
                break
            if not self._fetch(branch, *depth):
                return False
        return True

    def _is_shallow(self) -> bool:
        return self._ask("rev-parse", "--is-shallow-repository") == "true"

    def _merge_base(self, onto: str) -> str | None:
        tip = self._tip(onto)
        return self._ask("merge-base", "HEAD", tip) if tip is not None else None

    def _fetch(self, branch: str, *depth: str) -> bool:
        """Fetches a branch; with a depth, the history of HEAD too."""
        remote = self.remote()
        if remote is None:
            return False
        words = ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", *depth]
        # A shallow clone has few files of the past, and the way to the base needs none of them.
        words += ["--filter=blob:none"] if depth else []
        reference = f"+refs/heads/{branch}:refs/remotes/{remote}/{branch}"
        head = self.commit("HEAD")
        if depth and head is not None and self._run(*words, remote, reference, head) is not None:
            return True
        return self._run(*words, remote, reference) is not None

    def _ask(self, *words: str) -> str | None:
        """What git says, stripped; None where it refuses or says nothing."""
        said = self._run(*words)
        return (said.strip() or None) if said is not None else None

    def _run(self, *words: str) -> str | None:
        command: Sequence[str] = ("git", "-C", str(self.root), *words)
        try:
            done = subprocess.run(
                command, capture_output=True, stdin=subprocess.DEVNULL, timeout=_TIMEOUT_S, check=False
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.decode("utf-8", "surrogateescape") if done.returncode == 0 else None


@cache
def _default_branch(repository: Repository, remote: str) -> str | None:
    """What a remote calls its main branch; None where it cannot be asked."""
    said = repository._run("ls-remote", "--symref", remote, "HEAD") or ""
    told = next((line for line in said.splitlines() if line.startswith("ref: refs/heads/")), "")
    return told.partition("\t")[0].removeprefix("ref: refs/heads/") or None
