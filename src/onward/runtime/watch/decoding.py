"""What a system call means for a step's account: arguments read from the caller's memory, paths made absolute.

Every method of `Decoder` that a call leads to looks at it before it is carried out, and gives the error number that
refuses it, or 0.
"""

from __future__ import annotations

import os
import struct
from typing import Callable, Dict, List, Optional, Tuple

from onward.runtime.watch.account import Account
from onward.runtime.watch.calls import Machine
from onward.runtime.watch.seccomp import AT_EMPTY_PATH, Call, Memory

_AT_FDCWD = -100
_AT_SYMLINK_NOFOLLOW = 0x100
_AF_UNIX, _AF_INET, _AF_INET6, _AF_VSOCK = 1, 2, 10, 40
_MOST_MESSAGES = 64
_LISTENING = "0A"

Act = Callable[["Decoder", Account, Call], int]


class Decoder:
    """Reads calls of one machine."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._memory = Memory()
        self._acts: Dict[int, Act] = {number: _ACTS[name] for name, number in machine.looked_at.items()}
        self._acts[machine.clone] = _ACTS["unshare"]

    def look(self, account: Account, call: Call) -> int:
        """Adds a call to the account.

        Returns:
            the error number with which the call is refused; 0 lets it go on.

        Raises:
            TakenError: another step is changing the file; nothing was added.
        """
        account.events += 1
        if call.architecture != self._machine.audit:
            account.doubt("a program of another architecture was run")
            return 0
        try:
            return self._acts[call.number](self, account, call)
        except PermissionError:
            account.doubt(f"a process does not let itself be looked at: {_program_of(call.pid)}")
        except OSError:
            pass  # no such address, which the kernel is about to find as well; or the process is gone
        return 0

    def path_asked(self, call: Call) -> str:
        """The path of a call that asks whether there is a file, and nothing for others; for trying it out."""
        acts = (_ACTS["access"], _ACTS["faccessat"], _ACTS["faccessat2"])
        act = self._acts.get(call.number)
        if act not in acts:
            return ""
        try:
            return self._path(call, call.a if act is acts[0] else call.b)
        except OSError:
            return ""

    # Arguments.

    def _path(self, call: Call, address: int, folder: int = _AT_FDCWD, *, empty_is_folder: bool = False) -> str:
        """The absolute path of an argument.

        Raises:
            OSError: there is none.
        """
        text = os.fsdecode(self._memory.text(call.pid, address))
        if text.startswith("/"):
            return text
        if not text and not empty_is_folder:
            raise FileNotFoundError
        base = os.readlink(f"/proc/{call.pid}/cwd" if folder == _AT_FDCWD else f"/proc/{call.pid}/fd/{folder}")
        if not base.startswith("/"):
            raise FileNotFoundError  # a pipe or a socket, which has no name
        return f"{base.rstrip('/')}/{text}" if text else base

    # Files.

    def _open(self, account: Account, path: str, flags: int) -> int:
        writes = flags & os.O_ACCMODE != os.O_RDONLY
        follow = not flags & os.O_NOFOLLOW
        if flags & _O_TMPFILE == _O_TMPFILE:
            return 0  # a file without a name, which nobody finds again
        if flags & _O_PATH:
            return account.ask(path, follow)
        if flags & os.O_CREAT and flags & os.O_EXCL:
            return account.make(path)
        if writes or flags & (os.O_CREAT | os.O_TRUNC):
            keeps = not flags & os.O_TRUNC
            return account.write(path, keeps=keeps, adds=bool(flags & os.O_APPEND), follow=follow)
        return account.read(path, follow)

    def open(self, account: Account, call: Call) -> int:
        return self._open(account, self._path(call, call.a), call.b)

    def openat(self, account: Account, call: Call) -> int:
        return self._open(account, self._path(call, call.b, _signed(call.a)), call.c)

    def openat2(self, account: Account, call: Call) -> int:
        flags = struct.unpack("=Q", self._memory.content(call.pid, call.c, 8))[0]
        return self._open(account, self._path(call, call.b, _signed(call.a)), flags)

    def creat(self, account: Account, call: Call) -> int:
        return account.write(self._path(call, call.a), keeps=False)

    def truncate(self, account: Account, call: Call) -> int:
        return account.write(self._path(call, call.a), keeps=True)

    def ask(self, account: Account, call: Call) -> int:
        return account.ask(self._path(call, call.a))

    def ask_link(self, account: Account, call: Call) -> int:
        return account.ask(self._path(call, call.a), follow=False)

    def askat(self, account: Account, call: Call) -> int:
        return account.ask(self._path(call, call.b, _signed(call.a)))

    def askat_link(self, account: Account, call: Call) -> int:
        return account.ask(self._path(call, call.b, _signed(call.a)), follow=False)

    def newfstatat(self, account: Account, call: Call) -> int:
        follow = not call.d & _AT_SYMLINK_NOFOLLOW
        return account.ask(self._path(call, call.b, _signed(call.a)), follow)

    def statx(self, account: Account, call: Call) -> int:
        follow = not call.c & _AT_SYMLINK_NOFOLLOW
        return account.ask(self._path(call, call.b, _signed(call.a)), follow)

    def list(self, account: Account, call: Call) -> int:
        place = os.readlink(f"/proc/{call.pid}/fd/{_signed(call.a)}")
        return account.list(place) if place.startswith("/") else 0

    # Names.

    def mkdir(self, account: Account, call: Call) -> int:
        return account.make_folder(self._path(call, call.a))

    def mkdirat(self, account: Account, call: Call) -> int:
        return account.make_folder(self._path(call, call.b, _signed(call.a)))

    def mknod(self, account: Account, call: Call) -> int:
        return account.write(self._path(call, call.a), keeps=False, follow=False)

    def mknodat(self, account: Account, call: Call) -> int:
        return account.write(self._path(call, call.b, _signed(call.a)), keeps=False, follow=False)

    def unlink(self, account: Account, call: Call) -> int:
        return account.remove(self._path(call, call.a))

    def unlinkat(self, account: Account, call: Call) -> int:
        return account.remove(self._path(call, call.b, _signed(call.a)))

    def rename(self, account: Account, call: Call) -> int:
        return account.rename(self._path(call, call.a), self._path(call, call.b))

    def renameat(self, account: Account, call: Call) -> int:
        return account.rename(self._path(call, call.b, _signed(call.a)), self._path(call, call.d, _signed(call.c)))

    def link(self, account: Account, call: Call) -> int:
        return account.link(self._path(call, call.a), self._path(call, call.b))

    def linkat(self, account: Account, call: Call) -> int:
        old = self._path(call, call.b, _signed(call.a), empty_is_folder=bool(call.e & AT_EMPTY_PATH))
        return account.link(old, self._path(call, call.d, _signed(call.c)))

    def symlink(self, account: Account, call: Call) -> int:
        return account.link_symbolically(self._path(call, call.b))

    def symlinkat(self, account: Account, call: Call) -> int:
        return account.link_symbolically(self._path(call, call.c, _signed(call.b)))

    # Programs and surroundings.

    def execve(self, account: Account, call: Call) -> int:
        return account.run(self._path(call, call.a))

    def execveat(self, account: Account, call: Call) -> int:
        return account.run(self._path(call, call.b, _signed(call.a), empty_is_folder=bool(call.e & AT_EMPTY_PATH)))

    def surroundings(self, account: Account, call: Call) -> int:
        account.doubt(f"a process changed what it sees of the file system: {_program_of(call.pid)}")
        return 0

    def unshare(self, account: Account, call: Call) -> int:
        if call.number == self._machine.clone or call.a & _CLONE_NEWNS:
            return self.surroundings(account, call)
        return 0

    # Sockets.

    def connect(self, account: Account, call: Call) -> int:
        return self._address(account, call, call.b, call.c)

    def sendto(self, account: Account, call: Call) -> int:
        return self._address(account, call, call.e, call.f)

    def sendmsg(self, account: Account, call: Call) -> int:
        return self._message(account, call, call.b)

    def sendmmsg(self, account: Account, call: Call) -> int:
        refused = [self._message(account, call, call.b + 64 * number) for number in range(min(call.c, _MOST_MESSAGES))]
        return next(filter(None, refused), 0)

    def _message(self, account: Account, call: Call, header: int) -> int:
        address, size = struct.unpack("=QI", self._memory.content(call.pid, header, 12))
        return self._address(account, call, address, size) if address else 0

    def _address(self, account: Account, call: Call, address: int, size: int) -> int:
        content = self._memory.content(call.pid, address, min(size & 0xFFFFFFFF, 128))
        if len(content) < 2:
            return 0
        family = struct.unpack_from("=H", content)[0]
        if family == _AF_UNIX and len(content) > 2:
            return account.connect_local(self._local_name(call, content[2:]))
        if family == _AF_VSOCK:
            return account.connect("vsock", 1)
        found = _internet_address(family, content)
        if found is None:
            return 0
        if found[0].startswith(("127.", "::1", "::ffff:127.")) and _is_own_port(account, found[1]):
            return 0
        return account.connect(*found)

    def _local_name(self, call: Call, name: bytes) -> str:
        """The path of a socket, or its name after an `@`."""
        if name[:1] == b"\0":
            return "@" + os.fsdecode(name[1:].rstrip(b"\0"))
        path = os.fsdecode(name.split(b"\0")[0])
        return path if path.startswith("/") else os.path.join(os.readlink(f"/proc/{call.pid}/cwd"), path)

    def bind(self, account: Account, call: Call) -> int:
        content = self._memory.content(call.pid, call.b, min(call.c & 0xFFFFFFFF, 128))
        if len(content) > 2 and struct.unpack_from("=H", content)[0] == _AF_UNIX:
            account.serve(self._local_name(call, content[2:]))
        return 0

    def listen(self, account: Account, call: Call) -> int:
        account.listening.add(os.readlink(f"/proc/{call.pid}/fd/{_signed(call.a)}"))
        return 0


_O_PATH = 0o10000000
_O_TMPFILE = 0o20000000 | os.O_DIRECTORY
_CLONE_NEWNS = 0x00020000

_ACTS: Dict[str, Act] = {
    "open": Decoder.open,
    "openat": Decoder.openat,
    "openat2": Decoder.openat2,
    "creat": Decoder.creat,
    "truncate": Decoder.truncate,
    "stat": Decoder.ask,
    "access": Decoder.ask,
    "lstat": Decoder.ask_link,
    "readlink": Decoder.ask_link,
    "readlinkat": Decoder.askat_link,
    "faccessat": Decoder.askat,
    "faccessat2": Decoder.newfstatat,
    "newfstatat": Decoder.newfstatat,
    "statx": Decoder.statx,
    "getdents": Decoder.list,
    "getdents64": Decoder.list,
    "mkdir": Decoder.mkdir,
    "mkdirat": Decoder.mkdirat,
    "mknod": Decoder.mknod,
    "mknodat": Decoder.mknodat,
    "rmdir": Decoder.unlink,
    "unlink": Decoder.unlink,
    "unlinkat": Decoder.unlinkat,
    "rename": Decoder.rename,
    "renameat": Decoder.renameat,
    "renameat2": Decoder.renameat,
    "link": Decoder.link,
    "linkat": Decoder.linkat,
    "symlink": Decoder.symlink,
    "symlinkat": Decoder.symlinkat,
    "execve": Decoder.execve,
    "execveat": Decoder.execveat,
    "chroot": Decoder.surroundings,
    "pivot_root": Decoder.surroundings,
    "mount": Decoder.surroundings,
    "setns": Decoder.surroundings,
    "unshare": Decoder.unshare,
    "connect": Decoder.connect,
    "sendto": Decoder.sendto,
    "sendmsg": Decoder.sendmsg,
    "sendmmsg": Decoder.sendmmsg,
    "bind": Decoder.bind,
    "listen": Decoder.listen,
}


def _signed(argument: int) -> int:
    """A descriptor, of which a register holds more than it means."""
    argument &= 0xFFFFFFFF
    return argument - (1 << 32) if argument >= 1 << 31 else argument


def _internet_address(family: int, content: bytes) -> Optional[Tuple[str, int]]:
    if family == _AF_INET and len(content) >= 8:
        return ".".join(map(str, content[4:8])), struct.unpack_from("!H", content, 2)[0]
    if family == _AF_INET6 and len(content) >= 24:
        import ipaddress

        address = ipaddress.IPv6Address(content[8:24])
        return str(address.ipv4_mapped or address), struct.unpack_from("!H", content, 2)[0]
    return None


def _is_own_port(account: Account, port: int) -> bool:
    """Whether it is a process of the step itself that listens on a port of this machine."""
    return bool(account.listening) and any(f"socket:[{inode}]" in account.listening for inode in _listeners_on(port))


def _listeners_on(port: int) -> List[str]:
    """The sockets of this machine that listen on a port, by inode."""
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table, encoding="ascii") as file:
                rows = [line.split() for line in file][1:]
        except OSError:
            continue
        found += [row[9] for row in rows if row[3] == _LISTENING and int(row[1].rpartition(":")[2], 16) == port]
    return found


def _program_of(pid: int) -> str:
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return "a program that has ended"
