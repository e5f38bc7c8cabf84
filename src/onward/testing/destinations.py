"""The suite of places that a site is brought to, and a place in memory that passes it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import pytest

from onward.base.digest import digest_bytes
from onward.base.errors import PlaceError, RefusedError
from onward.destinations.listing import read_listing, require_way, without_lost, written
from onward.destinations.stopping import Stop
from onward.model.delivery import LISTING, Listing, SiteAt
from onward.model.ports import Change, Content, Destination

STATE = SiteAt("main", 1, 1, "20261126-090000000-abcdef")
AWKWARD = ("Über uns/index.html", 'a "b"/c d.txt', "d'e/100%/#1.csv", "back\\slash.txt", "-n.txt")


class Readers(Protocol):
    """A place as everybody else sees it."""

    def contents(self) -> dict[str, bytes]:
        """All files that are there, by path."""
        ...

    def add(self, path: str, content: bytes) -> None:
        """Somebody who is not onward puts a file there."""
        ...

    def take(self, path: str) -> None:
        """Somebody who is not onward takes a file away."""
        ...


class MemoryDestination:
    """A place in memory, and its readers.

    Attributes:
        files: what is there.
        fails: how many of the next attempts fail.
    """

    def __init__(self, name: str = "memory:site") -> None:
        self.name = name
        self.files: dict[str, bytes] = {}
        self.fails = 0
        self._lock = threading.Lock()
        self._stop = Stop()

    def listing(self) -> Listing:
        return without_lost(self._listed(), self.files.__contains__)

    def _listed(self) -> Listing:
        return read_listing(self.files.get(LISTING), self.name, is_empty=not self.files)

    def bring(self, plan: Callable[[Listing], Change | None]) -> int:
        with self._lock:
            if self.fails:
                self.fails -= 1
                raise PlaceError(f"`{self.name}` fails as it was told to")
            change = plan(self.listing())
            if change is None:
                return 0
            require_way(change, self._listed(), self.files, self.name)
            self._stop.heed()
            after = {path: content for path, content in self.files.items() if path not in change.removed}
            for path, content in change.put.items():
                after[path] = content if isinstance(content, bytes) else content.read_bytes()
            self.files = after | {LISTING: written(change.listing)}
            return len(change.put) + len(change.removed)

    def stop(self) -> None:
        self._stop.ask()

    def contents(self) -> dict[str, bytes]:
        return dict(self.files)

    def add(self, path: str, content: bytes) -> None:
        self.files[path] = content

    def take(self, path: str) -> None:
        del self.files[path]


class Bringing:
    """Brings small texts to a place, as the whole of what onward has there."""

    def __init__(self, destination: Destination, folder: Path) -> None:
        self.destination = destination
        self._folder = folder
        self.seen: list[Listing] = []

    def __call__(self, files: Mapping[str, str], *, state: SiteAt = STATE) -> int:
        """Makes the place hold `files`; returns what the destination says that it did."""
        return self.destination.bring(lambda listing: self.plan(listing, files, state))

    def plan(self, listing: Listing, files: Mapping[str, str], state: SiteAt = STATE) -> Change | None:
        """What has to change at a place for it to hold `files`."""
        self.seen.append(listing)
        digests = {path: digest_bytes(text.encode()) for path, text in files.items()}
        after = Listing(files=digests, sites={"": state})
        if after == listing:
            return None
        new = [path for path in files if listing.files.get(path) != digests[path]]
        put = {path: files[path].encode() if path.endswith(".html") else self._file(files[path]) for path in new}
        return Change("a change", put, tuple(sorted(listing.files.keys() - files.keys())), after)

    def _file(self, text: str) -> Path:
        file = self._folder / digest_bytes(text.encode())
        file.write_bytes(text.encode())
        return file


class DestinationSuite:
    """What every place promises."""

    notices_losses = True
    """Whether looking at what is there is cheap enough to be done each time."""

    def make_destination(self, folder: Path) -> tuple[Destination, Readers]:
        raise NotImplementedError("a suite is subclassed, and its `make_destination` gives an empty place")

    @pytest.fixture
    def place(self, tmp_path: Path) -> tuple[Bringing, Readers]:
        sources = tmp_path / "sources"
        sources.mkdir()
        destination, readers = self.make_destination(tmp_path)
        return Bringing(destination, sources), readers

    def test_what_is_brought_is_there(self, place: tuple[Bringing, Readers]) -> None:
        bring, readers = place
        assert bring({"index.html": "home", "a/b/index.html": "b", "empty.txt": ""}) == 3
        assert shown(readers) == {"index.html": "home", "a/b/index.html": "b", "empty.txt": ""}

    def test_names_may_hold_what_names_can_hold(self, place: tuple[Bringing, Readers]) -> None:
        bring, readers = place
        bring(dict.fromkeys(AWKWARD, "1"))
        assert shown(readers) == dict.fromkeys(AWKWARD, "1")
        bring({AWKWARD[0]: "2"})
        assert shown(readers) == {AWKWARD[0]: "2"}

    def test_only_what_changed_travels_and_what_is_gone_goes(self, place: tuple[Bringing, Readers]) -> None:
        bring, readers = place
        bring({"index.html": "1", "same.txt": "same", "old/index.html": "1"})
        assert bring({"index.html": "2", "same.txt": "same", "new/index.html": "2"}) == 3
        assert shown(readers) == {"index.html": "2", "same.txt": "same", "new/index.html": "2"}

    def test_what_was_written_is_listed_for_the_next(self, place: tuple[Bringing, Readers]) -> None:
        bring, _ = place
        later = SiteAt("main", 2, 2, "20261126-100000000-abcdef")
        bring({"index.html": "1"})
        bring({"index.html": "1"}, state=later)
        bring({"index.html": "1"}, state=later)
        first, second, third = bring.seen[0], bring.seen[-2], bring.seen[-1]
        assert (first.files, first.sites) == ({}, {})
        assert (second.files, second.sites) == ({"index.html": digest_bytes(b"1")}, {"": STATE})
        assert (third.sites, third.unfinished) == ({"": later}, ())

    def test_looking_writes_nothing(self, place: tuple[Bringing, Readers]) -> None:
        bring, readers = place
        assert bring.destination.listing() == Listing()
        assert readers.contents() == {}
        bring({"index.html": "1"})
        before = readers.contents()
        found = bring.destination.listing()
        assert (found.files, found.sites) == ({"index.html": digest_bytes(b"1")}, {"": STATE})
        assert readers.contents() == before

    def test_where_nothing_has_to_change_nothing_does(self, place: tuple[Bringing, Readers]) -> None:
        bring, readers = place
        assert bring.destination.bring(lambda _: None) == 0
        assert readers.contents() == {}
        bring({"index.html": "1"})
        before = readers.contents()
        assert bring({"index.html": "1"}) == 0
        assert readers.contents() == before

    def test_what_others_put_there_stays_as_it_is(self, place: tuple[Bringing, Readers]) -> None:
        bring, readers = place
        bring({"index.html": "1", "a/index.html": "1"})
        readers.add("CNAME", b"example.org")
        readers.add("a/note.txt", b"mine")
        bring({"index.html": "2"})
        bring({"index.html": "3", "b/index.html": "3"})
        others = {"CNAME": "example.org", "a/note.txt": "mine"}
        assert shown(readers) == {"index.html": "3", "b/index.html": "3", **others}

    def test_a_place_of_somebody_elses_is_refused_untouched(self, place: tuple[Bringing, Readers]) -> None:
        bring, readers = place
        readers.add("thesis.tex", b"years of work")
        before = readers.contents()
        with pytest.raises(RefusedError, match="did not write"):
            bring({"index.html": "1"})
        assert readers.contents() == before

    def test_a_file_of_somebody_elses_in_the_way_is_refused_untouched(self, place: tuple[Bringing, Readers]) -> None:
        bring, readers = place
        bring({"index.html": "1"})
        readers.add("b/index.html", b"mine")
        before = readers.contents()
        with pytest.raises(RefusedError, match=r"b/index\.html"):
            bring({"index.html": "2", "b/index.html": "2"})
        assert readers.contents() == before
        bring({"index.html": "2"})
        assert shown(readers) == {"index.html": "2", "b/index.html": "mine"}

    def test_a_listing_that_means_nothing_is_refused_untouched(self, place: tuple[Bringing, Readers]) -> None:
        bring, readers = place
        bring({"index.html": "1"})
        for listing in (b"{", b'{"format": 99, "files": {}}'):
            readers.take(LISTING)
            readers.add(LISTING, listing)
            before = readers.contents()
            with pytest.raises(RefusedError):
                bring({"index.html": "2"})
            assert readers.contents() == before

    def test_a_site_that_was_written_there_by_hand_is_taken_over(self, place: tuple[Bringing, Readers]) -> None:
        bring, readers = place
        readers.add("index.html", b"by hand")
        readers.add("old/index.html", b"by hand")
        readers.add("note.txt", b"mine")
        readers.add(LISTING, b'{"files":["index.html","old/index.html"],"format":1}\n')
        bring({"index.html": "1"})
        assert shown(readers) == {"index.html": "1", "note.txt": "mine"}

    def test_what_somebody_took_away_is_brought_again(self, place: tuple[Bringing, Readers]) -> None:
        bring, readers = place
        files = {"index.html": "1", "a/index.html": "1"}
        bring(files)
        readers.take("a/index.html")
        bring(files, state=SiteAt("main", 2, 2, "20261126-100000000-abcdef"))
        assert shown(readers) == (files if self.notices_losses else {"index.html": "1"})

    def test_a_release_that_somebody_took_away_is_missed(self, place: tuple[Bringing, Readers]) -> None:
        bring, readers = place
        sites = {"": STATE, "releases/1": STATE}
        after = Listing(files={"index.html": digest_bytes(b"1")}, sites=sites)
        put: dict[str, Content] = {"index.html": b"1", "releases/1/index.html": b"1"}
        bring.destination.bring(lambda _: Change("a release", put, (), after))
        assert bring.destination.listing().sites == sites
        readers.take("releases/1/index.html")
        left = {"": STATE} if self.notices_losses else sites
        assert bring.destination.listing().sites == left
        bring.destination.bring(bring.seen.append)
        assert bring.seen[-1].sites == left
        bring.destination.bring(lambda _: Change("a release", put, (), after))
        assert shown(readers) == {"index.html": "1", "releases/1/index.html": "1"}

    def test_a_folder_becomes_a_file_and_a_file_a_folder(self, place: tuple[Bringing, Readers]) -> None:
        bring, readers = place
        bring({"a/index.html": "1", "b": "1"})
        bring({"a": "2", "b/index.html": "2"})
        assert shown(readers) == {"a": "2", "b/index.html": "2"}

    def test_a_plan_that_fails_changes_nothing_and_keeps_nobody_out(self, place: tuple[Bringing, Readers]) -> None:
        bring, readers = place
        bring({"index.html": "1"})
        before = readers.contents()

        def fail(_: Listing) -> Change:
            raise RefusedError("not now")

        with pytest.raises(RefusedError, match="not now"):
            bring.destination.bring(fail)
        assert readers.contents() == before
        bring({"index.html": "2"})
        assert shown(readers) == {"index.html": "2"}

    def test_one_that_is_stopped_changes_nothing_more_and_keeps_nobody_out(
        self, place: tuple[Bringing, Readers]
    ) -> None:
        bring, readers = place
        bring({"index.html": "1", "a.txt": "1"})
        before = readers.contents()

        def stop(listing: Listing) -> Change | None:
            bring.destination.stop()
            return bring.plan(listing, {"index.html": "2", "a.txt": "2"})

        with pytest.raises(KeyboardInterrupt):
            bring.destination.bring(stop)
        assert shown(readers) == {"index.html": "1", "a.txt": "1"}
        assert readers.contents().keys() == before.keys(), "no lock is left"

    def test_of_two_at_once_each_leaves_a_whole_site(self, place: tuple[Bringing, Readers]) -> None:
        bring, readers = place
        bring({"index.html": "0"})
        sites = {text: {f"{name}/index.html": text for name in ("a", "b", text)} for text in ("1", "2")}
        errors: list[BaseException] = []

        def act(files: Mapping[str, str]) -> None:
            try:
                bring(files)
            except BaseException as error:  # noqa: BLE001 - told by the test
                errors.append(error)

        threads = [threading.Thread(target=act, args=(files,)) for files in sites.values()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert shown(readers) in list(sites.values())


def shown(readers: Readers) -> dict[str, str]:
    """What is there beside what onward has written for itself."""
    return {
        path: content.decode()
        for path, content in readers.contents().items()
        if not path.startswith((".onward-", ".nojekyll"))
    }
