"""A team's repository: a remote, clones of it, and edits that are pushed."""

from __future__ import annotations

from pathlib import Path

from tests.cli.workspaces import SHOP, commit, run_git, write

VISITS = "projects/shop/data/visits.csv"


def remote_of(folder: Path, files: dict[str, str] | None = None) -> Path:
    """What everybody pushes to, with the shop (and `files`) on `main`."""
    first = write(folder / "first" / "shop", {**SHOP, **(files or {})})
    run_git(folder, "clone", "-q", "--bare", str(first), str(folder / "remote.git"))
    return folder / "remote.git"


def clone(remote: Path, name: str, *words: str, person: str | None = None) -> Path:
    """A fresh clone of the remote; `person` works in it (`Ada <ada@example.org>`)."""
    folder = remote.parent / name / "shop"
    run_git(remote.parent, "clone", "-q", *words, remote.as_uri(), str(folder))
    if person is not None:
        called, _, address = person.partition(" <")
        run_git(folder, "config", "user.name", called)
        run_git(folder, "config", "user.email", address.rstrip(">"))
    return folder


def edit(root: Path, path: str, old: str, new: str) -> None:
    """Replaces a text in a file, which has it."""
    file = root / path
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def pushed(root: Path, branch: str, message: str = "more") -> str:
    """Commits all and pushes it to a branch; returns the commit."""
    done = commit(root, message)
    run_git(root, "push", "-q", "--force", "origin", f"HEAD:{branch}")
    return done
