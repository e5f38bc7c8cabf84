"""The suite of watchers, and a watcher that remembers what it was told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from onward.model.ports import Watcher

OUTCOMES = ("kept", "restored", "made", "re-rendered", "failed", "skipped", "broken")


@dataclass
class Recorder:
    """A watcher that draws nothing and keeps everything, in the order in which it came."""

    is_live: bool = False
    steps: int | None = None
    """How many steps were announced; None before `begin`."""
    begun: list[str] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)
    waited_for: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    is_closed: bool = False

    def begin(self, steps: int, expected_s: Mapping[str, float]) -> None:
        del expected_s
        self.steps = steps

    def started(self, step: str) -> None:
        self.begun.append(step)

    def waiting(self, step: str) -> None:
        self.waited_for.append(step)

    def ended(self, step: str, outcome: str, seconds: float) -> None:
        del seconds
        self.outcomes[step] = outcome

    def say(self, message: str) -> None:
        self.said.append(message)

    def tick(self) -> None:
        """Time leaves no trace here."""

    def close(self) -> None:
        self.is_closed = True


class WatcherSuite:
    """What every watcher has to bear: any course of a run, without raising and without a say in it."""

    def make_watcher(self) -> Watcher:
        raise NotImplementedError("a suite is subclassed, and its `make_watcher` gives a fresh watcher")

    def test_it_says_whether_it_wants_to_be_woken(self) -> None:
        assert isinstance(self.make_watcher().is_live, bool)

    def test_it_bears_a_run_with_every_outcome(self) -> None:
        watcher = self.make_watcher()
        watcher.begin(len(OUTCOMES), {"p/kept": 0.0, "p/made": 12.5})
        for outcome in OUTCOMES:
            watcher.started(f"p/{outcome}")
            watcher.tick()
            watcher.ended(f"p/{outcome}", outcome, 0.25)
        watcher.close()

    def test_it_bears_steps_that_end_without_having_started(self) -> None:
        watcher = self.make_watcher()
        watcher.begin(2, {})
        watcher.ended("p/a", "kept", 0.0)
        watcher.ended("p/b", "skipped", 0.0)
        watcher.close()

    def test_it_bears_a_step_that_starts_again(self) -> None:
        watcher = self.make_watcher()
        watcher.begin(1, {})
        watcher.started("p/a")
        watcher.waiting("p/a")
        watcher.started("p/a")
        watcher.ended("p/a", "made", 0.1)
        watcher.close()

    def test_it_bears_names_and_messages_of_any_letters(self) -> None:
        watcher = self.make_watcher()
        watcher.begin(1, {"p/[bold]ä/…": 1.0})
        watcher.started("p/[bold]ä/…")
        watcher.say("[/red] 100 % {nothing} ünsäglich")
        watcher.ended("p/[bold]ä/…", "failed", 3600.0)
        watcher.close()

    def test_it_bears_a_run_of_nothing_and_being_closed_twice(self) -> None:
        watcher = self.make_watcher()
        watcher.begin(0, {})
        watcher.tick()
        watcher.close()
        watcher.close()

    def test_it_bears_a_run_that_never_begins(self) -> None:
        self.make_watcher().close()
