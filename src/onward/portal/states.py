"""Which of its contents each result had in which release, so that readers can choose two of them.

It is told from the records of the runs alone, and opens no result. Two contents are the same where their digests are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from onward.base import clock
from onward.base.digest import Digest
from onward.model.records import Move, Run
from onward.portal.content import RELEASE, ROLLBACK, Released, State


class States:
    """The releases of a channel. Runs are looked at one after the other, and none is kept: there may be hundreds.

    Args:
        log: the channel's moves, oldest first.
        run_of: the run of a move; None where it is gone, and with it all that is known of the release.
    """

    def __init__(self, log: Sequence[Move], run_of: Callable[[Move], Run | None]) -> None:
        self.released: list[Released] = []
        self._states: dict[str, list[State]] = {}
        self._contents: dict[str, dict[Digest, int]] = {}
        taken_back = _taken_back(log)
        for move in log:
            run = run_of(move) if move.kind == RELEASE else None
            if run is not None:
                self._follow(move.number, run)
                at, is_taken_back = clock.instant_of(move.at), move.number in taken_back
                self.released.append(
                    Released(number=move.number, at=at, note=move.note or "", is_taken_back=is_taken_back)
                )

    def of(self, asset: str) -> tuple[State, ...]:
        """What an asset was, oldest first."""
        return tuple(self._states.get(asset, ()))

    def _follow(self, release: int, run: Run) -> None:
        for asset, artifact in run.artifacts.items():
            contents = self._contents.setdefault(asset, {})
            content = contents.setdefault(artifact.content, len(contents) + 1)
            states = self._states.setdefault(asset, [])
            if not states or states[-1].content != content:
                states.append(State(release, content))
        for asset in self._states.keys() - run.artifacts.keys():
            if self._states[asset][-1].content:
                self._states[asset].append(State(release, 0))


def _taken_back(log: Sequence[Move]) -> Collection[int]:
    """The releases that a rollback took from their readers for an earlier one, and nothing brought again."""
    found: set[int] = set()
    standing: int | None = None
    for move in log:
        if move.kind == ROLLBACK and standing is not None and move.number < standing:
            found.add(standing)
        elif move.kind in (RELEASE, ROLLBACK):
            found.discard(move.number)
        standing = move.number if move.kind in (RELEASE, ROLLBACK) else None
    return found
