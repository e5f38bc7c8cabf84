"""By what steps can be watched on this machine, found out by watching a process for real.

    {"format": 1, "on": "Linux 6.1 x86_64 uid 1000", "reason": ""}      an empty reason: it works

The answer is kept in `watch-probe.json` in the workspace's cache, and found out anew for another kernel or user.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
from typing import Any, NamedTuple, Tuple

from onward.runtime.watch import calls, scope

CACHE = "watch-probe.json"
_FORMAT = 1
_LIMIT_MS = 5_000


class Means(NamedTuple):
    """By what a bare parent's steps are watched; made ready once, in the bare parent.

    Attributes:
        installer: puts the filter in force; None where there is none to be had.
        reason: why not.
    """

    installer: Any
    reason: str = ""


def without(reason: str) -> Means:
    """Nothing but Python's audit events."""
    return Means(None, reason)


def means(cache: str, outside: Tuple[str, ...]) -> Means:
    """What is to be had.

    Args:
        cache: the folder that remembers whether the kernel can be asked.
        outside: folders in the workspace that hold none of its code, as tasks name them.
    """
    scope.environment(outside)
    reason = _remembered(cache)
    if reason is None:
        reason = probe()
        _remember(cache, reason)
    if reason:
        return without(reason)
    from onward.runtime.watch.seccomp import Installer

    own = calls.machine()
    assert own is not None
    return Means(Installer(own))


def probe() -> str:
    """Why the kernel cannot be asked to show what processes do; empty where it can. Takes some milliseconds."""
    own = calls.machine()
    if own is None:
        return f"{sys.platform} on {os.uname().machine} has no way to watch a process that onward knows"
    try:
        from onward.runtime.watch.seccomp import Installer
    except (ImportError, OSError, AttributeError) as error:
        return f"this Python cannot call the kernel: {error}"
    try:
        return _try(Installer(own), own)
    except OSError as error:
        return f"the kernel does not allow it: {error.strerror}"


def _try(installer: Any, own: calls.Machine) -> str:
    """Watches a process that asks for one path."""
    from _socket import AF_UNIX, CMSG_LEN, SCM_RIGHTS, SOCK_SEQPACKET, SOL_SOCKET, socketpair
    from array import array

    from onward.runtime.watch.decoding import Decoder
    from onward.runtime.watch.seccomp import HANDOVER, answer, receive
    from onward.runtime.watch.supervisor import send_listener

    path = f"/onward-probe-{os.getpid()}"
    here, there = socketpair(AF_UNIX, SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        try:
            here.close()
            os.dup2(there.fileno(), HANDOVER)
            send_listener(HANDOVER, installer.install())
            os.access(path, os.F_OK)
        except OSError as error:
            there.send(b"%d" % (error.errno or 0))
        os._exit(0)
    there.close()
    listener = -1
    try:
        content, ancillary, _, _ = here.recvmsg(64, CMSG_LEN(4))
        if not ancillary:
            return f"the kernel does not allow it: {os.strerror(int(content or b'0'))}"
        descriptors = array("i")
        for level, kind, data in ancillary:
            if level == SOL_SOCKET and kind == SCM_RIGHTS:
                descriptors.frombytes(data)
        listener = descriptors[0]
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        decoder = Decoder(own)
        while poll.poll(_LIMIT_MS):
            call = receive(listener)
            if call is None:
                break
            found = decoder.path_asked(call)
            answer(listener, call.identity)
            if found == path:
                return ""
        return "a watched process did not show what it asked for"
    finally:
        here.close()
        if listener >= 0:
            os.close(listener)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _on() -> str:
    system = os.uname()
    return f"{system.sysname} {system.release} {system.machine} uid {os.getuid()}"


def _remembered(cache: str) -> Any:
    try:
        with open(os.path.join(cache, CACHE), encoding="utf-8") as file:
            kept = json.load(file)
        return kept["reason"] if kept["format"] == _FORMAT and kept["on"] == _on() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember(cache: str, reason: str) -> None:
    beside = os.path.join(cache, f"{CACHE}.{os.getpid()}")
    try:
        os.makedirs(cache, exist_ok=True)
        with open(beside, "w", encoding="utf-8") as file:
            json.dump({"format": _FORMAT, "on": _on(), "reason": reason}, file)
        os.replace(beside, os.path.join(cache, CACHE))
    except OSError:
        return  # it is found out anew
