"""Which system calls are looked at, by machine; the numbers are those of the kernel's own tables.

What a call means is `decoding`'s. Machines that are not listed here are watched through Python's audit events.
"""

from __future__ import annotations

import os
import sys
from typing import Dict, NamedTuple, Optional


class Machine(NamedTuple):
    """One architecture: its name in the audit system, and the number of each call that is used or looked at."""

    audit: int
    seccomp: int
    io_uring_setup: int
    clone: int
    x32_from: Optional[int]
    """From this number on, a call is of the x32 way of calling, which hardly a kernel has."""
    looked_at: Dict[str, int]


_X86_64 = Machine(
    audit=0xC000003E,
    seccomp=317,
    io_uring_setup=425,
    clone=56,
    x32_from=0x40000000,
    looked_at={
        "open": 2,
        "stat": 4,
        "lstat": 6,
        "access": 21,
        "connect": 42,
        "sendto": 44,
        "sendmsg": 46,
        "bind": 49,
        "listen": 50,
        "execve": 59,
        "truncate": 76,
        "getdents": 78,
        "rename": 82,
        "mkdir": 83,
        "rmdir": 84,
        "creat": 85,
        "link": 86,
        "unlink": 87,
        "symlink": 88,
        "readlink": 89,
        "mknod": 133,
        "pivot_root": 155,
        "chroot": 161,
        "mount": 165,
        "getdents64": 217,
        "openat": 257,
        "mkdirat": 258,
        "mknodat": 259,
        "newfstatat": 262,
        "unlinkat": 263,
        "renameat": 264,
        "linkat": 265,
        "symlinkat": 266,
        "readlinkat": 267,
        "faccessat": 269,
        "unshare": 272,
        "sendmmsg": 307,
        "setns": 308,
        "renameat2": 316,
        "execveat": 322,
        "statx": 332,
        "openat2": 437,
        "faccessat2": 439,
    },
)
_AARCH64 = Machine(
    audit=0xC00000B7,
    seccomp=277,
    io_uring_setup=425,
    clone=220,
    x32_from=None,
    looked_at={
        "mknodat": 33,
        "mkdirat": 34,
        "unlinkat": 35,
        "symlinkat": 36,
        "linkat": 37,
        "renameat": 38,
        "mount": 40,
        "pivot_root": 41,
        "truncate": 45,
        "faccessat": 48,
        "chroot": 51,
        "openat": 56,
        "getdents64": 61,
        "readlinkat": 78,
        "newfstatat": 79,
        "unshare": 97,
        "bind": 200,
        "listen": 201,
        "connect": 203,
        "sendto": 206,
        "sendmsg": 211,
        "execve": 221,
        "setns": 268,
        "sendmmsg": 269,
        "renameat2": 276,
        "execveat": 281,
        "statx": 291,
        "openat2": 437,
        "faccessat2": 439,
    },
)
_MACHINES = {"x86_64": _X86_64, "amd64": _X86_64, "aarch64": _AARCH64, "arm64": _AARCH64}


def machine() -> Optional[Machine]:
    """This process' own architecture; None where it has no table: another one, or 32 bits of one that has."""
    if not sys.platform.startswith("linux") or sys.maxsize < 1 << 32 or sys.byteorder != "little":
        return None
    return _MACHINES.get(os.uname().machine.lower())
