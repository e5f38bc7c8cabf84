"""A branch as a place: what is fetched and written, what others push meanwhile, and what is never touched or shown."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from onward.base.errors import PlaceError, RefusedError, UsageError
from onward.destinations.git import GitDestination
from onward.model.delivery import Listing
from onward.model.ports import Change
from onward.testing.destinations import Bringing, shown
from tests.conformance.test_destinations import GitReaders

SECRET = "ghp_0123456789abcdef"


@pytest.fixture
def readers(tmp_path: Path) -> GitReaders:
    bare = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", bare], check=True)
    return GitReaders(bare, tmp_path / "clone", "gh-pages")


@pytest.fixture
def root(tmp_path: Path, readers: GitReaders) -> Path:
    """A workspace with a commit, something staged, and something that is not."""
    root = tmp_path / "work space"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    git(root, "remote", "add", "origin", str(readers.remote))
    (root / "a.py").write_text("1\n")
    git(root, "add", "a.py")
    git(root, "-c", "user.name=Ada", "-c", "user.email=a@example.org", "commit", "-q", "-m", "first")
    (root / "a.py").write_text("2\n")
    git(root, "add", "a.py")
    (root / "a.py").write_text("3\n")
    return root


@pytest.fixture
def bring(tmp_path: Path, root: Path) -> Bringing:
    (tmp_path / "sources").mkdir()
    return Bringing(GitDestination("gh-pages", root, tmp_path / "cache"), tmp_path / "sources")


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", folder, *words], capture_output=True, check=True, text=True).stdout


def repository(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_the_users_repository_and_files_are_not_touched(bring: Bringing, root: Path, readers: GitReaders) -> None:
    before = repository(root)
    bring({"index.html": "1"})
    bring({"index.html": "2"})
    assert repository(root) == before
    assert shown(readers) == {"index.html": "2"}


def test_nothing_is_left_in_the_cache(bring: Bringing, tmp_path: Path) -> None:
    bring({"index.html": "1"})
    assert os.listdir(tmp_path / "cache") == []


def test_each_change_is_one_commit_on_top_of_the_others(bring: Bringing, readers: GitReaders) -> None:
    bring({"index.html": "1"})
    readers.add("CNAME", b"example.org")
    bring({"index.html": "2"})
    bring({"index.html": "2"})
    log = git(readers.remote, "log", "--format=%s", "gh-pages").splitlines()
    assert log == ["a change", "by hand", "a change"]


def test_only_changed_files_are_written(bring: Bringing, readers: GitReaders) -> None:
    bring({"index.html": "1", "large.csv": "same" * 10_000})
    bring({"index.html": "2", "large.csv": "same" * 10_000})
    changed = git(readers.remote, "diff", "--name-only", "gh-pages~1", "gh-pages").split()
    assert changed == [".onward-site.json", "index.html"]


def test_jekyll_is_told_to_leave_files_alone(bring: Bringing, readers: GitReaders) -> None:
    bring({"index.html": "1"})
    assert readers.contents()[".nojekyll"] == b""


def test_what_others_push_meanwhile_is_kept(bring: Bringing, readers: GitReaders) -> None:
    bring({"index.html": "1"})
    readers.add("note.txt", b"0")
    pushes = [b"1", b"2"]

    def plan(listing: Listing) -> Change | None:
        change = bring.plan(listing, {"index.html": "2"})
        if pushes:
            readers.add("note.txt", pushes.pop(0))
        return change

    assert bring.destination.bring(plan) == 1
    assert shown(readers) == {"index.html": "2", "note.txt": "2"}
    assert git(readers.remote, "log", "--format=%s", "gh-pages").splitlines().count("by hand") == 3


def test_a_branch_that_others_make_meanwhile_is_not_overwritten(bring: Bringing, readers: GitReaders) -> None:
    pushes = [b"mine"]

    def plan(listing: Listing) -> Change | None:
        change = bring.plan(listing, {"index.html": "1"})
        if pushes:
            readers.add("index.html", pushes.pop(0))
        return change

    with pytest.raises(RefusedError, match="did not write"):
        bring.destination.bring(plan)
    assert shown(readers) == {"index.html": "mine"}


def test_others_who_never_stop_pushing_are_named(bring: Bringing, readers: GitReaders) -> None:
    bring({"index.html": "1"})
    count = iter(range(100))

    def plan(listing: Listing) -> Change | None:
        readers.add("note.txt", str(next(count)).encode())
        return bring.plan(listing, {"index.html": "2"})

    with pytest.raises(PlaceError, match="keep pushing"):
        bring.destination.bring(plan)
    assert shown(readers)["index.html"] == "1"


def test_a_branch_of_another_remote_a_path_or_a_name_with_a_slash(
    tmp_path: Path, root: Path, readers: GitReaders
) -> None:
    git(root, "remote", "rename", "origin", "upstream")
    for number, address in enumerate(("upstream#pages/site", "../remote.git#pages/site", f"{readers.remote}#x")):
        bring = Bringing(GitDestination(address, root, tmp_path / "cache"), tmp_path)
        bring({"index.html": str(number)})
    assert git(readers.remote, "show", "pages/site:index.html") == "1"
    assert git(readers.remote, "show", "x:index.html") == "2"
    with pytest.raises(PlaceError, match="no remote `origin`; its remotes are upstream"):
        GitDestination("gh-pages", root, tmp_path / "cache").bring(lambda _: None)


@pytest.mark.parametrize("address", ["", "#", "origin#", "a b", "-f", "a..b", "x.lock", "refs/heads/*", "#gh-pages"])
def test_what_names_no_branch_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(UsageError, match="names no branch"):
        GitDestination(address, tmp_path, tmp_path)


def test_a_remote_that_refuses_says_why(bring: Bringing, readers: GitReaders) -> None:
    hook = readers.remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'this branch is protected' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(PlaceError, match="this branch is protected"):
        bring({"index.html": "1"})


def test_the_users_hooks_are_not_run(bring: Bringing, root: Path, readers: GitReaders, tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "pre-push").write_text("#!/bin/sh\nexit 1\n")
    (hooks / "pre-push").chmod(0o755)
    git(root, "config", "core.hooksPath", str(hooks))
    bring({"index.html": "1"})
    assert shown(readers) == {"index.html": "1"}


def test_settings_that_say_how_a_remote_is_reached_come_along(root: Path, tmp_path: Path, readers: GitReaders) -> None:
    git(root, "remote", "set-url", "origin", "https://nowhere.example/site.git")
    git(root, "config", f"url.{readers.remote}.insteadOf", "https://nowhere.example/site.git")
    Bringing(GitDestination("gh-pages", root, tmp_path / "cache"), tmp_path)({"index.html": "1"})
    assert shown(readers) == {"index.html": "1"}


def test_who_has_no_name_for_git_brings_as_onward(
    bring: Bringing, readers: GitReaders, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in os.environ if name.startswith(("GIT_AUTHOR", "GIT_COMMITTER"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nobody"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    bring({"index.html": "1"})
    assert git(readers.remote, "log", "-1", "--format=%an", "gh-pages").strip() == "onward"


@pytest.mark.parametrize("in_settings", [True, False])
def test_no_password_is_shown_or_left_in_a_file(root: Path, tmp_path: Path, in_settings: bool) -> None:
    url = f"https://ada:{SECRET}@localhost:1/site.git"
    if in_settings:
        git(root, "remote", "set-url", "origin", url)
    address = "gh-pages" if in_settings else f"{url}#gh-pages"
    destination = GitDestination(address, root, tmp_path / "cache")
    with pytest.raises(PlaceError) as raised:
        destination.bring(lambda _: None)
    assert "localhost:1" in str(raised.value)
    assert SECRET not in f"{raised.value}{raised.value.hint}{destination.name}"
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and SECRET in path.read_text()]


def test_no_password_is_among_the_words_of_a_process(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(root, "remote", "set-url", "origin", f"https://ada:{SECRET}@localhost:1/site.git")
    words: list[str] = []
    original = subprocess.run

    def run(command: list[str], **options: object) -> object:
        words.extend(command)
        return original(command, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(PlaceError):
        GitDestination("gh-pages", root, tmp_path / "cache").bring(lambda _: None)
    assert "ls-remote" in words
    assert not [word for word in words if SECRET in word]


def test_where_the_machine_lacks_something_it_is_a_place_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    place = GitDestination("gh-pages", tmp_path, cache)
    cache.write_text("a file where the folder should be")
    for ask in (place.listing, lambda: place.bring(lambda _: None)):
        with pytest.raises(PlaceError, match=r"`git:gh-pages` cannot be written: .*File exists"):
            ask()
    cache.unlink()
    monkeypatch.setenv("PATH", str(tmp_path))
    for ask in (place.listing, lambda: place.bring(lambda _: None)):
        with pytest.raises(PlaceError, match="needs the program `git`"):
            ask()
