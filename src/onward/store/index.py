"""What can be worked out again, kept so that it need not be: digests of files by their state, tables of code.

An index over the world, never a truth: a file's digest is believed only while size, times and inode are
those of the look that made it, and that look came well after the file's last change (git calls the other
case racy). The whole file may be deleted at any time.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from onward.base.digest import Digest, digest_file

INDEX_VERSION = 2
RACY_NS = 2_000_000_000
_OUT_OF_REACH = (
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_FULL,
)
"""What says nothing against the file: another process is writing, the disk is full, it is not ours to write."""

Stamp = tuple[int, int, int, int]
"""Size in bytes, time of change of content and of state in ns, inode."""


def stamp_of(status: os.stat_result) -> Stamp:
    """What tells one state of a file from the next."""
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


class Index:
    """The index of one worktree."""

    def __init__(self, path: Path, *, patience_s: float = 10) -> None:
        """
        Args:
            path: the index's file; `:memory:` for none.
            patience_s: how long to wait for another process that is writing.
        """
        self._path = path
        self._patience_s = patience_s
        self._connection = _open(path, patience_s)
        self._files: dict[str, tuple[Stamp, Digest, int]] | None = None
        self._seen: dict[str, tuple[Stamp, Digest, int]] = {}

    def digest(self, absolute: str, status: os.stat_result | None = None) -> Digest:
        """The digest of a file's bytes now.

        Raises:
            OSError: the file cannot be read.
        """
        status = status or os.stat(absolute)
        stamp = stamp_of(status)
        known = self._known().get(absolute)
        if known is not None and known[0] == stamp and known[2] - max(stamp[1], stamp[2]) > RACY_NS:
            return known[1]
        looked_at = time.time_ns()
        digest = digest_file(absolute)
        after = stamp_of(os.stat(absolute))
        if after == stamp:
            self._files = self._known()
            self._files[absolute] = self._seen[absolute] = (stamp, digest, looked_at)
        return digest

    def tables(self, analyser: str, digests: Iterable[Digest]) -> dict[Digest, bytes]:
        """The kept tables of code of these contents."""
        wanted = list(digests)
        found: dict[Digest, bytes] = {}
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            query = f"select digest, content from tables where analyser = ? and digest in ({marks})"
            found.update(self._rows(query, [analyser, *part]))
        return found

    def keep_tables(self, analyser: str, tables: dict[Digest, bytes]) -> None:
        """Keeps tables of code for later."""
        rows = [(analyser, digest, content) for digest, content in tables.items()]
        self._write("insert or replace into tables values (?, ?, ?)", rows)

    def save(self) -> None:
        """Writes the digests that were worked out since the index was opened."""
        if not self._seen:
            return
        rows = [
            (os.fsencode(path), *stamp, digest, looked_at) for path, (stamp, digest, looked_at) in self._seen.items()
        ]
        if self._write("insert or replace into files values (?, ?, ?, ?, ?, ?, ?)", rows):
            self._seen.clear()

    def close(self) -> None:
        self.save()
        self._connection.close()

    def _known(self) -> dict[str, tuple[Stamp, Digest, int]]:
        if self._files is None:
            rows = self._rows("select path, size, mtime, ctime, inode, digest, looked_at from files", [])
            self._files = {os.fsdecode(row[0]): ((row[1], row[2], row[3], row[4]), row[5], row[6]) for row in rows}
        return self._files

    def _rows(self, query: str, values: Sequence[str]) -> list[Any]:
        """What the index knows; nothing where it is damaged, and then it is made anew."""
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            self._make_anew(error)
            return []

    def _write(self, statement: str, rows: Sequence[Sequence[Any]]) -> bool:
        """Adds to the index. False where that could not be done: it is worked out again when next needed."""
        try:
            with self._connection:
                self._connection.executemany(statement, rows)
        except sqlite3.DatabaseError as error:
            self._make_anew(error)
            return False
        return True

    def _make_anew(self, error: sqlite3.DatabaseError) -> None:
        if not _is_out_of_reach(error):
            self._connection.close()
            _discard(self._path)
            self._connection = _open(self._path, self._patience_s)


def _open(path: Path, patience_s: float) -> sqlite3.Connection:
    """Opens the index, made anew where it is damaged or of another version; in memory where that is not allowed."""
    for _ in range(2 if str(path) != ":memory:" else 0):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path, timeout=patience_s)
        except (OSError, sqlite3.DatabaseError):
            break
        try:
            _prepare(connection)
        except sqlite3.DatabaseError as error:
            connection.close()
            if _is_out_of_reach(error):
                break  # never taken away from a process that is using it
            _discard(path)
            continue
        return connection
    connection = sqlite3.connect(":memory:")
    _prepare(connection)
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("pragma user_version").fetchone()
    if version not in (0, INDEX_VERSION):
        raise sqlite3.DatabaseError(f"index version {version}")
    if version == 0:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = off")
        with connection:
            connection.execute(
                "create table if not exists files (path blob primary key, size integer, mtime integer,"
                " ctime integer, inode integer, digest text, looked_at integer) without rowid"
            )
            connection.execute(
                "create table if not exists tables (analyser text, digest text, content blob,"
                " primary key (analyser, digest)) without rowid"
            )
            connection.execute(f"pragma user_version = {INDEX_VERSION}")
    connection.execute("pragma synchronous = off")


def _is_out_of_reach(error: sqlite3.DatabaseError) -> bool:
    code = getattr(error, "sqlite_errorcode", None)  # an error of our own has none
    return code is not None and code & 0xFF in _OUT_OF_REACH


def _discard(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        try:
            os.unlink(f"{path}{suffix}")
        except OSError:
            continue
