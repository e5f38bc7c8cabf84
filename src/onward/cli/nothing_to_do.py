"""The answer of `run` and `status` where nothing has changed, given before the rest is loaded.

It says what the commands themselves would say; `tests/cli` holds the two against each other.
"""

from __future__ import annotations

import os
import sys
import time

from onward.app.running import unchanged
from onward.cli.render.summary import marked, print_broken, summary

COMMANDS = ("run", "status")
NO_STEPS = "there are no steps here yet; make a first project with `onward init`"


def answered(words: list[str]) -> bool:
    """Whether words of the command line ask for `run` or `status` of everything, and were answered here."""
    rest = list(words)
    folder = "."
    if "-C" in rest[:-1]:
        place = rest.index("-C")
        folder = rest[place + 1]
        del rest[place : place + 2]
    as_json = "--json" in rest
    if as_json:
        rest.remove("--json")
    return len(rest) == 1 and rest[0] in COMMANDS and answer(rest[0], folder, as_json=as_json)


def answer(command: str, folder: str, *, as_json: bool) -> bool:
    """Whether nothing has changed in the workspace that holds a folder; if so, the command's answer is printed."""
    begun = time.monotonic()
    try:
        kept = unchanged.find(folder)
    except OSError:
        return False  # there is no such folder: whoever takes the words next says so
    if kept is None:
        return False
    if as_json:
        _print_json(command, kept, begun)
    elif command == "run":
        for name, severity, rows, message in kept.broken:
            print_broken(name, severity, int(rows) if rows else None, message or None)
        checks = ["passed"] * kept.passed + ["broken"] * len(kept.broken)
        _print(summary({"kept": kept.steps}, checks, time.monotonic() - begun))
    else:
        told = _marked(kept)
        if told is not None:
            _print(told)
        _print(f"{kept.steps} current" if kept.steps else NO_STEPS)
    return True


def _marked(kept: unchanged.Found) -> str | None:
    """The steps that bear marks. Where none does, which the text of the report shows, it is not parsed."""
    if '"marks": ["' not in kept.report:
        return None
    import json

    return marked({step["name"]: step["marks"] for step in json.loads(kept.report)["steps"]})


def _print_json(command: str, kept: unchanged.Found, begun: float) -> None:
    import json

    report = json.loads(kept.report)
    answer = {
        "run": kept.run,
        "ok": True,
        "basis": kept.basis,
        "snapshot": kept.snapshot,
        "complete": True,
        "missing": [],
        "seconds": round(time.monotonic() - begun, 3),
        "counts": {"made": 0, "kept": kept.steps, "restored": 0, "failed": 0, "skipped": 0},
        **report,
        "findings": [],
    }
    if command == "status":
        steps = [
            {"name": step["name"], "state": "current", "reasons": [], "decision": "keep", "failed": None, "edits": [],
             "marks": step["marks"], "marks_because": step["marks_because"]}
            for step in report["steps"]
        ]  # fmt: skip
        counts = {"current": kept.steps, "stale": 0, "may be stale": 0, "never made": 0, "failed": 0}
        reach = {"steps": [], "seconds": 0.0, "untimed": 0, "release": None, "published": []}
        answer = {"steps": steps, "counts": counts, "reach": reach, "findings": []}
    _print(json.dumps({"schema": 1, **answer}, ensure_ascii=False))


def _print(line: str) -> None:
    try:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of our output has gone (`onward run | true`): there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
