"""The site follows its channels: `bring` takes where a channel stands to every place of `publish`.

At a place, the channel `main` stands at the root, each of its releases for good below `releases/`, each
`preview/<branch>` below `preview/`, and any other channel below `channels/`. What changes, and how the next state of a
place differs from what its listing says, is decided here; how readers are kept from meeting half of it, each kind of
destination knows.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import onward
from onward.app.releases import receipts
from onward.app.releases.channels import MAIN, last_standing, open_channels, release_move, run_of, standing
from onward.app.releases.places import CACHE_FOLDER, destinations_of
from onward.app.running.remake import remake
from onward.app.wiring import Opened
from onward.base import clock
from onward.base.digest import Digest
from onward.base.errors import MachineError, OnwardError, RefusedError, StoreError
from onward.base.text import listed
from onward.destinations.naming import place_error, without_secrets
from onward.model.delivery import BROUGHT, FAILED, UNCHANGED, Listing, Receipt, SiteAt, is_for_good
from onward.model.ports import Change, Content, Destination, Watcher
from onward.model.records import Move
from onward.portal.addresses import segment
from onward.portal.gather import gather
from onward.portal.site import digest_of, lay_out

_PREVIEW = "preview/"
_POOLS = ("files/", "static/")
_PAUSES_S = (0.5, 3.0)
"""Before a place that failed is tried again."""
_SILENCE_S = 15.0
"""After so long it is said what is still under way: an upload, or the wait for another who is at work there."""
_TRIES = 10
_LEFT_S = 24 * 3600


def address_of(channel: str) -> str:
    """The folder of a channel's site at a place."""
    if channel == MAIN:
        return ""
    if channel.startswith(_PREVIEW) and channel != _PREVIEW:
        return f"preview/{segment(channel.removeprefix(_PREVIEW))}"
    return f"channels/{segment(channel)}"


def bring(
    opened: Opened,
    channel: str,
    watcher: Watcher,
    *,
    takes_over: bool = False,
    pause: Callable[[float], None] = time.sleep,
) -> list[Receipt]:
    """Brings a channel, as it stands now, to every place of `publish`; one that fails does not hold back the others.

    What is at a place already is not sent again, so that it may be repeated at any time, and goes on where it was
    interrupted. Never raises for what is wrong with a place: its receipt says it.

    Args:
        opened: the workspace.
        channel: the channel; the site of one that is closed is removed.
        watcher: told what goes on.
        takes_over: also at places that show another workspace's history of the channel.
        pause: waits before a place is tried again.
    """
    places = destinations_of(opened)
    if not places:
        return []
    with _stage(opened) as stage:
        delivery = _Delivery(opened, channel, watcher, stage, takes_over, pause)
        found = delivery.to([_attempt_at(place, destination) for place, destination in places])
    for receipt in found:
        receipts.keep(opened, receipt)
    return found


def publish(opened: Opened, watcher: Watcher, *, takes_over: bool = False) -> list[Receipt]:
    """Brings to every place what is not there yet, of all open channels, and removes there what was closed."""
    wanted = sorted(open_channels(opened), key=lambda name: (name != MAIN, name))
    # Whichever channel is brought, what was closed is removed along with it.
    wanted = wanted or opened.store.records.channels()[:1]
    return [receipt for channel in wanted for receipt in bring(opened, channel, watcher, takes_over=takes_over)]


class _OvertakenError(Exception):
    """The channel has moved since its site was laid out."""


@dataclass(frozen=True)
class _Laid:
    """A site as it is to stand at an address: its files at the place, with their digests."""

    address: str
    state: SiteAt | None
    files: Mapping[str, tuple[Digest, Content]]

    @property
    def is_for_good(self) -> bool:
        return is_for_good(self.address)


@dataclass
class _Attempt:
    """Where one place is, in one delivery."""

    place: str
    destination: Destination | None = None
    files: int = 0
    error: OnwardError | None = None
    missing: tuple[int, ...] = ()
    """Releases that are not there yet."""
    is_due: bool = True
    """It was not tried yet, or the channel has moved since."""
    seconds: float = 0.0


def _attempt_at(place: str, destination: Destination | OnwardError) -> _Attempt:
    if isinstance(destination, OnwardError):
        return _Attempt(place, error=destination, is_due=False)
    return _Attempt(place, destination)


def _fail(attempts: Sequence[_Attempt], error: OnwardError) -> None:
    for one in attempts:
        one.error, one.is_due = error, False


def _drawing_error(error: OnwardError | OSError) -> OnwardError:
    """What keeps a site from being drawn, before any place is asked."""
    if isinstance(error, OnwardError):
        return error
    return MachineError(f"the site cannot be drawn: {error}", hint="mend that, then `onward publish`")


@dataclass
class _Delivery:
    opened: Opened
    channel: str
    watcher: Watcher
    stage: Path
    takes_over: bool
    pause: Callable[[float], None]
    _laid_out: int = field(default=0)
    _there: set[str] = field(default_factory=set)
    """Runs whose records were seen to be there."""

    def to(self, attempts: Sequence[_Attempt]) -> list[Receipt]:
        try:
            log = self.opened.store.records.moves(self.channel)
        except StoreError as error:
            _fail(attempts, error)
            return [self._receipt(one, None, ()) for one in attempts]
        for _ in range(_TRIES):
            due = [one for one in attempts if one.is_due]
            if not due:
                break
            log = self.opened.store.records.moves(self.channel)
            self._round(due, log)
        gone = self._older_releases([one for one in attempts if one.error is None])
        return [self._receipt(one, last_standing(log), gone) for one in attempts]

    def _round(self, attempts: Sequence[_Attempt], log: Sequence[Move]) -> None:
        """Brings where the channel stands to several places at once."""
        try:
            laid = self._laid_now(log)
        except (OnwardError, OSError) as error:
            _fail(attempts, _drawing_error(error))
            return
        self._bring_all(attempts, laid, log)

    def _laid_now(self, log: Sequence[Move]) -> list[_Laid]:
        """The site where the channel stands; of `main` its release's own, too, and what shows open previews."""
        move = last_standing(log)
        address = address_of(self.channel)
        laid = [_Laid(address, None, {}) if move is None else self._lay_out(move, address)]
        if self.channel == MAIN:
            # What a rollback goes to has its address already; where it has not, it is one of the older releases.
            if move is not None and move.kind == "release":
                laid.append(self._lay_out(release_move(self.opened, MAIN, move.number), f"releases/{move.number}"))
        elif (readers_have := standing(self.opened, MAIN)) is not None:
            with suppress(StoreError):
                laid.append(self._lay_out(readers_have, ""))
        return laid

    def _lay_out(self, move: Move, address: str) -> _Laid:
        self._laid_out += 1
        run = run_of(self.opened, move)
        content = gather(
            self.opened,
            run,
            move,
            lambda asset: remake(self.opened, asset, self.watcher),
            is_for_good=is_for_good(address),
            with_states=not address,
        )
        files = lay_out(
            content,
            address,
            "" if move.channel == MAIN else address,
            self.stage / str(self._laid_out),
            keeps_names=not address.startswith(("releases/", "preview/")),
            released=self._released(),
        )
        state = SiteAt(move.channel, move.number, move.sequence, move.run, onward.__version__)
        return _Laid(address, state, {path: (digest_of(content), content) for path, content in files.items()})

    def _released(self) -> set[int]:
        """The releases that have addresses of their own, or are about to."""
        moves = self.opened.store.records.moves(MAIN)
        return {move.number for move in moves if move.kind == "release" and self._is_there(move.run)}

    def _is_there(self, run: str) -> bool:
        """Whether a run's record is there, which is read once in a delivery: hundreds of them take seconds."""
        if run not in self._there and self.opened.store.records.run(run) is not None:
            self._there.add(run)
        return run in self._there

    def _bring_all(self, attempts: Sequence[_Attempt], laid: Sequence[_Laid], log: Sequence[Move]) -> None:
        from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

        with ThreadPoolExecutor(len(attempts)) as pool:
            under_way = {pool.submit(self._bring, one, laid, log): one.place for one in attempts}
            try:
                while under_way:
                    done, _ = wait(under_way, timeout=_SILENCE_S, return_when=FIRST_COMPLETED)
                    for future in done:
                        del under_way[future]
                        future.result()
                    if not done:
                        self.watcher.say(f"still bringing the site to {listed(sorted(under_way.values()))}")
            except KeyboardInterrupt:
                for one in attempts:
                    if one.destination is not None:
                        one.destination.stop()
                raise

    def _bring(self, one: _Attempt, laid: Sequence[_Laid], log: Sequence[Move]) -> None:
        """Brings sites to one place, again where it fails in a way that may pass."""
        assert one.destination is not None, "a place that means nothing is not tried"
        start = time.monotonic()
        for pause_s in (*_PAUSES_S, None):
            try:
                one.files += one.destination.bring(lambda listing: self._change(one, listing, laid, log))
                one.error, one.is_due = None, False
                break
            except _OvertakenError:
                one.error, one.is_due = None, True
                break
            except (MachineError, OSError) as error:
                one.error = place_error(one.place, error) if isinstance(error, OSError) else error
                one.is_due = False
                if pause_s is not None:
                    self.pause(pause_s)
            except OnwardError as error:
                one.error, one.is_due = error, False
                break
        one.seconds += time.monotonic() - start

    def _change(self, one: _Attempt, listing: Listing, laid: Sequence[_Laid], log: Sequence[Move]) -> Change | None:
        """What has to change at a place, given what is there."""
        if self.opened.store.records.moves(self.channel) != list(log):
            raise _OvertakenError
        if not self.takes_over:
            self._require_own_history(one.place, listing, log)
        if self.channel == MAIN:
            releases = {move.number: move.run for move in log if move.kind == "release"}
            bringing = {site.state.number for site in laid if site.is_for_good and site.state is not None}
            runs = {address: site.run for address, site in listing.sites.items()}
            there = {number for number, run in releases.items() if runs.get(f"releases/{number}") == run}
            one.missing = tuple(sorted(releases.keys() - bringing - there, reverse=True))
        wanted = [site for site in laid if self._is_wanted(site, listing)]
        return change_to(listing, [*wanted, *self._closed(listing)], _title(log))

    def _is_wanted(self, site: _Laid, listing: Listing) -> bool:
        """Whether a site has to be as it was laid out.

        A release stays at its address as it was drawn then. What readers have lists the open previews, and is drawn
        again for one of them; but only where it stands already.
        """
        there = listing.sites.get(site.address)
        if site.is_for_good:
            return there is None or site.state is None or there.run != site.state.run
        if site.address == address_of(self.channel):
            return True
        return there is not None and there == site.state

    def _closed(self, listing: Listing) -> list[_Laid]:
        """What stands at a place of channels that are closed: nothing is to be there."""
        others = {address: state.channel for address, state in listing.sites.items() if state.channel != self.channel}
        # One whose log is damaged may be closed, and stays: what is wrong with it holds back nobody else.
        gone = set(others.values()) - {MAIN, *open_channels(self.opened)}
        closed = {channel for channel in gone if self.opened.store.records.moves(channel)}
        return [_Laid(address, None, {}) for address, channel in sorted(others.items()) if channel in closed]

    def _require_own_history(self, place: str, listing: Listing, log: Sequence[Move]) -> None:
        """Raises where readers of a place find a move of `main` that this workspace's log does not hold.

        Releases of another history may be left at their own addresses, where one was taken over.
        """
        state = listing.sites.get(address_of(MAIN))
        if self.channel != MAIN or state is None:
            return
        if (state.sequence, state.run) not in {(move.sequence, move.run) for move in log}:
            raise RefusedError(
                f"`{place}` shows {state.channel}@{state.number} of a history that is not this workspace's",
                hint="let all who release share one store; or put this one's in its place with "
                "`onward publish --take-over`",
            )

    def _older_releases(self, attempts: Sequence[_Attempt]) -> list[str]:
        """Brings releases of before that have no address of their own yet; gives what could not be brought."""
        numbers = sorted({number for one in attempts for number in one.missing}, reverse=True)
        log = self.opened.store.records.moves(self.channel)
        laid, gone = [], []
        for number in numbers:
            try:
                laid.append(self._lay_out(release_move(self.opened, MAIN, number), f"releases/{number}"))
            except StoreError:
                gone.append(f"{MAIN}@{number}")
            except (OnwardError, OSError) as error:
                _fail(attempts, _drawing_error(error))
                break
        behind = [one for one in attempts if one.missing]
        if laid and behind:
            self._bring_all(behind, laid, log)
        return gone

    def _receipt(self, one: _Attempt, now_at: Move | None, gone: Sequence[str]) -> Receipt:
        message = hint = None
        if one.error is not None:
            message, hint = without_secrets(one.error.message), one.error.hint
        elif one.is_due:
            message, hint = "the channel keeps moving", "bring what is missing with `onward publish`"
        elif gone and one.missing:
            message = f"no longer to be had: {listed(gone)}"
        failed = one.error is not None or one.is_due
        return Receipt(
            one.place,
            self.channel,
            FAILED if failed else BROUGHT if one.files else UNCHANGED,
            now_at.number if now_at is not None else None,
            one.files,
            round(one.seconds, 3),
            clock.text_of(clock.now()),
            message,
            hint,
        )


def change_to(listing: Listing, wanted: Sequence[_Laid], title: str) -> Change | None:
    """What makes a place hold some sites, and leaves all others there as they are; None where it holds them."""
    files, sites = dict(listing.files), dict(listing.sites)
    put: dict[str, Content] = {}
    removed: list[str] = []
    for site in wanted:
        own = {path for path in listing.files if _owner(path, listing) == site.address}
        removed += sorted(own - site.files.keys())
        for path, (digest, content) in site.files.items():
            is_page_for_good = site.is_for_good and path.startswith(f"{site.address}/")
            if is_page_for_good or listing.files.get(path) != digest:
                put[path] = content
            if not is_page_for_good:
                files[path] = digest
        if site.state is None:
            sites.pop(site.address, None)
        else:
            sites[site.address] = site.state
    for path in removed:
        del files[path]
    after = Listing(files=files, sites=sites)
    return Change(title, put, tuple(removed), after) if put or removed or after != listing else None


def _owner(path: str, listing: Listing) -> str | None:
    """The address of the site that a listed file is one of; None where releases share it, which nothing removes."""
    if path.startswith(_POOLS):
        return None
    return next((address for address in listing.sites if address and path.startswith(f"{address}/")), "")


def _title(log: Sequence[Move]) -> str:
    move = log[-1]
    if move.kind == "close":
        return f"{move.channel} is closed"
    title = f"{move.channel}@{move.number}"
    return f"{title} again" if move.kind == "rollback" else title


@contextmanager
def _stage(opened: Opened) -> Iterator[Path]:
    """A folder for what is under way; what processes left there that were killed long ago is removed."""
    folder = opened.place.local / "cache" / CACHE_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.iterdir():
        try:
            if time.time() - left.stat().st_mtime > _LEFT_S:
                shutil.rmtree(left, ignore_errors=True)
        except FileNotFoundError:
            continue
    with tempfile.TemporaryDirectory(prefix="site-", dir=folder) as stage:
        yield Path(stage)
