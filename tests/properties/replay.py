"""Real histories: a repository's commits one after the other in one work folder, each against a clean run of it.

`python -m tests.properties.replay CLONE --last 5` checks out the last five commits that change anything onward could
run. `--commits REV...` names them, `--steps GLOB...` limits the run to steps of such names. After each commit the work
folder is what a fresh checkout is, with the store of all commits before; the clean run has a folder and a store of its
own. A result that differs from the clean run's is *stale*, unless a second clean run differs, too. A step that ran
though two clean runs rest on the very same is *needless*. The exit status is 1 where anything is stale.

A clone may lack objects (large files): what is absent is left out of every checkout alike.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from onward.app.reading.whole import read
from onward.app.running.run import RunReport, run
from onward.app.settings.options import RunOptions
from onward.app.settings.place import CONFIG_NAME
from onward.app.wiring import Opened, open_workspace
from onward.base.digest import Digest
from onward.model.trace import Trace
from onward.testing.watchers import Recorder

GOOD = ("made", "kept", "restored")
OWN_CLOCK = {"unstable", "unpinned"}
"""Marks of results that two clean runs may differ in."""
_WILD = "\\*?[]!# "


@dataclass(frozen=True)
class Ended:
    """How one step ended: its outcome, the contents of its assets, and what it rests on."""

    outcome: str
    assets: dict[str, Digest]
    reasons: tuple[str, ...]
    marks: tuple[str, ...]
    trace: Trace | None
    error: str = ""

    @property
    def is_good(self) -> bool:
        return self.outcome in GOOD

    def rests_on(self, other: Ended) -> bool:
        """Whether two good results have one fingerprint."""
        if self.trace is None or other.trace is None:
            return False
        return (self.trace.key, self.trace.observations) == (other.trace.key, other.trace.observations)


@dataclass
class Replayed:
    """What one commit came to. Each list holds lines for people."""

    commit: str
    outcomes: dict[str, int]
    seconds: float
    clean_seconds: float
    failed: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    varies: list[str] = field(default_factory=list)
    needless: list[str] = field(default_factory=list)
    equal: list[str] = field(default_factory=list)
    """Steps that ran, since something that they rest on changed, and came out as before."""
    again: list[str] = field(default_factory=list)
    """What a second run with nothing changed made all the same."""


@dataclass(frozen=True)
class ReplayOptions:
    """How commits are run.

    Attributes:
        steps: globs of names; none are all steps.
        settings: the text of an `onward.toml` that every checkout gets, for a repository of candidates.
        again: run each commit a second time, which has to do nothing.
    """

    steps: Sequence[str] = ()
    settings: str = ""
    time_limit_s: float = 60.0
    again: bool = True


class Replay:
    """One repository, with the folders that its commits are run in."""

    def __init__(self, clone: Path, folder: Path, options: ReplayOptions) -> None:
        self.clone = clone
        self.folder = folder
        self.options = options
        self.work = folder / "work"
        self.before: dict[str, Ended] = {}
        self.clean_before: dict[str, Ended] = {}

    def commit(self, revision: str) -> Replayed:
        """Checks a commit out, runs it incrementally and clean, and compares."""
        self.check_out(self.work, revision)
        begun = time.monotonic()
        ended = self.run_in(self.work)
        middle = time.monotonic()
        clean = self.run_clean(revision)
        counts = dict.fromkeys((*GOOD, "failed", "skipped"), 0)
        for step in ended.values():
            counts[step.outcome] += 1
        said = Replayed(revision, counts, middle - begun, time.monotonic() - middle)
        said.failed = [f"{name}: {step.error}" for name, step in sorted(ended.items()) if step.outcome == "failed"]
        self.compare(said, ended, clean)
        if self.options.again:
            once_more = self.run_in(self.work)
            said.again = [
                f"{name}: {', '.join(step.reasons)}"
                for name, step in once_more.items()
                if step.outcome in ("made", "restored") and not OWN_CLOCK & {*step.marks}
            ]
        self.before, self.clean_before = ended, clean
        return said

    def compare(self, said: Replayed, ended: dict[str, Ended], clean: dict[str, Ended]) -> None:
        different = {name: _difference(ended.get(name), clean.get(name)) for name in ended.keys() | clean.keys()}
        different = {name: how for name, how in different.items() if how}
        second = self.run_clean(said.commit) if different else {}
        for name, how in sorted(different.items()):
            is_by_itself = bool(_difference(clean.get(name), second.get(name)))
            (said.varies if is_by_itself else said.stale).append(f"{name}: {how}")
        for name, step in sorted(ended.items()):
            before = self.before.get(name)
            if step.outcome != "made" or before is None or before.assets != step.assets:
                continue
            now, then = clean.get(name), self.clean_before.get(name)
            is_same = now is not None and then is not None and now.rests_on(then)
            (said.needless if is_same else said.equal).append(f"{name}: {', '.join(step.reasons)}")

    def run_clean(self, revision: str) -> dict[str, Ended]:
        folder = Path(tempfile.mkdtemp(prefix="clean-", dir=self.folder))
        try:
            self.check_out(folder, revision)
            return self.run_in(folder)
        finally:
            shutil.rmtree(folder)

    def run_in(self, folder: Path) -> dict[str, Ended]:
        with open_workspace(folder, writes=True) as opened:
            targets = self.targets(opened)
            options = RunOptions(targets=targets, keep_going=True, time_limit_s=self.options.time_limit_s)
            return _ended(opened, run(opened, options, Recorder()))

    def targets(self, opened: Opened) -> list[str]:
        if not self.options.steps:
            return []
        graph = read(opened.place, opened.index, {}, opened.standing.discovered()).graph
        return [name for name in graph.steps if any(fnmatchcase(name, pattern) for pattern in self.options.steps)]

    def check_out(self, folder: Path, revision: str) -> None:
        """Makes `folder` what a fresh checkout of the revision is, save for its `.onward`."""
        if not (folder / ".git").exists():
            folder.mkdir(exist_ok=True)
            git(folder, "init", "--quiet")
            objects = git(self.clone, "rev-parse", "--path-format=absolute", "--git-path", "objects").strip()
            (folder / ".git" / "objects" / "info" / "alternates").write_text(objects + "\n")
            git(folder, "config", "core.sparseCheckout", "true")
        absent = "".join(f"!/{_escaped(path)}\n" for path in self.absent(revision))
        (folder / ".git" / "info").mkdir(exist_ok=True)
        (folder / ".git" / "info" / "sparse-checkout").write_text(f"/*\n{absent}")
        git(folder, "checkout", "--quiet", "--force", "--detach", git(self.clone, "rev-parse", revision).strip())
        git(folder, "clean", "--quiet", "--force", "-d", "-x", "--exclude=.onward")
        if self.options.settings:
            (folder / CONFIG_NAME).write_text(self.options.settings)

    def absent(self, revision: str) -> list[str]:
        """The files of a commit whose contents the clone lacks."""
        rows = git(self.clone, "ls-tree", "-r", "-z", revision).split("\0")
        blobs = {row.partition("\t")[2]: row.split()[2] for row in rows if row}
        told = git(self.clone, "cat-file", "--batch-check", given="\n".join(blobs.values()))
        missing = {line.split()[0] for line in told.splitlines() if line.endswith(" missing")}
        return [path for path, blob in blobs.items() if blob in missing]


def git(folder: Path, *words: str, given: str | None = None) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], input=given, capture_output=True, text=True, check=True)
    return done.stdout


def last_commits(clone: Path, count: int) -> list[str]:
    """The newest commits that touch anything but prose, oldest first."""
    words = ("log", "--first-parent", f"--max-count={count}", "--format=%H", "--", ".", ":!*.md", ":!.github")
    return git(clone, *words).split()[::-1]


def _ended(opened: Opened, report: RunReport) -> dict[str, Ended]:
    found = {}
    for name, record in report.steps.items():
        has_trace = record.key is not None and record.trace is not None
        trace = opened.store.traces.get(record.key or "", record.trace or "") if has_trace else None
        error = str((record.error or {}).get("message", "")).partition("\n")[0]
        found[name] = Ended(record.outcome, dict(record.assets), record.reasons, record.marks, trace, error)
    return found


def _difference(one: Ended | None, other: Ended | None) -> str:
    """What two endings of a step differ in; empty where they do not."""
    if one is None or other is None:
        return "there is no such step in the clean run" if other is None else "only the clean run has it"
    if not one.is_good and not other.is_good:
        return ""  # an edge that an earlier commit showed makes a skipped step of one that would fail
    if one.is_good != other.is_good:
        return f"{one.outcome}, and in the clean run {other.outcome}"
    if OWN_CLOCK & {*one.marks, *other.marks}:
        return ""
    names = one.assets.keys() | other.assets.keys()
    return ", ".join(sorted(name for name in names if one.assets.get(name) != other.assets.get(name)))


def _escaped(path: str) -> str:
    """A path as a pattern of a sparse checkout."""
    return "".join(f"\\{letter}" if letter in _WILD else letter for letter in path)


def told(said: Replayed, title: str) -> Iterable[str]:
    """A commit's lines for people."""
    counts = ", ".join(f"{count} {outcome}" for outcome, count in said.outcomes.items() if count)
    yield f"{said.commit[:8]} {title}"
    yield f"  {counts or 'no steps'}; {said.seconds:.1f} s, clean {said.clean_seconds:.1f} s"
    lists = {
        "failed": said.failed,
        "STALE": said.stale,
        "varies by itself": said.varies,
        "needless": said.needless,
        "AGAIN": said.again,
    }
    for word, lines in {**lists, "came out equal": said.equal}.items():
        yield from (f"  {word}: {line}" for line in lines)


def main() -> int:
    """Replays a history and tells what came of it."""
    parser = argparse.ArgumentParser(description="A repository's commits, each against a clean run of it.")
    parser.add_argument("clone", type=Path, help="a clone of it, bare or not; it is only read")
    parser.add_argument("--commits", nargs="+", help="revisions, in this order")
    parser.add_argument("--last", type=int, default=5, metavar="N", help="the newest N commits (5)")
    parser.add_argument("--steps", nargs="+", default=[], metavar="GLOB", help="only steps of such names")
    parser.add_argument("--settings", default="", help="the text of an `onward.toml` that every checkout gets")
    parser.add_argument("--failures", action="store_true", help="tell why steps fail, which they may")
    parser.add_argument("--time-limit", type=float, default=60.0, metavar="S", help="seconds for each step (60)")
    parser.add_argument("--once", action="store_true", help="do not run each commit a second time")
    parser.add_argument("--folder", type=Path, help="where to work, and to leave the work folder")
    words = parser.parse_args()
    folder = words.folder or Path(tempfile.mkdtemp(prefix="onward-replay-"))
    folder.mkdir(parents=True, exist_ok=True)
    options = ReplayOptions(words.steps, words.settings, words.time_limit, again=not words.once)
    replay = Replay(words.clone, folder, options)
    totals = dict.fromkeys(("commits", "made", "stale", "needless", "again"), 0)
    try:
        for revision in words.commits or last_commits(words.clone, words.last):
            said = replay.commit(revision)
            title = git(words.clone, "log", "-1", "--format=%s", revision).strip()
            if not words.failures:
                said.failed = []
            print(*told(said, title), sep="\n", flush=True)
            counted = (1, said.outcomes["made"], len(said.stale), len(said.needless), len(said.again))
            for name, count in zip(totals, counted, strict=True):
                totals[name] += count
    finally:
        if words.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    print(", ".join(f"{count} {name}" for name, count in totals.items()))
    return 1 if totals["stale"] or totals["again"] else 0


if __name__ == "__main__":
    sys.exit(main())
