"""`ci`: the whole way of one change, the same on any service: run, review, judge; on the main branch, release.

Nothing reaches readers but what the main branch's own build has made, checked and judged. What the host of the code is
told, and what it is asked, may go wrong without the build going wrong by that: it is said, and a gate that nobody could
be asked about stays shut.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from onward.app.releases import channels, history
from onward.app.releases.history import Held, Moved, Overtaken
from onward.app.releases.places import shown_at_places
from onward.app.wiring import Opened
from onward.base.errors import HostError, MachineError, RefusedError
from onward.base.text import listed, plural
from onward.ci.approvals import MARKER, Reviews, now_shown
from onward.ci.build import GIT, main_branch
from onward.ci.comment import comment
from onward.ci.previews import close_gone, preview_of
from onward.ci.repository import Repository
from onward.ci.review import Review, review
from onward.ci.schedule import Night, night, to_ask_again
from onward.hosts.registry import hosts
from onward.model.delivery import FAILED, Receipt
from onward.model.hosting import Build, Shown, Verdict
from onward.model.ports import Conversation, Watcher
from onward.model.records import Approved, Run
from onward.portal import delivery

_TEXT = "review.md"


@dataclass(frozen=True)
class Hold:
    """What holds a release: an asset (or what else stands for it), and why."""

    asset: str
    reason: str


@dataclass
class Built:
    """What a build came to.

    Attributes:
        moved: how the channel moved, or stayed at just this; None where it was not to be released, or is held.
        held: what holds the release.
        rolled_back: the same, where it is held because a rollback had taken back what it holds.
        published: what came of bringing the site to its places.
        closed: the previews that were closed.
        has_lost_releases: readers have a release that the store has lost.
        is_refused: it would be refused by hand, too: nobody may give readers what was built.
        night: of a nightly build, what it looked at.
        comment: the address of the comment, or its request where the host gives none; None where there is none.
    """

    review: Review
    moved: Moved | None = None
    held: list[Hold] = field(default_factory=list)
    rolled_back: Held | None = None
    published: list[Receipt] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    has_lost_releases: bool = False
    is_refused: bool = False
    night: Night | None = None
    comment: str | None = None
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """The change may stand, and readers see what they should. A preview is a courtesy: the build of a request need
        not have the right to bring it anywhere."""
        are_shown = not self.review.build.is_main or not self.unshown
        return self.review.ok and not self.has_lost_releases and not self.is_refused and are_shown

    @property
    def unshown(self) -> list[Receipt]:
        """Of the places, those that do not show what they should."""
        return [receipt for receipt in self.published if receipt.outcome == FAILED]


@dataclass(frozen=True)
class Pipeline:
    """One build, in one workspace.

    Attributes:
        opened: the workspace, opened in the build's scope.
        build: which build it is.
        watcher: told what happens.
        variables: the environment, for what the host gives there.
    """

    opened: Opened
    build: Build
    watcher: Watcher
    variables: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def go(self, *, revision: str | None = None, channel: str = channels.MAIN, is_nightly: bool = False) -> Built:
        """Carries the build out.

        Args:
            revision: what to hold the change against instead of its base.
            channel: the channel that a build of the main branch moves.
            is_nightly: ask again what no change of a file tells of.

        Raises:
            OnwardError: as for `run` and `diff`; the host is told first.
        """
        begun = time.monotonic()
        forum = self._forum()
        forum.report(None)
        reviews = Reviews(forum.conversation, forum.notes)
        built = None
        try:
            built = self._build(reviews, revision, channel, is_nightly=is_nightly)
        finally:
            if built is None:
                forum.report(Verdict(False, "it came to no end: see its log"))
        found = built.review
        built.comment = self._tell(built, forum, reviews)
        found.notes += [f"not told to the host: {note}" for note in forum.notes]
        built.seconds = time.monotonic() - begun
        return built

    def _build(self, reviews: Reviews, revision: str | None, channel: str, *, is_nightly: bool) -> Built:
        asked = to_ask_again(self.opened, channel) if is_nightly else []
        found = review(
            self.opened,
            self.build,
            self.watcher,
            revision=revision,
            reviews=reviews,
            force=asked,
            channel=channel,
        )
        built = Built(found, night=night(asked, found) if is_nightly else None)
        self._release(built, channel)
        self._deliver(built, channel)
        return built

    def _forum(self) -> _Forum:
        host = hosts().get(self.build.service)
        if host is None:
            return _Forum(self.build, None)
        conversation = host.converse(self.build, self.variables, MARKER)
        return _Forum(
            self.build, conversation, [] if conversation is not None else [f"the build has no `{host.token}`"]
        )

    # Release.

    def _release(self, built: Built, channel: str) -> None:
        """Moves the channel that is the build's to move."""
        found = built.review
        if self.build.is_main:
            built.held = list(self._holds(found))
            lost = list(self._lost_releases(channel))
            built.has_lost_releases = bool(lost)
            built.held += lost
            if not built.held:
                try:
                    self._forward(built, channel)
                except RefusedError as error:
                    built.is_refused = True
                    built.held = [Hold(channel, f"{error.message}: {error.hint}" if error.hint else error.message)]
            built.closed = list(close_gone(self.opened))
        elif self.build.branch is None and self.build.service == GIT:
            found.notes.append("nothing is released: git knows no branch of this commit, and `ONWARD_BRANCH` says none")
        elif self.build.branch is not None and not self.build.is_fork and not self._is_somebodys_own(found):
            try:
                self._forward(built, preview_of(self.build.branch))
            except RefusedError as error:
                found.notes.append(f"there is no preview: {error.message}")

    def _lost_releases(self, channel: str) -> Iterator[Hold]:
        """What readers have of a channel and the store does not know: its number would be given a second time."""
        known = max((move.number for move in self.opened.store.records.moves(channel)), default=0)
        if known and self.opened.store.is_shared:  # of what is shared, nobody has an older state
            return
        for name, number in shown_at_places(self.opened, channel).items():
            if number > known:
                after = f" after {channel}@{known}" if known else ""
                yield Hold(
                    "",
                    f"`{name}` shows {channel}@{number}, and the store knows no release of `{channel}`{after}: it has "
                    "lost that. Somebody whose clone knows it brings it back with `onward run` and "
                    "`onward release --note TEXT`",
                )

    def _is_somebodys_own(self, found: Review) -> bool:
        """Whether the files are no commit's: what a CI service has checked out is one, whatever lies beside it."""
        origin = found.report.run.origin
        return self.build.service == GIT and (origin.dirty or origin.commit is None)

    def _holds(self, found: Review) -> Iterator[Hold]:
        """What keeps a build of the main branch from its readers."""
        for name, record in found.report.steps.items():
            if record.outcome in ("failed", "skipped"):
                for asset in found.report.reading.graph.steps[name].assets or [name]:
                    yield Hold(asset, f"its step {'failed' if record.outcome == 'failed' else 'was skipped'}")
        for name, check in found.report.checks.items():
            if check.severity == "error" and check.outcome != "passed":
                yield Hold(
                    check.asset, f"the check `{name}` {'is broken' if check.outcome == 'broken' else 'did not run'}"
                )
        for finding in found.report.findings:
            yield Hold(finding.path or "", finding.message)
        for verdict in found.waiting:
            whose = f"a yes of {verdict.owners.text}" if verdict.owners.text else "somebody's yes"
            yield Hold(verdict.asset, f"{verdict.why}: it waits for {whose}")
        if found.stale_owners is not None:
            yield Hold(found.stale_owners, "it is not what the `owner` settings say")
        if self._is_somebodys_own(found):
            yield Hold("", "the files are not those of a commit")

    def _forward(self, built: Built, channel: str) -> None:
        found = built.review
        approved = [Approved(yes.asset, yes.change.before, yes.change.after, yes.by, yes.how) for yes in found.yes]
        moved = history.release(
            self.opened,
            channel,
            automatic=True,
            run=found.report.run,
            new=True,  # its name was typed once, into a file that somebody reviewed
            is_later=self._is_later,
            approved=approved,
        )
        if isinstance(moved, Moved):
            built.moved = moved
        elif isinstance(moved, Held):
            built.held = [Hold(one.asset, one.reason) for one in moved.assets]
            built.rolled_back = moved
        else:
            assert isinstance(moved, Overtaken)
            found.notes.append(f"not released: `{channel}@{moved.by.number}` is of a later commit")

    def _is_later(self, run: Run) -> bool:
        """Whether a run is of a commit that came after this build's: two builds may end in the other order.

        Of a request it is not its head that is built but that with the main branch merged into it, which is no head's
        ancestor.

        Raises:
            MachineError: nobody can tell, and readers would be given the older one.
        """
        root = self.opened.place.root
        repository = Repository(root)
        commit, own = run.origin.commit, repository.commit("HEAD")
        if commit is None or own is None:
            return False
        try:
            return repository.is_later(commit, own, self.build.branch or main_branch(root))
        except MachineError:
            if self.build.is_main:
                raise
            return False

    def _deliver(self, built: Built, channel: str) -> None:
        """Brings to the places what has moved, and what is not there yet of where the build's channel stands.

        An earlier build may have failed to bring that; and where this one is held by a rollback, whoever took something
        back may have had no right to write to the places.
        """
        stands = built.moved.move if built.moved is not None else None
        if stands is None and self.build.is_main and not built.has_lost_releases:
            stands = channels.standing(self.opened, channel)
        for name in [*([stands.channel] if stands is not None else []), *built.closed]:
            built.published += delivery.bring(self.opened, name, self.watcher)

    # Telling.

    def _tell(self, built: Built, forum: _Forum, reviews: Reviews) -> str | None:
        """Writes the review where its readers are; returns the address of the comment."""
        found, build = built.review, self.build
        before = reviews.shown(build.request) if build.request is not None else None
        is_overtaken = before is not None and self._is_of_later(before)
        shown = None
        if build.request is not None and build.commit is not None:
            changes = {verdict.asset: verdict.change for verdict in found.gates}
            shown = now_shown(build.commit, changes, before)
        text = comment(found, shown)
        found.page.with_name(_TEXT).write_text(text, "utf-8")
        host = hosts().get(build.service)
        if host is not None:
            host.summarize(self.variables, text)
        if is_overtaken:
            found.notes.append("not told below the request: the comment there is of a later commit")
        said = forum.say(text) if not is_overtaken else None
        forum.report(Verdict(built.ok, _in_a_word(built)))
        return said

    def _is_of_later(self, shown: Shown) -> bool:
        """Whether a comment is of a commit that came after this build's, which was slower or has been started again."""
        build = self.build
        if build.commit is None or build.branch is None:
            return False
        try:
            return Repository(self.opened.place.root).is_later(shown.head, build.commit, build.branch)
        except MachineError:
            return False


@dataclass
class _Forum:
    """The host, as far as it listens: what it refuses is kept as a note."""

    build: Build
    conversation: Conversation | None
    notes: list[str] = field(default_factory=list)

    def report(self, verdict: Verdict | None) -> None:
        if self.conversation is None or self.build.commit is None:
            return
        try:
            self.conversation.report(self.build.commit, verdict, self.build.page)
        except HostError as error:
            self._note(error)

    def say(self, text: str) -> str | None:
        if self.conversation is None or self.build.request is None:
            return None
        try:
            return self.conversation.say(self.build.request, text).page or f"request {self.build.request}"
        except HostError as error:
            self._note(error)
            return None

    def _note(self, error: HostError) -> None:
        if error.message not in self.notes:
            self.notes.append(error.message)


def _in_a_word(built: Built) -> str:
    """The state of a build, as short as a list of checks has it."""
    found = built.review
    counts = found.report.counts
    broken = sum(check.severity == "error" and check.outcome != "passed" for check in found.report.checks.values())
    against = [
        plural(counts["failed"], "step") + " failed" if counts["failed"] else "",
        plural(broken, "check") + " broken" if broken else "",
        plural(len(found.waiting), "change") + " without a yes" if found.waiting else "",
        f"{found.stale_owners} is stale" if found.stale_owners is not None else "",
        plural(len(built.unshown), "place does not show it", "places do not show it")
        if not built.ok and built.unshown
        else "",
    ]
    if any(against):
        return listed([words for words in against if words])
    moved = {change: count for change, count in found.difference.counts.items() if change != "equal" and count}
    results = ", ".join(f"{count} {change}" for change, count in moved.items()) or "no result moved"
    held = f"; held: {listed([hold.asset for hold in built.held])}" if built.held else ""
    return f"{results}{held}"
