"""A store with a bucket behind it, opened: its parts put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from onward.base.codec import digest_of
from onward.base.digest import Digest
from onward.base.errors import BucketError
from onward.model.records import Run
from onward.model.trace import Trace
from onward.store.disk import Disk
from onward.store.expired import Removed, objects_of
from onward.store.layout import LOCAL_SCOPE, Layout
from onward.store.opened import Store
from onward.store.shared.area import is_of_fork
from onward.store.shared.guarded import Guarded
from onward.store.shared.head import pack
from onward.store.shared.layered import SharedObjects, SharedRecords, SharedTraces
from onward.store.shared.remote import Remote, bucket_id
from onward.store.shared.sending import Sending
from onward.store.shared.sweep import sweep


class SharedStore(Store):
    """The store of one folder, with what the scopes that are read have in a bucket. Opening asks the bucket nothing.

    Attributes:
        known: the folder of what is known here of this one bucket.
    """

    def __init__(self, root: Path, bucket: Guarded, scopes: Sequence[str], disk: Disk | None = None) -> None:
        """
        Args:
            scopes: whose traces are read, the first one's are written; what is local stays so.
        """
        super().__init__(root, disk, scopes)
        self.known = f"{root}/shared/{bucket_id(bucket.url)}"
        self.remote = Remote(bucket, [scope for scope in scopes if scope != LOCAL_SCOPE])
        self.shared_objects = SharedObjects(self.layout, self.disk, self.remote, f"{self.known}/lost")
        found = self.shared_objects
        self._sending = Sending(self.remote, found.path, found.size, found.lose)
        self.objects = self.shared_objects
        self.shared_traces = SharedTraces(
            self.layout, self.disk, self.scopes, self.remote, self.shared_objects, self._sending
        )
        self.traces = self.shared_traces
        layout = Layout(root)
        layout.channels = f"{self.known}/channels"
        # A machine of a pipeline may have served strangers, who had no shared store and left a log.
        before = self.records if LOCAL_SCOPE in scopes else None
        self.shared_records = SharedRecords(layout, self.disk, self.remote, self.shared_objects, self._sending, before)
        self.records = self.shared_records
        self._is_prepared = False

    @property
    def is_shared(self) -> bool:
        return True

    def trouble(self) -> str | None:
        return self.remote.trouble()

    def prepare(self) -> None:
        super().prepare()
        self._is_prepared = True

    def secret(self) -> bytes:
        """The secret that all machines make their digests under; this machine's own until it is known."""
        own = self._secret_here()
        if self.disk.read(self._joined) is not None:
            return own
        secret = self.remote.secret(own=own if self._is_prepared and own else None)
        if secret is None:
            return own
        if self._is_prepared:
            self._join(secret)
        return secret

    def _join(self, secret: bytes) -> None:
        if secret != self._secret_here():
            self.disk.replace(self.layout.secret, secret)
        self.disk.replace(self._joined, b"")

    @property
    def _joined(self) -> str:
        """A mark that this machine has the secret of the bucket."""
        return f"{self.known}/joined"

    def finish(self, run: Run, results: Mapping[Digest, Trace], tell: Callable[[int, int], None] | None = None) -> None:
        """Sees to it that the bucket has what a run has made and, of a complete one, everything that it holds."""
        self._sending.finish(tell)
        state = digest_of([run.basis, run.snapshot, sorted(results)]).encode()
        if not run.complete or self.disk.read(self._sent_state) == state:
            return
        head = self.remote.head(self.remote.own)
        if head.names != results.keys() or (head.basis, head.snapshot) != (run.basis, run.snapshot):
            self._send_all(run, results, head.names, tell)
        if self.remote.trouble() is None:
            self.disk.replace(self._sent_state, state)

    def sweep(self, keep_days: float, *, dry_run: bool) -> Removed:
        """Removes from the bucket what nobody needs.

        Raises:
            BucketError: it cannot be read, or written.
            StoreError: a channel's log cannot be read.
        """
        return sweep(self.remote.bucket, keep_days, dry_run=dry_run)

    @property
    def _sent_state(self) -> str:
        return f"{self.known}/sent/{self.scopes[0]}"

    def _send_all(
        self, run: Run, results: Mapping[Digest, Trace], there: set[Digest], tell: Callable[[int, int], None] | None
    ) -> None:
        contents = {}
        for name, trace in results.items():
            content = self.traces.content(trace.key, name)
            if content is None:
                return  # it was removed meanwhile: the next run sends
            contents[name] = content
            if name not in there:
                self.shared_traces.promote(name, trace, content)
        self._sending.finish(tell)
        own = self.remote.own
        try:
            sent = {digest for trace in results.values() for digest in objects_of(trace)}
            self.shared_records.publish(run, own, sent)
            addresses = {address for trace in results.values() for address in trace.addresses()}
            if any(map(self.shared_objects.is_lost, addresses)):
                self.remote.doubt("bytes of some results are in no store any more: the next run makes them again")
            if self.remote.trouble() is None:
                if not is_of_fork(own.scope):
                    # A bucket that was made anew may have another one than this machine knew.
                    self._join(self.remote.agreed_secret(self._secret_here()))
                content = pack(run.basis, run.snapshot, self._secret_here(), contents.values())
                self.remote.bucket.replace(own.head, content)
        except BucketError:
            return  # told by `Remote.trouble`
