"""Machines that share a store: each with a clone of its own of the same files, and one bucket among them."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from onward.app.running.run import RunReport, run
from onward.app.settings.options import RunOptions
from onward.app.wiring import Opened, open_workspace
from onward.store.shared.guarded import Limits
from onward.testing.buckets import FaultyBucket, MemoryBucket
from onward.testing.watchers import Recorder
from onward.testing.workspace import write

FILES = {
    "onward.toml": 'store = "s3://shared/team"\n',
    "lib/common.py": "FACTOR = 2\n\ndef double(value):\n    return FACTOR * value\n",
    "data/numbers.json": "[1, 2, 3]\n",
    "projects/p/steps.py": """\
from common import double
from onward import asset, check


@asset
def total(numbers):
    print("adding up")
    return sum(numbers)


@asset
def twice(total):
    return double(total)


@asset
def words(twice):
    return f"# It is {twice}"


@check("twice")
def is_even(twice):
    return twice % 2 == 0
""",
}
STEPS = {"p/total", "p/twice", "p/words"}


class Machine:
    """One clone. What it was told of its runs is in `said`."""

    def __init__(self, root: Path, bucket: FaultyBucket, scope: str | None = None) -> None:
        self.root = root
        self.bucket = bucket
        self.scope = scope
        self.said: list[str] = []

    def open(self) -> Opened:
        opened = open_workspace(
            self.root,
            writes=True,
            scope=self.scope,
            bucket=lambda url: self.bucket,
            limits=Limits(answer_s=self.answer_s),
        )
        opened.say = self.said.append
        return opened

    answer_s = 5.0

    def run(self, *targets: str) -> RunReport:
        watcher = Recorder()
        with self.open() as opened:
            report = run(opened, RunOptions(targets, jobs=2, keep_going=True), watcher)
        self.said += watcher.said
        return report

    def outcomes(self, *targets: str) -> dict[str, str]:
        return {name: record.outcome for name, record in self.run(*targets).steps.items()}

    def counts(self, *targets: str) -> Counter[str]:
        """How many of the steps of a run were made, kept, restored, ..."""
        return Counter(self.outcomes(*targets).values())

    def edit(self, path: str, before: str, after: str) -> None:
        text = (self.root / path).read_text()
        assert before in text
        (self.root / path).write_text(text.replace(before, after))

    def forget(self) -> None:
        """Takes away all that is local: the next run is that of a clean machine."""
        shutil.rmtree(self.root / ".onward")


class Team:
    """Machines around one bucket."""

    def __init__(self, folder: Path, files: Mapping[str, str] = FILES) -> None:
        self.bucket = FaultyBucket(MemoryBucket())
        self.inner = self.bucket.inner
        self._folder = folder
        self._files = files

    def machine(self, name: str, scope: str | None = None) -> Machine:
        # Clones have one name everywhere: `name` is that of the machine.
        return Machine(write(self._folder / name / "work", self._files), self.bucket, scope)

    @property
    def contents(self) -> dict[str, bytes]:
        """What is in the bucket, by path, to look at and to spoil."""
        assert isinstance(self.inner, MemoryBucket)
        return self.inner.contents

    def asked(self) -> list[tuple[str, str]]:
        """What the bucket was asked since the last time."""
        calls, self.bucket.calls = self.bucket.calls, []
        return calls
