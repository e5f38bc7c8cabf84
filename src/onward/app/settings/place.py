"""Where a workspace is, and where what it remembers lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from onward.app.settings.root import LOCAL_FOLDER, worked_in
from onward.base.errors import WorkspaceError

CONFIG_NAME = "onward.toml"


@dataclass(frozen=True)
class Place:
    """The folders of one workspace.

    Attributes:
        root: the workspace's root.
        local: what is local to this worktree: index, standing results, logs of what is under way.
        store: the store, shared by linked worktrees.
        git: the repository's common git folder, where there is one.
        lender: the root of the workspace whose environment serves, where it is not this one's own: an older state is
            laid out without one.
    """

    root: Path
    local: Path
    store: Path
    git: Path | None
    lender: Path | None = None

    @property
    def environment_root(self) -> Path:
        """The root that the environment is found from: its `.venv`, and the code that it imports from there."""
        return self.lender or self.root

    @property
    def index(self) -> Path:
        return self.local / "cache" / "index.sqlite"

    @property
    def bytecode(self) -> Path:
        return self.local / "cache" / "bytecode"

    @property
    def standing(self) -> Path:
        return self.local / "state" / "standing"

    @property
    def writing(self) -> Path:
        """Marks of steps that are writing files of the tree, or were when their run ended."""
        return self.local / "state" / "writing"

    @property
    def originals(self) -> Path:
        """What files held before any step wrote them."""
        return self.local / "state" / "originals"

    @property
    def unfinished(self) -> Path:
        """What runs of steps that came to no result have left in files of the tree."""
        return self.local / "state" / "unfinished"

    @property
    def receipts(self) -> Path:
        """What came of bringing the site to its places; of all worktrees that share the store."""
        return self.store.parent / "state" / "receipts"

    @property
    def locks(self) -> Path:
        return self.store.parent / "locks"

    @property
    def outboxes(self) -> Path:
        """On the store's own file system, so that what a step made is moved and not copied."""
        return self.store / "tmp"


def find(start: Path) -> Place:
    """The workspace that holds the folder `start`.

    Its root is the git root; without git, the nearest folder above that onward has worked in or, failing that, the
    farthest that has an `onward.toml`; else `start` itself.

    Raises:
        WorkspaceError: there is no such folder.
    """
    try:
        start = start.resolve(strict=True)
    except OSError as error:
        raise WorkspaceError(f"there is no folder `{start}`", hint="choose another with `-C DIR`") from error
    if not start.is_dir():
        raise WorkspaceError(f"`{start}` is a file and no folder", hint=f"choose `-C {start.parent}`")
    root = worked_in(str(start))
    if root is not None:
        return _in_git(Path(root)) if (Path(root) / ".git").exists() else _at(Path(root))
    configured = [folder for folder in [start, *start.parents] if (folder / CONFIG_NAME).is_file()]
    return _at(configured[-1] if configured else start)


def _at(root: Path, git: Path | None = None, shared: Path | None = None) -> Place:
    local = root / LOCAL_FOLDER
    return Place(root, local, (shared or root) / LOCAL_FOLDER / "store", git)


def _in_git(root: Path) -> Place:
    entry = root / ".git"
    if entry.is_dir():
        return _at(root, entry)
    # A linked worktree (or a submodule): a file that names the folder; the worktree's names the common one.
    try:
        folder = (root / entry.read_text("utf-8").strip().removeprefix("gitdir:").strip()).resolve()
        common_file = folder / "commondir"
        common = (folder / common_file.read_text("utf-8").strip()).resolve() if common_file.is_file() else folder
    except (OSError, UnicodeDecodeError):
        return _at(root)
    main = common.parent
    shares = common.name == ".git" and common_file.is_file()
    return _at(root, common, main if shares else None)


def prepare_local(place: Place) -> None:
    """Makes the local folder, which ignores itself in git."""
    for folder in {place.local, place.store.parent}:
        folder.mkdir(parents=True, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", "ascii")
