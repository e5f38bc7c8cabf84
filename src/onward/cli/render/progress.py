"""What people see while a run goes on: one live picture on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import click

from onward.base.text import duration

_MARKS = {
    "made": "✓", "re-rendered": "✓", "failed": "✗", "broken": "✗", "restored": "↺", "kept": "·", "skipped": "–",
}  # fmt: skip
_COLOURS = {
    "made": "green", "re-rendered": "green", "failed": "red", "broken": "red", "restored": "cyan", "skipped": "yellow",
}  # fmt: skip


class PlainProgress:
    """A line on standard error for everything that was not simply kept."""

    is_live = False

    def begin(self, steps: int, expected_s: Mapping[str, float]) -> None:
        del steps, expected_s

    def started(self, step: str) -> None:
        del step

    def waiting(self, step: str) -> None:
        click.echo(f"  … {step}: another run is making it", err=True)

    def ended(self, step: str, outcome: str, seconds: float) -> None:
        if outcome != "kept":
            click.echo(ended_line(step, outcome, seconds), err=True)

    def say(self, message: str) -> None:
        click.echo(click.style(f"  ! {message}", fg="yellow"), err=True)

    def tick(self) -> None:
        return

    def close(self) -> None:
        return


class BuildProgress(PlainProgress):
    """For the log of a build: what was not run is told there by project, with the reason."""

    def ended(self, step: str, outcome: str, seconds: float) -> None:
        if outcome != "restored":
            super().ended(step, outcome, seconds)


def ended_line(step: str, outcome: str, seconds: float) -> str:
    """`  ✓ delays/carriers  made in 0.2 s`."""
    mark = click.style(_MARKS.get(outcome, "·"), fg=_COLOURS.get(outcome))
    spent = f" in {duration(seconds)}" if outcome in ("made", "re-rendered", "failed") and seconds else ""
    return f"  {mark} {step}  {click.style(outcome + spent, dim=True)}"


class LiveProgress:
    """On a terminal: what runs now and for how long, how far it is, and how long it will still take."""

    is_live = True

    def __init__(self, jobs: int) -> None:
        from rich.console import Console
        from rich.live import Live

        self._console = Console(stderr=True)
        self._live = Live(console=self._console, refresh_per_second=8, transient=True, auto_refresh=False)
        self._jobs = max(jobs, 1)
        self._expected: dict[str, float] = {}
        self._running: dict[str, float] = {}
        self._total = 0
        self._done = 0
        self._settled: set[str] = set()
        self._drawn = 0.0

    def begin(self, steps: int, expected_s: Mapping[str, float]) -> None:
        self._total = steps
        self._expected = dict(expected_s)
        self._live.start()

    def started(self, step: str) -> None:
        self._running[step] = time.monotonic()
        self._draw()

    def waiting(self, step: str) -> None:
        self.say(f"{step}: another run is making it")

    def ended(self, step: str, outcome: str, seconds: float) -> None:
        self._done += 1
        self._settled.add(step)
        self._running.pop(step, None)
        if outcome != "kept":
            self._console.print(_ansi(ended_line(step, outcome, seconds)))
        self.tick()

    def say(self, message: str) -> None:
        self._console.print(_ansi(click.style(f"  ! {message}", fg="yellow")))

    def tick(self) -> None:
        if time.monotonic() - self._drawn > 0.1:
            self._draw()

    def close(self) -> None:
        self._live.stop()

    def _draw(self) -> None:
        from rich.text import Text

        self._drawn = now = time.monotonic()
        text = Text()
        for step, since in list(self._running.items())[:6]:
            usual = self._expected.get(step)
            of = f" of about {duration(usual)}" if usual else ""
            text.append(f"  ▸ {step}  ", style="bold")
            text.append(f"{duration(now - since)}{of}\n", style="dim")
        left = self._left(now)
        text.append(f"  {self._done} of {self._total}", style="dim")
        text.append(f" · about {duration(left)} left" if left else "", style="dim")
        self._live.update(text, refresh=True)

    def _left(self, now: float) -> float | None:
        """Seconds that are left, from what steps took before; None where nothing is known of any."""
        running = sum(max(self._expected.get(step, 0.0) - (now - since), 0.0) for step, since in self._running.items())
        # Steps that have not been looked at may be kept: only those that run now are sure to take time.
        return running / min(self._jobs, max(len(self._running), 1)) if running else None


def _ansi(line: str) -> Any:
    from rich.text import Text

    return Text.from_ansi(line)


def progress(jobs: int, *, live: bool) -> PlainProgress | LiveProgress:
    """The picture that fits where the output goes."""
    return LiveProgress(jobs) if live else PlainProgress()
