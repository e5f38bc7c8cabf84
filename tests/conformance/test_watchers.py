"""Every watcher passes the suite of `onward.testing.watchers`."""

from __future__ import annotations

from onward.cli.render.progress import LiveProgress, PlainProgress
from onward.model.ports import Watcher
from onward.testing.watchers import Recorder, WatcherSuite


class TestPlainLines(WatcherSuite):
    def make_watcher(self) -> Watcher:
        return PlainProgress()


class TestLivePicture(WatcherSuite):
    def make_watcher(self) -> Watcher:
        return LiveProgress(2)


class TestRecorder(WatcherSuite):
    def make_watcher(self) -> Recorder:
        return Recorder()

    def test_it_keeps_what_it_was_told(self) -> None:
        watcher = self.make_watcher()
        watcher.begin(2, {})
        watcher.started("p/a")
        watcher.waiting("p/b")
        watcher.ended("p/a", "made", 0.5)
        watcher.say("a word")
        watcher.close()
        assert (watcher.steps, watcher.begun, watcher.waited_for) == (2, ["p/a"], ["p/b"])
        assert (watcher.outcomes, watcher.said, watcher.is_closed) == ({"p/a": "made"}, ["a word"], True)
