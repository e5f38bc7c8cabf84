"""The way round where the kernel cannot be asked: Python's own audit events.

They show what Python code opens, lists, moves, starts and connects to; not what libraries open below Python, nor what
other programs do, nor which absent path was only asked for. A record made so is therefore always partial.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Callable, Dict, List, Tuple

from onward.runtime.watch import rescue, scope
from onward.runtime.watch.account import Account

_SEEN = "only what Python code itself opens could be seen"


class Hook:
    """Listens to this process' audit events.

    Args:
        task: the step's.
        reason: why the kernel could not be asked.
    """

    def __init__(self, task: Dict[str, Any], reason: str) -> None:
        self._account = Account(scope.scope_of(task), task.get("strict"), rescue.of_task(task))
        self._account.doubt(f"{_SEEN}: {reason}" if reason else _SEEN)
        self._is_busy = False
        self._has_ended = False

    def begin(self) -> None:
        """From here on; a hook cannot be taken away."""
        sys.addaudithook(self._hear)

    def record(self, python: List[Dict[str, Any]]) -> Dict[str, Any]:
        """What was seen up to now; what comes later is not."""
        self._has_ended = True
        return self._account.record("audit", python)

    def _hear(self, event: str, arguments: Tuple[Any, ...]) -> None:
        act = _ACTS.get(event)
        if act is None or self._is_busy or self._has_ended:
            return
        self._is_busy = True
        try:
            self._account.events += 1
            refused = act(self._account, arguments)
        except (TypeError, ValueError, IndexError):
            return  # not the arguments that the event has where it goes well
        finally:
            self._is_busy = False
        if refused:
            raise PermissionError(refused, os.strerror(refused), arguments[0])


def _path(argument: Any, folder: Any = -1) -> str:
    """An event's path, absolute; that of an open file where the event has its descriptor.

    Raises:
        ValueError: it has no name, or none that can be known.
    """
    if argument is None:
        return os.getcwd()
    if isinstance(argument, int):
        return _name_of(argument)
    path = os.fsdecode(argument)
    if isinstance(folder, int) and folder >= 0 and not os.path.isabs(path):
        return os.path.join(_name_of(folder), path)
    return os.path.join(os.getcwd(), path)


def _name_of(descriptor: int) -> str:
    try:
        name = os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError as error:
        raise ValueError("the name of an open file cannot be known here") from error
    if not name.startswith("/"):
        raise ValueError("it has no name")
    return name


def _open(account: Account, arguments: Tuple[Any, ...]) -> int:
    target, mode, flags = arguments
    if isinstance(target, int):
        return 0  # opened before
    path = _path(target)
    if isinstance(mode, str) and not flags:
        flags = _flags(mode)
    if flags & os.O_CREAT and flags & os.O_EXCL:
        return account.make(path)
    if flags & os.O_ACCMODE or flags & (os.O_CREAT | os.O_TRUNC):
        return account.write(path, keeps=not flags & os.O_TRUNC)
    return account.read(path)


def _flags(mode: str) -> int:
    if "w" in mode:
        return os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    if "a" in mode:
        return os.O_WRONLY | os.O_CREAT
    if "x" in mode:
        return os.O_WRONLY | os.O_CREAT | os.O_EXCL
    return os.O_RDWR if "+" in mode else os.O_RDONLY


def _list(account: Account, arguments: Tuple[Any, ...]) -> int:
    path = _path(arguments[0])
    return account.read(path) or account.list(path)


def _remove(account: Account, arguments: Tuple[Any, ...]) -> int:
    return account.remove(_path(*arguments[:2]))


def _make_folder(account: Account, arguments: Tuple[Any, ...]) -> int:
    return account.make_folder(_path(arguments[0], arguments[2]))


def _rename(account: Account, arguments: Tuple[Any, ...]) -> int:
    return account.rename(_path(arguments[0], arguments[2]), _path(arguments[1], arguments[3]))


def _link(account: Account, arguments: Tuple[Any, ...]) -> int:
    return account.link(_path(arguments[0], arguments[2]), _path(arguments[1], arguments[3]))


def _symlink(account: Account, arguments: Tuple[Any, ...]) -> int:
    return account.link_symbolically(_path(arguments[1], arguments[2]))


def _truncate(account: Account, arguments: Tuple[Any, ...]) -> int:
    return account.write(_path(arguments[0]), keeps=True)


def _run(account: Account, arguments: Tuple[Any, ...]) -> int:
    import shutil

    program = shutil.which(os.fsdecode(arguments[0]))
    account.doubt("a program was started, whose doings could not be seen")
    return account.run(os.path.abspath(program)) if program else 0


def _system(account: Account, arguments: Tuple[Any, ...]) -> int:
    del arguments
    account.doubt("a program was started, whose doings could not be seen")
    return account.run("/bin/sh")


def _connect(account: Account, arguments: Tuple[Any, ...]) -> int:
    address = arguments[1]
    if isinstance(address, (str, bytes)):
        name = os.fsdecode(address)
        return account.connect_local("@" + name[1:] if name.startswith("\0") else os.path.abspath(name))
    if isinstance(address, tuple) and len(address) >= 2:
        return account.connect(str(address[0]), int(address[1]))
    return 0


_ACTS: Dict[str, Callable[[Account, Tuple[Any, ...]], int]] = {
    "open": _open,
    "os.listdir": _list,
    "os.scandir": _list,
    "os.remove": _remove,
    "os.rmdir": _remove,
    "os.mkdir": _make_folder,
    "os.rename": _rename,
    "os.link": _link,
    "os.symlink": _symlink,
    "os.truncate": _truncate,
    "subprocess.Popen": _run,
    "os.exec": _run,
    "os.posix_spawn": _run,
    "os.system": _system,
    "socket.connect": _connect,
    "socket.sendto": _connect,
}
