"""The kernel's side of the watch: a filter that hands chosen system calls to another process.

Everything here is a call of the C library or the kernel, with the numbers and layouts of `linux/seccomp.h`,
`linux/filter.h` and `linux/prctl.h`. Nothing here knows what a call means.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import struct
from typing import List, NamedTuple, Optional, Tuple

from onward.runtime import own_files
from onward.runtime.watch.calls import Machine

HANDOVER = 1023
"""The descriptor over which a watched process hands its listener away. The filter lets `sendmsg` on it through, for
nobody answers yet; it is closed right after, and is the last that the usual limit of open files gives out."""

AT_EMPTY_PATH = 0x1000
_CLONE_NEWNS = 0x00020000

_SET_MODE_FILTER = 1
_FLAG_SPEC_ALLOW, _FLAG_NEW_LISTENER, _FLAG_WAIT_KILLABLE = 1 << 2, 1 << 3, 1 << 5
_PR_SET_NO_NEW_PRIVS, _PR_SET_CHILD_SUBREAPER = 38, 36

_RECEIVE, _ANSWER, _SET_FLAGS = 0xC0502100, 0xC0182101, 0x40082104
_SYNC_WAKE_UP = 1
_CONTINUE = 1

_NOTICE = struct.Struct("=QIIiIQ6Q")
_ANSWERED = struct.Struct("=QqiI")

_LOAD, _JUMP_EQUAL, _JUMP_ATLEAST, _JUMP_ANY, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _NOTIFY, _NO_SUCH_CALL = 0x7FFF0000, 0x7FC00000, 0x00050000 | errno.ENOSYS
_AT_NUMBER, _AT_ARCHITECTURE = 0, 4

Instruction = Tuple[int, int, int, int]


class _Filter(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("filters", ctypes.POINTER(_Filter)))


class _Span(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


_libc = ctypes.CDLL(None, use_errno=True)


def instructions(machine: Machine) -> List[Instruction]:
    """The filter: what is looked at is handed over, a few calls do not exist, all others go through untouched.

    Programs of another architecture are handed over whole: they are slow, work, and are known to be there.
    """
    calls = dict(machine.looked_at)
    answers: List[List[Instruction]] = [
        # A file's own state, asked by its descriptor, names no path.
        _only(calls.pop("newfstatat"), 3, [(_JUMP_ANY, 0, 1, AT_EMPTY_PATH)], hit=_ALLOW, miss=_NOTIFY),
        _only(calls.pop("statx"), 2, [(_JUMP_ANY, 0, 1, AT_EMPTY_PATH)], hit=_ALLOW, miss=_NOTIFY),
        # On a connected socket `sendto` names no address.
        _only(calls.pop("sendto"), 4, [(_JUMP_EQUAL, 0, 1, 0)], hit=_ALLOW, miss=_NOTIFY),
        # What onward opens for itself, it names from the root.
        _only(calls.pop("openat"), 0, [(_JUMP_EQUAL, 0, 1, own_files.ROOT)], hit=_ALLOW, miss=_NOTIFY),
        _only(calls.pop("sendmsg"), 0, [(_JUMP_EQUAL, 0, 1, HANDOVER)], hit=_ALLOW, miss=_NOTIFY),
        _only(machine.clone, 0, [(_JUMP_ANY, 0, 1, _CLONE_NEWNS)], hit=_NOTIFY, miss=_ALLOW),
        [(_JUMP_EQUAL, 0, 1, machine.io_uring_setup), (_RETURN, 0, 0, _NO_SUCH_CALL)],
    ]
    if machine.x32_from is not None:
        answers.insert(0, [(_JUMP_ATLEAST, 0, 1, machine.x32_from), (_RETURN, 0, 0, _NO_SUCH_CALL)])
    program: List[Instruction] = [
        (_LOAD, 0, 0, _AT_ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, machine.audit),
        (_RETURN, 0, 0, _NOTIFY),
        (_LOAD, 0, 0, _AT_NUMBER),
    ]
    for answer in answers:
        program += answer
    numbers = sorted(calls.values())
    for place, number in enumerate(numbers):
        program.append((_JUMP_EQUAL, len(numbers) - place, 0, number))
    program += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _NOTIFY)]
    return program


def _only(number: int, argument: int, test: List[Instruction], *, hit: int, miss: int) -> List[Instruction]:
    """One call whose answer hangs on the lower half of an argument."""
    inner = [(_LOAD, 0, 0, 16 + 8 * argument), *test, (_RETURN, 0, 0, hit), (_RETURN, 0, 0, miss)]
    return [(_JUMP_EQUAL, 0, len(inner), number), *inner]


class Installer:
    """The filter, made ready once, so that each process that is to be watched has only to put it in force."""

    def __init__(self, machine: Machine) -> None:
        rows = instructions(machine)
        self._filters = (_Filter * len(rows))(*rows)
        self._program = _Program(len(rows), self._filters)
        self._call = machine.seccomp

    def install(self) -> int:
        """Puts the filter in force for this process and all that it will start.

        Returns:
            the listener's descriptor.

        Raises:
            OSError: the kernel does not allow it; EBUSY where this process is watched already.
        """
        _checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        flags = _FLAG_NEW_LISTENER | _FLAG_SPEC_ALLOW
        for more in (_FLAG_WAIT_KILLABLE, 0):
            listener = _libc.syscall(
                ctypes.c_long(self._call),
                ctypes.c_ulong(_SET_MODE_FILTER),
                ctypes.c_ulong(flags | more),
                ctypes.byref(self._program),
            )
            if listener >= 0:
                return listener
            if ctypes.get_errno() != errno.EINVAL:
                break
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _checked(status: int) -> None:
    if status < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def adopt_orphans() -> None:
    """Makes this process the parent of what its descendants leave behind, so that it may go on reading their memory."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class Call(NamedTuple):
    """A system call that waits for its answer."""

    identity: int
    pid: int
    flags: int
    number: int
    architecture: int
    address: int
    a: int
    b: int
    c: int
    d: int
    e: int
    f: int


def tune(listener: int) -> None:
    """Lets caller and supervisor take turns on one processor; kernels before 6.6 do not know how."""
    try:
        fcntl.ioctl(listener, _SET_FLAGS, _SYNC_WAKE_UP)
    except OSError:
        return


def receive(listener: int) -> Optional[Call]:
    """The next call of a listener that has one; None where the caller has been killed meanwhile."""
    notice = bytearray(80)
    try:
        fcntl.ioctl(listener, _RECEIVE, notice, True)
    except OSError:
        return None
    return Call(*_NOTICE.unpack(notice))


def answer(listener: int, identity: int, error: int = 0) -> None:
    """Lets a call go on, or fail with an error number. That the caller is gone is no matter."""
    content = _ANSWERED.pack(identity, 0, -error, 0 if error else _CONTINUE)
    try:
        fcntl.ioctl(listener, _ANSWER, content)
    except OSError:
        return


class Memory:
    """What other processes have in their memory."""

    _SHORT, _LONG, _PAGE = 512, 4096 + 1, 4096

    def __init__(self) -> None:
        self._buffer = ctypes.create_string_buffer(self._LONG + 1)
        self._here = (_Span * 1)()
        self._here[0].length = self._LONG
        self._there = (_Span * 3)()
        self._here[0].base = ctypes.addressof(self._buffer)
        self._read = _libc.process_vm_readv
        self._read.argtypes = (
            ctypes.c_int,
            ctypes.POINTER(_Span),
            ctypes.c_ulong,
            ctypes.POINTER(_Span),
            ctypes.c_ulong,
            ctypes.c_ulong,
        )
        self._read.restype = ctypes.c_ssize_t

    def text(self, pid: int, address: int) -> bytes:
        """The text that ends with a zero at an address.

        Raises:
            PermissionError: the process does not let itself be read.
            OSError: there is no such address, or no such process any more.
        """
        for size in (self._SHORT, self._LONG):
            length = self._fill(pid, address, size)
            self._buffer[length] = b"\0"
            text = self._buffer.value
            if len(text) < length:
                return text
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))

    def content(self, pid: int, address: int, size: int) -> bytes:
        """So many bytes at an address, up to 4096, or fewer where the rest is not there.

        Raises:
            OSError: as `text`.
        """
        length = self._fill(pid, address, min(size, self._LONG))
        return self._buffer.raw[:length]

    def _fill(self, pid: int, address: int, size: int) -> int:
        """Reads page by page, for what lies behind the end of a page may not be there."""
        spans = 0
        if size <= self._PAGE - address % self._PAGE:
            self._there[0].base, self._there[0].length = address, size
            size, spans = 0, 1
        while size > 0:
            length = min(self._PAGE - address % self._PAGE, size)
            self._there[spans].base, self._there[spans].length = address, length
            address, size, spans = address + length, size - length, spans + 1
        length = self._read(pid, self._here, 1, self._there, spans, 0)
        if length < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return length
