"""`gc`: bytes that nobody needs any more are removed, here and, by the main pipeline, from the shared store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from onward.app import standing as standings
from onward.app.observing.originals import noted
from onward.app.settings import scope as scopes
from onward.app.settings.place import Place
from onward.app.settings.root import LOCAL_FOLDER
from onward.app.wiring import Opened
from onward.base import clock
from onward.base.errors import UsageError
from onward.store import expired
from onward.store.expired import Removed
from onward.store.shared.opened import SharedStore

KEEP_DAYS = 30
"""Days for which everything stays."""
MOST_DAYS = 36_500
_EVERY_SCOPE = (scopes.LOCAL, scopes.TEAM, scopes.MAIN)


@dataclass(frozen=True)
class Collected:
    """What was removed, or would be: of the store on this disk, and of the shared one where that was looked at."""

    here: Removed
    shared: Removed | None


def gc(opened: Opened, keep_days: float = KEEP_DAYS, *, dry_run: bool = False) -> Collected:
    """Removes what nobody needs: the main pipeline from the shared store too.

    Raises:
        UsageError: there is no such number of days.
        BucketError: the shared store cannot be had; nothing was removed from it that is needed.
        StoreError: what a release stands on cannot be read in it; nothing was removed from it that may be needed.
    """
    if not 0 <= keep_days <= MOST_DAYS:
        raise UsageError(f"nothing can be kept for {keep_days:g} days", hint=f"give a number from 0 to {MOST_DAYS:,}")
    since = clock.text_of(clock.now() - timedelta(days=keep_days))
    places = list(_worktrees(opened.place))
    standing = [standings.load(place / "state" / "standing", None) for place in places]
    traces = (result.trace for each in standing for result in each.results.values())
    last = (each.run for each in standing if each.run is not None)
    needed = expired.needed(opened.store, traces, last, since)
    needed |= {digest for place in places for digest in noted(place)}
    here = expired.remove(opened.store, needed, keep_days, dry_run=dry_run)
    shared = None
    if isinstance(opened.store, SharedStore) and opened.scope == scopes.MAIN:
        shared = opened.store.sweep(keep_days, dry_run=dry_run)
    return Collected(here, shared)


def _worktrees(place: Place) -> Iterator[Path]:
    """The local folders of all worktrees that share a store."""
    yield place.local
    main = place.store.parent
    if main != place.local:
        yield main
    for entry in (place.git or Path("/nowhere")).glob("worktrees/*/gitdir"):
        try:
            yield Path(entry.read_text("utf-8").strip()).parent / LOCAL_FOLDER
        except (OSError, UnicodeDecodeError):
            continue  # git has just removed it
